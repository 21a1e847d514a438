"""Every setting, read from the environment.

The defaults are those of production: DEBUG is off, and then a missing or well-known SECRET_KEY, a
missing DATABASE_URL or a missing REDIS_URL stops the start with one line that names the variable.
`manage.py`, `make demo`, `make run` and `make test` fill them in for a checkout (config/local/).
"""

import os
import sys
from datetime import timedelta
from pathlib import Path

import structlog
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse_lazy
from environs import Env, validate
from redis.backoff import NoBackoff
from redis.retry import Retry

from config.logging import without_the_clocks_routine
from inventory.fulfilment.vocabulary import EntryType

env = Env()

BASE_DIR = Path(__file__).resolve().parent.parent

# --- Safety --------------------------------------------------------------------------------

SECRET_KEY_MIN_LENGTH = 32
WELL_KNOWN_SECRET_KEYS = frozenset({"", "secret", "change-me", "changeme", "insecure"})

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="")
if not DEBUG and (
    SECRET_KEY.lower() in WELL_KNOWN_SECRET_KEYS or len(SECRET_KEY) < SECRET_KEY_MIN_LENGTH
):
    raise ImproperlyConfigured(
        "SECRET_KEY is missing, well known or shorter than 32 characters. Set it to a long random "
        "string, for instance from: python -c 'import secrets; print(secrets.token_urlsafe(48))'"
    )
if not SECRET_KEY:
    raise ImproperlyConfigured("SECRET_KEY is missing. With DEBUG on, any value will do.")
# Loopback always: health checks ask from inside.
ALLOWED_HOSTS = [*env.list("ALLOWED_HOSTS", default=[]), "localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", default=[])
HTTPS = env.bool("HTTPS", default=not DEBUG)
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$", r"^metrics$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_AGE = 8 * 60 * 60
X_FRAME_OPTIONS = "DENY"

# --- Applications --------------------------------------------------------------------------

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_celery_beat",
    "django_filters",
    "django_prometheus",
    "django_structlog",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
    "players",
    "catalog",
    "inventory",
    "orders",
]
MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.logging.RequestMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
APPEND_SLASH = False
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "players.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "admin:login"

# --- PostgreSQL and Valkey -----------------------------------------------------------------

DATABASES = {"default": env.dj_db_url("DATABASE_URL")}
DATABASE_POOL_SIZE = env.int("DATABASE_POOL_SIZE", default=8, validate=validate.Range(min=0))
DATABASES["default"].setdefault("OPTIONS", {})
# Asked before use: after a restart of the database none of the old connections is handed out.
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
if DATABASE_POOL_SIZE:
    # A pool per process. Zero leaves pooling to an outer pooler.
    DATABASES["default"]["OPTIONS"]["pool"] = {
        "min_size": 1,
        "max_size": DATABASE_POOL_SIZE,
        "timeout": 10,
    }
REDIS_URL = env.str("REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "qm",
        # A cache that does not answer must cost a request a moment, never a thread.
        "OPTIONS": {
            "socket_connect_timeout": 0.5,
            "socket_timeout": 0.5,
            "retry": Retry(NoBackoff(), 1),
        },
    }
}

