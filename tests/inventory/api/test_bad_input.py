"""Every kind of bad input is a 422 of the documented shape, and nothing is placed."""

import pytest

from inventory.api.errors import MAX_ERRORS_SHOWN
from inventory.models import PlayerOrder
from players.models import IdempotentCall
from tests.factories import PlayerFactory

ME = "/inventory/v2/player/me/order"
ENTRY = {"type": "fill_loot", "quantity": 1}
DEEP = b'{"a":' * 2000 + b"1" + b"}" * 2000

INT = ("int_parsing", "Input should be a valid integer, unable to parse string as an integer")
TOO_SMALL = (
    "greater_than_equal",
    "Input should be greater than or equal to -9223372036854775808",
)
TOO_LARGE = ("less_than_equal", "Input should be less than or equal to 9223372036854775807")
FAR_TOO_LARGE = (
    "int_parsing_size",
    "Unable to parse input string as an integer, exceeded maximum size",
)
TOO_LONG = ("string_too_long", "String should have at most 255 characters")
TOO_MUCH_DATA = (
    "custom_data_too_long",
    "Keys and values should have at most 4096 bytes as JSON in UTF-8, not 4097",
)
NUL = ("string_pattern_mismatch", r"String should match pattern '^[^\u0000]*$'")
UUID = (
    "uuid_parsing",
    "Input should be a valid UUID, invalid character: found `x` at 0",
)
NO_ZONE = ("timezone_aware", "Input should have timezone info")
NO_TIME = (
    "datetime_from_date_parsing",
    "Input should be a valid datetime or date, input is too short",
)
ORDER_ID = (
    "string_pattern_mismatch",
    (
        "String should match pattern '^[A-Za-z0-9._~!$&'()*+,;=:@-]*[A-Za-z0-9_~!$&'()*+,;=:@-]"
        "[A-Za-z0-9._~!$&'()*+,;=:@-]*$'"
    ),
)
OBJECT = (
    "model_attributes_type",
    "Input should be a valid dictionary or object to extract fields from",
)

ENTRY_TYPE = (
    "enum",
    (
        "Input should be 'fill_loot', 'purchase_loot', 'purchase_dynamic_bundle', "
        "'promotion_code', 'fill_loot_single_transient', 'fill_entitled_loot', "
        "'create_new_persistent_inventory', 'update_existing_persistent_inventory', "
        "'create_new_transient_inventory', 'update_existing_transient_inventory' or "
        "'update_inventory'"
    ),
)
BUCKET = (
    "enum",
    (
        "Input should be 'free', 'sweat', 'none', 'anon', 'amazon', 'steam', 'psn', 'xbox_live', "
        "'google', 'twitch', 'nintendo_switch', 'apple', 'nintendo', 'epic', 'google_play' or "
        "'nintendo_ppid'"
    ),
)
MISSING = ("missing", "Field required")
NO_INT = ("int_type", "Input should be a valid integer")
NO_TEXT = ("string_type", "Input should be a valid string")
NO_LIST = ("list_type", "Input should be a valid list")
TOO_LATE = (
    "datetime_parsing",
    "Input should be a valid datetime, dates after 9999 are not supported as unix timestamps",
)
TOO_EARLY = (
    "datetime_parsing",
    "Input should be a valid datetime, dates before 0000 are not supported as unix timestamps",
)
NOT_IN_UTC = ("datetime_parsing", "Input should be a valid datetime, out of range in UTC")

