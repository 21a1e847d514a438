import pytest

from orders.errors import QueryOptionInvalid
from orders.odata.query import Key, ODataQuery, read_query

ID = Key("id")


def test_query_has_its_defaults():
    assert read_query({}) == ODataQuery(
        condition=None,
        ordering=(Key("createdAt", is_descending=True), ID),
        skip=0,
        top=50,
        with_count=True,
        with_items=False,
    )


def test_query_reads_its_options():
    said = read_query(
        {"$skip": ["7"], "$top": ["0"], "$count": ["false"], "$expand": ["items"]},
    )

    assert said == ODataQuery(skip=7, top=0, with_count=False, with_items=True)


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("status", (Key("status"), ID)),
        ("status asc", (Key("status"), ID)),
        ("totalAmount desc , createdAt", (Key("totalAmount", True), Key("createdAt"), ID)),
        ("status DESC,createdAt Asc", (Key("status", True), Key("createdAt"), ID)),
        ("id desc", (Key("id", True),)),
        ("status,id,totalAmount", (Key("status"), ID)),
    ],
)
def test_order_ends_in_the_id(text, keys):
    assert read_query({"$orderby": [text]}).ordering == keys


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("$skip", ["-1"]),
        ("$skip", ["1.0"]),
        ("$skip", ["1000000001"]),
        ("$skip", ["9" * 5_000]),
        ("$skip", ["١"]),
        ("$skip", [""]),
        ("$skip", ["1", "2"]),
        ("$top", ["1001"]),
        ("$top", ["many"]),
        ("$count", ["yes"]),
        ("$expand", [""]),
        ("$expand", ["player"]),
        ("$expand", ["items($expand=offer)"]),
        ("$orderby", [""]),
        ("$orderby", ["password"]),
        ("$orderby", ["player__email desc"]),
        ("$orderby", ["status up"]),
        ("$orderby", ["status desc asc"]),
        ("$orderby", ["status,status desc"]),
        ("$orderby", ["id," * 1_000]),
        ("$select", ["id"]),
    ],
)
def test_option_that_is_none_is_refused(name, values):
    with pytest.raises(QueryOptionInvalid) as refused:
        read_query({name: values})

    assert refused.value.details == {"option": name}
    assert len(refused.value.message) < 300


def test_option_without_its_sign_is_not_overlooked():
    with pytest.raises(QueryOptionInvalid) as refused:
        read_query({"filter": ["status eq 'completed'"]})

    assert refused.value.message == 'There is no option "filter".'