# --- Celery --------------------------------------------------------------------------------

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CONCURRENCY = env.int("WORKER_CONCURRENCY", default=2)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# A message is only a knock: when the broker is away, publishing fails at once and is logged.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_connect_timeout": 1,
    "socket_timeout": 5,
    "visibility_timeout": 3600,
    "max_retries": 0,
}
# A process that is killed does nothing by halves. Only fulfilment has a soft limit, of its own.
CELERY_TASK_TIME_LIMIT = 300
# What waits for others has processes of its own, so that it cannot hold up the rest.
CELERY_TASK_ROUTES = {
    "orders.tasks.send_webhooks": {"queue": "outbox"},
    "orders.tasks.send_mail": {"queue": "outbox"},
    "orders.tasks.run_exports": {"queue": "exports"},
    "orders.tasks.settle_payments": {"queue": "outbox"},
    "orders.tasks.run_bulk_cancellations": {"queue": "outbox"},
    "orders.tasks.take_notice": {"queue": "outbox"},
}
CELERY_BEAT_SCHEDULER = "config.scheduler:PatientScheduler"
CELERY_BEAT_MAX_LOOP_INTERVAL = 2
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    "knock for waiting player orders": {
        "task": "inventory.tasks.fulfil_player_orders",
        "schedule": timedelta(seconds=2),
        # A knock that was not heard is worthless once the next one has come.
        "options": {"expire_seconds": 2},
    },
    "expire inventory whose time is over": {
        "task": "inventory.tasks.expire_inventory",
        "schedule": timedelta(minutes=1),
        "options": {"expire_seconds": 60},
    },
    "send webhooks": {
        "task": "orders.tasks.send_webhooks",
        "schedule": timedelta(seconds=2),
        "options": {"expire_seconds": 2},
    },
    "send mail": {
        "task": "orders.tasks.send_mail",
        "schedule": timedelta(seconds=5),
        "options": {"expire_seconds": 5},
    },
    "settle payments": {
        "task": "orders.tasks.settle_payments",
        "schedule": timedelta(seconds=5),
        "options": {"expire_seconds": 5},
    },
    "go on with bulk cancellations": {
        "task": "orders.tasks.run_bulk_cancellations",
        "schedule": timedelta(seconds=5),
        "options": {"expire_seconds": 5},
    },
    "release orders that ran out": {
        "task": "orders.tasks.expire_orders",
        "schedule": timedelta(minutes=1),
        "options": {"expire_seconds": 60},
    },
    "fold sales for the metrics": {
        "task": "orders.tasks.fold_sales",
        "schedule": timedelta(minutes=2),
        "options": {"expire_seconds": 120},
    },
    "make the files of exports": {
        "task": "orders.tasks.run_exports",
        "schedule": timedelta(seconds=2),
        "options": {"expire_seconds": 2},
    },
    "remove old files of exports": {
        "task": "orders.tasks.expire_exports",
        "schedule": timedelta(hours=1),
    },
    "make scheduled reports": {
        "task": "orders.tasks.run_reports",
        "schedule": timedelta(seconds=15),
        "options": {"expire_seconds": 15},
    },
    "forget old idempotent calls": {
        "task": "players.tasks.purge_idempotent_calls",
        "schedule": timedelta(hours=1),
    },
    "forget the old catalogue": {
        "task": "catalog.tasks.purge_catalog_history",
        "schedule": timedelta(days=1),
    },
}

# --- The player orders API (DOMAIN section 2) ----------------------------------------------

PLAYER_ORDERS_INLINE = env.bool("PLAYER_ORDERS_INLINE", default=True)
PLAYER_ORDER_INLINE_ENTRIES = env.int("PLAYER_ORDER_INLINE_ENTRIES", default=20)
PLAYER_ORDER_LOCK_WAIT = env.timedelta("PLAYER_ORDER_LOCK_WAIT", default=timedelta(seconds=2))
PLAYER_ORDER_MAX_ENTRIES = env.int("PLAYER_ORDER_MAX_ENTRIES", default=500)
# Ledger rows that one order may write: the entry that would write more gets internal_error.
PLAYER_ORDER_MAX_CHANGES = env.int("PLAYER_ORDER_MAX_CHANGES", default=10_000)
PLAYER_ORDER_MAX_BULK_ORDERS = env.int("PLAYER_ORDER_MAX_BULK_ORDERS", default=100)
PLAYER_ORDER_BATCH = env.int("PLAYER_ORDER_BATCH", default=500)
PLAYER_ORDER_RECENT = env.timedelta("PLAYER_ORDER_RECENT", default=timedelta(days=90))
PLAYER_ORDER_READY_MAX_WAIT = env.timedelta(
    "PLAYER_ORDER_READY_MAX_WAIT", default=timedelta(seconds=60)
)
MAX_CUSTOM_ATTRIBUTES = env.int("MAX_CUSTOM_ATTRIBUTES", default=20)
# Every done order names the rules that these made: see inventory/services/rules_in_force.py.
PLAYER_ORDER_ENTRY_TYPES: list[str] = env.list(
    "PLAYER_ORDER_ENTRY_TYPES", default=[*EntryType], validate=validate.ContainsOnly([*EntryType])
)
PLAYER_ORDER_MAX_CHILD_ORDERS = env.int("PLAYER_ORDER_MAX_CHILD_ORDERS", default=1_000)
PLAYER_ORDER_MAX_GENERATIONS = env.int("PLAYER_ORDER_MAX_GENERATIONS", default=10)
PROMOTION_TRIES = env.int("PROMOTION_TRIES", default=10)
PROMOTION_WINDOW = env.timedelta("PROMOTION_WINDOW", default=timedelta(minutes=10))
CLIENT_ENTRIES_LIMIT = env.int("CLIENT_ENTRIES_LIMIT", default=0)
CLIENT_ENTRIES_WINDOW = env.timedelta("CLIENT_ENTRIES_WINDOW", default=timedelta(minutes=1))
COUPONS_ENABLED = env.bool("COUPONS_ENABLED", default=True)
DYNAMIC_BUNDLES_ENABLED = env.bool("DYNAMIC_BUNDLES_ENABLED", default=False)
PRICE_IS_PER_UNIT = env.bool("PRICE_IS_PER_UNIT", default=True)
RENT_UNIT = env.timedelta(
    "RENT_UNIT", default=timedelta(hours=1), validate=validate.Range(min=timedelta(seconds=1))
)
DIRECT_INVENTORY_SIDE_EFFECTS = env.bool("DIRECT_INVENTORY_SIDE_EFFECTS", default=False)

