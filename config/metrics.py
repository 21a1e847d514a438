"""/metrics in Prometheus' words: django-prometheus' own, and what waits for workers."""

from collections.abc import Iterator

import psycopg
from django.http import HttpRequest, HttpResponse
from django_prometheus.exports import ExportToDjangoView
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from config.health import own_connection
from inventory.backlog import COUNTED, read_backlog
from orders.backlog import read_backlogs, read_trouble_with_payments

WAITING = {
    "reservations": "Reservations and sales that ran out and are not released",
    "webhooks": "Webhooks that are not delivered",
    "mail": "Mail that is not sent",
    "exports": "Exports that are not made",
    "payments": "Payments in flight: their gateway is asked what became of them",
}


class BacklogCollector(Collector):
    """Asked anew at every scrape, so it needs no process to keep a number right."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        try:
            with own_connection() as own:
                backlog = read_backlog(own.cursor())
                of_orders = read_backlogs(own.cursor())
                trouble = read_trouble_with_payments(own.cursor())
        except psycopg.Error:
            return  # absent, which an alert can ask for; /readyz says why
        yield GaugeMetricFamily(
            "quartermaster_player_orders_waiting",
            f"Accepted player orders that are not done; counted up to {COUNTED}.",
            backlog.waiting,
        )
        yield GaugeMetricFamily(
            "quartermaster_player_orders_oldest_wait_seconds",
            "For how long the oldest of them has waited; 0 when none waits.",
            backlog.oldest.total_seconds(),
        )
        for waits in of_orders:
            yield GaugeMetricFamily(
                f"quartermaster_{waits.name}_waiting",
                f"{WAITING[waits.name]}; counted up to {COUNTED}.",
                waits.waiting,
            )
            yield GaugeMetricFamily(
                f"quartermaster_{waits.name}_late_seconds",
                "How long ago a worker could have done the first of them; 0 when none is due.",
                waits.late.total_seconds(),
            )
        yield GaugeMetricFamily(
            "quartermaster_payments_unknown_seconds",
            "For how long the oldest payment is in flight that waits for no buyer; 0 when none is.",
            trouble.unknown_seconds,
        )
        yield GaugeMetricFamily(
            "quartermaster_refunds_failed",
            f"Refunds that a gateway did not accept; counted up to {COUNTED}.",
            trouble.failed_refunds,
        )


REGISTRY = CollectorRegistry()
REGISTRY.register(BacklogCollector())


def metrics(request: HttpRequest) -> HttpResponse:
    response = ExportToDjangoView(request)
    response.write(generate_latest(REGISTRY))
    return response
