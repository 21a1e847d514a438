"""The endpoints of the sales API: who may call each, what it takes, and what it answers."""

from dataclasses import dataclass
from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework.serializers import Serializer

from orders.api.authentication import Kind
from orders.api.sales import offer_filter
from orders.api.sales.serializers import answers, exports, lists, metrics, offers, requests, sales

KEYS = frozenset({Kind.KEY})
PUBLIC = KEYS | {Kind.ANYBODY}


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """`scope`: none where anybody may call, or where what is asked decides.

    `answer` is a serializer, or a type of OpenAPI where it answers no JSON; `status` that of a
    success, `files` the media types that it answers with 200, `refusals` those that it
    documents besides 400, 401, 403, 409 (where it changes something) and 500; `free` the field
    of the request that is the client's own, in which not all digits are looked at as a card's.
    """

    title: str
    scope: str | None
    callers: frozenset[Kind] = KEYS
    request: type[Serializer[Any]] | None = None
    free: str = ""
    answer: Any
    status: int = 200
    files: tuple[str, ...] = ()
    refusals: tuple[int, ...] = ()
    changes: bool = True
    parameters: tuple[type[Serializer[Any]] | OpenApiParameter, ...] = ()
    tag: str = "Sales"


CREATE = Endpoint(
    title="Create an order and its payment page",
    scope="orders:create",
    request=requests.CreateRequest,
    answer=sales.SaleCreatedSerializer,
    status=201,
)
GET = Endpoint(
    title="Get one order with its items",
    scope="orders:read",
    answer=sales.SaleSerializer,
    refusals=(404,),
    changes=False,
)
LIST = Endpoint(
    title="List orders, filtered and ordered by OData",
    scope="orders:read",
    answer=lists.SaleListSerializer,
    changes=False,
    parameters=lists.OPTIONS,
)
METRICS = Endpoint(
    title="Metrics of the orders of some days",
    scope="orders:read",
    answer=metrics.MetricsSerializer,
    changes=False,
    parameters=(metrics.MetricsQuery,),
)
CHANGE_STATUS = Endpoint(
    title="Change the status of an order",
    scope="orders:fulfil",
    request=requests.StatusRequest,
    answer=sales.SaleChangedSerializer,
    refusals=(404,),
)
BULK_CANCEL = Endpoint(
    title="Cancel many orders",
    scope="orders:cancel",
    request=requests.BulkCancelRequest,
    answer=answers.BulkCancelled,
)
ACT_ON_ITEMS = Endpoint(
    title="Cancel or verify items of an order",
    scope="orders:fulfil",
    request=requests.ItemActionsRequest,
    answer=answers.ItemsActedOn,
    refusals=(404,),
)
MOVE_PAYMENT = Endpoint(
    title="Process, authorize, capture, void or refund the payment of an order",
    scope=None,
    request=requests.PaymentRequest,
    answer=answers.PaymentMoved,
    refusals=(402, 404),
)
LIST_OFFERS = Endpoint(
    title="List offers",
    scope=None,
    callers=PUBLIC,
    answer=offers.OfferList,
    changes=False,
    parameters=(*offer_filter.PARAMETERS, offers.OfferPageQuery),
    tag="Offers",
)
GET_OFFER = Endpoint(
    title="Get one offer",
    scope=None,
    callers=PUBLIC,
    answer=offers.OfferSerializer,
    refusals=(404,),
    changes=False,
    tag="Offers",
)
CREATE_OFFER = Endpoint(
    title="Offer a product",
    scope="offers:create",
    request=offers.OfferRequest,
    free="attributes",
    answer=offers.OfferSerializer,
    status=201,
    tag="Offers",
)
FILES = ("text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
EXPORT = Endpoint(
    title="Export orders to CSV or Excel",
    scope="orders:export",
    request=exports.ExportRequest,
    answer=exports.ExportQueued,
    status=202,
    files=FILES,
)
GET_EXPORT = Endpoint(
    title="Get how far an export is",
    scope="orders:export",
    answer=exports.ExportSerializer,
    refusals=(404,),
    changes=False,
)
DOWNLOAD_EXPORT = Endpoint(
    title="Get the file of an export",
    scope="orders:export",
    answer=None,
    files=FILES,
    refusals=(404, 409),
    changes=False,
)
