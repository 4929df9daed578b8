"""What the volunteer sees who starts Ijwi: one clear line when it cannot start, and nothing made up in production."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import create_app
from bot.services import build_services
from bot.settings import ROOT, ConfigError, Settings, first_run, from_env, socket_of
from bot.storage import migrate
from flows import FLOWS
from ops.load.running import free_port
from tests.office import Office

PRODUCTION = {
    "mode": "production",
    "secret_key": "s" * 32,
    "at_username": "ijwi",
    "at_api_key": "k" * 32,
    "at_callback_secret": "c" * 32,
}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path)
    yield office
    office.services.engine.dispose()


def start(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """`ops.start` until it gives up."""
    known = {**os.environ, "DATA_DIR": str(folder), **environment}
    command = [sys.executable, "-m", "ops.start", *arguments]
    return subprocess.run(command, cwd=ROOT, env=known, capture_output=True, text=True, timeout=60, check=False)


def test_a_port_that_is_taken_is_said_in_one_line(tmp_path: Path) -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        ended = start(tmp_path, "--port", str(port))
    assert (ended.returncode, ended.stderr) == (
        1,
        f"Port {port} is taken. Choose another: ./ops/run --port {port + 1}\n",
    )


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
    "AT_BASE_URL": ({"AT_BASE_URL": "http://127.0.0.1:8000/simulator/at"}, "Leave them out."),
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
        from_env()
    lines = str(said.value).splitlines()
    assert "SECRET_KEY is not set. Example: SECRET_KEY=..." in lines
    assert [line for line in lines if name in line and example in line]
    assert len(lines) == len({*lines})


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
    settings = from_env()
    assert len(settings.at_callback_secret.get_secret_value()) >= 43
    assert settings.at_base_url == "http://127.0.0.1:8000/simulator/at"


def test_a_deep_folder_has_a_short_socket(tmp_path: Path) -> None:
    assert len(os.fsencode(socket_of(tmp_path / ("deep" * 30), "store"))) <= 100


def test_production_does_not_speak_words_that_nobody_approved(tmp_path: Path) -> None:
    settings = Settings.model_validate({**PRODUCTION, "data_dir": tmp_path})
    with pytest.raises(ConfigError, match="not approved"):
        build_services(settings, FLOWS)


def test_there_are_no_simulated_phones_in_production(tmp_path: Path) -> None:
    settings = Settings.model_validate({**PRODUCTION, "data_dir": tmp_path, "allow_draft": True})
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
