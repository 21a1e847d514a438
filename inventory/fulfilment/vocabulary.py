"""The closed word lists of the player orders API, spelled as in seed 001."""

from enum import StrEnum


class EntryType(StrEnum):
    FILL_LOOT = "fill_loot"
    PURCHASE_LOOT = "purchase_loot"
    PURCHASE_DYNAMIC_BUNDLE = "purchase_dynamic_bundle"
    PROMOTION_CODE = "promotion_code"
    FILL_LOOT_SINGLE_TRANSIENT = "fill_loot_single_transient"
    FILL_ENTITLED_LOOT = "fill_entitled_loot"
    CREATE_NEW_PERSISTENT_INVENTORY = "create_new_persistent_inventory"
    UPDATE_EXISTING_PERSISTENT_INVENTORY = "update_existing_persistent_inventory"
    CREATE_NEW_TRANSIENT_INVENTORY = "create_new_transient_inventory"
    UPDATE_EXISTING_TRANSIENT_INVENTORY = "update_existing_transient_inventory"
    UPDATE_INVENTORY = "update_inventory"


class Source(StrEnum):
    """Where an order comes from. CLIENT is a player's own machine (DOMAIN 2.16)."""

    UNKNOWN = "UNKNOWN"
    WEB_ORDER_REPAIR = "WEB_ORDER_REPAIR"
    IN_GAME = "IN_GAME"
    WEB_SITE = "WEB_SITE"
    NO_SALE = "NO_SALE"
    SUPPORT = "SUPPORT"
    ACTIVITY = "ACTIVITY"
    REFUND = "REFUND"
    SYSTEM = "SYSTEM"
    REWARDS = "REWARDS"
    ESPORTS = "ESPORTS"
    TREASURE = "TREASURE"
    CONSOLE = "CONSOLE"
    ODYSSEY = "ODYSSEY"
    STEAM = "STEAM"
    RETURN = "RETURN"
    JSON_GATE = "JSON_GATE"
    SEND_GIFT = "SEND_GIFT"
    RECEIVE_GIFT = "RECEIVE_GIFT"
    STEAM_DLC = "STEAM_DLC"
    TWITCH_MILESTONE = "TWITCH_MILESTONE"
    TWITCH_PRIME = "TWITCH_PRIME"
    PSN = "PSN"
    XBOX = "XBOX"
    PTS_GRANT = "PTS_GRANT"
    INSTANCE = "INSTANCE"
    ACCOUNT_TRANSFER = "ACCOUNT_TRANSFER"
    PROMOCODE = "PROMOCODE"
    TRIUMPH_SYSTEM = "TRIUMPH_SYSTEM"
    LOGIN_GRANT = "LOGIN_GRANT"
    EOM_UNCAPPED = "EOM_UNCAPPED"
    EOM_CAPPED = "EOM_CAPPED"
    FACEBOOK_DROP = "FACEBOOK_DROP"
    DATABASE_SCRIPT = "DATABASE_SCRIPT"
    ACCOUNT_LINKING = "ACCOUNT_LINKING"
    CLAN = "CLAN"
    CONVERSION = "CONVERSION"
    APPLE = "APPLE"
    GOOGLE = "GOOGLE"
    GOOGLE_PLAY = "GOOGLE_PLAY"
    PORTAL_DURABLE = "PORTAL_DURABLE"
    PARTNER_ACHIEVEMENT = "PARTNER_ACHIEVEMENT"
    MIXER_DROP = "MIXER_DROP"
    NINTENDO = "NINTENDO"
    STREAM_VIEWING_PROGRESS = "STREAM_VIEWING_PROGRESS"
    DISCORD = "DISCORD"
    FIRST_LOGIN_GRANT = "FIRST_LOGIN_GRANT"
    TWITCH_FUEL = "TWITCH_FUEL"
    DISCORD_DLC = "DISCORD_DLC"
    NETEASE = "NETEASE"
    EPIC_GAMES = "EPIC_GAMES"
    FORTE = "FORTE"
    FACEBOOK = "FACEBOOK"
    HIREZ = "HIREZ"
    DAILY_REWARD = "DAILY_REWARD"
    ADD_ACCOUNT_EMAIL_REWARD = "ADD_ACCOUNT_EMAIL_REWARD"
    CLIENT_CLAIM = "CLIENT_CLAIM"
    CLIENT = "CLIENT"
    ENTITLEMENTS = "ENTITLEMENTS"
    AMAZON = "AMAZON"
    SIMULMEDIA = "SIMULMEDIA"
    LUNA = "LUNA"


# CLIENT_CLAIM is the deprecated name of CLIENT.
CLIENT_SOURCES = frozenset({Source.CLIENT, Source.CLIENT_CLAIM})

# The bucket of each portal number; those not named here have the bucket `none`.
PORTAL_BUCKETS: dict[int | None, str] = {
    -2: "free",
    -1: "sweat",
    2: "anon",
    4: "amazon",
    5: "steam",
    9: "psn",
    10: "xbox_live",
    13: "google",
    16: "twitch",
    22: "nintendo_switch",
    24: "apple",
    26: "nintendo",
    28: "epic",
    32: "google_play",
    33: "nintendo_ppid",
}


