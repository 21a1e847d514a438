import base64
import hashlib
import hmac
import json
import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from uuid import UUID

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings as django_settings
from hypothesis import given
from hypothesis import strategies as st

from players import tokens
from players.errors import ScopesUnknown, TokenRefused, TokensIssuedElsewhere
from players.models import Player
from players.tokens import PlayerClaims, issue_player_token, verify_player_token

PLAYER = Player(uuid=UUID("5f2b1c0e-9d0a-4c57-8f60-2f7f1f6a3b11"))
CODES = {
    "auth_not_jwt",
    "auth_malformed_access",
    "auth_token_sig_invalid",
    "auth_token_expired",
    "auth_token_invalid_claim",
    "auth_token_invalid_type",
    "auth_invalid_key_id",
}


def now():
    return datetime.now(UTC)


def claims(**changes):
    """The claims of a good token with some changed; None takes one away."""
    good = {
        "iss": "quartermaster",
        "aud": "quartermaster",
        "sub": str(PLAYER.uuid),
        "scope": "inv:read_order:self",
        "exp": int(time.time()) + 60,
    }
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def base64url(part):
    return base64.urlsafe_b64encode(part).rstrip(b"=")


def signed(body, header=None):
    """A token with our signature, whatever it says: PyJWT would not write every one of these."""
    parts = [json.dumps(part).encode() for part in (header or {"alg": "HS256"}, body)]
    message = b".".join(base64url(part) for part in parts)
    secret = django_settings.PLAYER_TOKEN_SECRET.encode()
    signature = hmac.new(secret, message, hashlib.sha256).digest()
    return (message + b"." + base64url(signature)).decode()


def refusal(token):
    with pytest.raises(TokenRefused) as caught:
        verify_player_token(token)
    return caught.value.code, caught.value.message


def test_player_token_carries_its_player_and_scopes():
    token = issue_player_token(PLAYER, ["inv:*", "inv:simulate", "inv:*"], now=now())

    assert verify_player_token(token) == PlayerClaims(
        PLAYER.uuid, frozenset({"inv:*", "inv:simulate"})
    )


def test_player_token_lives_as_long_as_the_settings_say(time_machine):
    time_machine.move_to("2100-01-01T12:00:00Z", tick=False)
    token = issue_player_token(PLAYER, ["inv:*"], now=now())

    time_machine.shift(django_settings.PLAYER_TOKEN_TTL - timedelta(seconds=1))
    assert verify_player_token(token).player_uuid == PLAYER.uuid
    time_machine.shift(timedelta(seconds=1))
    assert refusal(token) == ("auth_token_expired", "The token has expired.")


def test_player_token_is_not_issued_with_a_scope_that_does_not_exist():
    with pytest.raises(ScopesUnknown):
        issue_player_token(PLAYER, ["inv:everything"], now=now())


@pytest.mark.parametrize(
    ("token", "code"),
    [
        ("", "auth_not_jwt"),
        ("tpp_live_0123456789abcdefghijklmnopqrstuv", "auth_not_jwt"),
        ("a.b", "auth_not_jwt"),
        ("a.b.c.d", "auth_not_jwt"),
        ("é.b.c", "auth_not_jwt"),
        ("\ud800.b.c", "auth_not_jwt"),
        ("..", "auth_malformed_access"),
        ("a.b.c", "auth_malformed_access"),
        ("W10.W10.W10", "auth_malformed_access"),
        (base64url(b"[" * 100_000).decode() + ".e30.e30", "auth_malformed_access"),
        (
            base64url(b'{"alg":' + b"1" * 10_000 + b"}").decode() + ".e30.e30",
            "auth_malformed_access",
        ),
    ],
    ids=lambda value: str(value)[:12].encode("ascii", "replace").decode(),
)
def test_player_token_is_refused_that_is_none(token, code):
    assert refusal(token)[0] == code


@pytest.mark.parametrize("claim", ["iss", "aud", "sub", "exp"])
def test_player_token_is_refused_without_a_claim(claim):
    assert refusal(signed(claims(**{claim: None}))) == (
        "auth_token_invalid_claim",
        f"{claim}: missing or not accepted",
    )


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("iss", "somebody else"),
        ("iss", ["quartermaster"]),
        ("aud", "another service"),
        ("aud", ["another service"]),
        ("aud", {"quartermaster": 1}),
        ("sub", "john"),
        ("sub", 12),
        ("scope", ["inv:*"]),
        ("jti", 5),
        ("nbf", 4_000_000_000),
    ],
)
def test_player_token_is_refused_for_a_claim(claim, value):
    assert refusal(signed(claims(**{claim: value}))) == (
        "auth_token_invalid_claim",
        f"{claim}: missing or not accepted",
    )