# What the entry has in this field, and where in it and why it is wrong.
BAD_ENTRY_FIELDS = [
    ("type", "give_me", [], ENTRY_TYPE),
    ("type", None, [], ENTRY_TYPE),
    ("quantity", None, [], NO_INT),
    ("quantity", "many", [], INT),
    ("quantity", [], [], NO_INT),
    (
        "quantity",
        1.5,
        [],
        (
            "int_from_float",
            "Input should be a valid integer, got a number with a fractional part",
        ),
    ),
    ("quantity", 2**63, [], TOO_LARGE),
    ("quantity", -(2**63) - 1, [], FAR_TOO_LARGE),
    ("quantity", 10**30, [], FAR_TOO_LARGE),
    ("quantity", "-9223372036854775809", [], TOO_SMALL),
    ("loot_id", "x", [], INT),
    ("loot_id", 2**63, [], TOO_LARGE),
    ("vendor_version", 2**64 - 1, [], TOO_LARGE),
    ("vendor_etag", 5, [], NO_TEXT),
    ("vendor_etag", "a\0", [], NUL),
    ("dynamic_bundle_loot_ids", 5, [], NO_LIST),
    ("dynamic_bundle_loot_ids", [1, "x"], [1], INT),
    ("purchase_price", 5, [], OBJECT),
    ("purchase_price", {"price": "x"}, ["price"], INT),
    ("purchase_price", {"currencies": {}}, ["currencies"], NO_LIST),
    (
        "purchase_price",
        {"currencies": [{"price": 1}]},
        ["currencies", 0, "price_item_id"],
        MISSING,
    ),
    ("external_tran_id", "\0", [], NUL),
    ("external_item_sku", "\0", [], NUL),
    ("use_inventory_bucket", "pocket", [], BUCKET),
    ("player_portal_event_id", 2**63, [], TOO_LARGE),
    ("inventory_id", "x", [], UUID),
    (
        "inventory_id",
        7,
        [],
        ("uuid_type", "UUID input should be a string, bytes or UUID object"),
    ),
    ("legacy_inventory_id", "x", [], INT),
    ("item_id", -1e19, [], FAR_TOO_LARGE),
    ("expires", "2099-01-23T21:07:02", [], NO_ZONE),
    ("expires", "2099-01-23", [], NO_ZONE),
    ("expires", "soon", [], NO_TIME),
    ("expires", "nan", [], NO_TIME),
    ("expires", 1e300, [], TOO_LATE),
    ("expires", -(10**30), [], TOO_EARLY),
    ("expires", True, [], ("datetime_type", "Input should be a valid datetime")),
    ("expires", "9999-12-31T23:59:59-01:00", [], NOT_IN_UTC),
    ("expires", "0001-01-01T00:00:00+01:00", [], NOT_IN_UTC),
    ("custom_data", [], [], ("dict_type", "Input should be a valid dictionary")),
    ("custom_data", {"a": 1}, ["a"], NO_TEXT),
    ("custom_data", {"a": "\0"}, ["a"], NUL),
    ("custom_data", {"ab": "x" * 4_000, "c": "x" * 81}, [], TOO_MUCH_DATA),
    ("vendor_etag", "x" * 256, [], TOO_LONG),
    ("external_tran_id", "x" * 256, [], TOO_LONG),
    ("external_item_sku", "x" * 256, [], TOO_LONG),
    ("custom_data", {"a\0": "b"}, ["a\0", "[key]"], NUL),
    ("entry_id", "a\0", [], NUL),
    ("entry_id", "", [], ("string_too_short", "String should have at least 1 character")),
    (
        "entry_id",
        "a" * 129,
        [],
        ("string_too_long", "String should have at most 128 characters"),
    ),
]


@pytest.mark.parametrize(("field", "value", "inside", "error"), BAD_ENTRY_FIELDS)
def test_entry_with_a_bad_field_is_refused(api, field, value, inside, error):
    kind, message = error

    response = api.post(ME, {"entries": [{**ENTRY, field: value}]})

    assert (response.status_code, response.json()) == (
        422,
        {"detail": [{"loc": ["body", "entries", 0, field, *inside], "msg": message, "type": kind}]},
    )
    assert not PlayerOrder.objects.exists()


BAD_ORDERS = [
    (
        {"entries": []},
        ["entries"],
        "too_short",
        "List should have at least 1 item after validation, not 0",
    ),
    ({"entries": None}, ["entries"], "list_type", "Input should be a valid list"),
    ({"entries": {}}, ["entries"], "list_type", "Input should be a valid list"),
    ({}, ["entries"], "missing", "Field required"),
    ({"entries": [5]}, ["entries", 0], *OBJECT),
    ({"entries": [{"quantity": 1}]}, ["entries", 0, "type"], "missing", "Field required"),
    ({"entries": [{"type": "fill_loot"}]}, ["entries", 0, "quantity"], "missing", "Field required"),
    (
        {"entries": [ENTRY] * 501},
        ["entries"],
        "too_long",
        "List should have at most 500 items after validation, not 501",
    ),
    (
        {"entries": [{**ENTRY, "entry_id": "a"}, ENTRY, {**ENTRY, "entry_id": "a"}]},
        ["entries"],
        "entry_id_not_unique",
        "Entry ids should be unique in the order, but 'a' is there 2 times",
    ),
    (
        {"entries": [ENTRY], "portal_id": -3},
        ["portal_id"],
        "greater_than_equal",
        "Input should be greater than or equal to -2",
    ),
    (
        {"entries": [ENTRY], "portal_id": 34},
        ["portal_id"],
        "less_than_equal",
        "Input should be less than or equal to 33",
    ),
    (
        {"entries": [ENTRY], "is_transaction": "perhaps"},
        ["is_transaction"],
        "bool_parsing",
        "Input should be a valid boolean, unable to interpret input",
    ),
    (
        {"entries": [ENTRY], "is_transaction": None},
        ["is_transaction"],
        "bool_type",
        "Input should be a valid boolean",
    ),
    ({"entries": [ENTRY], "client_order_ref_id": "x"}, ["client_order_ref_id"], *UUID),
    ({"entries": [ENTRY], "portal_user_id": "\0"}, ["portal_user_id"], *NUL),
    (
        {"entries": [ENTRY], "match_id": "m" * 256},
        ["match_id"],
        "string_too_long",
        "String should have at most 255 characters",
    ),
    (
        {"entries": [ENTRY], "instance_id": 5},
        ["instance_id"],
        "string_type",
        "Input should be a valid string",
    ),
    ({"entries": [ENTRY], "order_id": "a/b"}, ["order_id"], *ORDER_ID),
    ({"entries": [ENTRY], "order_id": "."}, ["order_id"], *ORDER_ID),
    ({"entries": [ENTRY], "order_id": ".."}, ["order_id"], *ORDER_ID),
    ({"entries": [ENTRY], "order_id": ""}, ["order_id"], *ORDER_ID),
    ({"entries": [ENTRY], "order_id": "a\n"}, ["order_id"], *ORDER_ID),
    ({"entries": [ENTRY], "order_id": "ä"}, ["order_id"], *ORDER_ID),
    (
        {"entries": [ENTRY], "order_id": "a" * 129},
        ["order_id"],
        "string_too_long",
        "String should have at most 128 characters",
    ),
    ([], [], *OBJECT),
    ("order", [], *OBJECT),
    (None, [], *OBJECT),
]


