from collections.abc import Collection, Iterator, Mapping
from typing import Any

from django.db import connection, models, transaction

from catalog.errors import CatalogueInvalid, StatusUnreachable
from catalog.models import Loot, Offer, Product, StockMovement, Supplier
from catalog.models.products import Offered
from catalog.product_document import (
    EstablishmentRow,
    OfferRow,
    ProductDocument,
    ProductRow,
    SupplierRow,
    read_product_document,
)
from catalog.services.change_status import move_to_status
from catalog.services.lock_products import lock_products
from players.models import CoinEntry, Establishment
from players.services.move_coins import move_coins

BY = "system"
Report = dict[str, dict[str, int]]


@transaction.atomic
def import_products(text: bytes) -> Report:
    """Bring establishments, suppliers, products and offers to what the document says, and count.

    What the document does not name stays. Only what differs is written: the same document again
    changes nothing. `stock` and `coins` are what something new begins with; of what is there
    already they move by corrections only. A product without a `status` keeps the one it has.
    Locks, against another import, the table of suppliers; then establishments, then products.
    Refused as a whole with CatalogueInvalid, which names every problem.
    """
    document, problems = read_product_document(text)
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE catalog_supplier IN SHARE ROW EXCLUSIVE MODE")
    if problems := [*problems, *_unknown(document)]:
        raise CatalogueInvalid(problems)
    establishments = _write_establishments(document.establishments)
    suppliers = _write_suppliers(document.suppliers)
    return {
        "establishments": establishments,
        "suppliers": suppliers,
        "products": _write_products(document.products),
        "offers": _write_offers(document.offers),
    }


def _unknown(document: ProductDocument) -> Iterator[str]:
    """What products name and neither the document nor the database has."""
    named: list[tuple[str, str, type[models.Model], Collection[Any]]] = [
        ("establishment_id", "establishmentId", Establishment, document.establishments),
        ("supplier_id", "supplierId", Supplier, document.suppliers),
        ("loot_id", "lootId", Loot, ()),
    ]
    for field, member, model, rows in named:
        wanted = {getattr(product, field) for product in document.products} - {None}
        stored = model._default_manager.filter(pk__in=wanted).values_list("pk", flat=True)
        missing = wanted - {row.id for row in rows} - set(stored)
        for at, product in enumerate(document.products):
            if (key := getattr(product, field)) in missing:
                yield f"products.{at}.{member}: there is no {model._meta.verbose_name} {key}"
    sold = {offer.product_id for offer in document.offers}
    there = {product.id for product in document.products}
    there |= set(Product.objects.filter(pk__in=sold - there).values_list("pk", flat=True))
    for at, offer in enumerate(document.offers):
        if offer.product_id not in there:
            yield f"offers.{at}.productId: there is no product {offer.product_id}"


def _write_establishments(rows: Collection[EstablishmentRow]) -> dict[str, int]:
    keys = [row.id for row in rows]
    locked = Establishment.objects.select_for_update(no_key=True).filter(pk__in=keys)
    stored = {each.pk: each for each in locked.order_by("pk")}
    counts = _nothing()
    for row in rows:
        columns = row.model_dump(exclude={"id", "coins"})
        if (establishment := stored.get(row.id)) is not None:
            counts[_update(establishment, columns)] += 1
            continue
        establishment = Establishment.objects.create(pk=row.id, **columns)
        if row.coins:
            move_coins(establishment, row.coins, reason=CoinEntry.Reason.OPENING, by=BY)
        counts["created"] += 1
    return counts


def _write_suppliers(rows: Collection[SupplierRow]) -> dict[str, int]:
    stored = Supplier.objects.in_bulk([row.id for row in rows])
    counts = _nothing()
    for row in rows:
        if (supplier := stored.get(row.id)) is not None:
            counts[_update(supplier, {"name": row.name})] += 1
        else:
            Supplier.objects.create(pk=row.id, name=row.name)
            counts["created"] += 1
    return counts


def _write_products(rows: Collection[ProductRow]) -> dict[str, int]:
    stored = lock_products(row.id for row in rows)
    _create_products([row for row in rows if row.id not in stored])
    counts = _nothing() | {"created": len(rows) - len(stored)}
    problems: list[str] = []
    for at, row in enumerate(rows):
        if (product := stored.get(row.id)) is None:
            continue
        changed = _moved(product, row.status, f"products.{at}", problems)
        counts[_update(product, _columns(row), *changed)] += 1
    if problems:
        raise CatalogueInvalid(problems)
    return counts


def _write_offers(rows: Collection[OfferRow]) -> dict[str, int]:
    locked = Offer.objects.select_for_update(no_key=True).filter(pk__in=[row.id for row in rows])
    stored = {offer.pk: offer for offer in locked.order_by("pk")}
    names = dict(
        Product.objects.filter(pk__in={row.product_id for row in rows}).values_list("pk", "name")
    )
    counts = _nothing()
    problems: list[str] = []
    for at, row in enumerate(rows):
        columns = row.model_dump(exclude={"id", "status"})
        columns["name"] = row.name or names[row.product_id]
        if (offer := stored.get(row.id)) is None:
            Offer.objects.create(pk=row.id, status=row.status or Offer.Status.ACTIVE, **columns)
            counts["created"] += 1
            continue
        if offer.product_id != row.product_id:
            problems.append(f"offers.{at}.productId: the offer is of product {offer.product_id}")
            continue
        counts[_update(offer, columns, *_moved(offer, row.status, f"offers.{at}", problems))] += 1
    if problems:
        raise CatalogueInvalid(problems)
    return counts


def _moved(of: Offered, status: str | None, at: str, problems: list[str]) -> list[str]:
    """Take it to the status that the document says, if it says one; the columns that changed."""
    if status in (None, of.status):
        return []
    try:
        move_to_status(of, str(status))
    except StatusUnreachable as refusal:
        problems.append(f"{at}.status: {refusal.message}")
        return []
    return ["status"]


def _columns(row: ProductRow) -> dict[str, Any]:
    return row.model_dump(exclude={"id", "stock", "status"})


def _create_products(rows: Collection[ProductRow]) -> None:
    """With the movements that brought in what they begin with."""
    products = Product.objects.bulk_create(
        Product(
            pk=row.id,
            stock=row.stock,
            status=row.status or Product.Status.ACTIVE,
            **_columns(row),
        )
        for row in rows
    )
    StockMovement.objects.bulk_create(
        StockMovement(
            product=product,
            kind=StockMovement.Kind.CORRECTION,
            stock_change=product.stock,
            reserved_change=0,
            stock=product.stock,
            reserved=0,
            by=BY,
            note="Opening stock",
        )
        for product in products
        if product.stock
    )


def _update(stored: models.Model, columns: Mapping[str, Any], *changed_already: str) -> str:
    """Write what differs, and say in a word of the report what that was."""
    changed = [name for name, value in columns.items() if getattr(stored, name) != value]
    for name in changed:
        setattr(stored, name, columns[name])
    changed += changed_already
    if not changed:
        return "unchanged"
    stored.save(update_fields=changed)
    return "updated"


def _nothing() -> dict[str, int]:
    return {"created": 0, "updated": 0, "unchanged": 0}
