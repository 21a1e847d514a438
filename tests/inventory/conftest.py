import uuid

import pytest
from celery.signals import after_task_publish

from inventory.services import knock_for_fulfilment


@pytest.fixture
def published(monkeypatch):
    """The names of the tasks sent to the broker by this test, which has a door of its own."""
    monkeypatch.setattr(knock_for_fulfilment, "KNOCKED", f"knocked-{uuid.uuid4()}")
    names = []

    def note(sender, **kwargs):
        names.append(sender)

    after_task_publish.connect(note)
    yield names
    after_task_publish.disconnect(note)
