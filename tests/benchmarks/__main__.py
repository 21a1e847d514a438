"""Measure the hot paths beside their floors, in one run, and print a table of ratios.

    make bench                    everything (some minutes)
    make bench ONLY=fulfilment    one part: fulfilment, synchronous_order, catalogue_snapshot,
                                  order_page, reservation, orders_list, odata_list,
                                  metrics or export

In a database of its own, made and removed, on the servers that manage.py finds: not those of the
tests, which are fast because they may lose data.

The figures of another machine say little; the ratios are what the design aims at (README).
"""

import argparse
import logging
import sys

import django

from config.local.environment import complete_for_command

PARTS = [
    "fulfilment",
    "synchronous_order",
    "catalogue_snapshot",
    "order_page",
    "reservation",
    "orders_list",
    "odata_list",
    "metrics",
    "export",
]


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", choices=PARTS)
    parser.add_argument("--orders", type=int, default=20_000, help="orders to fulfil")
    parser.add_argument("--large", type=int, default=1_000_000, help="orders in the large table")
    options = parser.parse_args()
    # Held until this process ends.
    lease = complete_for_command(say=print)  # noqa: F841
    django.setup()

    from django.db import connection  # noqa: PLC0415 - Django must be set up first
    from django.test.utils import setup_test_environment  # noqa: PLC0415

    from tests.benchmarks import (  # noqa: PLC0415
        catalogue_snapshot,
        export,
        fulfilment,
        metrics,
        odata_list,
        order_page,
        orders_list,
        reservation,
        synchronous_order,
    )
    from tests.benchmarks.report import print_table  # noqa: PLC0415

    parts = {
        "fulfilment": lambda: fulfilment.measure(orders=options.orders),
        "synchronous_order": synchronous_order.measure,
        "catalogue_snapshot": catalogue_snapshot.measure,
        "order_page": lambda: order_page.measure(small=10_000, large=options.large),
        "reservation": reservation.measure,
        "orders_list": lambda: orders_list.measure(large=options.large),
        "odata_list": lambda: odata_list.measure(large=options.large),
        "metrics": lambda: metrics.measure(large=options.large),
        "export": lambda: export.measure(large=options.large),
    }
    setup_test_environment(debug=False)
    logging.disable(logging.INFO)  # a line per request would drown the table
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        rows = []
        for name, measure in parts.items():
            if options.only in (None, name):
                print(f"measuring {name} …", file=sys.stderr, flush=True)
                rows += measure()
        print_table(rows)
    finally:
        connection.creation.destroy_test_db(connection.settings_dict["NAME"], verbosity=0)
    return 0


if __name__ == "__main__":
    sys.exit(main())
