"""A server that answers like Stripe's API, version 2026-10-28.endive, and keeps what it is told.

Answers have the fields, words and statuses that Stripe documents, as far as they matter here. It
remembers the answer to an idempotency key, refuses the key for another request, and can lose an
answer before or after it has done what was asked.
"""

import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

SECRET = "whsec_of_the_tests"
GONE_WORDS = "Received unknown parameter: payment_method_types"


class RefusedError(Exception):
    def __init__(self, status, **error):
        super().__init__(error.get("message"))
        self.status = status
        self.error = {"type": "invalid_request_error", **error}


def new_id(kind):
    return f"{kind}_{secrets.token_hex(12)}"


def under(params, name):
    """The entries of a hash that was sent as name[key]."""
    start = f"{name}["
    return {
        key.removeprefix(start).rstrip("]"): value
        for key, value in params.items()
        if key.startswith(start)
    }


class StripeDouble:
    """Its books. `lose` names what happens to the next call of a path: see `_Handler.answer`."""

    def __init__(self):
        self.intents, self.sessions, self.refunds, self.methods = {}, {}, {}, {}
        self.disputes = []
        self.answers = {}
        self.asked = []
        self.losses = {}
        self.end = threading.Event()
        self.lock = threading.Lock()

    def lose(self, part, how):
        """How: before, after (it was done), 500, hang (after it was done), 401, 429."""
        self.losses[part] = how

    # --- What the buyer and the banks do --------------------------------------------------

    def buyer_pays(self, session_id):
        session = self.sessions[session_id]
        assert session["status"] == "open"
        intent = self._intent(
            session["amount_total"],
            session["currency"],
            metadata=session["payment_intent_metadata"],
            capture=session["capture_method"],
        )
        self._pay(intent)
        session.update(
            status="complete", payment_status="paid", payment_intent=intent["id"], url=None
        )
        return intent["id"]

    def session_ends(self, session_id):
        self.sessions[session_id].update(status="expired", url=None)

    def refund_ends(self, refund_id, status, reason=None):
        self.refunds[refund_id].update(status=status, failure_reason=reason)

    def bank_disputes(self, intent_id, status="needs_response"):
        dispute = {
            "id": new_id("du"),
            "object": "dispute",
            "payment_intent": intent_id,
            "status": status,
            "metadata": {},
        }
        self.disputes.append(dispute)
        return dispute

    # --- What the API does -----------------------------------------------------------------

    def call(self, method, path, params):
        """Each resource has its own: `_create_refund`, `_get_refund`, `_confirm_payment_intent`."""
        match path.removeprefix("/v1/checkout/").removeprefix("/v1/").split("/"):
            case [things]:
                word = "create" if method == "POST" else "list"
                return getattr(self, f"_{word}_{things}")(params)
            case [things, key]:
                return getattr(self, f"_get_{things}")(key, params)
            case [things, key, word]:
                return getattr(self, f"_{word}_{things}")(key, params)

    def _get_payment_intents(self, key, _params):
        return self._found(self.intents, key, "payment_intent")

    def _get_refunds(self, key, _params):
        return self._found(self.refunds, key, "refund")

    def _list_refunds(self, params):
        intent = params["payment_intent"]
        rows = [each for each in self.refunds.values() if each["payment_intent"] == intent]
        return {"object": "list", "url": "/v1/refunds", "has_more": False, "data": rows}

    def _list_disputes(self, params):
        intent = params["payment_intent"]
        rows = [each for each in self.disputes if each["payment_intent"] == intent]
        return {"object": "list", "url": "/v1/disputes", "has_more": False, "data": rows}

    def _found(self, rows, key, what):
        if key not in rows:
            raise RefusedError(
                404, code="resource_missing", message=f"No such {what}: '{key}'", param="intent"
            )
        return rows[key]

    def _create_payment_intents(self, params):
        if any(name.startswith("payment_method_types") for name in params):
            raise RefusedError(
                400, message=GONE_WORDS, code="payment_method_types_no_longer_supported"
            )
        if int(params["amount"]) < 50:
            raise RefusedError(
                400,
                code="amount_too_small",
                param="amount",
                message="Amount must be at least $0.50 usd",
            )
        return self._intent(
            int(params["amount"]),
            params["currency"],
            metadata=under(params, "metadata"),
            capture=params["capture_method"],
        )

    def _intent(self, amount, currency, *, metadata, capture):
        intent = {
            "id": new_id("pi"),
            "object": "payment_intent",
            "amount": amount,
            "amount_received": 0,
            "currency": currency,
            "capture_method": capture,
            "metadata": metadata,
            "status": "requires_payment_method",
            "last_payment_error": None,
            "latest_charge": None,
            "livemode": False,
            "created": int(time.time()),
        }
        self.intents[intent["id"]] = intent
        return intent

    def _create_payment_methods(self, params):
        token = params["card[token]"]
        if token == "tok_unknown":
            raise RefusedError(
                400, code="resource_missing", param="card[token]", message=f"No such token: {token}"
            )
        method = {"id": new_id("pm"), "object": "payment_method", "type": "card", "token": token}
        self.methods[method["id"]] = method
        return method

    def _confirm_payment_intents(self, key, params):
        intent = self._get_payment_intents(key, params)
        if intent["status"] != "requires_payment_method":
            raise RefusedError(
                400,
                code="payment_intent_unexpected_state",
                message=(
                    "This PaymentIntent's payment_method could not be updated because it has a"
                    f" status of {intent['status']}."
                ),
            )
        token = self._found(self.methods, params["payment_method"], "PaymentMethod")["token"]
        declines = {
            "tok_chargeDeclined": ("card_declined", "Your card was declined."),
            "tok_threeDSecure2Required": (
                "authentication_required",
                "This payment required an authentication action to complete.",
            ),
        }
        if token in declines:
            code, message = declines[token]
            error = {"type": "card_error", "code": code, "message": message}
            intent["last_payment_error"] = error
            raise RefusedError(402, **error, payment_intent=intent)
        self._pay(intent)
        return intent

    def _pay(self, intent):
        intent["latest_charge"] = new_id("ch")
        if intent["capture_method"] == "manual":
            intent["status"] = "requires_capture"
        else:
            intent.update(status="succeeded", amount_received=intent["amount"])

    def _capture_payment_intents(self, key, params):
        intent = self._get_payment_intents(key, params)
        if intent["status"] != "requires_capture":
            raise RefusedError(
                400,
                code="payment_intent_unexpected_state",
                message=(
                    "This PaymentIntent could not be captured because it has a status of"
                    f" {intent['status']}."
                ),
            )
        intent.update(status="succeeded", amount_received=intent["amount"])
        return intent

    def _cancel_payment_intents(self, key, params):
        intent = self._get_payment_intents(key, params)
        if intent["status"] in ("succeeded", "canceled", "processing"):
            raise RefusedError(
                400,
                code="payment_intent_unexpected_state",
                message=(
                    f"You cannot cancel this PaymentIntent because it has a status of"
                    f" {intent['status']}."
                ),
            )
        intent["status"] = "canceled"
        return intent

    def _create_sessions(self, params):
        away = int(params["expires_at"]) - time.time()
        if not 30 * 60 - 5 <= away <= 24 * 3600 + 5:
            raise RefusedError(
                400,
                param="expires_at",
                message=(
                    "The `expires_at` timestamp must be at least 30 minutes from Checkout Session"
                    " creation."
                ),
            )
        key = new_id("cs_test")
        session = {
            "id": key,
            "object": "checkout.session",
            "status": "open",
            "payment_status": "unpaid",
            "payment_intent": None,
            "amount_total": int(params["line_items[0][price_data][unit_amount]"]),
            "currency": params["line_items[0][price_data][currency]"],
            "client_reference_id": params["client_reference_id"],
            "metadata": under(params, "metadata"),
            "success_url": params["success_url"],
            "cancel_url": params["cancel_url"],
            "expires_at": int(params["expires_at"]),
            "url": f"https://checkout.stripe.com/c/pay/{key}",
            # Not shown by Stripe, but kept: what the intent is made with.
            "capture_method": params["payment_intent_data[capture_method]"],
            "payment_intent_metadata": {
                name.split("[")[-1].rstrip("]"): value
                for name, value in params.items()
                if name.startswith("payment_intent_data[metadata]")
            },
        }
        self.sessions[key] = session
        return session

    def _get_sessions(self, key, params):
        session = self._found(self.sessions, key, "checkout.session")
        if "payment_intent" in params.values() and session["payment_intent"]:
            return {**session, "payment_intent": self.intents[session["payment_intent"]]}
        return session

    def _expire_sessions(self, key, _params):
        session = self._found(self.sessions, key, "checkout.session")
        if session["status"] != "open":
            raise RefusedError(
                400,
                message=(
                    "Only Checkout Sessions with a status in [open] can be expired. This Checkout"
                    f" Session has a status of `{session['status']}`."
                ),
            )
        session.update(status="expired", url=None)
        return session

    def _create_refunds(self, params):
        intent = self._found(self.intents, params["payment_intent"], "payment_intent")
        amount = int(params["amount"])
        before = sum(
            each["amount"]
            for each in self.refunds.values()
            if each["payment_intent"] == intent["id"] and each["status"] != "failed"
        )
        if before + amount > intent["amount_received"]:
            raise RefusedError(
                400,
                code="charge_already_refunded",
                message=f"Refund amount (${amount / 100}) is greater than unrefunded amount",
            )
        refund = {
            "id": new_id("re"),
            "object": "refund",
            "amount": amount,
            "currency": intent["currency"],
            "payment_intent": intent["id"],
            "metadata": under(params, "metadata"),
            "status": "pending" if amount == 700 else "succeeded",
            "failure_reason": None,
        }
        self.refunds[refund["id"]] = refund
        return refund


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer("GET")

    def do_POST(self):
        self.answer("POST")

    def log_message(self, *_args):
        pass

    def answer(self, method):
        books = self.server.books
        url = urlsplit(self.path)
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        params = dict(parse_qsl(sent or url.query))
        key = self.headers.get("Idempotency-Key")
        with books.lock:
            books.asked.append((method, url.path, params, key))
            how = next((books.losses.pop(p) for p in list(books.losses) if p in url.path), None)
            if how == "before":
                return
            if how in (401, 429, 500):
                words = {"type": "api_error", "message": "An error of Stripe's."}
                self.say(how, {"error": words})
                return
            status, body, replayed = self.do(books, method, url.path, params, key)
        if how == "hang":
            books.end.wait(30)
        if how not in ("after", "hang"):
            self.say(status, body, replayed=replayed)

    def do(self, books, method, path, params, key):
        asked = [method, path, params]
        saved = books.answers.get(key) if method == "POST" else None
        if saved:
            if saved[0] != asked:
                words = "Keys for idempotent requests can only be used with the same parameters"
                error = {"type": "idempotency_error", "message": words}
                return 400, {"error": error}, False
            return saved[1], saved[2], True
        try:
            status, body = 200, books.call(method, path, params)
        except RefusedError as refused:
            status, body = refused.status, {"error": refused.error}
        body = json.loads(json.dumps(body))
        if method == "POST":
            books.answers[key] = (asked, status, body)
        return status, body, False

    def say(self, status, body, *, replayed=False):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Request-Id", new_id("req"))
        if replayed:
            self.send_header("Idempotent-Replayed", "true")
        self.end_headers()
        self.wfile.write(data)


class _Server(ThreadingHTTPServer):
    daemon_threads = True


def serve():
    """A server on a free port of its own thread, and its books."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.books = StripeDouble()
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    return server
