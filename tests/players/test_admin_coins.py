from decimal import Decimal
from uuid import uuid4

import pytest

from players.models import CoinEntry, Establishment
from tests.factories import EstablishmentFactory, PlayerFactory
from tests.orders.reserving import a_player, a_reservation
from tests.staff import said, staff, superuser

pytestmark = pytest.mark.django_db

COINS = ("players.add_coinentry", "players.view_player", "players.view_establishment")
LEDGER = "/admin/players/coinentry/"


def page_of(account):
    return f"/admin/players/{account._meta.model_name}/{account.pk}/change/"


def coins_of(account):
    return f"/admin/players/{account._meta.model_name}/{account.pk}/coins/"


def balance(account):
    account.refresh_from_db()
    return account.coins, account.coin_entries.count()


def confirmed(client, account, **form):
    """The form as it is sent once its effect was shown."""
    form = {"operation_id": str(uuid4()), "note": "ticket 7", "source": "alone", **form}
    shown = client.post(coins_of(account), form)
    sent = {field.name: field.value() for field in shown.context["form"]}
    return shown, {**sent, "confirm": ""}


@pytest.fixture
def player():
    """With 1,000 coins, of an establishment with 500."""
    establishment = EstablishmentFactory(name="Casino")
    client = staff(*COINS)
    _, form = confirmed(client, establishment, operation="give", amount="500")
    client.post(coins_of(establishment), form)
    return a_player(establishment=establishment)


@pytest.mark.parametrize(
    ("operation", "amount", "effect", "coins"),
    [
        ("give", "20.50", "1,000.00 → 1,020.50 coins (+20.50)", Decimal("1020.50")),
        ("take", "1000", "1,000.00 → 0.00 coins (-1,000.00)", Decimal(0)),
        ("set", "7", "1,000.00 → 7.00 coins (-993.00)", Decimal(7)),
    ],
)
def test_coins_of_a_player_are_corrected_after_the_effect_was_shown(
    player, operation, amount, effect, coins
):
    client = staff(*COINS)

    shown, form = confirmed(client, player, operation=operation, amount=amount)

    assert shown.context["lines"] == [f"{player}: {effect}", "Reason: ticket 7"]
    assert balance(player) == (1_000, 1)
    answer = client.post(coins_of(player), form)
    assert (answer.status_code, answer.headers["Location"]) == (302, page_of(player))
    assert balance(player) == (coins, 2)
    assert balance(player.establishment) == (500, 1)
    entry = CoinEntry.objects.latest("pk")
    assert (entry.reason, entry.by, entry.note) == (
        "correction",
        f"staff:{client.member.pk}",
        "ticket 7",
    )


def test_coins_are_given_from_the_establishment(player):
    client = staff(*COINS)

    shown, form = confirmed(client, player, operation="give", amount="500", source="transfer")

    assert shown.context["lines"] == [
        f"{player}: 1,000.00 → 1,500.00 coins (+500.00)",
        "Casino: 500.00 → 0.00 coins (-500.00)",
        "Reason: ticket 7",
    ]
    client.post(coins_of(player), form)
    assert (balance(player), balance(player.establishment)) == ((1_500, 2), (0, 2))


def test_second_click_changes_nothing_and_says_done(player):
    client = staff(*COINS)
    _, form = confirmed(client, player, operation="take", amount="1000", source="transfer")

    answers = [client.post(coins_of(player), form, follow=True) for _ in range(3)]

    assert [said(answer) for answer in answers] == [["Done, as the entries show."]] * 3
    assert (balance(player), balance(player.establishment)) == ((0, 2), (1_500, 2))


def test_correction_is_refused_where_the_coins_have_changed_since(player):
    client = staff(*COINS)
    _, form = confirmed(client, player, operation="give", amount="5")
    a_reservation(player=player)

    answer = client.post(coins_of(player), form)

    [error] = answer.context["form"].non_field_errors()
    assert "changed" in error
    assert balance(player) == (900, 2)


@pytest.mark.parametrize(
    ("form", "errors"),
    [
        ({"operation": "take", "amount": "1000.01"}, ["There are only 1,000.00 coins."]),
        (
            {"operation": "set", "amount": "1000"},
            ["That changes nothing: the balance is 1,000.00."],
        ),
        (
            {"operation": "give", "amount": "1000000000"},
            ["A balance is at most 1,000,000,000."],
        ),
        (
            {"operation": "give", "amount": "500.01", "source": "transfer"},
            ["Casino has only 500.00 coins."],
        ),
        (
            {"operation": "give", "amount": "0.001"},
            ["Ensure that there are no more than 2 decimal places."],
        ),
        ({"operation": "give", "amount": "NaN"}, ["Enter a number."]),
    ],
)
def test_wrong_correction_is_shown_again_and_moves_nothing(player, form, errors):
    sent = {"operation_id": str(uuid4()), "note": "x", "source": "alone", "confirm": "", **form}

    answer = staff(*COINS).post(coins_of(player), sent)

    assert answer.context["form"].errors == {"amount": errors}
    assert (balance(player), balance(player.establishment)) == ((1_000, 1), (500, 1))


