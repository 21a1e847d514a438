"""What the sales of a period come to."""

from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from inventory.api.answers import Answer
from orders.api.fields import wire_amount
from orders.api.sales import endpoints
from orders.api.sales.doors import SalesApi
from orders.api.sales.serializers.metrics import MetricsQuery
from orders.services.sale_metrics import GroupBy, Metrics, Total, sale_metrics


class MetricsViewSet(SalesApi):
    endpoints = {"aggregate": endpoints.METRICS}

    def aggregate(self, request: Request) -> HttpResponse:
        """Count the orders of some days and what they brought.

        Days are those on which orders were made, in UTC, both inclusive. Of customers, offers and
        payment methods there are at most 1,000 groups, the largest revenue first.
        """
        asked = self.parse_query(request, MetricsQuery)
        group_by = asked.get("groupBy")
        metrics = sale_metrics(
            establishment_id=self.caller.establishment_id,
            start=asked.get("startDate"),
            end=asked.get("endDate"),
            group_by=GroupBy(group_by) if group_by else None,
            currency=asked.get("currency"),
        )
        return Answer(_as_told(metrics))


def _as_told(metrics: Metrics) -> dict[str, Any]:
    told: dict[str, Any] = {**_total(metrics.whole), "ordersByStatus": metrics.orders_by_status}
    if len(metrics.by_currency) > 1:
        told["revenueByCurrency"] = {
            currency: wire_amount(total.revenue)
            for currency, total in sorted(metrics.by_currency.items())
        }
    if metrics.groups is not None:
        told["groups"] = [{"key": key, **_total(total)} for key, total in metrics.groups.items()]
    if metrics.is_cut:
        told["groupsAreCut"] = True
    return told


def _total(total: Total) -> dict[str, Any]:
    return {
        "totalOrders": total.orders,
        "totalRevenue": wire_amount(total.revenue),
        "averageOrderValue": wire_amount(total.average),
    }
