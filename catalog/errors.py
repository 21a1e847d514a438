"""What the services of the catalogue may refuse."""

from collections.abc import Sequence

from config.errors import Conflict, Invalid


class CatalogueInvalid(Invalid):
    """A document that cannot be the catalogue. `problems` names every one, with its path."""

    code = "catalogue_invalid"

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(["Nothing was imported:", *problems]), problems=problems)
        self.problems = problems


class CatalogueChanged(Conflict):
    """A row of the catalogue is not any more what was seen when its change was asked for."""

    code = "catalogue_changed"


class StockShort(Conflict):
    """Fewer units are there than are to be moved, or fewer than are reserved would be left."""

    code = "stock_short"


class ProductStatusUnreachable(Conflict):
    """A product in this status cannot become what it should: retired is for good, for instance."""

    code = "product_status_unreachable"
