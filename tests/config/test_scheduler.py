import pytest
from django.db import DatabaseError, connection
from django_celery_beat.models import PeriodicTask

from config.celery import app
from config.scheduler import PatientScheduler

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def lose_connection():
    def lose():
        with pytest.raises(DatabaseError), connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    yield lose
    connection.close()


def test_schedule_of_the_settings_is_written_to_the_database():
    PatientScheduler(app=app)

    task = PeriodicTask.objects.get(name="knock for waiting player orders")
    assert task.task == "inventory.tasks.fulfil_player_orders"
    assert (task.interval.every, task.interval.period) == (2, "seconds")
    assert task.expire_seconds == 2


def test_schedule_is_kept_while_the_database_is_away(lose_connection):
    scheduler = PatientScheduler(app=app)
    schedule = scheduler.schedule
    lose_connection()

    assert scheduler.all_as_schedule() == schedule
    assert "knock for waiting player orders" in schedule


def test_schedule_that_was_never_read_is_not_made_up(lose_connection):
    scheduler = PatientScheduler(app=app, lazy=True)
    lose_connection()

    with pytest.raises(DatabaseError):
        scheduler.all_as_schedule()
