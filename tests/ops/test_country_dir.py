"""Where the country's pack lies: a demonstration has the checkout's, an installation its own, and each fault says what
to set."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app import create_app
from bot.channels.registry import faults
from bot.country.new import make_pack
from bot.country.pack import CountryError
from bot.services import build_services
from bot.settings import PACKS, ROOT, ConfigError, Settings, from_env
from flows import FLOWS
from tests.country.test_new_country import fill
from tests.ops.test_start import PRODUCTION
from tests.support.country_tables import COUNTRIES, append, in_service


def said(monkeypatch: pytest.MonkeyPatch, folder: Path, **given: str) -> list[str]:
    """The lines about the country among all that is wrong with these settings."""
    for name, value in {"DATA_DIR": str(folder / "data"), **given}.items():
        monkeypatch.setenv(name, value)
    try:
        from_env(faults)
    except ConfigError as error:
        return [line for line in str(error).splitlines() if "COUNTRY" in line]
    return []


def test_a_demonstration_has_the_pack_of_the_checkout(tmp_path: Path) -> None:
    settings = Settings.model_validate({"data_dir": tmp_path, "country": "in", "mode": "demo"})
    assert settings.country_dir == str(PACKS / "in")
    assert [*settings.country_faults()] == []


def test_who_serves_without_a_folder_of_her_own_reads_how_to_make_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (line,) = said(monkeypatch, tmp_path, MODE="production")
    made = ".venv/bin/flask country new bi --like bi --into /etc/ijwi/country, then set COUNTRY_DIR=/etc/ijwi/country"
    assert line == f"COUNTRY_DIR is not set. Make the country's own folder with {made}"


CASES = {
    "a folder of the checkout": (str(COUNTRIES / "bi"), "lies in the checkout, where an upgrade would meet what you"),
    "a way into the checkout": ("{tmp}/way", "lies in the checkout, where an upgrade would meet what you change"),
    "a path of this folder only": ("ops/country/bi", "is no whole path, and not every process starts in this folder"),
    "a home that no shell has read": ("~/bi", "is no whole path"),
    "nothing": (
        "{tmp}/nowhere",
        "is not there. Make the country's own folder with .venv/bin/flask country new bi --like bi",
    ),
    "a file": ("{tmp}/country/country.toml", "is a file. Set the folder that holds country.toml: COUNTRY_DIR={tmp}/c"),
    "the folder around it": ("{tmp}/packs", "holds no country.toml. It lies one folder further: COUNTRY_DIR={tmp}/pa"),
    "an empty folder": (
        "{tmp}/empty",
        "holds no country.toml. Make the country's own folder with .venv/bin/flask country new",
    ),
    "another country": ("{tmp}/delhi", "says in. Set COUNTRY=in, or COUNTRY_DIR to the folder of bi"),
    "too long": ("/" + "x" * 5000, "cannot be read by this user (File name too long)"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_folder_that_is_not_the_countrys_is_named_with_what_to_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    in_service(tmp_path)
    shutil.copytree(COUNTRIES / "bi", tmp_path / "packs" / "bi")
    shutil.copytree(COUNTRIES / "in", tmp_path / "packs" / "in")
    shutil.copytree(COUNTRIES / "in", tmp_path / "delhi")
    (tmp_path / "empty").mkdir()
    (tmp_path / "way").symlink_to(COUNTRIES / "bi")
    given, expected = (text.replace("{tmp}", str(tmp_path)) for text in CASES[case])
    lines = said(monkeypatch, tmp_path, MODE="production", COUNTRY="bi", COUNTRY_DIR=given)
    assert len(lines) == 1, lines
    assert expected in lines[0]
    assert given in lines[0]


def test_a_folder_that_this_user_may_not_read_says_how_to_let_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack = in_service(tmp_path)

    def refused(_folder: Path) -> list[str]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "listdir", refused)
    (line,) = said(monkeypatch, tmp_path, MODE="production", COUNTRY_DIR=str(pack))
    assert line.endswith(f"(Permission denied). Let it: sudo chgrp -R ijwi {pack} && sudo chmod -R g+rX {pack}")


def test_a_pack_that_is_well_brings_its_country_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    delhi = Path(shutil.copytree(COUNTRIES / "in", tmp_path / "delhi"))
    assert said(monkeypatch, tmp_path, MODE="demo", COUNTRY_DIR=str(delhi)) == []
    assert from_env(faults).country == "in"
    assert said(monkeypatch, tmp_path, COUNTRY="IN") == []


def test_the_folder_is_read_from_the_settings_file_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    delhi = Path(shutil.copytree(COUNTRIES / "in", tmp_path / "my country"))
    (tmp_path / "data").mkdir()
    kept = (
        f"MODE=demo\nSECRET_KEY={'s' * 32}\nAT_USERNAME=sandbox\nAT_API_KEY={'k' * 32}\nAT_CALLBACK_SECRET={'c' * 32}\n"
    )
    (tmp_path / "data" / "settings.env").write_text(f'{kept}COUNTRY_DIR="{delhi}"\n', encoding="utf-8")
    assert said(monkeypatch, tmp_path, MODE="demo", SMS_PROVIDERS="africastalking") == []
    assert from_env(faults).country_dir == str(delhi)


def test_what_is_changed_in_the_folder_is_what_is_served(tmp_path: Path) -> None:
    pack = in_service(tmp_path)
    append(pack, "units.csv", {"ref": "W-9", "name": "Women", "kind": "women", "place": "BI", "demo": "no"})
    known = {**PRODUCTION, "data_dir": tmp_path / "data", "allow_draft": True, "country_dir": str(pack)}
    assert [*build_services(Settings.model_validate(known), FLOWS).country.units] == ["W-9"]


def test_a_demonstration_of_her_own_country_can_be_dialled(tmp_path: Path) -> None:
    make_pack("ke", COUNTRIES / "bi", tmp_path / "ke")
    fill(tmp_path / "ke")
    known = {**PRODUCTION, "mode": "demo", "data_dir": tmp_path / "data", "country_dir": str(tmp_path / "ke")}
    app = create_app(Settings.model_validate(known))
    assert "+2547" in app.test_client().get("/simulator").text
    asked = {"sessionId": "a", "phoneNumber": "+254712123456", "text": ""}
    page = app.test_client().post(f"/ussd/africastalking/{PRODUCTION['at_callback_secret']}", data=asked).text
    assert page.startswith("CON Language")


def test_people_and_prices_of_a_demonstration_never_start_in_service(tmp_path: Path) -> None:
    pack = Path(shutil.copytree(COUNTRIES / "bi", tmp_path / "bi"))
    known = {**PRODUCTION, "data_dir": tmp_path / "data", "allow_draft": True, "country_dir": str(pack)}
    with pytest.raises(CountryError) as refused:
        build_services(Settings.model_validate(known), FLOWS)
    for file in ("people.csv:2", "units.csv:2", "venues.csv:2", "prices.csv:2", "services.csv:24"):
        said = f"{file}: demo is yes: a row of a demonstration is never in service, take it out"
        assert any(fault.startswith(said) for fault in refused.value.wrong)


def test_a_command_and_a_start_say_it_without_a_trace(tmp_path: Path) -> None:
    pack = Path(shutil.copytree(COUNTRIES / "bi", tmp_path / "bi"))
    (pack / "places.csv").write_bytes(b"\0")
    known = {**os.environ, "MODE": "demo", "DATA_DIR": str(tmp_path / "data"), "COUNTRY_DIR": str(pack)}
    for command in (["ops.start", "--port", "1"], ["flask", "--app", "app", "check"]):
        ended = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=ROOT,
            env=known,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        assert ended.returncode == 1
        assert f"The country's folder {pack} cannot be used:" in ended.stderr
        assert "places.csv:1: is no text" in ended.stderr
        assert "Traceback" not in ended.stderr
