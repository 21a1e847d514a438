import json
import uuid

import pytest
from django.core.management import call_command
from django.db import connection

from catalog.models import Loot, Promotion
from inventory.models import InventoryChange, InventoryRecord, PlayerOrder
from inventory.services.audit_ledgers import QUESTIONS, audit_ledgers
from inventory.services.fulfil_player_orders import fulfil_waiting
from inventory.services.open_session import open_session
from players.services.create_player import create_player
from tests.factories import EstablishmentFactory, LootFactory, PlayerFactory
from tests.placing import apply, claim, create, fill, place, update

pytestmark = pytest.mark.django_db(transaction=True)

APPEND_ONLY = (
    "players_coinentry",
    "inventory_inventorychange",
    "inventory_promotionuse",
    "catalog_cataloghistory",
)

# One statement for each finding, run without triggers and constraints in its way.
CORRUPTIONS = {
    "record_is_not_the_sum_of_its_changes": """
        UPDATE inventory_inventorychange SET delta = delta + 1
        WHERE id = (SELECT max(id) FROM inventory_inventorychange)
    """,
    "record_is_not_as_its_last_change_left_it": """
        UPDATE inventory_inventoryrecord SET bucket = 'steam' WHERE count = 7
    """,
    "record_state_does_not_fit_its_count": """
        UPDATE inventory_inventoryrecord SET state = 'depleted' WHERE count = 7
    """,
    "change_does_not_start_where_the_one_before_it_ended": """
        UPDATE inventory_inventorychange SET before = before || '{"bucket": "steam"}'
        WHERE before IS NOT NULL
    """,
    "change_is_not_the_difference_it_shows": """
        UPDATE inventory_inventorychange SET delta = delta + 1 WHERE before IS NULL
    """,
    "change_belongs_to_another_player": """
        UPDATE inventory_inventorychange SET player_id = 0 WHERE before IS NULL
    """,
    "entry_changed_something_without_success": """
        UPDATE inventory_playerorderentry SET result = 'rollback'
        WHERE id = (SELECT max(entry_id) FROM inventory_inventorychange)
    """,
    "order_state_does_not_fit_its_results": """
        UPDATE inventory_playerorder SET outcome = 'partly' WHERE order_id = 'first'
    """,
    "order_was_overtaken_by_a_later_one": """
        UPDATE inventory_playerorder SET state = 'accepted', outcome = '', done_time = NULL
        WHERE order_id = 'first'
    """,
    "record_expired_before_its_time": """
        UPDATE inventory_inventoryrecord SET state = 'expired' WHERE count = 7
    """,
    "record_outlives_its_session": """
        UPDATE inventory_inventorysession SET closed_at = opened_at WHERE closed_at IS NULL
    """,
    "order_does_not_fit_its_cause": """
        UPDATE inventory_playerorder SET generation = 2 WHERE generation = 1
    """,
    "order_that_was_to_follow_is_missing": """
        UPDATE inventory_playerorder SET order_id = 'another' WHERE generation = 1
    """,
    "session_belongs_to_another_player": """
        UPDATE inventory_inventorysession SET player_id = player_id + 1 WHERE closed_at IS NULL
    """,
    "session_loot_is_not_what_its_orders_applied": """
        UPDATE inventory_inventorysession SET applied_loot = '{}' WHERE closed_at IS NULL
    """,
    "promotion_uses_are_not_numbered_from_one": """
        UPDATE inventory_promotionuse SET number = 3 WHERE number = 2
    """,
    "promotion_uses_of_a_player_are_not_numbered_from_one": """
        UPDATE inventory_promotionuse SET player_number = 2 WHERE number = 2
    """,
    "promotion_was_used_more_often_than_it_allowed": """
        UPDATE catalog_cataloghistory SET row = row || '{"max_uses": 1}'
        WHERE "table" = 'catalog_promotion'
    """,
    "promotion_uses_do_not_fit_the_result": """
        UPDATE inventory_playerorderentry SET result = 'promotion_expired'
        WHERE type = 'promotion_code'
    """,
    "promotion_use_belongs_to_another_player": """
        UPDATE inventory_promotionuse SET player_id = player_id + 1 WHERE number = 2
    """,
    "coins_are_not_the_sum_of_their_entries": "UPDATE players_player SET coins = 6 WHERE coins = 5",
    "establishment_coins_are_not_the_sum_of_their_entries": """
        UPDATE players_establishment SET coins = 6
    """,
    "coin_balance_is_not_the_sum_so_far": "UPDATE players_coinentry SET balance = 6",
    "coins_given_are_not_the_coins_taken": "UPDATE players_coinentry SET reason = 'allocation'",
}


@pytest.fixture
def player():
    """A player with coins, and with records of every state."""
    player, loot = create_player(coins="5"), LootFactory()
    place(player, create(loot.item, 5, fields={"custom_data": {"level": "3"}}), order_id="first")
    [record] = InventoryRecord.objects.all()
    place(player, update(record, 0), order_id="second")
    place(player, update(record, 7, fields={"expires": "2099-01-01T00:00:00Z"}))
    place(player, fill(loot), fill(LootFactory.build()))
    place(player, fill(loot), wait=False)
    return player


