import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from orders.webhook_signatures import secret_of, sign, valid_secrets

ENDPOINT = UUID("3b6c1a44-9f0e-4a5e-8a53-0f6d1f1f5f10")
AT = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def secret(settings):
    settings.WEBHOOK_SECRET = "w" * 40


def test_signature_is_that_of_the_standards_own_example():
    headers = sign(
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
        message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        at=datetime.fromtimestamp(1614265330, UTC),
        body=b'{"test": 2432232314}',
    )

    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_secret_is_derived_from_setting_endpoint_and_version(settings):
    text = f"webhook {ENDPOINT} 1".encode()
    key = hmac.digest(b"w" * 40, text, hashlib.sha256)

    assert secret_of(ENDPOINT, 1) == "whsec_" + base64.b64encode(key).decode()
    others = {secret_of(ENDPOINT, 2), secret_of(UUID(int=1), 1)}
    settings.WEBHOOK_SECRET = "v" * 40
    assert len({secret_of(ENDPOINT, 1), "whsec_" + base64.b64encode(key).decode(), *others}) == 4


def test_old_secret_is_valid_for_a_day_after_rotation():
    def valid(after):
        return valid_secrets(ENDPOINT, 2, AT, at=AT + after)

    new, old = secret_of(ENDPOINT, 2), secret_of(ENDPOINT, 1)
    assert valid(timedelta(hours=23, minutes=59)) == [new, old]
    assert valid(timedelta(days=1)) == [new]
    assert valid_secrets(ENDPOINT, 1, None, at=AT) == [old]


def test_every_valid_secret_signs():
    secrets = [secret_of(ENDPOINT, 2), secret_of(ENDPOINT, 1)]
    call = {"message_id": UUID(int=7), "at": AT, "body": b"{}"}

    both = sign(secrets, **call)["webhook-signature"].split(" ")

    assert both == [sign([secret], **call)["webhook-signature"] for secret in secrets]
