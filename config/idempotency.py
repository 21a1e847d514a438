"""`Idempotency-Key`: a mutating call that is sent twice is done once, and answered alike.

It knows no dialect. It answers with what the call answered, or raises a Refusal that the dialect
renders.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from config.errors import Conflict, Invalid, Refusal
from players.models import IdempotentCall

KEY_MAX_LENGTH = 255
# A call that still runs after this long is taken for dead. If it lives after all, no harm is done:
# both attempts make things of the same ids.
DEAD_AFTER = timedelta(seconds=60)
KEPT_FOR = timedelta(hours=24)
NAMESPACE = UUID("6a0c9b1e-0b7a-4f0c-9a57-5c1f6d0c6d5a")
SERVER_ERROR = 500


class NotTheLastWord(HttpResponse):
    """An answer that the same call may be given otherwise later: it is not remembered."""


class IdempotencyKeyInvalid(Invalid):
    """The key is empty, too long, or has other characters than printable ASCII."""

    code = "idempotency_key_invalid"


class IdempotencyKeyReused(Invalid):
    """The caller used the key before, for another call."""

    code = "idempotency_key_reused"


class CallStillRunning(Conflict):
    """The first call with this key has not been answered yet."""

    code = "call_still_running"


class IdempotentRequest:
    """One call under a key. The same caller, key, method, path and body make it the same call."""

    def __init__(self, *, caller: str, key: str, method: str, path: str, body: bytes) -> None:
        if not 0 < len(key) <= KEY_MAX_LENGTH or not (key.isascii() and key.isprintable()):
            raise IdempotencyKeyInvalid(
                f"Idempotency-Key should have 1 to {KEY_MAX_LENGTH} printable ASCII characters"
            )
        self.caller = caller
        self.key = key
        self.fingerprint = hashlib.sha256(f"{method} {path}\n".encode() + body).digest()

    @classmethod
    def of(cls, request: Request, *, caller: str) -> "IdempotentRequest | None":
        """The request under its `Idempotency-Key`; none where it was sent without."""
        key = request.headers.get("Idempotency-Key")
        if key is None:
            return None
        return cls(
            caller=caller,
            key=key,
            method=str(request.method),
            path=request.path,
            body=request.body,
        )

    def derived_id(self, index: int = 0) -> str:
        """The id for the `index`-th thing that the call makes: the same whenever it is repeated.

        So a repetition finds what a call made that died before it could answer. Known only while
        it is answered: once a call is forgotten, the same call is another one.
        """
        return str(uuid5(NAMESPACE, f"{self._stored_id} {self.fingerprint.hex()} {index}"))

    def answer(self, call: Callable[[], HttpResponse]) -> HttpResponse:
        """What the first such call was answered, byte for byte; if there was none, `call` it.

        No answer is remembered of a call that raises or answers 5xx: it may be tried again, and
        one that was refused may be another call then. Nor is NotTheLastWord remembered. `call`
        must bear being called again, also for one that died after its effect; see `derived_id`.
        """
        now = timezone.now()
        stored, is_first = IdempotentCall.objects.get_or_create(
            caller=self.caller,
            key=self.key,
            defaults={"fingerprint": self.fingerprint, "started_at": now},
        )
        if not is_first:
            if bytes(stored.fingerprint) != self.fingerprint:
                raise IdempotencyKeyReused("Idempotency-Key was used before for another request")
            if stored.status is not None:
                return HttpResponse(stored.body, status=stored.status, headers=stored.headers)
            self._take_over(stored, now)
        self._stored_id = stored.pk
        # Only what this attempt began: one that took so long that it was taken over ends nothing.
        mine = IdempotentCall.objects.filter(pk=stored.pk, started_at=now)
        try:
            response = call()
        except Refusal:
            mine.delete()
            raise
        except Exception:
            mine.update(started_at=now - DEAD_AFTER)
            raise
        if response.status_code >= SERVER_ERROR or isinstance(response, NotTheLastWord):
            mine.update(started_at=now - DEAD_AFTER)
        else:
            mine.update(
                status=response.status_code,
                headers=dict(response.headers),
                body=response.content,
            )
        return response

    def _take_over(self, stored: IdempotentCall, now: datetime) -> None:
        # Compare and set: of repetitions that come together, one takes over.
        if stored.started_at > now - DEAD_AFTER or not IdempotentCall.objects.filter(
            pk=stored.pk, status=None, started_at=stored.started_at
        ).update(started_at=now):
            raise CallStillRunning("The first request with this Idempotency-Key is still running")


def purge_idempotent_calls(*, before: datetime | None = None, batch: int = 1000) -> int:
    """Forget the calls that began earlier (a day ago, if not said), and say how many.

    In batches, each a transaction of its own: no long locks, however many there are.
    """
    before = before or timezone.now() - KEPT_FOR
    purged = 0
    while deleted := IdempotentCall.objects.filter(
        pk__in=IdempotentCall.objects.filter(started_at__lt=before).values("pk")[:batch]
    ).delete()[0]:
        purged += deleted
    return purged
