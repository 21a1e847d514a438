"""Inventory sessions: a player's time at play on one platform."""

from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, Field

from inventory.api.schemas.values import Int


class Platform(StrEnum):
    ANON = "Anon"
    BASIC = "Basic"
    XBOX_LIVE = "XboxLive"
    PSN = "PSN"
    NINTENDO_NAID = "NintendoNAID"
    NINTENDO_SWITCH = "NintendoSwitch"
    NINTENDO_PPID = "NintendoPPID"
    GOOGLE = "Google"
    GOOGLE_PLAY = "GooglePlay"
    APPLE = "Apple"
    EPIC = "Epic"
    STEAM = "Steam"
    AMAZON = "Amazon"
    TWITCH = "Twitch"
    RALLYHERE = "RallyHere"
    LEGACYNAME = "LegacyName"


class InventorySessionCreateRequest(BaseModel):
    """Request body for creating a new Inventory Session."""

    session_platform: Platform | None = Field(None, description="The platform for the session.")


class InventorySessionCreateResponse(BaseModel):
    """Response body for creating a new Inventory Session."""

    session_id: UUID = Field(description="The ID of the session.")
    session_platform: Platform | None = Field(None, description="The platform for the session.")
    order_id: str | None = Field(
        None,
        description="The ID of the Order generated for any Loot given during the creation of the "
        "Inventory Session.",
    )


class InventorySession(BaseModel):
    """Inventory Session for a Player."""

    session_id: UUID = Field(description="Unique ID for this Inventory Session.")
    session_platform: Platform | None = Field(
        None, description="Platform for this Inventory Session."
    )
    applied_durable_loot: list[Int] = Field(
        [],
        description="Durable Loot that has been applied when this Inventory Session was created.",
    )
