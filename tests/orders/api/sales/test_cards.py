"""Card data are refused before anything is done, and kept nowhere (DOMAIN 3.9)."""

import json
import logging
import time

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
        {"token": f"tok_{NUMBER}"},
        {"reason": f"card{NUMBER}"},
        {"reason": f"{NUMBER} 12 26"},
        {"reason": "4111 1111 1111 1111 12/26"},
        {"reason": "4111 1111 1111 1111 123"},
        {"reason": f"{NUMBER} 12/26 123"},
        {"reason": f"{NUMBER}1226"},
        {"reason": "order 7 4111 1111 1111 1111"},
        {"reason": "4111.1111.1111.1111"},
        {"reason": "4111/1111/1111/1111"},
        {"reason": "4111, 1111, 1111, 1111"},
        {"reason": "4111  1111\t1111\n1111"},
        {"reason": "4111_1111_1111_1111"},
        {"reason": "4111\u00a01111\u20111111\u200b1111"},
        {"reason": "４１１１ １１１１ １１１１ １１１１"},
        {"reason": f"cust_{NUMBER}"},  # no field of an id
        {"orderIds": [NUMBER]},
        {"customerId": f"cust {NUMBER}"},
        {"a": {"attributes": {"b": f"{NUMBER} 12/26"}}},  # free is a field of the body itself
        {"attributes": {"note": ["my card: 4111 1111 1111 1111"]}},
        {"attributes": {"code": 378282246310005}},
        {"attributes": {NUMBER: ""}},
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
        {"creditCardNumber": ""},
        {"card_cvc": ""},
        {"cvv2": ""},
        {"securityCode": ""},
    ],
)
def test_what_has_a_card(body):
    assert has_card(body, free="attributes")


# The test numbers that issuers and their payment gateways give out.
@pytest.mark.parametrize(
    "number",
    [
        "4242424242424242",  # Visa
        "4000056655665556",
        "4917610000000000003",
        "5555555555554444",  # Mastercard
        "2223003122003222",
        "5105105105105100",
        "371449635398431",  # American Express
        "6011111111111117",  # Discover
        "6445644564456445",
        "3056930009020004",  # Diners Club
        "36227206271667",
        "3566002020360505",  # JCB
        "6200000000000005",  # UnionPay
        "6205500000000000004",
        "6759649826438453",  # Maestro
        "2200770239097761",  # Mir
        "6521111111111110",  # RuPay
        "5066991111111118",  # Elo
    ],
)
def test_a_number_of_an_issuer(number):
    for text in (
        number,
        f"1{number}",
        f"{number}12",
        f"no {number}.",
        f"{number[:4]} {number[4:]}",
    ):
        assert has_card({"reason": text})


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"token": "tok_visa"},
        {"token": "4111111111111112"},  # its checksum is wrong
        {"token": "411111111111"},  # 12 digits
        {"token": "1000000000000008"},  # it checks, and is no issuer's
        {"reason": "4111 ... 1111 ... 1111 ... 1111"},
        {"reason": "paid 2026-06-02 10:30:00, again 2026-06-03T11:00:00Z, +49 30 1234567"},
        {"reason": "see 41111111-1111-1111-8111-111111111111"},  # a UUID
        {"attributes": {"number": "A1", "cvc": 3}},
        {
            "attributes": {
                "ean": "5901234123457",
                "gtin": ["4006381333931"],
                "imei": "490154203237518",
            }
        },
        {"attributes": {"size": "12 x 30 x 44", "isbn": "978-3-16-148410-0"}},
        {"customerId": "1795338272127", "reason": "ticket 1795338272127"},  # it checks, too
        {"productId": "f1000000-0000-4000-8000-000000000003"},
        {"customerId": f"cust_{NUMBER}"},
        {"orderIds": [f"ord_{NUMBER}"], "items": [{"offerId": f"offer_{NUMBER}"}]},
        {"orderId": "ord_4111111111111111abc"},
        {"amount": 99.99, "quantity": 4, "flag": True, "nothing": None},
        {"phoneNumbers": ["+49 30 1234567"]},
        calls.CREATION,
    ],
)
def test_what_has_none(body):
    assert not has_card(body, free="attributes")


def test_the_longest_body_is_looked_through_in_no_time():
    started = time.process_time()

    assert not has_card({"reason": "4" * 1_000_000})

    assert time.process_time() - started < 5


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
def test_a_card_as_idempotency_key_is_refused(api, customer, offer):
    order = a_sale(offer, customer=customer)

    answer = calls.call(api, calls.PROCESS, order=order, **{"Idempotency-Key": NUMBER})

    assert refusal(answer) == REFUSED
    assert not IdempotentCall.objects.exists()


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
