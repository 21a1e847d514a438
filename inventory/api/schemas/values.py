"""The kinds of values that the bodies and parameters of the player orders API are made of."""

from datetime import UTC, datetime
from typing import Annotated

import orjson
from pydantic import AfterValidator, AwareDatetime, Field, PlainSerializer, StringConstraints
from pydantic_core import PydanticCustomError, PydanticKnownError


def wire_time(moment: datetime) -> str:
    """`2023-01-23T21:07:02.000000+00:00`."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise PydanticKnownError("datetime_parsing", {"error": "out of range in UTC"}) from error


Int = Annotated[int, Field(ge=-(2**63), le=2**63 - 1)]
Int64 = Annotated[Int, Field(json_schema_extra={"format": "int64"})]
PortalId = Annotated[int, Field(ge=-2, le=33)]
# PostgreSQL stores every character but this one.
Text = Annotated[str, StringConstraints(pattern=r"^[^\u0000]*$")]
ShortText = Annotated[Text, StringConstraints(max_length=255)]
EntryId = Annotated[Text, StringConstraints(min_length=1, max_length=128)]
# What may stand in a path as it is (RFC 3986, pchar), but not the dots that mean a folder.
OrderId = Annotated[
    str,
    StringConstraints(
        max_length=128,
        pattern=r"^[A-Za-z0-9._~!$&'()*+,;=:@-]*[A-Za-z0-9_~!$&'()*+,;=:@-]"
        r"[A-Za-z0-9._~!$&'()*+,;=:@-]*$",
    ),
]
Timestamp = Annotated[
    AwareDatetime,
    AfterValidator(_in_utc),
    PlainSerializer(wire_time, return_type=str),
    Field(
        description="Datetime that enforces that a timezone is given. Unix timestamps are allowed "
        "and forced into the UTC time zone",
        json_schema_extra={"format": "date-time"},
    ),
]


def _not_too_long(data: dict[str, str]) -> dict[str, str]:
    length = len(orjson.dumps(data))
    if length > CUSTOM_DATA_LENGTH:
        raise PydanticCustomError(
            "custom_data_too_long",
            "Keys and values should have at most {limit} bytes as JSON in UTF-8, not {length}",
            {"limit": CUSTOM_DATA_LENGTH, "length": length},
        )
    return data


# Every change of a record repeats it in the ledger.
CUSTOM_DATA_LENGTH = 4_096
CustomData = Annotated[dict[Text, Text], AfterValidator(_not_too_long)]
