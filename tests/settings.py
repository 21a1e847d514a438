"""The settings of the tests: those of production but for speed and for what must not leave."""

from config.settings import *  # noqa: F403
from config.settings import DATABASES, STORAGES

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
DATABASES["default"]["OPTIONS"].pop("pool", None)
# No static files are collected for the tests.
STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
WHITENOISE_AUTOREFRESH = True
STORAGES["exports"] = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
# Also when a developer's own environment says otherwise.
WEBHOOK_PRIVATE_ADDRESSES = False
SANDBOX_GATEWAY = True
