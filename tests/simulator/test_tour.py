"""The stories of the tour, walked through the whole service: a talk that changes breaks these and not the volunteer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine

from bot.simulator import MailRoom, anew
from bot.simulator.tour import STORIES, path_of
from bot.storage import demo_clock
from bot.vault.disk import note_mode
from bot.words.languages import LANGUAGES
from tests.support.office import Office
from tests.support.provider import Provider
from tests.support.tour_walk import Walk

pytestmark = pytest.mark.usefixtures("clock")
INDIA = pytest.mark.office(country="in")


@pytest.fixture(autouse=True)
def demo_time(office: Office) -> Iterator[None]:
    """The clock of this demonstration stands at its first state before and after."""
    demo_clock.reset()
    yield
    demo_clock.reset()


def walked(office: Office, stand_in: Provider, language: str) -> dict[str, object]:
    """Each story from the first state."""
    room, found = MailRoom(office.settings.data_dir / "simulator.sqlite"), dict[str, object]()
    for story in STORIES:
        note_mode(office.settings.data_dir / "vault", "demo")  # as the first start does
        anew.begin(office.services, room)
        office.store.kept.clear()
        stand_in.asked.clear()
        found[story.name] = Walk(office, stand_in, language).walk(story)
    return found


def compare(country: str, language: str, found: dict[str, object], update: bool) -> None:
    """The walk is what the page shows; with `--update` the page's steps are written anew."""
    path = path_of(country, language)
    text = json.dumps(found, ensure_ascii=False, indent=0) + "\n"
    if update:
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text, "read the difference after: pytest --update"


@pytest.mark.parametrize("language", LANGUAGES)
def test_in_burundi_every_step_of_every_story_is_what_the_page_says(
    office: Office, stand_in: Provider, request: pytest.FixtureRequest, language: str
) -> None:
    compare("bi", language, walked(office, stand_in, language), request.config.getoption("--update"))


@INDIA
@pytest.mark.usefixtures("people_of_the_country")
@pytest.mark.parametrize("language", LANGUAGES)
def test_in_delhi_every_step_of_every_story_is_what_the_page_says(
    office: Office, stand_in: Provider, request: pytest.FixtureRequest, language: str
) -> None:
    compare("in", language, walked(office, stand_in, language), request.config.getoption("--update"))


@pytest.mark.parametrize("hours", range(6, 7 * 24, 61))
def test_the_stories_go_through_on_any_day_of_the_week_at_any_hour(
    office: Office, stand_in: Provider, clock: time_machine.Traveller, hours: int
) -> None:
    """One after the other, without beginning anew."""
    clock.shift(timedelta(hours=hours))
    for story in STORIES:
        Walk(office, stand_in, "en").walk(story)
