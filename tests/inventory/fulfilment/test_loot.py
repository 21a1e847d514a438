"""What filling loot does: quantities, operations, buckets, stacks, recipes (DOMAIN 2.14)."""

from dataclasses import replace

import pytest

from inventory.fulfilment.vocabulary import Result, Source
from tests.inventory.fulfilment.examples import (
    ADD,
    AT_LEAST,
    BASIC,
    CHEST,
    CONSUME,
    COUNT_MAXIMUM,
    EARLIER,
    GEMS,
    ITEMS,
    LATER,
    LESS_THAN,
    NOW,
    PASS,
    RETIRED,
    SET,
    SUBTRACT,
    SWORD,
    catalogue,
    failure,
    fill,
    fulfilled,
    loot,
    made,
    order,
    record,
    success,
    to_vendor,
    vendor,
)

NOTHING_FILLED = failure(Result.FAILED_TO_FILL_ANY_SUB_LOOT)


# Quantities


@pytest.mark.parametrize(
    ("fields", "requested", "given"),
    [
        ({"quantity": 2}, 5, 10),
        ({"quantity": 3, "quantity_type": "absolute"}, 5, 3),
        ({"quantity": 2, "quantity_mult_inventory_item_id": PASS}, 5, 70),
        (
            {"quantity": 3, "quantity_type": "absolute", "quantity_mult_inventory_item_id": PASS},
            5,
            21,
        ),
        ({"quantity": 2, "quantity_mult_inventory_item_id": BASIC}, 5, 10),
        ({"quantity": 2, "hard_quantity_maximum": 1}, 5, 1),
        ({"quantity": 2, "hard_quantity_maximum": 9}, 5, 9),
        ({"quantity": 2, "hard_quantity_maximum": 11}, 5, 10),
        (
            {"quantity": 2, "quantity_mult_inventory_item_id": PASS, "hard_quantity_maximum": 50},
            5,
            50,
        ),
    ],
)
def test_quantity_of_loot(fields, requested, given):
    """The multiplier counts what is owned and what is rented, in every bucket."""
    passes = [
        record(1, PASS, 2),
        record(2, PASS, 1, expires=NOW, bucket="steam"),
        record(3, PASS, 4, expires=LATER),
        record(4, PASS, 8, expires=EARLIER),
    ]
    of = catalogue(vendor(1, loot(70, item=GEMS, **fields)))

    outcomes, records = fulfilled(order(fill(70, requested)), of, passes)

    new = made(0, GEMS, given)
    assert outcomes == (success((70, None, new)),)
    assert records == [*passes, new]


@pytest.mark.parametrize("operation", [ADD, SUBTRACT, SET, AT_LEAST, LESS_THAN, CONSUME])
def test_quantity_of_zero_fills_nothing(operation):
    gems = record(1, GEMS, 5)
    of = catalogue(
        vendor(1, loot(70, operation, item=GEMS, quantity=0)),
        vendor(2, loot(71, operation, item=GEMS, quantity_mult_inventory_item_id=PASS)),
    )

    outcomes, records = fulfilled(order(fill(70), fill(71)), of, [gems])

    assert outcomes == (NOTHING_FILLED, NOTHING_FILLED)
    assert records == [gems]


# Operations of the selector `own`, on a pass, five gems in two records, or a basic item

OLD_GEMS = record(1, GEMS, 3, bucket="steam")
NEW_GEMS = record(2, GEMS, 2)
BOUGHT = [OLD_GEMS, NEW_GEMS]


