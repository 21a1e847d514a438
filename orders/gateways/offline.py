"""Money that moves outside: in cash, by a bank transfer. Staff say that it came."""

from orders.gateways.port import Charge, Outcome, RefundOf, State

ONLY_STAFF = "This is paid outside; staff say when the money has come."
BY_HAND = "To be paid back by hand."


class OfflineGateway:
    """It asks nobody. Of its charges only those that staff have recorded take money."""

    def __init__(self, gateway_id: str) -> None:
        self.id = gateway_id

    def prepare(self, charge: Charge) -> str:
        return ""

    def confirm(self, charge: Charge, *, token: str) -> Outcome:
        return Outcome(state=State.DECLINED, why=ONLY_STAFF)

    def look_up(self, charge: Charge) -> Outcome:
        return Outcome(state=State.OPEN)

    def capture(self, charge: Charge) -> Outcome:
        return Outcome(state=State.DECLINED, why=ONLY_STAFF)

    def give_up(self, charge: Charge) -> Outcome:
        return Outcome(state=State.GIVEN_UP)

    def refund(self, refund: RefundOf) -> Outcome:
        return Outcome(state=State.PAID, why=BY_HAND)

    def look_up_refund(self, refund: RefundOf) -> Outcome:
        return Outcome(state=State.PAID, why=BY_HAND)