@pytest.fixture
def season():
    """Others, with sessions, uses of a code, and an order that another one caused."""
    EstablishmentFactory()
    one, other = PlayerFactory.create_batch(2)
    transient = LootFactory(inventory_selector_type=Loot.Selector.OWN_TRANSIENT)
    drop = LootFactory(fill_in_new_order=True)
    promotion = Promotion.objects.create(code="TWO", loot=LootFactory(), max_uses=2)
    for _ in range(2):
        open_session(player=one)
        place(one, fill(transient), apply(transient))
    for claimant in (one, other):
        place(claimant, claim(promotion.code), claim("NONE"))
    place(other, fill(LootFactory(item=None, sub_vendor=drop.vendor)))
    fulfil_waiting(500)


@pytest.fixture
def corrupt():
    """Change rows as only a superuser or a broken disk could, and let it be so for the test."""
    tables = (
        "players_player",
        "players_coinentry",
        "inventory_inventoryrecord",
        "inventory_inventorychange",
        "inventory_playerorder",
        "inventory_playerorderentry",
        "inventory_inventorysession",
        "inventory_promotionuse",
        "catalog_cataloghistory",
    )
    dropped = []
    with connection.cursor() as cursor:

        def run(statement):
            cursor.execute(
                "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)"
                " FROM pg_constraint"
                " WHERE contype IN ('c', 'f') AND conrelid::regclass::text = ANY(%s)",
                [list(tables)],
            )
            dropped.extend(cursor.fetchall())
            for table, name, _ in dropped:
                cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
            for table in tables:
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            cursor.execute(statement)
            assert cursor.rowcount > 0

        yield run
        cursor.execute(f"TRUNCATE {', '.join(tables)} CASCADE")
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        for table in APPEND_ONLY:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {table}_no_truncate")
        for table, name, definition in dropped:
            cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")


def test_sound_database_has_no_findings(player):
    assert audit_ledgers(limit=100) == {
        "checked": {
            "players": 1,
            "coin_entries": 1,
            "records": 2,
            "changes": 4,
            "player_orders": 5,
            "entries": 6,
            "sessions": 0,
            "promotion_uses": 0,
        },
        "total": 0,
        "findings": [],
    }


def test_sound_season_has_no_findings(player, season):
    audit = audit_ledgers(limit=100)

    assert audit["findings"] == []
    assert (audit["checked"]["sessions"], audit["checked"]["promotion_uses"]) == (2, 2)


@pytest.mark.parametrize("finding", QUESTIONS)
def test_corruption_is_found(player, season, corrupt, finding):
    corrupt(CORRUPTIONS[finding])

    found = audit_ledgers(limit=100)

    assert finding in {each["finding"] for each in found["findings"]}
    assert found["total"] == len(found["findings"])


def test_finding_names_what_is_off(player, corrupt):
    corrupt("UPDATE inventory_inventoryrecord SET count = 8 WHERE count = 7")

    [count, content] = audit_ledgers(limit=100)["findings"]

    record = InventoryRecord.objects.get(count=8)
    last = record.changes.latest("id")
    assert count == {
        "finding": "record_is_not_the_sum_of_its_changes",
        "inventory_id": str(record.pk),
        "count": 8,
        "changes": 7,
    }
    assert content == {
        "finding": "record_is_not_as_its_last_change_left_it",
        "inventory_id": str(record.pk),
        "change": last.pk,
        "after": last.after,
    }


def test_record_without_any_change_is_found(player):
    InventoryRecord.objects.create(
        player=player,
        item=LootFactory().item,
        count=0,
        state=InventoryRecord.State.DEPLETED,
        acquired=PlayerOrder.objects.latest("id").created_time,
    )

    [finding] = audit_ledgers(limit=100)["findings"]

    assert finding["finding"] == "record_is_not_as_its_last_change_left_it"
    assert finding["after"] is None


def test_lost_first_change_is_found(player, corrupt):
    corrupt("DELETE FROM inventory_inventorychange WHERE before IS NULL AND delta = 5")

    findings = {each["finding"] for each in audit_ledgers(limit=100)["findings"]}

    assert findings == {
        "record_is_not_the_sum_of_its_changes",
        "change_does_not_start_where_the_one_before_it_ended",
    }


def test_order_without_entries_and_half_processed_one_are_found(player, corrupt):
    place(player, order_id="empty", wait=False)
    corrupt("""
        UPDATE inventory_playerorderentry SET result = NULL
        WHERE result = 'loot_not_found'
    """)

    findings = audit_ledgers(limit=100)["findings"]

    assert [each["finding"] for each in findings] == ["order_state_does_not_fit_its_results"] * 2


def test_findings_are_counted_beyond_the_limit_and_status_says_so(player, corrupt, capsys):
    for _ in range(3):
        place(PlayerFactory(), fill(LootFactory()), order_id=str(uuid.uuid4()))
    corrupt("UPDATE inventory_inventoryrecord SET count = 99 WHERE count = 1")

    with pytest.raises(SystemExit) as exit_:
        call_command("audit_ledgers", limit=1)

    audit = json.loads(capsys.readouterr().out)
    assert exit_.value.code == 1
    assert [each["finding"] for each in audit["findings"]] == [
        "record_is_not_the_sum_of_its_changes",
        "record_is_not_as_its_last_change_left_it",
    ]
    assert audit["total"] == 8
    assert InventoryChange.objects.count() == 7
