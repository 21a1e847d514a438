from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from catalog.models import CatalogHistory, CatalogVersion, Item
from catalog.services import take_snapshot
from catalog.services.purge_catalog_history import purge_catalog_history
from catalog.services.take_snapshot import catalogue_at, current_catalogue
from catalog.tasks import purge_catalog_history as purge_task
from tests.factories import ItemFactory

pytestmark = pytest.mark.django_db

NOW = datetime.now(UTC)


def day(number):
    return NOW - timedelta(days=100 - number)


def written(number, write):
    """Write on that day, and say which version it made."""
    before = current_catalogue().version
    write()
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('quartermaster.purge_catalog_history', 'on', true)")
    CatalogHistory.objects.filter(version__gt=before).update(created_at=day(number))
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('quartermaster.purge_catalog_history', '', true)")
    return current_catalogue()


@pytest.fixture
def story():
    take_snapshot._built_at.cache_clear()
    return [
        written(1, lambda: ItemFactory(id=1, name="a", type="unit")),
        written(2, lambda: ItemFactory(id=2)),
        written(3, lambda: Item.objects.filter(pk=1).update(type="recipe")),
        written(4, lambda: Item.objects.filter(pk=2).delete()),
        written(5, lambda: Item.objects.filter(pk=1).update(type="entitlement")),
        written(6, lambda: ItemFactory(id=2, type="recipe")),
    ]


@pytest.mark.parametrize(
    ("day_of_purge", "purged", "kept_from"),
    [(1, 0, 0), (3.5, 1, 2), (4.5, 3, 3), (5.5, 4, 4), (7, 4, 4)],
)
def test_purge_forgets_what_was_superseded_before(story, day_of_purge, purged, kept_from):
    assert purge_catalog_history(before=day(day_of_purge)) == purged

    assert [catalogue_at(each.version) for each in story] == [
        *[None] * kept_from,
        *story[kept_from:],
    ]
    assert purge_catalog_history(before=day(day_of_purge)) == 0


def test_purge_leaves_the_history_append_only(story):
    purge_catalog_history(before=day(7))

    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('quartermaster.purge_catalog_history', true)")
        assert cursor.fetchone() == ("",)


def test_purge_task_keeps_what_orders_that_are_shown_were_fulfilled_with(story, settings):
    settings.PLAYER_ORDER_RECENT = timedelta(days=97, hours=-12)

    purge_task()

    assert CatalogVersion.objects.get().kept_from == story[2].version