# --- The rewards API (DOMAIN section 1) ----------------------------------------------------

# Where players and API clients reach this server: links in answers and mails begin with it.
PUBLIC_URL = env.str(
    "PUBLIC_URL",
    default="http://127.0.0.1:8000",
    validate=validate.Regexp(r"^https?://[^/\s]+$"),
)
# How long a reservation without delivery details holds its product; 0: for ever.
RESERVATION_TTL = env.timedelta("RESERVATION_TTL", default=timedelta(hours=72))
# How long a sale that is not paid holds its products (DOMAIN 3.3); 0: for ever.
PAYMENT_TTL = env.timedelta("PAYMENT_TTL", default=timedelta(hours=24))
# The secrets of payment gateways by their variables: see orders/gateways/credentials.py.
GATEWAY_CREDENTIALS = {
    name: value for name, value in os.environ.items() if name.startswith("GATEWAY_")
}
# Whether payments begin at gateways of the kind sandbox, where goods cost nothing.
SANDBOX_GATEWAY = env.bool("SANDBOX_GATEWAY", default=DEBUG)
# When a silent gateway is asked what became of a payment; later twice as late each time.
PAYMENT_ASK_AFTER = env.timedelta(
    "PAYMENT_ASK_AFTER",
    default=timedelta(seconds=30),
    validate=validate.Range(min=timedelta(seconds=1), max=timedelta(minutes=15)),
)
CHARGE_COINS_ON_RESERVATION = env.bool("CHARGE_COINS_ON_RESERVATION", default=True)
# Then /readyz names what should have been released or sent.
LATE_AFTER = env.timedelta("LATE_AFTER", default=timedelta(minutes=10))

# --- Exports (DOMAIN section 3.8) ----------------------------------------------------------

# An export of more rows is made by a worker; fewer are the answer.
EXPORT_INLINE_ROWS = env.int("EXPORT_INLINE_ROWS", default=10_000, validate=validate.Range(min=0))
# So many exports of an API key may wait; more are refused until one of them is over.
EXPORTS_PER_KEY = env.int("EXPORTS_PER_KEY", default=10, validate=validate.Range(min=1))
# Web servers and exporters share it.
EXPORT_DIR = env.path("EXPORT_DIR", default=BASE_DIR / ".local" / "exports")
EXPORT_KEPT_FOR = env.timedelta("EXPORT_KEPT_FOR", default=timedelta(days=7))
# How long an address of a file opens it.
EXPORT_LINK_TTL = env.timedelta("EXPORT_LINK_TTL", default=timedelta(hours=1))

# --- Webhooks and mail (DOMAIN section 1.8) ------------------------------------------------

# The secrets of endpoints are derived from it: another one makes another secret for each of them.
WEBHOOK_SECRET = env.str("WEBHOOK_SECRET", default="") or SECRET_KEY
if not DEBUG and len(WEBHOOK_SECRET) < SECRET_KEY_MIN_LENGTH:
    raise ImproperlyConfigured(
        "WEBHOOK_SECRET is shorter than 32 characters: whoever guesses it can sign webhooks."
    )
# The longest that a call may take, from the resolved name to the end of the answer.
WEBHOOK_TIMEOUT = env.timedelta(
    "WEBHOOK_TIMEOUT",
    default=timedelta(seconds=10),
    validate=validate.Range(min=timedelta(milliseconds=100), max=timedelta(minutes=1)),
)
# Endpoints that one process calls at the same time.
WEBHOOK_CONCURRENCY = env.int(
    "WEBHOOK_CONCURRENCY", default=16, validate=validate.Range(min=1, max=500)
)
# Also addresses that are not public, and http. For development only.
WEBHOOK_PRIVATE_ADDRESSES = env.bool("WEBHOOK_PRIVATE_ADDRESSES", default=DEBUG)
EMAIL_HOST = env.str("EMAIL_HOST", default="")
EMAIL_BACKEND = env.str("EMAIL_BACKEND", default="") or (
    f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'console'}.EmailBackend"
)
EMAIL_PORT = env.int("EMAIL_PORT", default=25)
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", default="")
EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", default="")
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", default=False)
EMAIL_USE_SSL = env.bool("EMAIL_USE_SSL", default=False)
EMAIL_TIMEOUT = env.int("EMAIL_TIMEOUT", default=10, validate=validate.Range(min=1, max=60))
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Quartermaster <orders@localhost>")

