"""`/`: in service a name and nothing else; in a demonstration a page that says what this is."""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from bot.people.enrolment import DEMO_PIN
from bot.services import build_services
from bot.settings import Settings
from bot.simulator import simulator, time_travel, tour
from bot.simulator.people import phones
from bot.storage import demo_clock, outbox
from bot.words.gsm import fold
from bot.words.languages import LANGUAGES
from flows import FLOWS
from ops.web import named_neutrally
from tests.support.country_tables import in_service as served
from tests.support.office import Office

PRODUCTION = {
    "mode": "production", "secret_key": "s" * 32, "at_username": "live", "at_api_key": "key",
    "at_callback_secret": "c" * 32, "allow_draft": "1", "public_base_url": "https://ijwi.example",
}  # fmt: skip
WORDS_OF_SOFTWARE = ("flask", "werkzeug", "python", "ijwi", "granian", "requested url", "version", "/simulator")
LARGEST = 50_000  # bytes of a page


def service_in(folder: Path) -> Settings:
    """The settings of a service with its own country."""
    return Settings.model_validate({**PRODUCTION, "data_dir": folder, "country_dir": str(served(folder))})


@pytest.fixture
def in_service(tmp_path: Path) -> FlaskClient:
    return create_app(service_in(tmp_path)).test_client()


@pytest.fixture
def demo(office: Office) -> FlaskClient:
    return create_app(services=office.services).test_client()


def test_whoever_looks_the_address_up_in_service_learns_the_name_of_the_phone_and_nothing_else(
    in_service: FlaskClient,
) -> None:
    reply = in_service.get("/")
    assert reply.status_code == 200
    assert reply.content_type == "text/html; charset=utf-8"
    body = reply.text.partition("<body>")[2].partition("</body>")[0]
    assert body.split() == [
        '<p', 'lang="rn">Amakuru</p>', '<p', 'lang="fr">Infos</p>', '<p', 'lang="en">News</p>', '<p',
        'lang="hi">खबर</p>', '<p', 'lang="hi-Latn">Khabar</p>',
    ]  # fmt: skip
    assert not any(word in reply.text.lower() for word in (*WORDS_OF_SOFTWARE, "href", "src=", "<script", "<style"))
    assert '<meta name="robots" content="noindex">' in reply.text
    assert {*dict(reply.headers)} == {*dict(in_service.get("/healthz").headers)}  # nothing that tells it apart


def test_a_head_request_is_answered_as_the_page_without_its_body(in_service: FlaskClient) -> None:
    head, page = in_service.head("/"), in_service.get("/")
    assert (head.status_code, head.data) == (200, b"")
    assert dict(head.headers) == dict(page.headers)


