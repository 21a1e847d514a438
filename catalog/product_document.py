"""The products document (DOMAIN 4.5), read strictly, without a look at the database.

Its words are those of the rewards API. A member that is left out has the default of its column.
"""

import json
from collections.abc import Hashable, Iterator, Sequence
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import BeforeValidator, Field, ValidationError, field_validator, model_validator
from pydantic.alias_generators import to_camel
from pydantic.config import ConfigDict
from pydantic_core import PydanticCustomError

from catalog.document import told
from catalog.models import Product
from catalog.sections import MAX_INTEGER, NO_NUL, Guid, Natural, SmallNatural, as_decimal
from catalog.sections import Row as StrictRow

UUIDText = Annotated[UUID, Field(strict=False)]
Title = Annotated[str, Field(min_length=1, max_length=200, pattern=NO_NUL)]
Text = Annotated[str, Field(max_length=5_000, pattern=NO_NUL)]
Address = Annotated[str, Field(max_length=500, pattern=NO_NUL)]
Email = Annotated[str, Field(max_length=254, pattern=r"^([^@\s\x00]+@[^@\s\x00]+)?$")]
Coins = Annotated[
    Decimal, Field(ge=0, max_digits=12, decimal_places=2), BeforeValidator(as_decimal)
]


class RepeatedKeys(dict[str, Any]):
    """An object of which JSON would silently keep the last of several members of one name."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    return RepeatedKeys(found) if len(found) < len(pairs) else found


class Row(StrictRow):
    model_config = ConfigDict(alias_generator=to_camel, **StrictRow.model_config)

    @model_validator(mode="before")
    @classmethod
    def _no_key_twice(cls, found: Any) -> Any:
        if isinstance(found, RepeatedKeys):
            raise PydanticCustomError("repeated", "a key stands here more than once")
        return found


class EstablishmentRow(Row):
    """`coins`: what a new one begins with."""

    id: UUIDText
    name: Title
    email: Email = ""
    image_url: Address = ""
    thumbnail_url: Address = ""
    coins: Coins = Decimal(0)


class SupplierRow(Row):
    id: Guid
    name: Title


class ProductRow(Row):
    """`stock`: what a new one begins with. `status`: of a new one that says none, active."""

    id: UUIDText
    establishment_id: UUIDText | None = None
    supplier_id: Guid | None = None
    name: Title
    description: Text = ""
    image_url: Address = ""
    kind: Annotated[Product.Kind, Field(strict=False)] = Product.Kind.PHYSICAL
    price: Coins
    denominations: list[SmallNatural] = []
    stock: Annotated[int, Field(ge=0, le=MAX_INTEGER)] = 0
    visible: bool = True
    status: Annotated[Product.Status, Field(strict=False)] | None = None
    loot_id: Natural | None = None


class ProductDocument(Row):
    establishments: list[EstablishmentRow] = []
    suppliers: list[SupplierRow] = []
    products: list[ProductRow] = []
    offers: list[Any] = []

    @field_validator("offers")
    @classmethod
    def _nothing_is_sold_yet(cls, offers: list[Any]) -> list[Any]:
        if offers:
            raise PydanticCustomError("offers", "this server has no offers yet: it must be empty")
        return offers


def read_product_document(text: bytes) -> tuple[ProductDocument, list[str]]:
    """Read all of it; where anything is wrong, an empty one, and every problem with its path."""
    nothing = ProductDocument()
    try:
        found = json.loads(text, object_pairs_hook=_object, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        return nothing, [f"not JSON: {error}"]
    if not isinstance(found, dict):
        return nothing, ["the document must be an object"]
    if isinstance(found, RepeatedKeys):
        return nothing, ["a key of the document stands there more than once"]
    try:
        document = ProductDocument.model_validate(found)
    except ValidationError as error:
        return nothing, list(told(error))
    problems = [*_repeated(document)]
    return (nothing if problems else document), problems


def _repeated(document: ProductDocument) -> Iterator[str]:
    sections: dict[str, Sequence[Any]] = {
        "establishments": document.establishments,
        "suppliers": document.suppliers,
        "products": document.products,
    }
    for name, rows in sections.items():
        first: dict[Hashable, int] = {}
        for at, row in enumerate(rows):
            if first.setdefault(row.id, at) != at:
                yield f"{name}.{at}.id: {name}.{first[row.id]} has it too"
    for at, row in enumerate(document.products):
        if len(set(row.denominations)) < len(row.denominations):
            yield f"products.{at}.denominations: names a face value more than once"
