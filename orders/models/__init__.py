"""What is bought, reserved, delivered, cancelled, refunded (DOMAIN 4.2), and what is told of it."""

from orders.models.bulk_cancellations import BulkCancellation, BulkCancellationRow
from orders.models.deliveries import Delivery
from orders.models.events import OrderEvent
from orders.models.exports import Export, ExportPart
from orders.models.gateways import PaymentGateway, SandboxTransaction
from orders.models.lines import OrderLine
from orders.models.mail import Mail
from orders.models.metrics import SaleChange, SaleTotal
from orders.models.orders import Order
from orders.models.payments import Payment
from orders.models.references import ReferenceSequence
from orders.models.reports import ReportRun, ReportSchedule
from orders.models.saved_views import SavedView
from orders.models.webhooks import (
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookMessage,
)

__all__ = [
    "BulkCancellation",
    "BulkCancellationRow",
    "Delivery",
    "Export",
    "ExportPart",
    "Mail",
    "Order",
    "OrderEvent",
    "OrderLine",
    "Payment",
    "PaymentGateway",
    "ReferenceSequence",
    "ReportRun",
    "ReportSchedule",
    "SaleChange",
    "SaleTotal",
    "SandboxTransaction",
    "SavedView",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookMessage",
]
