"""What a browser does with the forms about an order."""

from django.contrib.auth.models import Permission

from tests.staff import staff

ORDERS = "/admin/orders/order/"
RIGHTS = {
    "cancel": ("orders.cancel_order",),
    "refund": ("orders.refund_order",),
    "track": ("orders.fulfil_order",),
    "delay": ("orders.fulfil_order",),
    "complete": ("orders.fulfil_order",),
    "capture": ("orders.fulfil_order",),
    "details": ("orders.fulfil_order", "orders.view_personal_data"),
    "note": ("orders.note_order",),
}
ALL = sorted({right for rights in RIGHTS.values() for right in rights})


def support(*rights):
    """Who may see all and, if not said otherwise, do all."""
    return staff("view", *(rights or ALL))


def masked(*rights):
    """Who may see all but personal data, and do what is said."""
    client = staff("view", *rights)
    client.member.user_permissions.remove(Permission.objects.get(codename="view_personal_data"))
    return client


def url_of(order, action):
    return f"{ORDERS}{order.pk}/{action}/"


def page_of(client, order):
    return client.get(f"{ORDERS}{order.pk}/change/")


def fields_of(page):
    """What the form on the page would send."""
    sent = {field.html_name: field.value() for field in page.context["form"]}
    return {
        name: "on" if value is True else str(value)
        for name, value in sent.items()
        if value not in (None, "", False)
    }


def fill_in(client, order, action, **given):
    """The form as it would be sent, once it was opened and filled in; None: not sent."""
    sent = fields_of(client.get(url_of(order, action))) | given
    return {name: value for name, value in sent.items() if value is not None}


def confirm(client, order, action, form):
    """The page that shows the effect, and what its button sends."""
    page = client.post(url_of(order, action), form)
    return page, {**fields_of(page), "confirm": ""}


def errors_of(answer):
    form = answer.context["form"]
    return {name: list(errors) for name, errors in form.errors.items()}


def buttons_of(client, order):
    return {button.label: button.disabled for button in page_of(client, order).context["buttons"]}
