"""What the volunteer sees who starts Ijwi: one clear line when it cannot start, and nothing made up in production."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from app import create_app
from bot.channels.registry import faults
from bot.services import build_services
from bot.settings import ROOT, ConfigError, Settings, first_run, from_env, socket_of
from bot.storage import migrate
from bot.upkeep.listeners import program
from flows import FLOWS
from ops.load.running import free_port
from tests.support.country_tables import in_service
from tests.support.office import Office

PRODUCTION = {
    "mode": "production",
    "secret_key": "s" * 32,
    "at_username": "ijwi",
    "at_api_key": "k" * 32,
    "at_callback_secret": "c" * 32,
}


def start(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """`ops.start` until it gives up."""
    known = {**os.environ, "DATA_DIR": str(folder), **environment}
    command = [sys.executable, "-m", "ops.start", *arguments]
    return subprocess.run(command, cwd=ROOT, env=known, capture_output=True, text=True, timeout=60, check=False)


def test_a_port_that_is_taken_is_said_in_one_line(tmp_path: Path) -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        ended = start(tmp_path, "--port", str(port))
    named = f"process {os.getpid()} ({program(os.getpid())}). To stop that: kill {os.getpid()}"
    assert ended.returncode == 1
    assert ended.stderr == f"Port {port} is taken by {named}. Choose another: ./ops/run --port {port + 1}\n"


def test_all_that_production_lacks_is_said_at_once(tmp_path: Path) -> None:
    ended = start(tmp_path, "--port", str(free_port()), MODE="production", SMS_PROVIDERS="africastalking,twilio")
    assert ended.returncode == 1
    for name in ("SECRET_KEY", "AT_API_KEY", "AT_CALLBACK_SECRET", "TWILIO_AUTH_TOKEN", "TWILIO_SENDER"):
        assert f"{name} is not set" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (tmp_path / "settings.env").exists()


CONTRADICTIONS = {
    "KEEP_WORDS_WEEKS": ({"KEEP_WEEKS": "9", "KEEP_WORDS_WEEKS": "10"}, "KEEP_WORDS_WEEKS=9"),
    "SMS_PROVIDERS": ({"SMS_PROVIDERS": "twilio,twilio"}, "SMS_PROVIDERS=africastalking,twilio"),
    "SMS_RATES": ({"SMS_RATES": "kannel=5"}, "SMS_RATES=twilio=50"),
    "PUBLIC_BASE_URL": ({"PUBLIC_BASE_URL": "ijwi.example"}, "PUBLIC_BASE_URL=https://ijwi.example"),
    "SERVICE_CODE": ({"SERVICE_CODE": "384"}, "SERVICE_CODE=*384*55#"),
    "AT_USERNAME=sandbox": ({"SMS_PROVIDERS": "africastalking", "AT_USERNAME": "sandbox"}, "AT_USERNAME=ijwi"),
    "AT_BASE_URL": (
        {"SMS_PROVIDERS": "africastalking", "AT_BASE_URL": "http://127.0.0.1:8000/simulator/at"},
        "Leave it out.",
    ),
    "KEEP_REPLY_WEEKS": ({"KEEP_WEEKS": "9", "KEEP_REPLY_WEEKS": "10"}, "KEEP_REPLY_WEEKS=9"),
    "KEEP_RECEIPT_WEEKS": ({"KEEP_RECEIPT_WEEKS": "52"}, "KEEP_RECEIPT_WEEKS=105"),
    "KEEP_WEEKS": ({"KEEP_WEEKS": "0"}, "KEEP_WEEKS=53"),
    "SMS_PROVIDERS names nobody": ({"SMS_PROVIDERS": " , "}, "SMS_PROVIDERS=africastalking,twilio"),
    "SMS_PROVIDERS names 'acme'": ({"SMS_PROVIDERS": "twilio,acme"}, "is a file bot/channels/acme.py and a line in"),
    "SMS_RATES limits a provider twice": ({"SMS_RATES": "twilio=5,twilio=9"}, "SMS_RATES=twilio=50"),
    "SMS_RATES has 'twilio=fast'": ({"SMS_RATES": "twilio=fast"}, "SMS_RATES=africastalking=50,twilio=1/2"),
    "PUBLIC_BASE_URL is not https": ({"PUBLIC_BASE_URL": "http://ijwi.example"}, "https://ijwi.example"),
    "TWILIO_BASE_URL is no address": ({"TWILIO_BASE_URL": "api.twilio.com"}, "TWILIO_BASE_URL=https://api.twilio.com"),
    "TWILIO_BASE_URL is the simulator's": ({"TWILIO_BASE_URL": "http://h/simulator/twilio"}, "Leave it out."),
    "TWILIO_SENDER is the demonstration's": ({"TWILIO_SENDER": "+15005550006"}, "Set your own."),
    "TWILIO_ACCOUNT_SID is the demonstration's": ({"TWILIO_ACCOUNT_SID": "AC" + "0" * 32}, "Set your own."),
    "TWILIO_RETENTION": ({"TWILIO_RETENTION": "forget"}, "TWILIO_RETENTION=discard"),
    "AT_BASE_URL is no address": (
        {"SMS_PROVIDERS": "africastalking", "AT_BASE_URL": "x"},
        "https://api.africastalking",
    ),
    "KANNEL_URL is no address": (
        {"SMS_PROVIDERS": "kannel", "KANNEL_URL": "localhost:13013"},
        "http://127.0.0.1:13013",
    ),
    "BALANCE_LOW": ({"SMS_PROVIDERS": "kannel", "BALANCE_LOW": "5"}, "Leave BALANCE_LOW out."),
    "MONTH_BUDGET": ({"MONTH_BUDGET": "much"}, "MONTH_BUDGET=0"),
    "COUNTRY=xx": ({"COUNTRY": "xx"}, "There are: bi, in."),
    "DATABASE_URL": ({"DATABASE_URL": "mysql://ijwi"}, "DATABASE_URL=postgresql+psycopg:///ijwi"),
    "REDIS_URL": ({"REDIS_URL": "127.0.0.1:6379"}, "REDIS_URL=redis+sentinel://10.0.0.1:26379"),
    "REDIS_URL is no address": ({"REDIS_URL": "redis+sentinel://10.0.0.1:26379"}, "26379/ijwi"),
    "SESSION_URL": (
        {"REDIS_URL": "redis://h/0", "SESSION_URL": "redis+sentinel://h,h:1/ijwi"},
        "SESSION_URL=redis+",
    ),
    "METRICS_TOKEN": ({"METRICS_TOKEN": "short"}, "shorter than 16 characters"),
    "ALLOW_DRAFT": ({"ALLOW_DRAFT": "perhaps"}, "ALLOW_DRAFT=False"),
    "MODE": ({"MODE": "test"}, "Example: MODE=demo"),
    "PROVIDER_TIMEOUT": ({"PROVIDER_TIMEOUT": "60"}, "PROVIDER_TIMEOUT=9.0"),
    "LOG_LEVEL": ({"LOG_LEVEL": "LOUD"}, "LOG_LEVEL=INFO"),
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_settings_that_do_not_go_together_are_named_with_what_is_missing_and_a_line_that_is_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    given, example = CONTRADICTIONS[name]
    known = {"MODE": "production", "SMS_PROVIDERS": "twilio", "DATA_DIR": str(tmp_path), **given}
    for setting, value in known.items():
        monkeypatch.setenv(setting, value)
    with pytest.raises(ConfigError) as said:
        from_env(faults)
    lines = str(said.value).splitlines()
    assert "SECRET_KEY is not set. Example: SECRET_KEY=..." in lines
    assert [line for line in lines if name in line and example in line]
    assert len(lines) == len({*lines})


def test_a_web_process_says_what_is_missing_without_a_trace(tmp_path: Path) -> None:
    known = {**os.environ, "DATA_DIR": str(tmp_path), "MODE": "production"}
    ran = [sys.executable, "-c", "from ops.web import application; application()"]
    ended = subprocess.run(ran, cwd=ROOT, env=known, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert ended.stderr.startswith("SECRET_KEY is not set.")
    assert "Traceback" not in ended.stderr


REAL = {"AT_BASE_URL": "https://api.africastalking.com", "TWILIO_BASE_URL": "https://api.twilio.com"}


@pytest.mark.parametrize("name", REAL)
def test_a_demonstration_that_would_reach_real_phones_does_not_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv(name, REAL[name])
    with pytest.raises(ConfigError) as said:
        from_env(faults)
    assert str(said.value) == f"{name} reaches real phones, and MODE is demo. Leave it out, or: MODE=production"


def test_africas_talkings_own_sandbox_may_be_tried_in_a_demonstration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("AT_BASE_URL", "https://api.sandbox.africastalking.com")
    assert from_env(faults).at_base_url == "https://api.sandbox.africastalking.com"


STORES = [
    "redis://127.0.0.1:6379/0", "rediss://:word@store:6379", "unix:///run/my store.sock",
    "redis+sentinel://:word@10.0.0.1:26379,10.0.0.2:26379/ijwi/2",
]  # fmt: skip


@pytest.mark.parametrize("url", STORES)
def test_every_address_of_a_store_that_can_be_read_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("REDIS_URL", url)
    assert from_env(faults).session_url == url


@pytest.mark.parametrize("command", ["check", "doctor", "migrate", "work", "clock", "backup x.age"])
def test_every_command_says_what_is_missing_without_a_trace(tmp_path: Path, command: str) -> None:
    known = {**os.environ, "DATA_DIR": str(tmp_path), "MODE": "production", "SMS_PROVIDERS": "twilio,acme"}
    ran = [sys.executable, "-m", "flask", "--app", "app", *command.split()]
    ended = subprocess.run(ran, cwd=ROOT, env=known, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    for said in ("SECRET_KEY is not set.", "TWILIO_AUTH_TOKEN is not set.", "SMS_PROVIDERS names 'acme'"):
        assert said in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_database_that_cannot_be_used_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "ijwi.sqlite").write_bytes(b"no database " * 400)
    ended = start(tmp_path, "--port", str(free_port()))
    assert ended.returncode == 1
    assert ended.stderr.startswith("The database cannot be used")
    assert ended.stderr.count("\n") == 1


def test_the_first_run_makes_secrets_that_only_the_owner_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert first_run(tmp_path)
    kept = (tmp_path / "settings.env").read_text()
    assert not first_run(tmp_path)
    assert (tmp_path / "settings.env").read_text() == kept
    assert stat.S_IMODE((tmp_path / "settings.env").stat().st_mode) == 0o600
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    settings = from_env(faults)
    assert len(settings.at_callback_secret.get_secret_value()) >= 43
    assert settings.at_base_url == "http://127.0.0.1:8000/simulator/at"


def test_a_deep_folder_has_a_short_socket(tmp_path: Path) -> None:
    assert len(os.fsencode(socket_of(tmp_path / ("deep" * 30), "store"))) <= 100


@pytest.mark.parametrize("name", ["my folder", "a=b"])
def test_in_a_folder_with_a_blank_the_worker_can_read_who_is_connected(tmp_path: Path, name: str) -> None:
    """It died at every start, and no alert left: the store tells the socket's path in its list of clients."""
    store = socket_of(tmp_path / name, "store")
    assert not {*str(store)} & {*" ="}
    assert socket_of(tmp_path, "store").parent == tmp_path.resolve()


