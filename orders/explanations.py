"""Why an order is late or cancelled, as the player reads it: by mail and on the delivery page."""

from orders.vocabulary import Reason

DELAYED_BECAUSE = {
    Reason.CUSTOMS: "Customs are holding the parcel. There is nothing you need to do.",
    Reason.PACKAGE_LOST: "The parcel was lost on its way. We are looking into it.",
    Reason.PRODUCT_UNAVAILABLE: "It is not available at the moment. It is sent as soon as it is.",
}
# Nothing of fraud: a suspicion is for the establishment.
CANCELLED_BECAUSE = {
    Reason.PRODUCT_UNAVAILABLE: "It is no longer available.",
    Reason.PACKAGE_LOST: "The parcel was lost on its way.",
    Reason.CUSTOMS: "The parcel did not pass customs.",
    Reason.DUPLICATE: "It had been ordered twice.",
    Reason.PLAYER_REQUEST: "You asked for it.",
    Reason.MISTAKE: "It had been ordered by mistake.",
    Reason.EXPIRED: "The delivery details were not confirmed in time.",
    Reason.PAYMENT_EXPIRED: "It was not paid in time.",
}


def why_delayed(reason: Reason | str) -> str:
    """A sentence, or nothing."""
    return DELAYED_BECAUSE.get(Reason(reason), "") if reason else ""


def why_cancelled(reason: Reason | str) -> str:
    """A sentence; nothing where no reason was given, or the player is not told it."""
    return CANCELLED_BECAUSE.get(Reason(reason), "") if reason else ""