@pytest.mark.parametrize(
    ("operation", "quantity", "changes"),
    [
        (ADD, 4, [(NEW_GEMS, 6)]),
        (SUBTRACT, 2, [(OLD_GEMS, 1)]),
        (SUBTRACT, 3, [(OLD_GEMS, 0)]),
        (SUBTRACT, 4, [(OLD_GEMS, 0), (NEW_GEMS, 1)]),
        (SUBTRACT, 9, [(OLD_GEMS, 0), (NEW_GEMS, 0)]),
        (SET, 7, [(NEW_GEMS, 4)]),
        (SET, 6, [(NEW_GEMS, 3)]),
        (SET, 5, []),
        (SET, 4, [(OLD_GEMS, 2)]),
        (SET, 1, [(OLD_GEMS, 0), (NEW_GEMS, 1)]),
        (AT_LEAST, 5, []),
        (LESS_THAN, 6, []),
        (CONSUME, 5, [(OLD_GEMS, 0), (NEW_GEMS, 0)]),
        (CONSUME, 1, [(OLD_GEMS, 2)]),
    ],
)
def test_operation_on_own_records(operation, quantity, changes):
    of = catalogue(vendor(1, loot(70, operation, item=GEMS)))

    outcomes, records = fulfilled(order(fill(70, quantity)), of, BOUGHT)

    expected = [(70, before, before.with_count(count)) for before, count in changes]
    assert outcomes == (success(*expected),)
    after = {each.inventory_id: each for each in BOUGHT}
    after |= {each.inventory_id: each for _, _, each in expected}
    assert records == list(after.values())


@pytest.mark.parametrize(
    ("operation", "item", "quantity", "result"),
    [
        (AT_LEAST, GEMS, 6, Result.CANNOT_MEET_LOOT_REQUIRED),
        (LESS_THAN, GEMS, 5, Result.CANNOT_MEET_LOOT_BLOCKER),
        (CONSUME, GEMS, 6, Result.CANNOT_MEET_LOOT_REQUIRED),
        (SUBTRACT, SWORD, 1, Result.FAILED_TO_FILL_ANY_SUB_LOOT),
        (AT_LEAST, BASIC, 2, Result.CANNOT_MEET_LOOT_REQUIRED),
        (LESS_THAN, BASIC, 1, Result.CANNOT_MEET_LOOT_BLOCKER),
        (CONSUME, BASIC, 2, Result.CANNOT_MEET_LOOT_REQUIRED),
        (CONSUME, BASIC, 1, Result.FAILED_TO_CONSUME_LOOT_REQUIRED),
        (ADD, BASIC, 1, Result.FAILED_TO_MODIFY_INVENTORY),
        (SUBTRACT, BASIC, 1, Result.FAILED_TO_MODIFY_INVENTORY),
        (SET, BASIC, 1, Result.FAILED_TO_MODIFY_INVENTORY),
        (ADD, CHEST, 1, Result.FAILED_TO_MODIFY_INVENTORY),
        (SUBTRACT, CHEST, 1, Result.FAILED_TO_MODIFY_INVENTORY),
        (SET, CHEST, 1, Result.FAILED_TO_MODIFY_INVENTORY),
        ("invalid", GEMS, 1, Result.FAILED_TO_MODIFY_INVENTORY),
        (ADD, GEMS, COUNT_MAXIMUM - 1, Result.FAILED_TO_MODIFY_INVENTORY),
        (SET, GEMS, COUNT_MAXIMUM + 4, Result.FAILED_TO_MODIFY_INVENTORY),
    ],
)
def test_operation_fails(operation, item, quantity, result):
    of = catalogue(vendor(1, loot(70, operation, item=item)))

    assert fulfilled(order(fill(70, quantity)), of, BOUGHT) == ((failure(result),), BOUGHT)


def test_another_selector_cannot_be_filled():
    of = catalogue(vendor(1, loot(70, item=GEMS, inventory_selector_type="invalid")))

    outcomes = (failure(Result.FAILED_TO_MODIFY_INVENTORY),)
    assert fulfilled(order(fill(70)), of) == (outcomes, [])


