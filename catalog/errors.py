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


class StatusUnreachable(Conflict):
    """What is in this status cannot become what it should: retired is for good, for instance."""

    code = "status_unreachable"


class StockChanged(Conflict):
    """The stock is not any more what staff saw when they corrected it."""

    code = "stock_changed"


class StockCorrectionInvalid(Invalid):
    """A correction that changes nothing, counts too many, or was another product's."""

    code = "stock_correction_invalid"


class ProductUnknown(Invalid):
    """No product has this id, or it is not this establishment's."""

    code = "product_unknown"
