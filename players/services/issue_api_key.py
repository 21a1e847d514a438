from collections.abc import Iterable
from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils import timezone

from players.errors import ExpiryInPast, FieldsInvalid, PlayerElsewhere
from players.keys import digest_of, new_key, prefix_of
from players.models import ApiKey, Establishment, Player, User
from players.scopes import IFRAME_SCOPES, SCOPES, known_scopes


def issue_api_key(  # noqa: PLR0913 - what a key is made of
    *,
    name: str,
    scopes: Iterable[str],
    establishment: Establishment | None = None,
    player: Player | None = None,
    created_by: User | None = None,
    expires_at: datetime | None = None,
    replaces: ApiKey | None = None,
) -> tuple[ApiKey, str]:
    """A new key and its text, which is kept nowhere: show it now or never.

    With a player it is an iframe key, which reaches only this player of its establishment, and has
    none but IFRAME_SCOPES: a player's browser holds it.
    """
    if expires_at is not None and expires_at <= timezone.now():
        raise ExpiryInPast(f"The key would have expired at {expires_at.isoformat()} already.")
    if player is not None:
        establishment = _establishment_of(player, establishment)
    text = new_key(iframe=player is not None)
    key = ApiKey(
        name=name,
        prefix=prefix_of(text),
        digest=digest_of(text),
        scopes=known_scopes(scopes, among=IFRAME_SCOPES if player else SCOPES),
        establishment=establishment,
        player=player,
        created_by=created_by,
        expires_at=expires_at,
        replaces=replaces,
    )
    try:
        key.clean_fields(exclude={"state"})
    except ValidationError as error:
        raise FieldsInvalid(error) from error
    key.save(force_insert=True)
    return key, text


def _establishment_of(player: Player, named: Establishment | None) -> Establishment:
    own = player.establishment
    if own is None or (named is not None and named != own):
        raise PlayerElsewhere(f"{player} is no player of {named or 'an establishment'}.")
    return own