def test_add_up_to_the_greatest_count():
    of = catalogue(vendor(1, loot(70, item=GEMS)))
    full = NEW_GEMS.with_count(COUNT_MAXIMUM)

    outcomes, records = fulfilled(order(fill(70, COUNT_MAXIMUM - 2)), of, [NEW_GEMS])

    assert (outcomes, records) == ((success((70, NEW_GEMS, full)),), [full])


@pytest.mark.parametrize("operation", [AT_LEAST, LESS_THAN])
def test_check_on_an_always_owned_item_counts_one(operation):
    quantity = {AT_LEAST: 1, LESS_THAN: 2}[operation]
    of = catalogue(vendor(1, loot(70, operation, item=BASIC)))

    assert fulfilled(order(fill(70, quantity)), of) == ((success(),), [])


@pytest.mark.parametrize(
    ("operation", "result"),
    [
        (AT_LEAST, Result.CANNOT_MEET_LOOT_REQUIRED),
        (CONSUME, Result.CANNOT_MEET_LOOT_REQUIRED),
        (SUBTRACT, Result.FAILED_TO_FILL_ANY_SUB_LOOT),
        (LESS_THAN, Result.SUCCESS),
    ],
)
def test_own_reaches_neither_rented_nor_transient_records(operation, result):
    others = [record(1, GEMS, 5, expires=LATER), record(2, GEMS, 5, type="transient")]
    of = catalogue(vendor(1, loot(70, operation, item=GEMS)))

    assert fulfilled(order(fill(70)), of, others) == ((failure(result),), others)


@pytest.mark.parametrize(("operation", "count"), [(ADD, 3), (SET, 3)])
def test_own_adds_no_count_to_rented_or_transient_records(operation, count):
    others = [record(1, GEMS, 5, expires=LATER), record(2, GEMS, 5, type="transient")]
    of = catalogue(vendor(1, loot(70, operation, item=GEMS)))

    outcomes, records = fulfilled(order(fill(70, 3)), of, others)

    new = made(0, GEMS, count)
    assert (outcomes, records) == ((success((70, None, new)),), [*others, new])


# Stacks and buckets


def test_added_loot_goes_to_the_newest_record_of_its_bucket_and_custom_data():
    older = record(1, GEMS, 1)
    newest = record(2, GEMS, 1)
    other_bucket = record(3, GEMS, 1, bucket="steam")
    other_data = record(4, GEMS, 1, custom_data={"skin": "red"})
    of = catalogue(vendor(1, loot(70, item=GEMS)))

    outcomes, _ = fulfilled(
        order(fill(70), fill(70, custom_data={"skin": "red"}), fill(70, custom_data={})),
        of,
        [newest, older, other_data, other_bucket],
    )

    assert outcomes == (
        success((70, newest, newest.with_count(2))),
        success((70, other_data, other_data.with_count(2))),
        success((70, newest.with_count(2), newest.with_count(3))),
    )


def test_added_loot_makes_a_record_where_none_has_its_custom_data():
    plain = record(1, GEMS, 1)
    of = catalogue(vendor(1, loot(70, item=GEMS)))

    outcomes, records = fulfilled(order(fill(70, custom_data={"skin": "red"})), of, [plain])

    new = made(0, GEMS, 1, custom_data={"skin": "red"})
    assert (outcomes, records) == ((success((70, None, new)),), [plain, new])


def test_records_of_the_same_moment_are_told_apart_by_their_id():
    twins = [record(number, GEMS, 1, acquired=NOW) for number in (2, 3, 1)]
    of = catalogue(vendor(1, loot(70, item=GEMS)), vendor(2, loot(71, SUBTRACT, item=GEMS)))

    outcomes, _ = fulfilled(order(fill(70), fill(71)), of, twins)

    assert outcomes == (
        success((70, twins[1], twins[1].with_count(2))),
        success((71, twins[2], twins[2].with_count(0))),
    )


