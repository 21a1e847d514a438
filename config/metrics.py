"""/metrics in Prometheus' words: django-prometheus' own, and how many player orders wait."""

from collections.abc import Iterator

import psycopg
from django.http import HttpRequest, HttpResponse
from django_prometheus.exports import ExportToDjangoView
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from config.health import own_connection
from inventory.backlog import COUNTED, read_backlog


class BacklogCollector(Collector):
    """Asked anew at every scrape, so it needs no process to keep a number right."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        try:
            with own_connection() as own:
                backlog = read_backlog(own.cursor())
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


REGISTRY = CollectorRegistry()
REGISTRY.register(BacklogCollector())


def metrics(request: HttpRequest) -> HttpResponse:
    response = ExportToDjangoView(request)
    response.write(generate_latest(REGISTRY))
    return response
