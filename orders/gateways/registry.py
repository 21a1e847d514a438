"""Which gateway a configured way to pay is."""

from typing import cast

from django.utils.module_loading import import_string

from orders.gateways.port import Gateway
from orders.models import PaymentGateway

# By name: the extra that one needs may not be installed where it is not used.
KINDS = {
    PaymentGateway.Kind.SANDBOX: "orders.gateways.sandbox.SandboxGateway",
    PaymentGateway.Kind.STRIPE: "orders.gateways.stripe.StripeGateway",
    PaymentGateway.Kind.OFFLINE: "orders.gateways.offline.OfflineGateway",
}


def has_page(payment_gateway: PaymentGateway) -> bool:
    """Whether buyers can pay there on a page of the gateway's own: it is a ChecksOut."""
    made = import_string(KINDS[PaymentGateway.Kind(payment_gateway.kind)])
    return hasattr(made, "begin_checkout")


def gateway_of(payment_gateway: PaymentGateway) -> Gateway:
    """The gateway itself, also where no new payment may begin there."""
    made = import_string(KINDS[PaymentGateway.Kind(payment_gateway.kind)])
    return cast("Gateway", made(payment_gateway.pk))
