"""The table of orders: what holds of every row, and what finds them."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q

CONSTRAINTS = [
    models.CheckConstraint(
        condition=Q(kind="sale", product=None)
        | Q(kind="reward", product__isnull=False, establishment__isnull=False),
        name="order_reward_has_product_and_establishment",
    ),
    models.UniqueConstraint(
        fields=["player", "product"],
        condition=Q(status="reserved"),
        name="one_open_reservation_per_player_and_product",
    ),
    models.CheckConstraint(
        condition=Q(refunded__gte=0, refunded__lte=F("charged"), charged__lte=F("total")),
        name="order_refunded_within_charged",
    ),
    models.CheckConstraint(
        condition=Q(status="reserved", display_status__in=["pending", "sent", "delayed"])
        | Q(kind="reward", status="completed", display_status="acquired")
        | Q(kind="reward", status="refunded", display_status="cancelled")
        | Q(status="pending_payment", display_status="awaiting_payment")
        | Q(status="payment_failed", display_status="payment_failed")
        | Q(status="processing", display_status="processing")
        | Q(kind="sale", status="completed", display_status="completed")
        | Q(kind="sale", status="refunded", display_status="refunded")
        | Q(status="cancelled", display_status="cancelled"),
        name="order_display_status_fits_its_status",
    ),
    models.CheckConstraint(
        condition=Q(status__in=["cancelled", "refunded"]) ^ Q(cancelled_at=None),
        name="order_cancelled_has_its_time",
    ),
    models.CheckConstraint(
        condition=Q(expires_at=None)
        | Q(status__in=["reserved", "pending_payment", "payment_failed"]),
        name="order_expires_only_while_it_holds",
    ),
    models.CheckConstraint(
        condition=Q(kind="reward", status__in=["reserved", "completed", "cancelled", "refunded"])
        | Q(kind="sale") & ~Q(status="reserved"),
        name="order_status_fits_its_kind",
    ),
    models.CheckConstraint(
        condition=Q(kind="reward", payment_status="", payment_token="", gateway=None)
        | Q(kind="sale", gateway__isnull=False) & ~Q(payment_status="") & ~Q(payment_token=""),
        name="order_sale_is_paid_through_a_gateway",
    ),
]
# Each has a stream of orders.services.find_rewards in its order. They leave nothing to be
# looked up in the table.
INDEXES = [
    models.Index(
        fields=["establishment", "-created_at", "transaction_id"],
        name="reward_by_establishment",
        condition=Q(kind="reward"),
    ),
    models.Index(
        fields=["establishment", "display_status", "-created_at", "transaction_id"],
        name="reward_by_status",
        condition=Q(kind="reward"),
    ),
    models.Index(
        fields=[
            "establishment",
            "product",
            "display_status",
            "-created_at",
            "transaction_id",
        ],
        name="reward_by_product",
        condition=Q(kind="reward"),
    ),
    models.Index(
        fields=[
            "establishment",
            "total",
            "display_status",
            "-created_at",
            "transaction_id",
        ],
        name="reward_by_price",
        condition=Q(kind="reward"),
    ),
    models.Index(
        fields=[
            "establishment",
            "product",
            "total",
            "display_status",
            "-created_at",
            "transaction_id",
        ],
        name="reward_by_product_and_price",
        condition=Q(kind="reward"),
    ),
    # As the sales API lists them; with the id in it, a page leaves nothing to be looked up.
    models.Index(
        fields=["-created_at", "code"],
        include=["status"],
        name="sale_by_time",
        condition=Q(kind="sale"),
    ),
    models.Index(
        fields=["establishment", "-created_at", "code"],
        include=["status"],
        name="sale_by_establishment",
        condition=Q(kind="sale"),
    ),
    models.Index(
        fields=["establishment", "status", "-created_at", "code"],
        name="sale_by_status",
        condition=Q(kind="sale"),
    ),
    models.Index(
        fields=["establishment", "updated_at", "code"],
        name="sale_by_last_change",
        condition=Q(kind="sale"),
    ),
    models.Index(
        fields=["establishment", "total", "code"],
        name="sale_by_total",
        condition=Q(kind="sale"),
    ),
    models.Index(fields=["player", "-created_at"], name="order_by_player"),
    models.Index(fields=["status", "-id"], name="order_by_status"),
    # As staff look through them.
    BrinIndex(fields=["created_at"], name="order_by_time", autosummarize=True),
    models.Index(fields=["product", "-id"], name="order_by_product"),
    models.Index(fields=["establishment", "-id"], name="order_by_establishment"),
    models.Index(fields=["kind", "-id"], name="order_by_kind"),
    models.Index(fields=["total"], name="order_by_total"),
    models.Index(
        fields=["gateway", "-id"],
        name="order_by_gateway",
        condition=Q(gateway__isnull=False),
    ),
    models.Index(
        fields=["payment_status", "-id"],
        name="order_by_payment_status",
        condition=~Q(payment_status=""),
    ),
    models.Index(
        fields=["-id"],
        name="sale_paid_back_not_ended",
        condition=Q(status="processing", payment_status="refunded"),
    ),
    models.Index(
        fields=["updated_at"],
        name="order_open_by_last_change",
        condition=Q(status__in=["reserved", "pending_payment", "payment_failed", "processing"]),
    ),
    models.Index(
        fields=["display_status", "-id"],
        name="order_open_by_display_status",
        condition=Q(
            display_status__in=[
                *("pending", "sent", "delayed"),
                *("awaiting_payment", "payment_failed", "processing"),
            ]
        ),
    ),
    models.Index(
        fields=["cancel_reason", "-id"],
        name="order_by_cancel_reason",
        condition=~Q(cancel_reason=""),
    ),
    models.Index(
        fields=["expires_at"],
        name="order_by_expiry",
        condition=Q(expires_at__isnull=False),
    ),
]
