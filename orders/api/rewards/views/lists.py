"""Orders are read: those of an establishment, those of a player, one with its history."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from inventory.api.answers import Answer
from orders.api.rewards import endpoints
from orders.api.rewards.doors import RewardsApi
from orders.api.rewards.serializers.orders import (
    ListedOrderSerializer,
    OrderSerializer,
    OrderWithHistorySerializer,
)
from orders.api.rewards.serializers.requests import DEFAULT_PAGE_SIZE, PageQuery
from orders.api.rewards.transactions import transaction_of, transactions_of
from orders.models import Order
from orders.services.list_rewards import RewardPage, list_rewards

Shown = Order.DisplayStatus
# Which display statuses an `orderStatus` or an `orderDisplayStatus` stands for.
SHOWN_AS: dict[str, set[str]] = {
    **{status.label.lower(): {status.value} for status in Shown},
    "pending": {Shown.PENDING, Shown.SENT, Shown.DELAYED},
    "completed": {Shown.ACQUIRED},
}
PLAYER_PAGE = 500
NOTHING = RewardPage(rows=[], total=0, total_is_estimate=False, has_more=False)


class OrderListViewSet(RewardsApi):
    endpoints = {"list_orders": endpoints.LIST_ORDERS}

    def list_orders(self, request: Request, **_path: str) -> HttpResponse:
        """List the orders of the establishment, newest first.

        `search` finds transaction ids by their beginning and, from three characters on, products
        by a part of their name. A status is that of the order or the one that is displayed.
        """
        said = self.parse(request, optional=True)
        filters = said.get("filters", {})
        price = filters.get("price", {})
        page = said.get("pagination", {}).get("page", 1)
        limit = said.get("pagination", {}).get("limit", DEFAULT_PAGE_SIZE)
        statuses = _display_statuses(filters.get("status", ()))
        if filters.get("status") and not statuses:
            found = NOTHING
        else:
            found = list_rewards(
                establishment_id=self.caller.establishment_id,
                search=said.get("search", ""),
                display_statuses=statuses,
                minimum=price.get("min"),
                maximum=price.get("max"),
                page=page,
                limit=limit,
            )
        pagination = {
            "total": found.total,
            "page": page,
            "limit": limit,
            "hasMore": found.has_more,
        }
        if found.total_is_estimate:
            pagination["totalIsEstimate"] = True
        controls = {
            "nextPage": page + 1 if found.has_more else None,
            "previousPage": page - 1 if page > 1 else None,
        }
        return Answer(
            {
                "envelope": {"type": "paginated", "dataPath": "items"},
                "meta": {
                    "pagination": pagination,
                    "filters": _echoed(filters),
                    "sort": {"field": "date", "direction": "desc"},
                    "paginationControls": controls,
                },
                "items": [ListedOrderSerializer(one).data for one in transactions_of(found.rows)],
            }
        )


class PlayerOrderListViewSet(RewardsApi):
    endpoints = {
        "list_orders": endpoints.LIST_PLAYER_ORDERS,
        "retrieve": endpoints.GET_PLAYER_ORDER,
    }

    def list_orders(self, request: Request, **_path: str) -> HttpResponse:
        """List the orders of a player, newest first.

        At most 500: `Link` then has the address of the next page.
        """
        page = self.parse_query(request, PageQuery)["page"]
        player = self.find_player()
        orders = Order.objects.rewards().filter(player=player)
        if self.caller.establishment_id:
            orders = orders.filter(establishment=self.caller.establishment_id)
        newest = orders.select_related("player", "establishment", "product", "delivery").order_by(
            "-created_at", "transaction_id"
        )
        found = list(newest[(page - 1) * PLAYER_PAGE : page * PLAYER_PAGE + 1])
        headers = {}
        if len(found) > PLAYER_PAGE:
            headers["Link"] = f'<{request.path}?page={page + 1}>; rel="next"'
        shown = transactions_of(found[:PLAYER_PAGE])
        return Answer([OrderSerializer(one).data for one in shown], headers=headers)

    def retrieve(self, _request: Request, **_path: str) -> HttpResponse:
        """Get one order of a player, with the operations that made it what it is."""
        return Answer(OrderWithHistorySerializer(transaction_of(self.find_order())).data)


def _display_statuses(words: Iterable[str]) -> set[str]:
    return set().union(*(SHOWN_AS.get(word.lower(), set()) for word in words))


def _echoed(filters: dict[str, Any]) -> dict[str, Any]:
    """The filters as they were sent."""
    price = {bound: float(amount) for bound, amount in filters.get("price", {}).items()}
    return {**filters, **({"price": price} if "price" in filters else {})}
