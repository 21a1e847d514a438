"""Where payment gateways tell that something became of a payment. A notice is a knock, no news."""

import re

import structlog
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from orders.gateways.port import GatewayMisconfigured, GatewaySilent, NoticeRefused
from orders.models import PaymentGateway
from orders.services.take_dispute import take_dispute
from orders.services.take_notice import take_notice
from players.errors import PlayerBusy

log = structlog.get_logger(__name__)

KEY = re.compile(r"[a-zA-Z0-9_]{1,64}")
# By name: the extra that one needs may not be installed where it is not used.
READERS = {PaymentGateway.Kind.STRIPE.value: "orders.gateways.stripe.read_notice"}


@csrf_exempt
@require_POST
def gateway_notice(request: HttpRequest, gateway_id: str) -> HttpResponse:
    """204: heard, also where it is about no payment of ours. 503: to be sent again.

    404 where no gateway of this id sends notices, 400 where the gateway did not sign it. One that
    is switched off is heard all the same: what has begun there is finished.
    """
    kinds = PaymentGateway.objects.filter(pk=gateway_id, kind__in=READERS)
    kind = kinds.values_list("kind", flat=True).first()
    if kind is None:
        return HttpResponse(status=404)
    signature = request.headers.get("Stripe-Signature", "")
    try:
        notice = import_string(READERS[kind])(gateway_id, body=request.body, signature=signature)
        if notice and KEY.fullmatch(notice.about):
            take = take_dispute if notice.is_dispute else take_notice
            take(gateway_id, notice.about)
    except NoticeRefused as refused:
        log.warning("notice_refused", gateway=gateway_id, why=str(refused))
        return HttpResponse(status=400)
    except (GatewayMisconfigured, GatewaySilent, PlayerBusy) as error:
        log.warning("notice_not_taken", gateway=gateway_id, why=repr(error))
        return HttpResponse(status=503, headers={"Retry-After": "5"})
    return HttpResponse(status=204)