@pytest.mark.parametrize(
    "path", ["/favicon.ico", "/admin", "/simulator", "/simulator/reset", "/simulator/clock", "/a/b"]
)
def test_where_nothing_is_one_line_says_so_and_names_no_software(
    in_service: FlaskClient, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for reply in (in_service.get(path), in_service.post(path)):
        assert reply.status_code == 404
        assert reply.data == b"not found\n"
    assert caplog.records == []


def test_what_is_there_and_asked_for_in_another_way_is_refused_in_one_line(in_service: FlaskClient) -> None:
    reply = in_service.post("/")
    assert (reply.status_code, reply.data) == (405, b"not allowed\n")


def test_in_service_the_clock_is_the_machines_whatever_lies_in_the_folder(tmp_path: Path) -> None:
    (tmp_path / demo_clock.FILE).write_bytes((86400).to_bytes(demo_clock.SIZE, "little"))
    before = time.time()
    services = build_services(service_in(tmp_path), FLOWS)
    assert demo_clock.ahead() == 0
    assert before - 1 <= outbox.now() <= time.time()
    for attempt in (lambda: demo_clock.move(600), demo_clock.reset, lambda: simulator(services)):
        with pytest.raises(RuntimeError):
            attempt()
    assert demo_clock.ahead() == 0


def test_the_demo_clock_goes_on_for_all_and_never_back(office: Office) -> None:
    demo_clock.reset()
    before = outbox.now()
    demo_clock.move(600)
    assert 600 <= outbox.now() - before <= 602
    demo_clock.keep(office.settings)  # another process of the same demonstration
    assert demo_clock.ahead() == 600
    for wrong in (-1, demo_clock.FARTHEST):
        with pytest.raises(ValueError, match="moved on only"):
            demo_clock.move(wrong)
    demo_clock.reset()
    assert demo_clock.ahead() == 0


@pytest.mark.parametrize("page", ["en", "fr"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_front_page_says_the_code_the_people_and_every_step_in_her_language(
    demo: FlaskClient, office: Office, page: str, language: str
) -> None:
    reply = demo.get(f"/?page={page}&in={language}")
    assert reply.status_code == 200
    assert len(reply.data) < LARGEST
    for said in (office.settings.service_code, DEMO_PIN, "Aline", "Buyenzi", "+25778000001"):
        assert said in reply.text
    told = office.services.words.entries[language]["menu.tell"].text
    assert f">{fold(told) if language != 'hi' else told}</q>" in unescape(reply.text)
    assert "http://" not in reply.text.replace("http://www.w3.org", "")
    assert "https://" not in reply.text


@pytest.mark.parametrize("story", ["", "answered", "meeting", "no-police", "unknown"])
def test_the_pages_are_small_and_load_nothing_from_elsewhere(demo: FlaskClient, story: str) -> None:
    reply = demo.get(f"/simulator?story={story}&in=hi&page=fr")
    assert reply.status_code == 200
    assert len(reply.data) < LARGEST
    policy = reply.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'self'" in policy
    assert "<script>" not in reply.text
    assert " style=" not in reply.text


def test_a_body_that_is_too_large_is_refused_in_one_line(in_service: FlaskClient) -> None:
    reply = in_service.post(f"/ussd/africastalking/{'c' * 32}", data=b"x" * 200_000)
    assert (reply.status_code, reply.data) == (413, b"too large\n")


def test_the_web_server_writes_no_name_of_software(in_service: FlaskClient) -> None:
    app = named_neutrally(in_service.application)
    for path in ("/", "/healthz", "/nowhere"):
        assert app.test_client().get(path).headers.getlist("Server") == ["web"]


def changing_doors(app: Flask) -> set[str]:
    """The addresses of the demonstration that change something, but those that the providers' SDKs call."""
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("simulator.")]
    changing = {rule.rule for rule in rules if rule.methods and rule.methods - {"GET", "HEAD", "OPTIONS"}}
    return {path for path in changing if not path.startswith(("/simulator/at/", "/simulator/twilio/"))}


def test_no_door_that_changes_something_opens_to_a_page_of_another_site(demo: FlaskClient) -> None:
    doors = changing_doors(demo.application)
    assert doors >= {"/simulator/reset", "/simulator/clock", "/simulator/fault", "/simulator/sign"}
    good = {"by": "day", "provider": "twilio", "kind": "none"}
    assert {path: demo.post(path, data=good).status_code for path in doors} == dict.fromkeys(doors, 400)
    ours = {"X-Ijwi-Demo": "1"}
    assert demo.post("/simulator/fault", data=good, headers=ours).status_code == 200
    assert demo.post("/simulator/sign?path=/x", data=good, headers=ours).status_code == 200


@pytest.mark.parametrize("value", ["9" * 23, "-" + "9" * 23, "x", "", "%00", "%ED%A0%80", "٣", "1e9", "9" * 5000])
def test_whatever_stands_in_an_address_or_a_form_of_the_demonstration_nothing_breaks(
    demo: FlaskClient, value: str
) -> None:
    for name, path in (("after", "/simulator/messages"), ("story", "/simulator"), ("page", "/"), ("in", "/simulator")):
        assert demo.get(f"{path}?{name}={value}").status_code == 200
    ours, form = {"X-Ijwi-Demo": "1"}, {"by": value, "provider": value, "kind": value}
    assert demo.post(f"/simulator/sign?path={value}", data=form, headers=ours).status_code == 200
    for path in ("/simulator/clock", "/simulator/fault"):
        assert demo.post(path, data=form, headers=ours).status_code == 400


@pytest.mark.parametrize("path", ["/simulator/reset", "/simulator/clock"])
def test_a_page_of_another_site_moves_no_clock_and_erases_nothing(demo: FlaskClient, path: str) -> None:
    assert demo.post(path, data={"by": "day"}).status_code == 400
    assert demo.get("/simulator/clock").json["ahead"] == demo_clock.ahead()  # type: ignore[index]


def test_a_country_of_ones_own_is_told_that_it_has_no_story_and_shows_its_languages_and_no_subscriber(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tour, "FOLDER", tmp_path)
    own = replace(office.services.country, languages=("en", "fr"))
    page = create_app(services=replace(office.services, country=own)).test_client()
    for path in ("/", "/simulator", "/simulator?story=answered"):
        reply = page.get(path)
        assert 'id="no-stories"' in reply.text
        assert "ollow a story" not in reply.text
    assert 'id="unknown"' in reply.text
    assert "in English and French." in page.get("/").text
    kenya = replace(own, code="ke", demo_phones="+254700000")
    women = [phone.number for phone in phones(kenya, "en") if phone.kind == "caller"]
    assert len(women) == 3
    assert all(number.startswith("+254700000") for number in women)


def test_the_front_page_names_the_languages_of_burundi_in_their_order(demo: FlaskClient) -> None:
    assert "in Kirundi, French, English and Hindi." in demo.get("/").text
    assert "en kirundi, français, anglais et hindi." in demo.get("/?page=fr").text


@pytest.mark.parametrize(("hour", "hours"), [(0, 8), (7, 1), (8, 24), (23, 9)])
def test_the_next_morning_is_the_next_one(hour: int, hours: int) -> None:
    local = datetime(2026, 11, 28, hour, tzinfo=ZoneInfo("Africa/Bujumbura"))
    assert time_travel.until_morning(local) == timedelta(hours=hours)


def test_what_the_staff_are_written_is_read_aloud_in_its_own_language(demo: FlaskClient) -> None:
    assert 'lang="rn">Hari igikorwa gishasha' in demo.get("/?in=en").text