# --- Tokens and keys -----------------------------------------------------------------------

# Player bearer tokens (JWT): a shared secret, or the address of a key set.
PLAYER_TOKEN_SECRET = env.str("PLAYER_TOKEN_SECRET", default="") or SECRET_KEY
if not DEBUG and len(PLAYER_TOKEN_SECRET) < SECRET_KEY_MIN_LENGTH:
    raise ImproperlyConfigured(
        "PLAYER_TOKEN_SECRET is shorter than 32 characters: whoever guesses it is every player."
    )
PLAYER_TOKEN_JWKS_URL = env.str(
    "PLAYER_TOKEN_JWKS_URL", default="", validate=validate.Regexp(r"^(https?://.+)?$")
)
PLAYER_TOKEN_ISSUER = env.str("PLAYER_TOKEN_ISSUER", default="quartermaster")
PLAYER_TOKEN_AUDIENCE = env.str("PLAYER_TOKEN_AUDIENCE", default="quartermaster")
PLAYER_TOKEN_COOKIE = env.str("PLAYER_TOKEN_COOKIE", default="access_token")
PLAYER_TOKEN_TTL = env.timedelta("PLAYER_TOKEN_TTL", default=timedelta(hours=1))
API_KEY_ENVIRONMENT = env.str(
    "API_KEY_ENVIRONMENT", default="live", validate=validate.OneOf(["live", "staging"])
)

# --- REST ----------------------------------------------------------------------------------

DATA_UPLOAD_MAX_MEMORY_SIZE = env.int("MAX_BODY_BYTES", default=1024 * 1024)
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Quartermaster",
    "DESCRIPTION": "Tokens, keys, scopes: docs/sales-api.md, docs/player-orders-api.md and "
    "docs/rewards-api.md.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "COMPONENT_SPLIT_PATCH": False,
    "ENUM_NAME_OVERRIDES": {
        "SaleStatus": "orders.api.sales.serializers.sales.STATUSES",
        "ItemStatus": "orders.api.sales.serializers.sales.ITEM_STATUSES",
        "OfferStatus": "orders.api.sales.serializers.offers.OFFER_STATUSES",
        "NewOfferStatus": "orders.api.sales.serializers.offers.NEW_STATUSES",
    },
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

# --- Languages, time, files ----------------------------------------------------------------

LANGUAGE_CODE = "en-us"
USE_I18N = False
TIME_ZONE = "UTC"
FORMAT_MODULE_PATH = ["config.formats"]
USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
    "exports": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {
            "location": EXPORT_DIR,
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    },
}
WHITENOISE_USE_FINDERS = DEBUG

# --- Logs ----------------------------------------------------------------------------------

LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
LOG_FORMAT = env.str(
    "LOG_FORMAT",
    default="console" if sys.stderr.isatty() or DEBUG else "json",
    validate=validate.OneOf(["console", "json"]),
)
LOG_PROCESSORS: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "structured": {
            "()": structlog.stdlib.ProcessorFormatter,
            "foreign_pre_chain": LOG_PROCESSORS,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.dev.ConsoleRenderer(colors=False)
                if LOG_FORMAT == "console"
                else structlog.processors.JSONRenderer(),
            ],
        }
    },
    # Standard error: standard output belongs to what a command answers.
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        # Django's own handler would say everything a second time.
        "django": {"handlers": [], "level": "INFO"},
        "django.server": {"handlers": [], "level": "WARNING", "propagate": False},
        "celery": {"level": "WARNING"},
        # It would log what is sent to it, and that has tokens in it.
        "stripe": {"level": "WARNING"},
        # A scanner that asks for another host is answered 400; it is no fault of ours.
        "django.security.DisallowedHost": {"handlers": [], "propagate": False},
    },
}
structlog.configure(
    processors=[
        *LOG_PROCESSORS,
        without_the_clocks_routine,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
    cache_logger_on_first_use=True,
)
DJANGO_STRUCTLOG_CELERY_ENABLED = True
DJANGO_STRUCTLOG_USER_ID_FIELD = None

# --- Admin ---------------------------------------------------------------------------------

LOGIN_REDIRECT_URL = "admin:index"


def _page(title: str, icon: str, model: str, *rights: str) -> dict[str, object]:
    """A list in the staff menu, for those who may look at it: with all of the rights, if said."""
    app, name = model.split(".")
    needed = rights or (f"{app}.view_{name}",)
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{app}_{name}_changelist"),
        "permission": lambda request: request.user.has_perms(needed),
    }