def test_a_record_at_zero_is_used_again():
    empty = record(1, GEMS, 0)
    of = catalogue(vendor(1, loot(70, item=GEMS)))

    outcomes, records = fulfilled(order(fill(70)), of, [empty])

    full = empty.with_count(1)
    assert (outcomes, records) == ((success((70, empty, full)),), [full])


@pytest.mark.parametrize(
    ("source", "entry_bucket", "loot_bucket", "portal_id", "bucket"),
    [
        (Source.IN_GAME, "psn", "epic", 5, "psn"),
        (Source.CLIENT, "psn", "epic", 5, "epic"),
        (Source.CLIENT_CLAIM, "psn", "epic", 5, "epic"),
        (Source.IN_GAME, None, "epic", 5, "epic"),
        (Source.IN_GAME, None, None, 5, "steam"),
        (Source.CLIENT, "psn", None, 5, "steam"),
        (Source.IN_GAME, None, None, 3, "none"),
        (Source.IN_GAME, None, None, None, "none"),
    ],
)
def test_bucket_of_new_loot(source, entry_bucket, loot_bucket, portal_id, bucket):
    member = loot(70, item=GEMS, use_inventory_bucket=loot_bucket, is_claimable_by_client=True)

    outcomes, _ = fulfilled(
        order(fill(70, use_inventory_bucket=entry_bucket), source=source, portal_id=portal_id),
        catalogue(vendor(1, member)),
    )

    assert outcomes == (success((70, None, made(0, GEMS, 1, bucket=bucket))),)


@pytest.mark.parametrize(
    ("portal_id", "bucket"),
    [
        (-2, "free"),
        (-1, "sweat"),
        (0, "none"),
        (1, "none"),
        (2, "anon"),
        (4, "amazon"),
        (5, "steam"),
        (9, "psn"),
        (10, "xbox_live"),
        (13, "google"),
        (16, "twitch"),
        (22, "nintendo_switch"),
        (24, "apple"),
        (26, "nintendo"),
        (28, "epic"),
        (32, "google_play"),
        (33, "nintendo_ppid"),
    ],
)
def test_bucket_of_a_portal(portal_id, bucket):
    of = catalogue(vendor(1, loot(70, item=GEMS)))

    outcomes, _ = fulfilled(order(fill(70), portal_id=portal_id), of)

    assert outcomes == (success((70, None, made(0, GEMS, 1, bucket=bucket))),)


# Recipes: loot 70 leads to vendor 2, whose loot the tables list

GEM = record(1, GEMS, 1)


def recipe(*members, quantity=1, others=()):
    return catalogue(vendor(1, to_vendor(70, 2, quantity)), vendor(2, *members), *others)


def test_recipe_fills_all_of_its_loot_in_order():
    of = recipe(
        loot(73, item=SWORD, sort_order=1),
        loot(72, SUBTRACT, item=GEMS, sort_order=2),
        loot(71, item=PASS, sort_order=-1),
    )

    outcomes, _ = fulfilled(order(fill(70)), of, [GEM])

    assert outcomes == (
        success(
            (71, None, made(0, PASS, 1)),
            (73, None, made(1, SWORD, 1)),
            (72, GEM, GEM.with_count(0)),
        ),
    )


def test_recipe_checks_then_takes_then_gives_where_the_sort_order_is_the_same():
    of = recipe(
        loot(71, item=SWORD),
        loot(72, SUBTRACT, item=GEMS),
        loot(73, AT_LEAST, item=GEMS),
        loot(74, LESS_THAN, item=SWORD),
    )

    outcomes, _ = fulfilled(order(fill(70)), of, [GEM])

    assert outcomes == (success((72, GEM, GEM.with_count(0)), (71, None, made(1, SWORD, 1))),)


def test_recipe_multiplies_its_members_once():
    of = recipe(loot(71, quantity=5, item=SWORD), quantity=3)

    outcomes, _ = fulfilled(order(fill(70, 2)), of)

    assert outcomes == (success((71, None, made(0, SWORD, 30))),)


