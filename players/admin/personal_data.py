"""Who may see what players are called and where they live, and what the others see instead."""

from django.http import HttpRequest

from players.models import Player

PERSONAL_DATA = "orders.view_personal_data"
HIDDEN = "hidden"


def may_see_personal_data(request: HttpRequest) -> bool:
    """Whether this member of staff may see names, addresses and mail."""
    return request.user.has_perm(PERSONAL_DATA)


def masked_name(name: str) -> str:
    """Such as `J… D…`."""
    return " ".join(f"{part[0]}…" for part in name.split())


def masked_email(email: str) -> str:
    """Such as `j…@example.com`: the domain says which kind of mail it is, and no more."""
    name, at, domain = email.partition("@")
    return f"{name[:1]}…{at}{domain}" if email else ""


def shown_name(player: Player, *, openly: bool) -> str:
    """The player's name or, where there is none, its number, which is nobody's secret."""
    name = f"{player.first_name} {player.last_name}".strip()
    return (name if openly else masked_name(name)) or f"Player {player.pk}"


def shown_email(email: str, *, openly: bool) -> str:
    return email if openly else masked_email(email)
