"""The text of an API key: how one is made, and the two things kept of it (DOMAIN 1.2)."""

import hashlib
import secrets
import string

from django.conf import settings

ALPHABET = string.digits + string.ascii_letters
RANDOM_CHARACTERS = 32
# Enough to tell keys apart; what stays hidden is still more than 150 bits.
SHOWN_CHARACTERS = 6


def new_key(*, iframe: bool = False) -> str:
    """An API key; an iframe key, whose text a player's browser sees, is known by its beginning."""
    kind = "tpp_iframe_" if iframe else "tpp_"
    return f"{kind}{settings.API_KEY_ENVIRONMENT}_" + "".join(
        secrets.choice(ALPHABET) for _ in range(RANDOM_CHARACTERS)
    )


def prefix_of(key: str) -> str:
    return key[: SHOWN_CHARACTERS - RANDOM_CHARACTERS]


def digest_of(key: str) -> bytes:
    """No salt and no stretching: what is hashed is random, not chosen by a person."""
    return hashlib.sha256(key.encode(errors="surrogatepass")).digest()
