"""What orders refuse. The doors give each its place in their dialect."""

from config.errors import Conflict, Invalid, NotFound


class OrderNotFound(NotFound):
    """No order has this id, or not for this caller."""

    code = "order_not_found"


class ProductNotOffered(NotFound):
    """No product has this id, or it is not offered to this establishment now."""

    code = "product_not_offered"


class DenominationNotOffered(Invalid):
    """The product has no such face value, or this caller may not choose one."""

    code = "denomination_not_offered"


class ReservationExists(Conflict):
    """The player has an open reservation of this product."""

    code = "reservation_exists"


class ProductOutOfStock(Conflict):
    """No unit is available."""

    code = "product_out_of_stock"


class NotEnoughCoins(Conflict):
    """The player has fewer coins than the reservation costs."""

    code = "not_enough_coins"


class WrongState(Conflict):
    """What was asked cannot be done with the order as it is; the message says what and why."""

    code = "order_state"


class CustomerUnknown(Invalid):
    """No player has this customer code, or not for this caller."""

    code = "customer_unknown"


class OfferNotSold(Invalid):
    """No offer has this id, or it is not sold to this customer now."""

    code = "offer_not_sold"


class PriceWrong(Invalid):
    """The price that was sent is not that of the offer."""

    code = "price_wrong"


class CurrenciesMixed(Invalid):
    """The offers of one order have different currencies."""

    code = "currencies_mixed"


class TotalTooHigh(Invalid):
    """The order costs more than can be written down: ten digits before the point."""

    code = "total_too_high"


class GatewayNotOffered(Invalid):
    """No payment gateway has this id, or no new payment begins there."""

    code = "gateway_not_offered"


class InventoryShort(Conflict):
    """Fewer units are available than were ordered; `details` has them by offer."""

    code = "inventory_short"


class ItemNotFound(NotFound):
    """The order has no such item."""

    code = "item_not_found"


class AmountWrong(Invalid):
    """The amount is not what is to be paid, or more than was."""

    code = "amount_wrong"


class PaymentRefused(Conflict):
    """The gateway refused the payment; the message says why, as far as it may be told."""

    code = "payment_refused"


class PaymentInFlight(Conflict):
    """A payment of the order is on its way, and what became of it is not known yet."""

    code = "payment_in_flight"


class NothingChanged(Invalid):
    """What was sent changes nothing, because it is empty."""

    code = "nothing_changed"


class DeliveryIncomplete(Invalid):
    """Parts of the address are missing; `details` has the messages by field."""

    code = "delivery_incomplete"


class NotOneLine(Invalid):
    """A text of one line has more, or controls; `details` has the messages by field."""

    code = "not_one_line"


class RefundTooHigh(Conflict):
    """More than is left of what was paid."""

    code = "refund_too_high"


class OrderMoved(Conflict):
    """The order, or what cancelling it would do, is not what was shown."""

    code = "order_moved"


class LootNotTaken(Conflict):
    """The loot cannot be taken back as was asked; the message says why."""

    code = "loot_not_taken"


class OperationIdTaken(Conflict):
    """The operation id names something else that was done, with this order or another."""

    code = "operation_id_taken"


class AmountInvalid(Invalid):
    """Not an amount that can be refunded: more than nothing, in hundredths at most."""

    code = "amount_invalid"


class TransactionIdTaken(Conflict):
    """The transaction id names an order of another player, or of another product."""

    code = "transaction_id_taken"


class ReasonNotOffered(Invalid):
    """This reason is not one for what was asked."""

    code = "reason_not_offered"


class WebhookUrlRefused(Invalid):
    """Webhooks are not sent to such an address; the message says why."""

    code = "webhook_url_refused"


class WebhookEndpointMoved(Conflict):
    """The endpoint is not as it was shown: somebody else switched it, or changed its secret."""

    code = "webhook_endpoint_moved"


class WebhookEndpointOff(Conflict):
    """Nothing is sent to an endpoint that is switched off."""

    code = "webhook_endpoint_off"


class NoMailAddress(Conflict):
    """Neither the order nor its player has a mail address."""

    code = "no_mail_address"


class ActionsInvalid(Invalid):
    """Actions on items contradict each other, or lack a reason; the message says which."""

    code = "actions_invalid"


class ExportInvalid(Invalid):
    """No such export can be made: an unknown column, or days in the wrong order."""

    code = "export_invalid"


class ExportStatusUnknown(Invalid):
    """Exports are not narrowed to such a status."""

    code = "export_status_unknown"


class ExportsWaiting(Conflict):
    """So many exports of the caller are not made yet that no more are taken."""

    code = "exports_waiting"


class ExportNotReady(Conflict):
    """The file of the export is not there yet, or no longer; the message says which."""

    code = "export_not_ready"


class ExportNotFound(NotFound):
    """No export has this id, or not for this caller."""

    code = "export_not_found"


class FilterInvalid(Invalid):
    """A list cannot be narrowed so; `details` has the character, counted from 1, where it fails."""

    code = "filter_invalid"


class QueryOptionInvalid(Invalid):
    """A list cannot be ordered, paged or shown so; `details` has the option."""

    code = "query_option_invalid"


class FilterTooSlow(Conflict):
    """Nothing is wrong with the filter, but it takes too long to look through so many orders."""

    code = "filter_too_slow"


class MetricsPeriodInvalid(Invalid):
    """No metrics can be of such days."""

    code = "metrics_period_invalid"


class TooManyOrders(Invalid):
    """More orders match than are cancelled at once."""

    code = "too_many_orders"


class BulkCancellationMoved(Conflict):
    """It is not as it was shown: somebody went on with it, or stopped it."""

    code = "bulk_cancellation_moved"


class CrontabInvalid(Invalid):
    """Not five words of a crontab, or a time that never comes."""

    code = "crontab_invalid"


class ReportNotMade(Conflict):
    """A scheduled report could not be made; the message says why."""

    code = "report_not_made"


class OrderCodeTaken(Conflict):
    """The order id names an order of another customer."""

    code = "order_code_taken"
