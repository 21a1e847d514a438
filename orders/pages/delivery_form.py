from collections.abc import Mapping
from typing import Any

from django import forms

from config.one_line import one_line
from orders.models import Delivery, Order
from orders.models.deliveries import NEEDED_TO_SHIP
from orders.services.confirm_delivery import fingerprint


def _length(name: str) -> int | None:
    return Delivery._meta.get_field(name).max_length  # type: ignore[union-attr]  # it is a column


def _text(name: str, label: str, autocomplete: str, help_text: str = "") -> forms.CharField:
    """A line of text as long as the column of that name, filled in by browsers that know it."""
    return forms.CharField(
        label=label,
        help_text=help_text,
        required=name in NEEDED_TO_SHIP,
        max_length=_length(name),
        error_messages={"required": f"Enter your {label.lower()}."},
        validators=[one_line],
        widget=forms.TextInput(attrs={"autocomplete": autocomplete}),
    )


class DeliveryForm(forms.Form):
    """What a player types on the delivery page; of a digital product only where news of it goes.

    `seen` is the fingerprint of the order that was shown.
    """

    use_required_attribute = False  # what is missing is said by us, all at once, beside the field

    first_name = _text("first_name", "First name", "given-name")
    last_name = _text("last_name", "Last name", "family-name")
    address_line1 = _text("address_line1", "Street and number", "address-line1")
    address_line2 = _text("address_line2", "Apartment, company, care of", "address-line2")
    postal_code = _text("postal_code", "Postal code", "postal-code")
    city = _text("city", "City", "address-level2")
    province = _text("province", "State or province", "address-level1")
    country = _text("country", "Country", "country", help_text="Two letters, for instance US.")
    email = forms.EmailField(
        label="E-mail",
        required=False,
        max_length=_length("email"),
        help_text="News of your order is sent there.",
        error_messages={"invalid": "Enter an e-mail address like name@example.com."},
        validators=[one_line],
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    seen = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)

    def __init__(self, order: Order, data: Any = None) -> None:
        stored = {
            name: getattr(order.delivery, name) for name in self.base_fields if name != "seen"
        }
        super().__init__(data, initial=stored | {"seen": fingerprint(order)}, label_suffix="")
        if order.is_digital:
            for name in stored.keys() - {"email"}:
                del self.fields[name]

    @property
    def typed(self) -> dict[str, str]:
        """The parts of the delivery, once the form is valid."""
        return {name: text for name, text in self.cleaned_data.items() if name != "seen"}

    def say_what_is_missing(self, messages: Mapping[str, Any]) -> None:
        """Put what a service found at the fields, or above them where they are not asked for."""
        for name, found in messages.items():
            self.add_error(name if name in self.fields else None, found)
