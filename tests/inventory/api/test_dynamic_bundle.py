"""GET …/dynamic-bundle/{loot_id}: the selection that is offered to a player."""

import pytest

from catalog.models import Item
from tests.factories import ItemFactory, LootFactory, PlayerFactory, VendorFactory

NONE = {
    "auth_success": True,
    "error_code": "dynamic_bundle_not_found",
    "desc": "There is no such dynamic bundle",
}


@pytest.fixture
def bundle(db, settings):
    settings.DYNAMIC_BUNDLES_ENABLED = True
    vendor = VendorFactory(type="randomly_sampled")
    for _ in range(20):
        LootFactory(vendor=vendor, drop_weight=1)
    return LootFactory(
        item=ItemFactory(type=Item.Type.DYNAMIC_BUNDLE), sub_vendor=vendor, quantity=3
    )


def offer_of(bundle):
    return f"/inventory/v2/player/me/dynamic-bundle/{bundle.pk}"


def test_bundle_is_offered_with_what_its_order_needs(api, bundle):
    response = api.get(offer_of(bundle))

    body = response.json()
    assert (response.status_code, body) == (
        200,
        {
            "loot_id": bundle.pk,
            "vendor_etag": api.get(f"/inventory/v1/catalog/vendor/{bundle.vendor_id}")[
                "ETag"
            ].strip('"'),
            "dynamic_bundle_loot_ids": body["dynamic_bundle_loot_ids"],
        },
    )
    assert len(set(body["dynamic_bundle_loot_ids"])) == 3
    assert api.get(offer_of(bundle)).json() == body


def test_bundle_is_each_players_own(as_player, bundle):
    offers = {
        tuple(as_player("inv:*", of=player).get(offer_of(bundle)).json()["dynamic_bundle_loot_ids"])
        for player in PlayerFactory.create_batch(5)
    }

    assert len(offers) > 1


def test_bundle_that_is_none_is_not_found(api, bundle, settings):
    other = LootFactory()
    found = [
        api.get(offer_of(other)),
        api.get("/inventory/v2/player/me/dynamic-bundle/0"),
    ]
    settings.DYNAMIC_BUNDLES_ENABLED = False
    found.append(api.get(offer_of(bundle)))

    assert [(response.status_code, response.json()) for response in found] == [(404, NONE)] * 3