FAVICON = (
    "data:image/svg+xml,"
    "%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E"
    "%3Crect width='32' height='32' rx='7' fill='%239333ea'/%3E"
    "%3Cpath d='M7 8h18v5H7zM9 14h14v11H9zM13 17h6v2h-6z' fill='white' fill-rule='evenodd'/%3E"
    "%3C/svg%3E"
)
UNFOLD = {
    "SITE_TITLE": "Quartermaster",
    "SITE_HEADER": "Quartermaster",
    "SITE_SUBHEADER": "All times are UTC",
    "SITE_SYMBOL": "inventory_2",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": FAVICON}],
    "SITE_URL": None,
    "SHOW_BACK_BUTTON": True,
    "DASHBOARD_CALLBACK": "orders.admin.dashboard.dashboard",
    "SIDEBAR": {
        "navigation": [
            {
                "items": [
                    {
                        "title": "Start",
                        "icon": "home",
                        "link": reverse_lazy("admin:index"),
                    },
                ],
            },
            {
                "title": "Orders",
                "items": [
                    _page("Orders", "local_shipping", "orders.order"),
                    _page("Saved views", "bookmark", "orders.savedview"),
                    _page(
                        "Bulk cancellations",
                        "playlist_remove",
                        "orders.bulkcancellation",
                        *("orders.cancel_order", "orders.view_order"),
                    ),
                    _page("Exports", "download", "orders.export"),
                    _page("Report schedules", "schedule_send", "orders.reportschedule"),
                    _page("Payments", "payments", "orders.payment"),
                    _page("Payment gateways", "account_balance", "orders.paymentgateway"),
                    _page("Mail", "mail", "orders.mail"),
                    _page("Webhook endpoints", "webhook", "orders.webhookendpoint"),
                    _page("Webhook messages", "send", "orders.webhookmessage"),
                    _page("Webhook deliveries", "outgoing_mail", "orders.webhookdelivery"),
                ],
            },
            {
                "title": "Players",
                "items": [
                    _page("Players", "person", "players.player"),
                    _page("Accounts", "sports_esports", "players.portaluser"),
                    _page("Coin entries", "paid", "players.coinentry"),
                ],
            },
            {
                "title": "Products",
                "items": [
                    _page("Products", "package_2", "catalog.product"),
                    _page("Offers", "sell", "catalog.offer"),
                    _page("Stock movements", "swap_vert", "catalog.stockmovement"),
                    _page("Suppliers", "factory", "catalog.supplier"),
                ],
            },
            {
                "title": "Inventory",
                "items": [
                    _page("Player orders", "receipt_long", "inventory.playerorder"),
                    _page("Inventory records", "inventory_2", "inventory.inventoryrecord"),
                    _page("Ledger entries", "history", "inventory.inventorychange"),
                    _page("Inventory sessions", "play_circle", "inventory.inventorysession"),
                    _page("Promotion uses", "confirmation_number", "inventory.promotionuse"),
                    _page("Platform entitlements", "verified", "inventory.platformentitlement"),
                ],
            },
            {
                "title": "Catalogue",
                "items": [
                    _page("Items", "category", "catalog.item"),
                    _page("Vendors", "storefront", "catalog.vendor"),
                    _page("Loot", "redeem", "catalog.loot"),
                    _page("Price points", "price_change", "catalog.pricepoint"),
                    _page("Promotions", "local_activity", "catalog.promotion"),
                    _page("Time frames", "date_range", "catalog.timeframe"),
                    _page("XP tables", "trending_up", "catalog.xptable"),
                    _page("Rule sets", "rule", "catalog.inventorybucketuseruleset"),
                    _page("Platform SKUs", "shopping_cart", "catalog.platformsku"),
                ],
            },
            {
                "title": "Access",
                "items": [
                    _page("Establishments", "domain", "players.establishment"),
                    _page("API keys", "key", "players.apikey"),
                    _page("Staff", "badge", "players.user"),
                    _page("Groups", "group", "auth.group"),
                ],
            },
            {
                "title": "System",
                "items": [
                    _page("Periodic tasks", "schedule", "django_celery_beat.periodictask"),
                ],
            },
        ],
    },
}
