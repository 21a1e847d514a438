"""Card data are refused before anything is done, and kept nowhere (DOMAIN 3.9)."""

import json
import logging

import pytest

from orders.api.sales.cards import has_card
from players.models import IdempotentCall
from tests.orders.api.sales import calls
from tests.orders.api.sales.calls import refusal
from tests.orders.looking import everything
from tests.orders.selling import a_sale

NUMBER = "4111111111111111"
REFUSED = (
    400,
    "INVALID_REQUEST",
    "Card data are not accepted here: send a token of the payment gateway",
)


@pytest.mark.parametrize(
    "body",
    [
        {"token": NUMBER},
        {"token": "4111 1111 1111 1111"},
        {"token": "4111-1111-1111-1111"},
        {"reason": f"my card is {NUMBER}, thanks"},
        {"token": "378282246310005"},  # 15 digits
        {"token": "4222222222222"},  # 13
        {"token": "6304000000000000000"},  # 19
        {"amount": int(NUMBER)},
        {"amount": float(NUMBER)},
        {NUMBER: 1},
        {"a": [[{"b": [NUMBER]}]]},
        {"number": None},
        {"card": {"cardNumber": "x"}},
        {"card_number": 1},
        {"CVC": "123"},
        {"details": {"cvv": ""}},
        {"PAN": ""},
    ],
)
def test_what_has_a_card(body):
    assert has_card(body)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"token": "tok_visa"},
        {"token": "4111111111111112"},  # its checksum is wrong
        {"token": "411111111111"},  # 12 digits
        {"token": "41111111111111111111"},  # 20
        {"customerId": f"cust_{NUMBER}"},
        {"orderId": "ord_4111111111111111abc"},
        {"amount": 99.99, "quantity": 4, "flag": True, "nothing": None},
        {"phoneNumbers": ["+49 30 1234567"]},
        calls.CREATION,
    ],
)
def test_what_has_none(body):
    assert not has_card(body)


def test_a_deep_body_is_looked_through():
    body = json.loads("[" * 900 + f'"{NUMBER}"' + "]" * 900)

    assert has_card({"a": body})


@pytest.mark.django_db
@pytest.mark.parametrize("name", [calls.CREATE, calls.PROCESS, calls.BULK_CANCEL])
def test_a_card_is_refused_and_kept_nowhere(api, customer, offer, caplog, name):
    order = a_sale(offer, customer=customer)
    body = calls.body_of(name, order=order)
    before = everything()
    caplog.set_level(logging.DEBUG)

    answer = calls.call(
        api, name, order=order, body={**body, "note": NUMBER}, **{"Idempotency-Key": "k1"}
    )

    assert refusal(answer) == REFUSED
    assert NUMBER not in answer.text
    assert everything() == before
    assert not IdempotentCall.objects.exists()
    assert NUMBER not in caplog.text


@pytest.mark.django_db
def test_a_token_is_kept_nowhere_but_its_end(api, customer, offer, caplog, capfd):
    order = a_sale(offer, customer=customer)
    token = "tok_secretofthebuyer_1234"
    details = {"method": "credit_card", "token": token, "amount": 99.99}
    caplog.set_level(logging.DEBUG)

    answer = api.post(
        "/api/orders/payment-workflow",
        {"orderId": order.code, "action": "process", "paymentDetails": details},
        **{"Idempotency-Key": "k1"},
    )

    assert answer.status_code == 200
    assert order.payments.get().token_end == "1234"
    stored = str([everything(), *order.events.values(), *IdempotentCall.objects.values()])
    assert "secretofthebuyer" not in stored + caplog.text + capfd.readouterr().err