def test_production_does_not_speak_words_that_nobody_approved(tmp_path: Path) -> None:
    settings = Settings.model_validate({**PRODUCTION, "data_dir": tmp_path, "country_dir": str(in_service(tmp_path))})
    with pytest.raises(ConfigError, match="not approved"):
        build_services(settings, FLOWS)


def test_there_are_no_simulated_phones_in_production(tmp_path: Path) -> None:
    known = {**PRODUCTION, "data_dir": tmp_path, "allow_draft": True, "country_dir": str(in_service(tmp_path))}
    settings = Settings.model_validate(known)
    client = create_app(settings).test_client()
    for path in ("/simulator", "/simulator/messages", "/simulator/static/phone.js"):
        assert client.get(path).status_code == 404
    assert client.post("/simulator/at/version1/messaging", data={"to": "+1", "message": "x"}).status_code == 404


def test_a_demonstration_cannot_reach_a_real_provider(tmp_path: Path) -> None:
    settings = Settings.model_validate({**PRODUCTION, "mode": "demo", "data_dir": tmp_path})
    assert settings.at_base_url.startswith("http://127.0.0.1")
    assert settings.twilio_base_url.startswith("http://127.0.0.1")


def test_the_migrations_make_the_tables_that_the_models_say(office: Office) -> None:
    assert migrate.differences(office.services.engine) == []
