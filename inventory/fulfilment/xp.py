"""Experience: what is counted as XP, read as levels by an XP table (DOMAIN 2.14)."""

from bisect import bisect_right

from catalog.snapshot import XpTable

TO_ADDITIONAL_LEVEL = "from_current_xp_to_target_additional_level_min_xp"
OF_ADDITIONAL_LEVELS = "from_current_level_min_xp_to_target_additional_level_min_xp"
TO_EXACT_LEVEL = "from_zero_to_target_exact_level_min_xp"
TRANSFORMS = frozenset({TO_ADDITIONAL_LEVEL, OF_ADDITIONAL_LEVELS, TO_EXACT_LEVEL})


def level_of(table: XpTable, xp: int) -> int:
    """The highest level whose minimum is reached; 0 below the first."""
    return bisect_right(table.minimums, xp)


def minimum_of(table: XpTable, level: int) -> int:
    """The least XP of a level; of one beyond the last, that of the last."""
    return table.minimums[min(level, len(table.minimums)) - 1] if level > 0 else 0


def xp_for_levels(transform: str, levels: int, xp: int, table: XpTable) -> int:
    """How much XP `levels` stand for, for a player who has `xp`. At the last level it is none."""
    level = level_of(table, xp)
    if level >= len(table.minimums):
        return 0
    if transform == TO_EXACT_LEVEL:
        return minimum_of(table, levels)
    start = xp if transform == TO_ADDITIONAL_LEVEL else minimum_of(table, level)
    return minimum_of(table, level + levels) - start