def test_player_without_an_establishment_is_corrected_alone():
    player = PlayerFactory()
    client = staff(*COINS)
    shown, form = confirmed(client, player, operation="give", amount="5")

    client.post(coins_of(player), form)

    assert "source" not in shown.context["form"].fields
    assert balance(player) == (5, 1)


def test_establishment_is_described_without_touching_its_coins():
    establishment = EstablishmentFactory()
    Establishment.objects.update(coins=7)
    client = staff("players.view_establishment", "players.change_establishment")

    client.post(
        page_of(establishment),
        {"name": "Palace", "image_url": "https://images.example.com/a.png", "coins": "9"},
    )

    establishment.refresh_from_db()
    assert (establishment.name, establishment.image_url, establishment.coins) == (
        "Palace",
        "https://images.example.com/a.png",
        7,
    )


def test_ledger_shows_accounts_orders_and_who_it_was(player):
    order = a_reservation(player=player)

    shown = superuser().get(LEDGER).content.decode()
    page = superuser().get(f"{LEDGER}{CoinEntry.objects.latest('pk').pk}/change/").content.decode()

    for text in (f">{player}<", ">Casino<", f">{order.reference}<", "-100.00", "key:1", "ticket 7"):
        assert text in shown
    assert f">{order.reference}<" in page


def test_ledger_of_an_establishment(player):
    client = staff("view")
    establishment = player.establishment

    answers = [
        client.get(LEDGER, {"establishment_id": str(establishment.pk)}),
        client.get(LEDGER, {"q": str(establishment.pk)}),
    ]

    rows = [[row.pk for row in answer.context["cl"].result_list] for answer in answers]
    assert rows == [[establishment.coin_entries.get().pk]] * 2


def test_ledger_is_listed_with_as_many_queries_for_one_as_for_three(
    player, django_assert_max_num_queries
):
    client = staff("view")
    a_reservation(player=player)
    client.get(LEDGER)
    with django_assert_max_num_queries(40) as one:
        client.get(LEDGER)
    for _ in range(3):
        a_reservation(player=player)

    with django_assert_max_num_queries(len(one)):
        client.get(LEDGER)


def test_unknown_account_is_not_found():
    client = superuser()

    answers = [
        client.get("/admin/players/player/404/coins/"),
        client.get("/admin/players/player/x/coins/"),
        client.get("/admin/players/establishment/x/coins/"),
    ]

    assert [answer.status_code for answer in answers] == [404] * 3


RIGHTS = {
    "nothing": (),
    "look": ("view",),
    "coins": ("view", "players.add_coinentry"),
    "coins, unseen": ("players.add_coinentry",),
    "change": ("view", "players.change_establishment", "players.change_player"),
}
ALLOWED = {
    "player": {"look", "coins", "change"},
    "establishment": {"look", "coins", "change"},
    "ledger": {"look", "coins", "change"},
    "coins of player": {"coins"},
    "coins of establishment": {"coins"},
    "save establishment": {"change"},
    "save player": {"change"},
    "add entry": set(),
}


@pytest.mark.parametrize("rights", RIGHTS)
def test_every_page_of_coins_by_every_right(player, rights):
    client = staff(*RIGHTS[rights])
    form = {"operation_id": str(uuid4()), "operation": "give", "amount": "1", "note": "x"}
    form |= {"source": "alone"}
    establishment = player.establishment

    asked = {
        "player": client.get(page_of(player)),
        "establishment": client.get(page_of(establishment)),
        "ledger": client.get(LEDGER),
        "coins of player": client.post(coins_of(player), form),
        "coins of establishment": client.post(coins_of(establishment), form),
        "save establishment": client.post(page_of(establishment), {}),
        "save player": client.post(page_of(player), {}),
        "add entry": client.post(f"{LEDGER}add/", {}),
    }

    allowed = {name for name, answer in asked.items() if answer.status_code != 403}
    assert allowed == {name for name, who in ALLOWED.items() if rights in who}
    assert (balance(player), balance(establishment)) == ((1_000, 1), (500, 1))
    buttons = [
        button.label
        for page in ("player", "establishment")
        if asked[page].status_code == 200
        for button in asked[page].context["buttons"]
        if button.label == "Add or take coins"
    ]
    assert len(buttons) == (2 if rights == "coins" else 0)
