"""The Celery application. Its settings are the CELERY_ ones of config/settings.py."""

import os

from celery import Celery
from celery.signals import setup_logging
from django_structlog.celery.steps import DjangoStructLogInitStep
from kombu.transport.redis import Channel

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# When the broker is gone, a worker that holds messages would try to give them back to it, and die
# of that (Celery 5.7 with kombu 5.7). A message is only a knock: there is nothing to give back.
Channel.do_restore = False

app = Celery("quartermaster")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.steps["worker"].add(DjangoStructLogInitStep)
app.autodiscover_tasks()


@setup_logging.connect
def keep_djangos_logging(**_: object) -> None:
    """Let worker and beat log as the settings say: with a receiver here Celery sets up nothing."""
