"""Stripe: payment intents for tokens, Checkout sessions for the payment page, refunds.

A payment intent is created and confirmed in two calls, so that its id is stored before any money
can move: what became of it can be looked up, whatever was lost on the way. Every call that makes
something carries a key derived from the payment's code, also when it is repeated.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import stripe

from orders.gateways.credentials import SECRET_KEY, WEBHOOK_SECRET, credential
from orders.gateways.port import (
    Charge,
    Checkout,
    GatewayMisconfigured,
    GatewaySilent,
    Notice,
    NoticeRefused,
    Outcome,
    RefundOf,
    State,
)
from orders.gateways.stripe_answers import (
    DECLINED,
    disputed_intent,
    minor_units,
    of_disputes,
    of_intent,
    of_refund,
    of_session,
    payment_of,
)
from orders.vocabulary import Dispute

API = "https://api.stripe.com"
CONNECT_SECONDS, READ_SECONDS = 3, 10
RETRIES = 1
SESSION = "cs_"
# Stripe's own words would repeat the token.
TOKEN_UNUSABLE = "The payment token cannot be used, perhaps because it was used before."  # noqa: S105


class StripeGateway:
    """One Stripe account, by the id under which it is configured."""

    def __init__(self, gateway_id: str) -> None:
        """Refused with GatewayMisconfigured where its secret key is not set."""
        client = stripe.StripeClient(
            credential(gateway_id, SECRET_KEY),
            http_client=stripe.RequestsClient(timeout=(CONNECT_SECONDS, READ_SECONDS)),
            max_network_retries=RETRIES,
            base_addresses={"api": API},
        )
        self._api = client.v1

    def prepare(self, charge: Charge) -> str:
        with asking():
            intent = self._api.payment_intents.create(
                {
                    "amount": minor_units(charge.amount, charge.currency),
                    "currency": charge.currency.lower(),
                    "allowed_payment_method_types": ["card"],
                    "capture_method": "automatic" if charge.is_to_capture else "manual",
                    "description": charge.description,
                    "metadata": named(charge),
                },
                once(charge.key, "prepare"),
            )
        return intent.id

    def confirm(self, charge: Charge, *, token: str) -> Outcome:
        """The token is one of Stripe.js, `tok_…`, or a payment method, `pm_…`.

        A card whose bank wants to see the buyer is declined: the payment page can do that.
        """
        with asking():
            try:
                method = token if token.startswith("pm_") else self._method_of(charge, token)
                intent = self._api.payment_intents.confirm(
                    charge.reference,
                    {"payment_method": method, "error_on_requires_action": True},
                    once(charge.key, "confirm"),
                )
            except stripe.CardError as error:
                return Outcome(state=State.DECLINED, why=error.user_message or DECLINED)
            except stripe.InvalidRequestError:
                # The token is unusable, or the intent is no longer to be confirmed: it says which.
                found = self.look_up(charge)
                return found if found.state is not State.OPEN else self._refused(charge)
        return of_intent(intent)

    def look_up(self, charge: Charge) -> Outcome:
        if not charge.reference:
            return Outcome(state=State.OPEN)
        with asking():
            if charge.reference.startswith(SESSION):
                return of_session(self._session(charge))
            return of_intent(self._api.payment_intents.retrieve(charge.reference))

    def capture(self, charge: Charge) -> Outcome:
        with asking():
            try:
                # Without a key: what failed once would be answered alike for a day.
                intent = self._api.payment_intents.capture(self._intent_of(charge))
            except stripe.InvalidRequestError:
                return self.look_up(charge)
        return of_intent(intent)

    def give_up(self, charge: Charge) -> Outcome:
        """Where nothing was stored of it nothing was confirmed, and nobody knows its page."""
        if not charge.reference:
            return Outcome(state=State.GIVEN_UP)
        with asking():
            if not charge.reference.startswith(SESSION):
                return self._cancel(charge.reference)
            session = self._session(charge)
            if session.status == "open":
                try:
                    self._api.checkout.sessions.expire(charge.reference)
                except stripe.InvalidRequestError:
                    # The buyer was faster.
                    session = self._session(charge)
                else:
                    return Outcome(state=State.GIVEN_UP, why="The payment page was closed.")
            if of_session(session).state is State.GIVEN_UP:
                return of_session(session)
            return self._cancel(session.payment_intent.id)

    def refund(self, refund: RefundOf) -> Outcome:
        """Also after days, when Stripe has forgotten the key: what there is of it is found."""
        with asking():
            intent_id = self._intent_of(refund.charge)
            made = self._refund_made(refund, intent_id)
            if made is None:
                try:
                    made = self._api.refunds.create(
                        {
                            "payment_intent": intent_id,
                            "amount": minor_units(refund.amount, refund.charge.currency),
                            "metadata": {"payment": refund.key, "order": refund.charge.order_code},
                        },
                        once(refund.key, "refund"),
                    )
                except stripe.InvalidRequestError as error:
                    return Outcome(state=State.DECLINED, why=error.user_message or "")
        return of_refund(made)

    def look_up_refund(self, refund: RefundOf) -> Outcome:
        with asking():
            if refund.reference:
                return of_refund(self._api.refunds.retrieve(refund.reference))
            made = self._refund_made(refund, self._intent_of(refund.charge))
        return of_refund(made) if made else Outcome(state=State.OPEN)

    def look_up_dispute(self, charge: Charge) -> Dispute | None:
        """Of a charge that was paid: its payment intent is known."""
        with asking():
            there = self._api.disputes.list({"payment_intent": charge.reference, "limit": 100})
        return of_disputes(there.data)

    def begin_checkout(
        self, charge: Charge, *, title: str, back_to: str, ends_at: datetime
    ) -> Checkout:
        """A page of Stripe's; the same one while the charge is open, whenever it is asked for.

        `ends_at` is half an hour away at least, and a day at most.
        """
        with asking():
            session = (
                self._api.checkout.sessions.retrieve(charge.reference)
                if charge.reference
                else self._new_session(charge, title=title, back_to=back_to, ends_at=ends_at)
            )
        return Checkout(reference=session.id, url=session.url or "")

    def _new_session(
        self, charge: Charge, *, title: str, back_to: str, ends_at: datetime
    ) -> stripe.checkout.Session:
        return self._api.checkout.sessions.create(
            {
                "mode": "payment",
                "client_reference_id": charge.key,
                "line_items": [
                    {
                        "quantity": 1,
                        "price_data": {
                            "currency": charge.currency.lower(),
                            "unit_amount": minor_units(charge.amount, charge.currency),
                            "product_data": {"name": title, "description": charge.description},
                        },
                    }
                ],
                "metadata": named(charge),
                "payment_intent_data": {
                    "description": charge.description,
                    "metadata": named(charge),
                    "capture_method": "automatic" if charge.is_to_capture else "manual",
                },
                # Else the buyer may be charged in a currency of their own.
                "adaptive_pricing": {"enabled": False},
                "success_url": back_to,
                "cancel_url": back_to,
                "expires_at": int(ends_at.timestamp()),
            },
            once(charge.key, "checkout"),
        )

    def _method_of(self, charge: Charge, token: str) -> str:
        method = self._api.payment_methods.create(
            {"type": "card", "card": {"token": token}}, once(charge.key, "method")
        )
        return method.id

    def _refused(self, charge: Charge) -> Outcome:
        """The charge is given up, so that nothing can be taken for what is told as declined."""
        given_up = self._cancel(charge.reference)
        if given_up.state is not State.GIVEN_UP:
            return given_up
        return Outcome(state=State.DECLINED, why=TOKEN_UNUSABLE)

    def _cancel(self, intent_id: str) -> Outcome:
        try:
            return of_intent(self._api.payment_intents.cancel(intent_id))
        except stripe.InvalidRequestError:
            return of_intent(self._api.payment_intents.retrieve(intent_id))

    def _session(self, charge: Charge) -> Any:
        return self._api.checkout.sessions.retrieve(
            charge.reference, {"expand": ["payment_intent"]}
        )

    def _intent_of(self, charge: Charge) -> str:
        if not charge.reference.startswith(SESSION):
            return charge.reference
        session = self._session(charge)
        if session.payment_intent is None:
            raise GatewayMisconfigured(f"Nothing was paid on the page {charge.reference}")
        return str(session.payment_intent.id)

    def _refund_made(self, refund: RefundOf, intent_id: str) -> stripe.Refund | None:
        there = self._api.refunds.list({"payment_intent": intent_id, "limit": 100})
        ours = (each for each in there.auto_paging_iter() if payment_of(each) == refund.key)
        return next(ours, None)


@contextmanager
def asking() -> Iterator[None]:
    """Stripe's errors as those of the port. What has a token in it is not passed on."""
    try:
        yield
    except (stripe.AuthenticationError, stripe.PermissionError) as error:
        raise GatewayMisconfigured(f"Stripe refuses the key: {error.user_message}") from None
    except (stripe.InvalidRequestError, stripe.CardError) as error:
        raise GatewayMisconfigured(f"Stripe refuses: {error.user_message}") from None
    except stripe.StripeError as error:
        raise GatewaySilent(f"{type(error).__name__}: {error.user_message}") from None


def once(key: str, step: str) -> stripe.RequestOptions:
    """Whatever is asked under this key is done once, however often it is asked."""
    return {"idempotency_key": f"{key}-{step}"}


def named(charge: Charge) -> dict[str, str]:
    """By this, notices and staff who look at Stripe's pages find the payment again."""
    return {"payment": charge.key, "order": charge.order_code}


def read_notice(gateway_id: str, *, body: bytes, signature: str) -> Notice | None:
    """What a notice is about, if it may be about a payment of ours.

    Refused with NoticeRefused unless the account's secret signed it in the last five minutes.
    """
    try:
        event = stripe.Webhook.construct_event(
            body, signature, credential(gateway_id, WEBHOOK_SECRET)
        )
        thing = event.data.object
        if about := disputed_intent(thing):
            return Notice(about, is_dispute=True)
        return Notice(about) if (about := payment_of(thing)) else None
    except (stripe.SignatureVerificationError, ValueError, AttributeError) as error:
        raise NoticeRefused(str(error)) from None