@pytest.mark.parametrize(("body", "loc", "kind", "message"), BAD_ORDERS)
def test_order_with_a_bad_field_is_refused(api, body, loc, kind, message):
    response = api.post(ME, body)

    assert (response.status_code, response.json()) == (
        422,
        {"detail": [{"loc": ["body", *loc], "msg": message, "type": kind}]},
    )
    assert not PlayerOrder.objects.exists()


@pytest.mark.parametrize("source", ["MATCH_API", "client", None, 5])
def test_order_of_a_source_that_is_none_is_refused(api, source):
    response = api.post(ME, {"entries": [ENTRY], "source": source})

    [error] = response.json()["detail"]
    assert (response.status_code, error["loc"], error["type"]) == (
        422,
        ["body", "source"],
        "enum",
    )


SURROGATE = "Invalid JSON: no low surrogate in string"
BAD_BODIES = [
    (b"", ["body"], "missing", "Field required"),
    (b"{", ["body", 1], "json_invalid", "Invalid JSON: unexpected end of data"),
    (
        b'{"a": NaN}',
        ["body", 6],
        "json_invalid",
        "Invalid JSON: unexpected character, expected a JSON value",
    ),
    (
        b'{"a": 1e999}',
        ["body", 6],
        "json_invalid",
        "Invalid JSON: number is infinity when parsed as double",
    ),
    (b'{"entries": "\\ud800"}', ["body", 13], "json_invalid", SURROGATE),
    (b'{"custom_data": {"\\ud800": ""}}', ["body", 18], "json_invalid", SURROGATE),
    (
        b'{"a": "\xff"}',
        ["body", 0],
        "json_invalid",
        "Invalid JSON: str is not valid UTF-8: surrogates not allowed",
    ),
    (
        b"\xef\xbb\xbf{}",
        ["body", 0],
        "json_invalid",
        "Invalid JSON: UTF-8 byte order mark (BOM) is not supported",
    ),
    (DEEP, ["body", 5121], "json_invalid", "Invalid JSON: depth limit exceeded"),
]


@pytest.mark.parametrize(("body", "loc", "kind", "message"), BAD_BODIES)
def test_body_that_is_no_json_is_refused(api, body, loc, kind, message):
    response = api.post(ME, body)

    assert (response.status_code, response.json()) == (
        422,
        {"detail": [{"loc": loc, "msg": message, "type": kind}]},
    )
    assert not PlayerOrder.objects.exists()


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "json",
    ],
)
def test_body_of_another_content_type_is_refused(api, content_type):
    response = api.post(ME, {"entries": [ENTRY]}, content_type=content_type)

    assert (response.status_code, response.json()) == (
        422,
        {
            "detail": [
                {
                    "loc": ["body"],
                    "msg": "Content-Type should be application/json",
                    "type": "content_type",
                }
            ]
        },
    )


def test_body_content_type_may_name_a_charset(api):
    response = api.post(ME, {"entries": [ENTRY]}, content_type="Application/JSON; charset=utf-8")

    assert response.status_code == 200


