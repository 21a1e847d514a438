"""Levels and the XP for them, by the vendor's own examples (DOMAIN 2.14)."""

import pytest

from catalog.snapshot import XpTable
from inventory.fulfilment.xp import (
    OF_ADDITIONAL_LEVELS,
    TO_ADDITIONAL_LEVEL,
    TO_EXACT_LEVEL,
    level_of,
    minimum_of,
    xp_for_levels,
)

TABLE = XpTable(1, (20, 50, 100, 200, 400))
SKIPPING = XpTable(2, (0, 50, 50, 100))


@pytest.mark.parametrize(
    ("table", "xp", "level"),
    [
        (TABLE, 0, 0),
        (TABLE, 19, 0),
        (TABLE, 20, 1),
        (TABLE, 150, 3),
        (TABLE, 399, 4),
        (TABLE, 400, 5),
        (TABLE, 2**63, 5),
        (SKIPPING, 0, 1),
        (SKIPPING, 49, 1),
        (SKIPPING, 50, 3),
        (XpTable(3, ()), 1000, 0),
    ],
)
def test_level_of_so_much_xp(table, xp, level):
    assert level_of(table, xp) == level


@pytest.mark.parametrize(("level", "minimum"), [(0, 0), (1, 20), (5, 400), (6, 400), (2**70, 400)])
def test_minimum_of_a_level(level, minimum):
    assert minimum_of(TABLE, level) == minimum


@pytest.mark.parametrize(
    ("transform", "levels", "xp_after", "level_after"),
    [
        (TO_ADDITIONAL_LEVEL, 1, 200, 4),
        (TO_ADDITIONAL_LEVEL, 2, 400, 5),
        (TO_ADDITIONAL_LEVEL, 3, 400, 5),
        (OF_ADDITIONAL_LEVELS, 1, 250, 4),
        (OF_ADDITIONAL_LEVELS, 2, 450, 5),
        (OF_ADDITIONAL_LEVELS, 3, 450, 5),
        (TO_EXACT_LEVEL, 1, 170, 3),
        (TO_EXACT_LEVEL, 2, 200, 4),
        (TO_EXACT_LEVEL, 3, 250, 4),
    ],
)
def test_the_nine_worked_examples(transform, levels, xp_after, level_after):
    """The player is at level 3 with 150 XP."""
    xp = 150 + xp_for_levels(transform, levels, 150, TABLE)

    assert (xp, level_of(TABLE, xp)) == (xp_after, level_after)


@pytest.mark.parametrize(
    ("transform", "levels", "xp", "given"),
    [
        (TO_ADDITIONAL_LEVEL, 1, 0, 20),
        (TO_ADDITIONAL_LEVEL, 1, 19, 1),
        (OF_ADDITIONAL_LEVELS, 1, 19, 20),
        (TO_EXACT_LEVEL, 1, 19, 20),
        (TO_EXACT_LEVEL, 9, 150, 400),
        (TO_ADDITIONAL_LEVEL, 1, 399, 1),
        (TO_ADDITIONAL_LEVEL, 1, 400, 0),
        (OF_ADDITIONAL_LEVELS, 1, 400, 0),
        (TO_EXACT_LEVEL, 1, 400, 0),
        (TO_EXACT_LEVEL, 1, 900, 0),
    ],
)
def test_xp_below_the_first_and_at_the_last_level(transform, levels, xp, given):
    assert xp_for_levels(transform, levels, xp, TABLE) == given
