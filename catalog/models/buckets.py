from django.db import models


class Bucket(models.TextChoices):
    """Where an inventory record counts; mostly a platform (seed 001, `use_inventory_bucket`)."""

    FREE = "free"
    SWEAT = "sweat"
    NONE = "none"
    ANON = "anon"
    AMAZON = "amazon"
    STEAM = "steam"
    PSN = "psn"
    XBOX_LIVE = "xbox_live"
    GOOGLE = "google"
    TWITCH = "twitch"
    NINTENDO_SWITCH = "nintendo_switch"
    APPLE = "apple"
    NINTENDO = "nintendo"
    EPIC = "epic"
    GOOGLE_PLAY = "google_play"
    NINTENDO_PPID = "nintendo_ppid"