@pytest.mark.parametrize(
    ("token", "code"),
    [
        (lambda: signed(claims(exp="soon")), "auth_malformed_access"),
        (lambda: signed(claims(exp=[])), "auth_malformed_access"),
        (lambda: signed(claims(exp=float("inf"))), "auth_malformed_access"),
        (lambda: signed(claims(exp=1)), "auth_token_expired"),
        (lambda: signed([]), "auth_malformed_access"),
        (lambda: signed(claims(), {"alg": "HS256", "kid": 5}), "auth_malformed_access"),
        (lambda: signed(claims(), {"alg": "HS256", "crit": ["x"]}), "auth_malformed_access"),
        (lambda: signed(claims(), {"alg": "HS256", "typ": "id+jwt"}), "auth_token_invalid_type"),
        (lambda: signed(claims(), {"alg": "HS256", "typ": None}), "auth_token_invalid_type"),
        (lambda: signed(claims(), {"alg": "HS512"}), "auth_token_sig_invalid"),
        (lambda: signed(claims(), {"alg": ["HS256"]}), "auth_token_sig_invalid"),
        (lambda: signed(claims(), {"typ": "JWT"}), "auth_token_sig_invalid"),
        (lambda: jwt.encode(claims(), "", algorithm="none"), "auth_token_sig_invalid"),
        (lambda: signed(claims()).rpartition(".")[0] + ".", "auth_token_sig_invalid"),
        (lambda: jwt.encode(claims(), "x" * 64, algorithm="HS256"), "auth_token_sig_invalid"),
        (
            lambda: jwt.encode(
                claims(), django_settings.PLAYER_TOKEN_SECRET * 2, algorithm="HS512"
            ),
            "auth_token_sig_invalid",
        ),
    ],
)
def test_player_token_is_refused(token, code):
    assert refusal(token())[0] == code


@pytest.mark.parametrize(
    ("changes", "header"),
    [
        ({"scope": None}, None),
        ({"aud": ["quartermaster", "another service"]}, None),
        ({"iat": 4_000_000_000}, None),
        ({}, {"alg": "HS256", "typ": "at+jwt"}),
        ({}, {"alg": "HS256", "typ": "JWT", "kid": "of no use here"}),
    ],
)
def test_player_token_of_another_making_is_accepted(changes, header):
    body = claims(**changes)

    assert verify_player_token(signed(body, header)) == PlayerClaims(
        PLAYER.uuid, frozenset(body.get("scope", "").split())
    )


@given(st.text() | st.text(alphabet="eyJ0.=_-", min_size=2))
def test_player_token_of_any_text_is_refused_with_a_code(text):
    assert refusal(text)[0] in {"auth_not_jwt", "auth_malformed_access"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(
    st.dictionaries(st.sampled_from(["alg", "typ", "kid", "crit", "b64", "jwk"]), JSON),
    st.dictionaries(st.sampled_from([*claims(), "nbf", "iat", "jti"]), JSON) | JSON,
)
def test_player_token_of_any_json_is_refused_with_a_code(header, changes):
    body = {**claims(), **changes} if isinstance(changes, dict) else changes
    token = signed(body, {"alg": "HS256", **header})

    try:
        verify_player_token(token)
    except TokenRefused as refused:
        assert refused.code in CODES  # noqa: PT017 - the other way out is a token that fits


KEYS = {
    "RS256": rsa.generate_private_key(public_exponent=65537, key_size=2048),
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate(),
}


def key_set(*algorithms):
    keys = []
    for name in algorithms:
        algorithm = jwt.get_algorithm_by_name(name)
        jwk = algorithm.to_jwk(KEYS[name].public_key(), as_dict=True)
        keys.append({**jwk, "kid": f"our {name}", "use": "sig", "alg": name})
    return json.dumps({"keys": keys})


@contextmanager
def served(settings, body, status=200):
    """Serve a key set and use it; yields the list of the requests that came for it."""
    requests = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            requests.append(self.path)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *args):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        settings.PLAYER_TOKEN_JWKS_URL = f"http://127.0.0.1:{server.server_port}/keys"
        tokens._key_set.cache_clear()
        try:
            yield requests
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("algorithm", KEYS)
def test_key_set_verifies_by_key_id(settings, algorithm):
    token = jwt.encode(
        claims(), KEYS[algorithm], algorithm=algorithm, headers={"kid": f"our {algorithm}"}
    )

    with served(settings, key_set(*KEYS)) as requests:
        for _ in range(3):
            assert verify_player_token(token) == PlayerClaims(
                PLAYER.uuid, frozenset({"inv:read_order:self"})
            )
    assert requests == ["/keys"]


