from django.db import transaction
from django.utils import timezone

from orders.errors import WebhookEndpointMoved
from orders.models import WebhookEndpoint
from orders.webhook_signatures import secret_of


@transaction.atomic
def rotate_webhook_secret(endpoint: WebhookEndpoint, *, seen: int) -> str:
    """The new secret. For a day both it and the one before are valid: calls carry two signatures.

    Older ones are not, also where they are younger than a day.
    `seen` is the version that was shown: of two clicks one rotates, the other is refused.
    """
    endpoint = WebhookEndpoint.objects.select_for_update(no_key=True).get(pk=endpoint.pk)
    if endpoint.secret_version != seen:
        raise WebhookEndpointMoved("The secret was changed meanwhile.")
    endpoint.secret_version += 1
    endpoint.rotated_at = timezone.now()
    endpoint.save(update_fields=["secret_version", "rotated_at"])
    return secret_of(endpoint.pk, endpoint.secret_version)