def test_recipe_leaves_out_loot_that_is_not_active():
    of = recipe(
        loot(71, item=SWORD, active=False),
        loot(72, item=SWORD, effective_from=LATER),
        loot(73, item=PASS, effective_from=NOW),
    )

    outcomes, _ = fulfilled(order(fill(70)), of)

    assert outcomes == (success((73, None, made(0, PASS, 1))),)


def test_recipe_check_sees_what_earlier_members_did():
    of = recipe(loot(71, item=SWORD), loot(72, AT_LEAST, item=SWORD, quantity=2, sort_order=1))

    assert fulfilled(order(fill(70)), of) == ((failure(Result.CANNOT_MEET_LOOT_REQUIRED),), [])

    sword = record(1, SWORD, 1)
    outcomes = (success((71, sword, sword.with_count(2))),)
    assert fulfilled(order(fill(70)), of, [sword]) == (outcomes, [sword.with_count(2)])


@pytest.mark.parametrize(
    ("last", "result"),
    [
        (loot(72, AT_LEAST, item=PASS, sort_order=1), Result.CANNOT_MEET_LOOT_REQUIRED),
        (loot(72, LESS_THAN, item=GEMS, sort_order=1), Result.CANNOT_MEET_LOOT_BLOCKER),
        (loot(72, CONSUME, item=BASIC, sort_order=1), Result.FAILED_TO_CONSUME_LOOT_REQUIRED),
        (loot(72, item=RETIRED, sort_order=1), Result.ITEM_NOT_ACTIVE),
        (loot(72, item=99, sort_order=1), Result.ITEM_NOT_FOUND),
        (loot(72, item=BASIC, sort_order=1), Result.FAILED_TO_MODIFY_INVENTORY),
    ],
)
def test_recipe_with_a_failing_direct_member_keeps_nothing(last, result):
    of = recipe(loot(71, item=SWORD), last)

    assert fulfilled(order(fill(70)), of, [GEM]) == ((failure(result),), [GEM])


def test_recipe_of_checks_that_pass_succeeds_without_a_change():
    of = recipe(loot(71, AT_LEAST, item=GEMS), loot(72, LESS_THAN, item=SWORD))

    assert fulfilled(order(fill(70)), of, [GEM]) == ((success(),), [GEM])


def test_recipe_whose_members_do_nothing_fails_although_a_check_passed():
    of = recipe(loot(71, AT_LEAST, item=GEMS), loot(72, SUBTRACT, item=SWORD))

    assert fulfilled(order(fill(70)), of, [GEM]) == ((NOTHING_FILLED,), [GEM])


def test_recipe_with_a_member_that_does_nothing_succeeds_by_the_others():
    of = recipe(loot(71, SUBTRACT, item=SWORD), loot(72, item=PASS))

    outcomes, _ = fulfilled(order(fill(70)), of)

    assert outcomes == (success((72, None, made(0, PASS, 1))),)


@pytest.mark.parametrize(
    "of",
    [
        catalogue(vendor(1, to_vendor(70, 2))),
        recipe(),
        recipe(loot(71, item=GEMS, active=False)),
        recipe(loot(71, item=GEMS, effective_from=LATER)),
        catalogue(vendor(1, to_vendor(70, 2)), vendor(2, loot(71, item=GEMS), active=False)),
    ],
    ids=["no vendor", "no loot", "loot not active", "loot not yet active", "vendor not active"],
)
def test_recipe_without_candidates_finds_nothing(of):
    assert fulfilled(order(fill(70)), of) == ((failure(Result.FAILED_TO_FIND_ANY_SUB_LOOT),), [])


# Sub-vendors of a recipe: 3 and 4 beside loot of its own

PREMIUM = vendor(
    3,
    loot(81, item=SWORD, sort_order=-1),
    loot(82, AT_LEAST, item=PASS),
)
EMPTY = vendor(4)


