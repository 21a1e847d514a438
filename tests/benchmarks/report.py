"""One row per measured thing, with its floor, as a table."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """`ratio` compares `value` with `floor`; `aim` says in words what the design wants."""

    work: str
    value: str
    floor: str
    ratio: float
    aim: str


def print_table(rows: list[Row]) -> None:
    cells = [("work", "measured", "floor", "ratio", "aim")]
    cells += [(row.work, row.value, row.floor, f"{row.ratio:.2f}", row.aim) for row in rows]
    widths = [max(len(line[column]) for line in cells) for column in range(5)]
    for number, line in enumerate(cells):
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)))
        if number == 0:
            print("  ".join("-" * width for width in widths))