def test_key_set_refuses_what_none_of_its_keys_signed(settings):
    pem = KEYS["RS256"].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    with_public_key = signed(claims(), {"alg": "HS256", "kid": "our RS256"}).rpartition(".")[0]
    mac = base64url(hmac.new(pem, with_public_key.encode(), hashlib.sha256).digest()).decode()
    stranger = ed25519.Ed25519PrivateKey.generate()

    with served(settings, key_set(*KEYS)):
        seen = {
            name: refusal(token)[0]
            for name, token in {
                "our secret": signed(claims()),
                "our secret, their key id": signed(claims(), {"alg": "HS256", "kid": "our RS256"}),
                "public key as secret": f"{with_public_key}.{mac}",
                "none": jwt.encode(claims(), "", algorithm="none", headers={"kid": "our ES256"}),
                "no key id": jwt.encode(claims(), KEYS["EdDSA"], algorithm="EdDSA"),
                "unknown key id": jwt.encode(
                    claims(), KEYS["EdDSA"], algorithm="EdDSA", headers={"kid": "theirs"}
                ),
                "another key": jwt.encode(
                    claims(), stranger, algorithm="EdDSA", headers={"kid": "our EdDSA"}
                ),
                "key of another algorithm": jwt.encode(
                    claims(), KEYS["ES256"], algorithm="ES256", headers={"kid": "our RS256"}
                ),
                "algorithm off the list": jwt.encode(
                    claims(), KEYS["RS256"], algorithm="RS512", headers={"kid": "our RS256"}
                ),
            }.items()
        }

    assert seen == {
        "our secret": "auth_invalid_key_id",
        "our secret, their key id": "auth_token_sig_invalid",
        "public key as secret": "auth_token_sig_invalid",
        "none": "auth_token_sig_invalid",
        "no key id": "auth_invalid_key_id",
        "unknown key id": "auth_invalid_key_id",
        "another key": "auth_token_sig_invalid",
        "key of another algorithm": "auth_token_sig_invalid",
        "algorithm off the list": "auth_token_sig_invalid",
    }


def test_key_set_is_not_fetched_for_every_unknown_key_id(settings):
    with served(settings, key_set("EdDSA")) as requests:
        for kid in ("a", "b", "c"):
            token = jwt.encode(claims(), KEYS["EdDSA"], algorithm="EdDSA", headers={"kid": kid})
            assert refusal(token) == ("auth_invalid_key_id", "The key that signed is not known.")

    assert requests == ["/keys"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (key_set("EdDSA"), 500),
        (key_set("EdDSA"), 302),
        ("", 200),
        ("<html>", 200),
        ("[]", 200),
        ("{}", 200),
        ('{"keys": 5}', 200),
        ('{"keys": [{"kty": "oct", "k": 5, "kid": "our EdDSA"}]}', 200),
    ],
)
def test_key_set_that_does_not_come_refuses_and_is_left_in_peace_for_a_while(
    settings, monkeypatch, body, status
):
    token = jwt.encode(claims(), KEYS["EdDSA"], algorithm="EdDSA", headers={"kid": "our EdDSA"})
    unavailable = (
        "auth_invalid_key_id",
        "The set of signing keys cannot be fetched at the moment.",
    )

    with served(settings, body, status) as requests:
        assert [refusal(token), refusal(token)] == [unavailable] * 2
        assert requests == ["/keys"]

        monkeypatch.setattr(tokens._key_set(settings.PLAYER_TOKEN_JWKS_URL), "_not_before", 0.0)
        assert refusal(token) == unavailable
        assert requests == ["/keys"] * 2


def test_key_set_that_never_answers_costs_the_timeout(settings, monkeypatch):
    monkeypatch.setattr(tokens.KeySet, "TIMEOUT", 0.1)
    token = jwt.encode(claims(), KEYS["EdDSA"], algorithm="EdDSA", headers={"kid": "our EdDSA"})

    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.PLAYER_TOKEN_JWKS_URL = f"http://127.0.0.1:{silent.getsockname()[1]}/keys"
        started = time.monotonic()
        code, _ = refusal(token)

    assert code == "auth_invalid_key_id"
    assert 0.1 <= time.monotonic() - started < 2


def test_player_token_is_not_issued_where_a_key_set_verifies(settings):
    settings.PLAYER_TOKEN_JWKS_URL = "https://keys.example.com/"

    with pytest.raises(TokensIssuedElsewhere):
        issue_player_token(PLAYER, ["inv:*"], now=now())


@pytest.mark.parametrize(
    ("variables", "complaint"),
    [
        ({"PLAYER_TOKEN_SECRET": "short"}, "PLAYER_TOKEN_SECRET is shorter than 32 characters"),
        ({"PLAYER_TOKEN_JWKS_URL": "file:///etc/passwd"}, "PLAYER_TOKEN_JWKS_URL"),
        ({"PLAYER_TOKEN_SECRET": "", "PLAYER_TOKEN_JWKS_URL": ""}, None),
    ],
)
def test_settings_refuse_what_would_not_protect_a_token(variables, complaint):
    environment = {**os.environ, "DEBUG": "0", "SECRET_KEY": "x" * 40, **variables}

    started = subprocess.run(
        [sys.executable, "-c", "import config.settings as s; print(s.PLAYER_TOKEN_SECRET)"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    if complaint is None:
        assert (started.returncode, started.stdout) == (0, "x" * 40 + "\n")
    else:
        assert started.returncode != 0
        assert complaint in started.stderr.splitlines()[-1]