def test_failing_sub_vendor_is_left_out_when_another_member_was_filled():
    """The free track of a battle pass is given, the premium one needs the pass."""
    of = recipe(to_vendor(71, 3), loot(72, item=GEMS), others=[PREMIUM])

    new = made(0, GEMS, 1)
    assert fulfilled(order(fill(70)), of) == ((success((72, None, new)),), [new])


def test_sub_vendor_is_filled_beside_the_other_members():
    season_pass = record(1, PASS, 1)
    of = recipe(to_vendor(71, 3), loot(72, item=GEMS), others=[PREMIUM])

    outcomes, _ = fulfilled(order(fill(70)), of, [season_pass])

    assert outcomes == (success((81, None, made(0, SWORD, 1)), (72, None, made(1, GEMS, 1))),)


@pytest.mark.parametrize(
    ("members", "result"),
    [
        ([to_vendor(71, 3)], Result.CANNOT_MEET_LOOT_REQUIRED),
        ([to_vendor(71, 4)], Result.FAILED_TO_FIND_ANY_SUB_LOOT),
        ([to_vendor(71, 3), to_vendor(72, 4)], Result.FAILED_TO_FILL_ANY_SUB_LOOT),
        (
            [to_vendor(71, 3), loot(72, LESS_THAN, item=PASS)],
            Result.CANNOT_MEET_LOOT_REQUIRED,
        ),
        ([to_vendor(71, 3), loot(72, SUBTRACT, item=PASS)], Result.CANNOT_MEET_LOOT_REQUIRED),
        ([to_vendor(71, 3, quantity=0)], Result.FAILED_TO_FILL_ANY_SUB_LOOT),
    ],
    ids=["its code", "its code", "several", "a check is no filling", "nothing taken", "zero"],
)
def test_recipe_that_only_failing_sub_vendors_could_fill(members, result):
    of = recipe(*members, others=[PREMIUM, EMPTY])

    assert fulfilled(order(fill(70)), of) == ((failure(result),), [])


def test_sub_vendor_of_checks_that_pass_is_no_filling():
    checks = vendor(4, loot(91, LESS_THAN, item=PASS))
    of = recipe(to_vendor(71, 3), to_vendor(72, 4), others=[PREMIUM, checks])

    assert fulfilled(order(fill(70)), of) == ((failure(Result.CANNOT_MEET_LOOT_REQUIRED),), [])


def test_sub_vendor_sees_what_earlier_members_did():
    of = recipe(loot(71, item=PASS, sort_order=-1), to_vendor(72, 3), others=[PREMIUM])

    outcomes, _ = fulfilled(order(fill(70)), of)

    assert outcomes == (success((71, None, made(0, PASS, 1)), (81, None, made(1, SWORD, 1))),)


def test_sub_vendor_wins_over_the_item():
    of = recipe(to_vendor(71, 4, item=CHEST), others=[vendor(4, loot(91, item=SWORD))])

    outcomes, _ = fulfilled(order(fill(70)), of)

    assert outcomes == (success((91, None, made(0, SWORD, 1))),)


def nested(depth):
    """Vendor 0, whose loot 70 leads `depth` vendors deep to a sword."""
    first = vendor(0, to_vendor(70, 1))
    between = [vendor(n, to_vendor(100 + n, n + 1)) for n in range(1, depth)]
    return catalogue(first, *between, vendor(depth, loot(71, item=SWORD)))


def test_vendors_nest_ten_deep():
    outcomes, _ = fulfilled(order(fill(70)), nested(10))

    assert outcomes == (success((71, None, made(0, SWORD, 1))),)


def test_vendors_that_nest_deeper_are_an_internal_error(caplog):
    assert fulfilled(order(fill(70)), nested(11)) == ((failure(Result.INTERNAL_ERROR),), [])
    assert "Vendor 11 is more than 10 vendors deep" in caplog.text


