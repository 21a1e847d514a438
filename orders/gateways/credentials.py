"""The secrets of payment gateways: in the environment only, never in the database or on a page."""

from django.conf import settings

from orders.gateways.port import GatewayMisconfigured
from orders.models import PaymentGateway

SECRET_KEY = "SECRET_KEY"  # noqa: S105 - a part of a name
WEBHOOK_SECRET = "WEBHOOK_SECRET"  # noqa: S105
NEEDED = {PaymentGateway.Kind.STRIPE: (SECRET_KEY, WEBHOOK_SECRET)}


def variable(gateway_id: str, what: str) -> str:
    """The environment variable that has it: `GATEWAY_STRIPE_1_SECRET_KEY`."""
    return f"GATEWAY_{gateway_id.upper()}_{what}"


def credential(gateway_id: str, what: str) -> str:
    """Refused with GatewayMisconfigured, which names the variable, where it is not set."""
    name = variable(gateway_id, what)
    if value := settings.GATEWAY_CREDENTIALS.get(name):
        return str(value)
    raise GatewayMisconfigured(f"{name} is not set")


def credentials_of(gateway: PaymentGateway) -> dict[str, bool]:
    """The variables that a gateway of its kind needs, and whether each is set."""
    needed = NEEDED.get(PaymentGateway.Kind(gateway.kind), ())
    names = [variable(gateway.pk, what) for what in needed]
    return {name: bool(settings.GATEWAY_CREDENTIALS.get(name)) for name in names}
