import json
from base64 import b64encode
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from players.services.issue_api_key import issue_api_key
from players.tokens import issue_player_token
from tests.factories import EstablishmentFactory, ProductFactory
from tests.orders.reserving import a_player


def basic(key, password=""):
    return "Basic " + b64encode(f"{key}:{password}".encode()).decode()


@dataclass
class Api:
    """A client of the API with one credential, if any."""

    authorization: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def send(self, method, path, body: Any = None, content_type="application/json", **headers):
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body)
        given = {"Authorization": self.authorization} if self.authorization else {}
        return Client().generic(
            method, path, data, content_type=content_type, headers={**given, **headers}
        )

    def get(self, path, **headers):
        return self.send("GET", path, **headers)

    def post(self, path, body: Any = None, **headers):
        return self.send("POST", path, body, **headers)

    def put(self, path, body: Any = None, **headers):
        return self.send("PUT", path, body, **headers)

    def delete(self, path, body: Any = None, **headers):
        return self.send("DELETE", path, body, **headers)


@pytest.fixture
def establishment(db):
    return EstablishmentFactory(image_url="/icon.png", thumbnail_url="/logo.png")


@pytest.fixture
def player(establishment):
    return a_player(establishment=establishment, first_name="John", last_name="Doe")


@pytest.fixture
def product(db):
    return ProductFactory()


@pytest.fixture
def as_key(establishment):
    """Calls with a new API key of the establishment, if not said of another, or of none."""

    def calling(*scopes, of=establishment, player=None):
        key, text = issue_api_key(name="server", scopes=scopes, establishment=of, player=player)
        api = Api(f"Bearer {text}")
        api.name = f"key:{key.pk}"
        return api

    return calling


@pytest.fixture
def as_player(player):
    """Calls with a token of the player."""

    def calling(*scopes, of=player):
        return Api(f"Bearer {issue_player_token(of, scopes, now=timezone.now())}")

    return calling


@pytest.fixture
def api(as_key):
    """The establishment, allowed everything."""
    return as_key("orders:*", "coins:change")


@pytest.fixture
def path(player):
    """The path of an endpoint for the player, and for an order."""

    def writing(word, order=None, *, of=player):
        end = f"/{order.transaction_id}" if order else ""
        if word == "players":
            return f"/players/{of.uuid}/orders{end}"
        return f"/orders/{of.uuid}/{word}{end}"

    return writing