def test_body_too_large_is_refused(api, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100

    response = api.post(ME, {"entries": [ENTRY], "match_id": "m" * 100})

    assert (response.status_code, response.json()) == (
        422,
        {
            "detail": [
                {
                    "loc": ["body"],
                    "msg": "Data should have at most 100 bytes",
                    "type": "bytes_too_long",
                }
            ]
        },
    )


def test_body_with_thousands_of_mistakes_is_answered_with_the_first(api):
    response = api.post(ME, {"entries": [{}] * 500})

    assert response.status_code == 422
    assert len(response.json()["detail"]) == MAX_ERRORS_SHOWN


def test_order_id_of_another_player_is_refused(api, player, place):
    place(by=PlayerFactory(), order_id="taken")

    response = api.post(ME, {"order_id": "taken", "entries": [ENTRY]})

    assert (response.status_code, response.json()) == (
        422,
        {
            "detail": [
                {
                    "loc": ["body", "order_id"],
                    "msg": "The order id is in use.",
                    "type": "order_id_taken",
                }
            ]
        },
    )
    assert not PlayerOrder.objects.filter(player=player).exists()


BAD_PATHS = [
    ("/inventory/v1/player/abc/order", "player_id", *INT),
    ("/inventory/v1/player/9223372036854775808/order", "player_id", *TOO_LARGE),
    (f"/inventory/v1/player/{'9' * 5000}/order", "player_id", *FAR_TOO_LARGE),
    ("/inventory/v1/player/Me/order", "player_id", *INT),
    ("/inventory/v1/player/1%00/order", "player_id", *INT),
    ("/inventory/v2/player/x/order", "player_uuid", *UUID),
    ("/inventory/v1/player/x/inventory", "player_id", *INT),
    ("/inventory/v2/player/me/order/a%00", "order_id", *ORDER_ID),
    ("/inventory/v2/player/me/order/a%20b", "order_id", *ORDER_ID),
    (
        f"/inventory/v2/player/me/order/{'a' * 129}",
        "order_id",
        "string_too_long",
        "String should have at most 128 characters",
    ),
]


@pytest.mark.parametrize(("path", "name", "kind", "message"), BAD_PATHS)
def test_path_that_names_nothing_is_refused(api, path, name, kind, message):
    response = api.get(path)

    assert (response.status_code, response.json()) == (
        422,
        {"detail": [{"loc": ["path", name], "msg": message, "type": kind}]},
    )


BAD_QUERIES = [
    ("limit=0", "limit", "greater_than_equal", "Input should be greater than or equal to 1"),
    ("limit=51", "limit", "less_than_equal", "Input should be less than or equal to 50"),
    ("limit=x", "limit", *INT),
    ("limit=", "limit", *INT),
    (
        "limit=5&limit=0",
        "limit",
        "greater_than_equal",
        "Input should be greater than or equal to 1",
    ),
    ("sort=up", "sort", "enum", "Input should be 'asc' or 'desc'"),
    ("starting_position=2023-01-23T21:07:02", "starting_position", *NO_ZONE),
    ("starting_position=yesterday", "starting_position", *NO_TIME),
    ("starting_position=1e400", "starting_position", *NO_TIME),
    (
        "starting_position=99999999999999999999",
        "starting_position",
        "datetime_from_date_parsing",
        "Input should be a valid datetime or date, invalid date separator, expected `-`",
    ),
    ("cursor=x", "cursor", "cursor_invalid", "Input should be a cursor that an earlier page gave"),
    ("cursor=", "cursor", "cursor_invalid", "Input should be a cursor that an earlier page gave"),
    (
        "cursor=%00%ff:a:b",
        "cursor",
        "cursor_invalid",
        "Input should be a cursor that an earlier page gave",
    ),
]


@pytest.mark.parametrize(("query", "name", "kind", "message"), BAD_QUERIES)
def test_query_out_of_bounds_is_refused(api, query, name, kind, message):
    response = api.get(f"{ME}?{query}")

    assert (response.status_code, response.json()) == (
        422,
        {"detail": [{"loc": ["query", name], "msg": message, "type": kind}]},
    )


def test_query_with_too_many_parameters_is_refused(api):
    response = api.get(f"{ME}?{'a=1&' * 1001}")

    assert (response.status_code, response.json()) == (
        422,
        {"detail": [{"loc": ["query"], "msg": "Too many parameters", "type": "too_long"}]},
    )


def test_query_item_ids_must_be_integers(api):
    response = api.get("/inventory/v2/player/me/inventory?item_ids=1&item_ids=x")

    assert (response.status_code, response.json()) == (
        422,
        {"detail": [{"loc": ["query", "item_ids", 1], "msg": INT[1], "type": INT[0]}]},
    )


@pytest.mark.parametrize("key", ["", "k" * 256, "clé", "a\tb"])
def test_idempotency_key_out_of_bounds_is_refused(api, key):
    response = api.post(ME, {"entries": [ENTRY]}, **{"Idempotency-Key": key})

    assert (response.status_code, response.json()) == (
        422,
        {
            "detail": [
                {
                    "loc": ["header", "Idempotency-Key"],
                    "msg": "Idempotency-Key should have 1 to 255 printable ASCII characters",
                    "type": "idempotency_key_invalid",
                }
            ]
        },
    )
    assert not PlayerOrder.objects.exists()
    assert not IdempotentCall.objects.exists()