# Whether loot may be filled at all


@pytest.mark.parametrize(
    ("etag", "version", "result"),
    [
        (None, None, Result.SUCCESS),
        ("etag 1", None, Result.SUCCESS),
        ("etag 1", 6, Result.SUCCESS),
        (None, 7, Result.SUCCESS),
        ("etag 0", None, Result.VENDOR_VERSION_DOES_NOT_MATCH),
        ("etag 0", 7, Result.VENDOR_VERSION_DOES_NOT_MATCH),
        ("", None, Result.VENDOR_VERSION_DOES_NOT_MATCH),
        (None, 6, Result.VENDOR_VERSION_DOES_NOT_MATCH),
        (None, 0, Result.VENDOR_VERSION_DOES_NOT_MATCH),
    ],
)
def test_entry_that_names_the_vendor_that_its_caller_saw(etag, version, result):
    of = catalogue(vendor(1, loot(70, LESS_THAN, item=GEMS), version=7))

    outcomes = (failure(result),)
    assert fulfilled(order(fill(70, vendor_etag=etag, vendor_version=version)), of) == (
        outcomes,
        [],
    )


def test_vendor_version_does_not_match_a_vendor_without_one():
    of = catalogue(vendor(1, loot(70, item=GEMS)))

    outcomes = (failure(Result.VENDOR_VERSION_DOES_NOT_MATCH),)
    assert fulfilled(order(fill(70, vendor_version=7)), of) == (outcomes, [])


@pytest.mark.parametrize(
    ("fields", "vendor_active", "result"),
    [
        ({}, True, Result.SUCCESS),
        ({"effective_from": NOW}, True, Result.SUCCESS),
        ({"effective_from": LATER}, True, Result.LOOT_NOT_ACTIVE),
        ({"active": False}, True, Result.LOOT_NOT_ACTIVE),
        ({}, False, Result.LOOT_NOT_ACTIVE),
    ],
)
def test_loot_is_active(fields, vendor_active, result):
    of = catalogue(vendor(1, loot(70, LESS_THAN, item=GEMS, **fields), active=vendor_active))

    assert fulfilled(order(fill(70)), of) == ((failure(result),), [])


@pytest.mark.parametrize("source", [Source.CLIENT, Source.CLIENT_CLAIM])
def test_clients_fill_only_loot_that_they_may_claim(source):
    of = catalogue(
        vendor(1, loot(70, LESS_THAN, item=GEMS)),
        vendor(2, loot(71, LESS_THAN, item=GEMS, is_claimable_by_client=True)),
        vendor(3, to_vendor(72, 1, is_claimable_by_client=True)),
    )

    outcomes, _ = fulfilled(order(fill(70), fill(71), fill(72), source=source), of)

    assert outcomes == (failure(Result.LOOT_NOT_FILLABLE_FROM_CLIENT), success(), success())


def test_loot_of_an_inactive_item_with_a_sub_vendor_is_refused():
    items = ITEMS | {CHEST: replace(ITEMS[CHEST], active=False)}
    of = catalogue(
        vendor(1, to_vendor(70, 2, item=CHEST)), vendor(2, loot(71, item=GEMS)), items=items
    )

    assert fulfilled(order(fill(70)), of) == ((failure(Result.ITEM_NOT_ACTIVE),), [])


@pytest.mark.parametrize(
    ("custom_data", "result"),
    [
        ({"a": "1", "b": "2"}, Result.SUCCESS),
        ({"a": "1", "b": "2", "c": "3"}, Result.TOO_MANY_INV_CUSTOM_ATTRIBUTES),
    ],
)
def test_loot_with_custom_data(custom_data, result):
    of = catalogue(vendor(1, loot(70, LESS_THAN, item=GEMS)))

    outcomes = (failure(result),)
    assert fulfilled(order(fill(70, custom_data=custom_data)), of) == (outcomes, [])
