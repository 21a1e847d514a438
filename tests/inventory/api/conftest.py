import json
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from inventory.models import InventoryRecord, InventorySession
from inventory.services.accept_player_orders import EntryDraft, OrderDraft
from inventory.services.place_player_order import place_player_order
from players.services.issue_api_key import issue_api_key
from players.tokens import issue_player_token
from tests.factories import PlayerFactory


@dataclass
class Api:
    """A client of the API with one credential, if any."""

    credential: str | None = None

    def _headers(self, headers):
        authorization = {"Authorization": f"Bearer {self.credential}"} if self.credential else {}
        return {**authorization, **headers}

    def get(self, path, query=None, **headers):
        return Client().get(path, query, headers=self._headers(headers))

    def head(self, path, **headers):
        return Client().head(path, headers=self._headers(headers))

    def post(self, path, body: Any, content_type="application/json", **headers):
        return self._send(Client().post, path, body, content_type, headers)

    def put(self, path, body: Any, content_type="application/json", **headers):
        return self._send(Client().put, path, body, content_type, headers)

    def _send(self, send, path, body, content_type, headers):
        data = body if isinstance(body, bytes) else json.dumps(body)
        return send(path, data, content_type=content_type, headers=self._headers(headers))


@pytest.fixture
def player(db):
    return PlayerFactory()


@pytest.fixture
def as_player(player):
    """Calls with a token of the player, with these scopes."""

    def calling(*scopes, of=player):
        return Api(issue_player_token(of, scopes, now=timezone.now()))

    return calling


@pytest.fixture
def as_key(db):
    """Calls with a new API key, with these scopes."""

    def calling(*scopes, establishment=None):
        return Api(issue_api_key(name="server", scopes=scopes, establishment=establishment)[1])

    return calling


@pytest.fixture
def api(as_player):
    """The player, allowed everything."""
    return as_player("inv:*")


@pytest.fixture
def own(player):
    """Gives the player a record, past all orders."""

    def owning(item, count=1, *, by=player, **fields):
        return InventoryRecord.objects.create(
            player=by,
            item=item,
            count=count,
            state="active" if count else "depleted",
            acquired=timezone.now(),
            **fields,
        )

    return owning


@pytest.fixture
def open_session(player):
    """Opens a session past the API, with nothing given."""

    def opening(*, of=player, **fields):
        return InventorySession.objects.create(player=of, opened_at=timezone.now(), **fields)

    return opening


@pytest.fixture
def place(player):
    """Places an order past the API, fulfilled at once unless told to wait for a worker."""

    def placing(*entries, by=player, wait=True, **fields):
        return place_player_order(
            player=by,
            draft=OrderDraft(
                entries=entries or (EntryDraft(type="fill_loot", quantity=1),), **fields
            ),
            placed_by="system",
            permissions=frozenset({"loot", "inventory"}),
            wait=wait,
        )

    return placing
