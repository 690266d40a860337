"""The environment: every fault at once, no secret in any text."""

import logging

import pytest

from bot.logs import Redact
from bot.settings import BadSettings, Settings, database_url

TOKEN = "123456789:AAHabcdefghijklmnopqrstuvwxyz012345"


def test_nothing_set_is_enough() -> None:
    settings = Settings.from_environment({})
    assert settings.token is None
    assert settings.database.startswith("sqlite+aiosqlite:///")


def test_all_faults_are_told_at_once() -> None:
    environment = {"TELEGRAM_BOT_TOKEN": "x", "PORT": "delapan", "LOG_LEVEL": "KERAS", "ADMIN_IDS": "budi", "DATABASE_URL": "mysql://a"}
    with pytest.raises(BadSettings) as raised:
        Settings.from_environment({**environment, "TELEGRAM_API_BASE": "ftp://x", "PUBLIC_URL": "netral", "WEBHOOK_SECRET": "pendek"})
    assert len(raised.value.faults) == 8


def test_a_webhook_needs_its_secret() -> None:
    with pytest.raises(BadSettings, match="WEBHOOK_SECRET"):
        Settings.from_environment({"TELEGRAM_BOT_TOKEN": TOKEN, "PUBLIC_URL": "https://netral.example.go.id"})


def test_no_secret_is_in_its_repr_or_its_faults() -> None:
    settings = Settings.from_environment({"TELEGRAM_BOT_TOKEN": TOKEN, "DATABASE_URL": "postgres://u:sandi@h/d", "ADMIN_IDS": "777000111"})
    for secret in (TOKEN, "sandi", "777000111"):
        assert secret not in repr(settings)
    with pytest.raises(BadSettings) as raised:
        Settings.from_environment({"TELEGRAM_BOT_TOKEN": "rahasia sekali", "DATABASE_URL": "mysql://u:sandi@h"})
    assert "rahasia" not in str(raised.value)
    assert "sandi" not in str(raised.value)


@pytest.mark.parametrize(
    ("given", "driver"),
    [
        ("postgres://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
        ("postgresql://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
        ("sqlite:///x.db", "sqlite+aiosqlite:///x.db"),
    ],
)
def test_addresses_are_given_the_driver_we_carry(given: str, driver: str) -> None:
    assert database_url(given) == driver


def test_the_log_hides_tokens_updates_and_what_exceptions_say() -> None:
    redact = Redact([TOKEN])
    record = logging.LogRecord("bot.app", logging.ERROR, "", 0, "call to %s", (f"https://api/bot{TOKEN}/x",), None)
    redact.filter(record)
    assert TOKEN not in record.getMessage()
    info = (ValueError, ValueError("boleh like postingan zulkarnaen"), None)
    record = logging.LogRecord("bot.chat", logging.ERROR, "", 0, "gagal", (), info)
    redact.filter(record)
    assert "zulkarnaen" not in logging.Formatter().format(record)
    record = logging.LogRecord(
        "telegram.Bot", logging.CRITICAL, "", 0, "Error while parsing updates! Received data was %r", ({"text": "zulkarnaen"},), None
    )
    redact.filter(record)
    assert "zulkarnaen" not in record.getMessage()


@pytest.mark.parametrize(("name", "bad"), [("RETENTION_DAYS", "20"), ("RETENTION_DAYS", "selamanya"), ("K_ANONYMITY", "2"), ("K_ANONYMITY", "-5")])
def test_an_office_can_be_stricter_but_not_lax(name: str, bad: str) -> None:
    with pytest.raises(BadSettings, match=name):
        Settings.from_environment({name: bad})


def test_questions_are_kept_ninety_days_and_shown_from_five() -> None:
    assert (Settings.from_environment({}).retention_days, Settings.from_environment({}).k_anonymity) == (90, 5)
    strict = Settings.from_environment({"RETENTION_DAYS": "30", "K_ANONYMITY": "10"})
    assert (strict.retention_days, strict.k_anonymity) == (30, 10)


def test_a_database_in_a_file_is_refused_where_the_disk_is_wiped() -> None:
    with pytest.raises(BadSettings, match="EPHEMERAL_DISK"):
        Settings.from_environment({"EPHEMERAL_DISK": "yes"})
    with pytest.raises(BadSettings, match="EPHEMERAL_DISK"):
        Settings.from_environment({"EPHEMERAL_DISK": "yes", "DATABASE_URL": "sqlite:////data/netral.sqlite3"})
    assert Settings.from_environment({"EPHEMERAL_DISK": "yes", "DATABASE_URL": "postgres://u@h/d"}).database.startswith("postgresql")
    assert Settings.from_environment({"EPHEMERAL_DISK": "no"}).database.startswith("sqlite")
    with pytest.raises(BadSettings, match="EPHEMERAL_DISK"):
        Settings.from_environment({"EPHEMERAL_DISK": "perhaps"})


def test_a_socket_file_is_a_host_too() -> None:
    assert database_url("postgresql://u@/d?host=/run/postgresql").startswith("postgresql+psycopg://")
