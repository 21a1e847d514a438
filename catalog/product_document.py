"""The products document (DOMAIN 4.5), read strictly, without a look at the database.

Its words are those of the rewards and sales APIs. A member left out has the default of its column.
"""

import json
import re
from collections.abc import Hashable, Iterator, Sequence
from decimal import Decimal
from typing import Annotated, Any, cast
from uuid import UUID

from pydantic import BeforeValidator, Field, ValidationError, field_validator, model_validator
from pydantic.alias_generators import to_camel
from pydantic.config import ConfigDict
from pydantic_core import PydanticCustomError

from catalog.attributes import why_not_kept
from catalog.document import told
from catalog.models import Offer, Product
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
CURRENCY = re.compile(r"[A-Z]{3}")


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


class OfferRow(Row):
    """`status`: of a new one that says none, active. Without a name it has the product's."""

    id: Guid
    product_id: UUIDText
    name: Annotated[str, Field(max_length=200, pattern=NO_NUL)] = ""
    description: Text = ""
    base_price: Coins
    currency: str = "USD"
    billing_cycle: Annotated[Offer.BillingCycle, Field(strict=False)] = Offer.BillingCycle.ONCE
    group_id: Annotated[str, Field(max_length=64, pattern=NO_NUL, alias="offerGroupId")] = ""
    attributes: dict[str, Any] = {}
    status: Annotated[Offer.Status, Field(strict=False)] | None = None

    @field_validator("currency")
    @classmethod
    def _is_a_code(cls, currency: str) -> str:
        if not CURRENCY.fullmatch(currency):
            raise PydanticCustomError("currency", "must be three capital letters, as in EUR")
        return currency

    @field_validator("attributes")
    @classmethod
    def _can_be_stored(cls, attributes: dict[str, Any]) -> dict[str, Any]:
        try:
            text = json.dumps(attributes, default=float, allow_nan=False)
        except (ValueError, RecursionError) as error:
            raise PydanticCustomError("attributes", "it is no JSON that can be stored") from error
        stored = cast(dict[str, Any], json.loads(text))
        if why := why_not_kept(stored):
            raise PydanticCustomError("attributes", "{why}", {"why": why})
        return stored


class ProductDocument(Row):
    establishments: list[EstablishmentRow] = []
    suppliers: list[SupplierRow] = []
    products: list[ProductRow] = []
    offers: list[OfferRow] = []


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
        "offers": document.offers,
    }
    for name, rows in sections.items():
        first: dict[Hashable, int] = {}
        for at, row in enumerate(rows):
            if first.setdefault(row.id, at) != at:
                yield f"{name}.{at}.id: {name}.{first[row.id]} has it too"
    for at, row in enumerate(document.products):
        if len(set(row.denominations)) < len(row.denominations):
            yield f"products.{at}.denominations: names a face value more than once"
