"""A gateway that moves no money and does as the token says: for tests, demos and development.

It keeps its own books and commits them before it answers, as a gateway elsewhere would: what it has
charged stays charged when whoever asked dies. docs/payments.md lists the tokens.
"""

from django.db import transaction
from django.db.models import Sum

from config.knocks import knock
from orders.gateways.port import Charge, GatewaySilent, Outcome, RefundOf, State
from orders.models import SandboxTransaction

Book = SandboxTransaction
DECLINED = "tok_chargeDeclined"
SILENT_BEFORE = "tok_timeoutBefore"
SILENT_AFTER = "tok_timeout"
ANSWERS_TWICE = "tok_answersTwice"
# What these tokens do is done later; the books remember it.
LATER = (
    "tok_captureDeclined",
    "tok_captureTimeout",
    "tok_voidTimeout",
    "tok_refundPending",
    "tok_refundFails",
    "tok_refundTimeout",
)
REASONS = {
    "tok_chargeDeclined": "The card was declined.",
    "tok_chargeDeclinedInsufficientFunds": "The card has insufficient funds.",
    "tok_chargeDeclinedExpiredCard": "The card has expired.",
    "tok_chargeDeclinedFraudulent": "The card was declined.",
}
NOTICE_TASK = "orders.tasks.take_notice"
STATES = {
    Book.State.OPEN: State.OPEN,
    Book.State.AUTHORIZED: State.AUTHORIZED,
    Book.State.PAID: State.PAID,
    Book.State.DECLINED: State.DECLINED,
    Book.State.GIVEN_UP: State.GIVEN_UP,
}


class SandboxGateway:
    """Asked twice with one key, it does nothing the second time and answers the same."""

    def __init__(self, gateway_id: str) -> None:
        self.id = gateway_id

    def prepare(self, charge: Charge) -> str:
        with transaction.atomic():
            return _reference(_entry(charge))

    def confirm(self, charge: Charge, *, token: str) -> Outcome:
        if token == SILENT_BEFORE:
            raise GatewaySilent(SILENT_BEFORE)
        with transaction.atomic():
            entry = _entry(charge)
            if entry.state == Book.State.OPEN:
                _decide(entry, charge, token)
        if token == SILENT_AFTER:
            raise GatewaySilent(SILENT_AFTER)
        if token == ANSWERS_TWICE:
            # As a webhook would: whoever gets it asks for itself what became of the charge.
            knock(NOTICE_TASK, self.id, charge.key)
        return _said(entry)

    def look_up(self, charge: Charge) -> Outcome:
        entry = Book.objects.filter(pk=charge.key).first()
        return _said(entry) if entry else Outcome(state=State.OPEN)

    def capture(self, charge: Charge) -> Outcome:
        with transaction.atomic():
            entry = _entry(charge)
            if entry.state == Book.State.AUTHORIZED:
                declined = entry.note == "tok_captureDeclined"
                _turn(entry, Book.State.DECLINED if declined else Book.State.PAID)
                silent = entry.note == "tok_captureTimeout"
            else:
                silent = False
        if silent:
            raise GatewaySilent(entry.note)
        return _said(entry)

    def give_up(self, charge: Charge) -> Outcome:
        with transaction.atomic():
            entry = _entry(charge)
            is_first = entry.state in (Book.State.OPEN, Book.State.AUTHORIZED)
            if is_first:
                _turn(entry, Book.State.GIVEN_UP)
        if is_first and entry.note == "tok_voidTimeout":
            raise GatewaySilent(entry.note)
        return _said(entry)

    def refund(self, refund: RefundOf) -> Outcome:
        with transaction.atomic():
            charge = Book.objects.select_for_update().filter(pk=refund.charge.key).first()
            if charge is None or charge.state != Book.State.PAID:
                return Outcome(state=State.DECLINED, why="Nothing was taken by this charge.")
            entry, is_first = Book.objects.get_or_create(
                pk=refund.key,
                defaults={
                    "kind": Book.Kind.REFUND,
                    "amount": refund.amount,
                    "currency": refund.charge.currency,
                    "of": charge,
                },
            )
            if is_first:
                _turn(entry, _fate_of_refund(charge, refund))
        if is_first and charge.note == "tok_refundTimeout":
            raise GatewaySilent(charge.note)
        return _said(entry)

    def look_up_refund(self, refund: RefundOf) -> Outcome:
        """What it has accepted and not done it does now, so that pending refunds end."""
        entry = Book.objects.filter(pk=refund.key).first()
        if entry is None:
            return Outcome(state=State.OPEN)
        if entry.state == Book.State.OPEN:
            _turn(entry, Book.State.PAID)
        return _said(entry)


def _entry(charge: Charge) -> Book:
    """The row of the charge in the books, locked; made where there is none."""
    Book.objects.get_or_create(
        pk=charge.key,
        defaults={
            "kind": Book.Kind.CHARGE,
            "amount": charge.amount,
            "currency": charge.currency,
        },
    )
    return Book.objects.select_for_update().get(pk=charge.key)


def _turn(entry: Book, state: Book.State) -> None:
    entry.state = state
    entry.save(update_fields=["state", "note"])


def _decide(entry: Book, charge: Charge, token: str) -> None:
    if token.startswith(DECLINED):
        entry.note = REASONS.get(token, REASONS[DECLINED])
        _turn(entry, Book.State.DECLINED)
    else:
        entry.note = token if token in LATER else ""
        _turn(entry, Book.State.PAID if charge.is_to_capture else Book.State.AUTHORIZED)


def _fate_of_refund(charge: Book, refund: RefundOf) -> Book.State:
    others = charge.refunds.exclude(pk=refund.key).exclude(state=Book.State.DECLINED)
    given = others.aggregate(Sum("amount"))["amount__sum"] or 0
    if given + refund.amount > charge.amount:
        return Book.State.DECLINED
    if charge.note == "tok_refundFails" and not charge.refunds.exclude(pk=refund.key).exists():
        return Book.State.DECLINED
    return Book.State.OPEN if charge.note == "tok_refundPending" else Book.State.PAID


def _said(entry: Book) -> Outcome:
    state = STATES[Book.State(entry.state)]
    why = ""
    if state == State.DECLINED:
        is_refund = entry.kind == Book.Kind.REFUND
        why = "The refund was not accepted." if is_refund else entry.note or REASONS[DECLINED]
        if entry.note == "tok_captureDeclined":
            why = "What was set aside could not be taken."
    return Outcome(state=state, reference=_reference(entry), why=why)


def _reference(entry: Book) -> str:
    return f"sandbox_{entry.pk}"