# The bucket of a session's platform; those not named here have the bucket `none` (DOMAIN 2.9).
PLATFORM_BUCKETS = {
    "Anon": "anon",
    "Amazon": "amazon",
    "Steam": "steam",
    "PSN": "psn",
    "XboxLive": "xbox_live",
    "Google": "google",
    "Twitch": "twitch",
    "NintendoSwitch": "nintendo_switch",
    "Apple": "apple",
    "NintendoNAID": "nintendo",
    "Epic": "epic",
    "GooglePlay": "google_play",
    "NintendoPPID": "nintendo_ppid",
}


class Result(StrEnum):
    """What became of an entry. The conditions and their order: DOMAIN 2.13."""

    SUCCESS = "success"
    INTERNAL_ERROR = "internal_error"
    INVALID_ENTRY_TYPE = "invalid_entry_type"
    NOT_ALLOWED_ON_CURRENT_PORTAL = "not_allowed_on_current_portal"
    LOOT_NOT_FOUND = "loot_not_found"
    LOOT_NOT_ACTIVE = "loot_not_active"
    PRICE_ITEM_NOT_FOUND = "price_item_not_found"
    PRICE_NOT_ALLOWED = "price_not_allowed"
    DYNAMIC_BUNDLE_INVALID = "dynamic_bundle_invalid"
    TOO_MANY_REQUESTS = "too_many_requests"
    PRICE_DOES_NOT_MATCH = "price_does_not_match"
    VENDOR_VERSION_DOES_NOT_MATCH = "vendor_version_does_not_match"
    DYNAMIC_BUNDLE_LTIS_DO_NOT_MATCH = "dynamic_bundle_ltis_do_not_match"
    CANNOT_AFFORD_PRICE = "cannot_afford_price"
    CANNOT_AFFORD_COUPON = "cannot_afford_coupon"
    FAILED_TO_SPEND_PRICE = "failed_to_spend_price"
    FAILED_TO_SPEND_COUPON = "failed_to_spend_coupon"
    LOOT_NOT_FOR_SALE_WITH_PRICE_ITEM = "loot_not_for_sale_with_price_item"
    COUPONS_DISABLED = "coupons_disabled"
    COUPON_ITEM_NOT_FOUND = "coupon_item_not_found"
    COUPON_ITEM_NOT_ACTIVE = "coupon_item_not_active"
    COUPON_ITEM_NOT_APPLICABLE_FOR_QUANTITY = "coupon_item_not_applicable_for_quantity"
    COUPON_ITEM_NOT_APPLICABLE_FOR_PRICE_ITEM = "coupon_item_not_applicable_for_price_item"
    COUPON_ITEM_NOT_APPLICABLE_FOR_LOOT = "coupon_item_not_applicable_for_loot"
    QUANTITY_NOT_ALLOWED = "quantity_not_allowed"
    PROMOTION_EXPIRED = "promotion_expired"
    PROMOTION_NOT_FOUND = "promotion_not_found"
    PROMOTION_NO_USES_LEFT = "promotion_no_uses_left"
    PROMOTION_NOT_AVAILABLE = "promotion_not_available"
    PROMOTION_CLAIMED_ALREADY = "promotion_claimed_already"
    DYNAMIC_BUNDLES_NOT_AVAILABLE = "dynamic_bundles_not_available"
    TRANSIENT_SINGLE_LOOT_ALREADY_APPLIED = "transient_single_loot_already_applied"
    LOOT_NOT_FILLABLE_FROM_CLIENT = "loot_not_fillable_from_client"
    PERMISSION_DENIED = "permission_denied"
    FAILED_TO_FIND_ANY_SUB_LOOT = "failed_to_find_any_sub_loot"
    FAILED_TO_FILL_ANY_SUB_LOOT = "failed_to_fill_any_sub_loot"
    CANNOT_MEET_LOOT_BLOCKER = "cannot_meet_loot_blocker"
    CANNOT_MEET_LOOT_REQUIRED = "cannot_meet_loot_required"
    FAILED_TO_CONSUME_LOOT_REQUIRED = "failed_to_consume_loot_required"
    FAILED_TO_SUBMIT_NEW_ORDER = "failed_to_submit_new_order"
    FAILED_TO_MODIFY_INVENTORY = "failed_to_modify_inventory"
    INVENTORY_NOT_FOUND = "inventory_not_found"
    ITEM_NOT_FOUND = "item_not_found"
    ITEM_NOT_ACTIVE = "item_not_active"
    TOO_MANY_INV_CUSTOM_ATTRIBUTES = "too_many_inv_custom_attributes"
    ALWAYS_OWNED_INVENTORY_CANNOT_BE_MODIFIED = "always_owned_inventory_cannot_be_modified"
    AVAILABLE_UNTIL_IS_IN_PAST = "available_until_is_in_past"
    ROLLBACK = "rollback"
    NOT_STARTED = "not_started"
