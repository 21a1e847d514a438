"""Pages of orders, and orders for many players at once."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from django.conf import settings
from pydantic import BaseModel, Field, model_validator

from inventory.api.schemas.orders import PlayerOrder, PlayerOrderCreate
from inventory.api.schemas.values import Int, Timestamp


class Sort(StrEnum):
    ASC = "asc"
    DESC = "desc"


class PageFields(BaseModel):
    starting_position: Timestamp | None = None
    cursor: str | None = Field(
        None,
        description="The cursor value pointing to the next page of results. If cursor is provided, "
        "starting_position is ignored",
    )
    sort: Sort = Field(Sort.ASC, description="The direction to search.")
    limit: int = Field(10, ge=1, le=50, description="The number of Orders to return")

    @model_validator(mode="before")
    @classmethod
    def _cursor_wins(cls, sent: dict[str, Any]) -> dict[str, Any]:
        return sent if sent.get("cursor") is None else {**sent, "starting_position": None}


class PlayerOrders(BaseModel):
    """A collection of Player Orders."""

    data: list[PlayerOrder] = Field([], description="A collection of Player Orders.")
    page: PageFields = Field(description="Page metadata for the Player Orders.")


class PlayerOrderForPlayer(PlayerOrderCreate):
    """A new Player Order and the player it is for, named by either id; the uuid has precedence."""

    player_id: Int | None = Field(None, description="Legacy integer id of the player.")
    player_uuid: UUID | None = Field(None, description="UUID of the player.")


class PlayerOrdersCreate(BaseModel):
    """Create new Player Orders for many players."""

    orders: list[PlayerOrderForPlayer] = Field(
        min_length=1,
        max_length=settings.PLAYER_ORDER_MAX_BULK_ORDERS,
        description="The orders, each for one player.",
    )


class FailedPlayerOrder(PlayerOrderForPlayer):
    """An order as it was sent, and why it was not accepted."""

    error_info: str = Field(description="Why the order was not accepted.")


class PlayerOrdersCreated(BaseModel):
    order_ids: list[str] = Field(description="The orders that were accepted, in the order sent.")
    failed_orders: list[FailedPlayerOrder] = Field(description="The orders that were not accepted.")
