"""`flask templates`: every SMS that the service sends, as India's operators want it registered (DLT), with typed
variables.

An SMS that differs by one letter from its registered template does not arrive there. Source: TCCCPR, and the
regulator's direction of 18 November 2025 on typed variables; the names of the types are those that aggregators publish.
"""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import click

from bot.cli import Tables, needing
from bot.conversation.answers import EMPTY, TOO_LONG
from bot.conversation.engine import FlowSet
from bot.conversation.message import Msg
from bot.conversation.nodes import BACK, CHOOSE, DIAL_AGAIN, GOODBYE, MORE, Pick, Question
from bot.conversation.state import Screen
from bot.delivery.alert_texts import ALERTS, NEWS
from bot.meetings.labels import NEWS as ABOUT_MEETINGS
from bot.phone.sessions import ARRIVED, AWAY, JOINED, NO_MORE
from bot.phone.staff_sms import SAID
from bot.services import Services
from bot.words.catalogues import Catalogues
from bot.words.gsm import fold
from bot.words.languages import LANGUAGES
from bot.words.layout import BACK_LABEL, MORE_LABEL, MOST_LINES, Options, PhoneLayout
from bot.words.verify import Samples, Verifier


@click.command("templates")
@needing(Tables.NONE)
def templates_(services: Services) -> None:
    """Every SMS that the service sends, as a table to register with India's operators (DLT)."""
    table, code = csv.writer(sys.stdout, lineterminator="\n"), services.settings.service_code
    table.writerow(("key", "language", "template"))
    begun = templates(services.words, code)
    answered = answers(services.words, services.flow_set, code, len(services.country.served))
    table.writerows((t.key, t.language, t.text) for t in (*begun, *answered))


TALKS = ("sms", "language")  # the flows that answer an SMS
ALONE = (*SAID.values(), ARRIVED, NO_MORE, JOINED, AWAY, DIAL_AGAIN, GOODBYE)  # answers that are one line
VERSIONS = ("hi", "hi_Latn", "en")
LONGEST_VARIABLE = 30  # characters; some portals take 40
PLACE = "{#alphanumeric#}"
TYPED = {"number": "{#numeric#}", "when": "{#alphanumeric#}, {#alphanumeric#}"}  # day and hour are too long for one
SHAPES = {"numeric": r"\d{1,30}", "alphanumeric": r".{1,30}"}


@dataclass(frozen=True)
class Template:
    """One text in one version, as it is registered."""

    key: str
    language: str
    text: str

    def holds(self, sms: str) -> bool:
        """Whether an SMS is this template with its variables filled."""
        parts = re.split(r"\{#(\w+)#\}", self.text)
        shapes = (SHAPES[part] if n % 2 else re.escape(part) for n, part in enumerate(parts))
        return re.fullmatch("".join(shapes), sms) is not None


def texts() -> Mapping[str, Msg]:
    """Every text of an SMS that the service sends without being asked."""
    return {text.key: text for text in (*ALERTS.values(), *ABOUT_MEETINGS.values(), NEWS)}


def templates(words: Catalogues, code: str) -> Iterator[Template]:
    """All templates. Raises KeyError for a variable that has no type yet."""
    for key, text in texts().items():
        for language in VERSIONS:
            said = words.entries[language][text.key].text.replace("{code}", code)
            typed = re.sub(r"\{(\w+)\}", lambda name: TYPED[name.group(1)], said)
            yield Template(key, language, fold(typed))


def answers(words: Catalogues, flow_set: FlowSet, code: str, zones: int) -> Iterator[Template]:
    """Every page of a talk by SMS in every language in which it may go on, and every line that ends one.

    Which zones are served changes with who is on duty, so their names are variables, at most `zones` of them on a page.
    """
    seen: set[str] = set()
    for language in LANGUAGES:
        for key, text in _pages(words, flow_set, code, language, min(zones, MOST_LINES)):
            if text not in seen:
                seen.add(text)
                yield Template(key, language, text)


def _pages(words: Catalogues, flow_set: FlowSet, code: str, language: str, zones: int) -> Iterator[tuple[str, str]]:
    for line in ALONE:
        yield line.key, fold(words.say(language, line, {"code": code}))
    look, layout = Verifier(flow_set, words, Samples({"code": code}, ()), frozenset(TALKS)), PhoneLayout(words)
    for flow in (flow_set.flows[name] for name in TALKS):
        for screen in look.shown(flow):
            node = flow.nodes[screen.name]
            for error in (None, CHOOSE, EMPTY, TOO_LONG) if isinstance(node, Question) else (None, CHOOSE):
                shown = replace(screen, error=error)
                pages = [page.text for page in layout.pages(shown, language)]
                if isinstance(node, Pick):
                    pages = [*_of_rows(words, shown, language, zones)]
                yield from ((screen.text.key, page) for page in pages)


def _of_rows(words: Catalogues, screen: Screen, language: str, zones: int) -> Iterator[str]:
    """The pages of a choice of places: as many places as fit, and "more" or a way back where there is room."""
    heading = fold(words.say(language, screen.text))
    heading = f"{fold(words.say(language, screen.error))}\n{heading}" if screen.error else heading
    keys = ("", f"{MORE} {fold(words.say(language, MORE_LABEL))}", f"{BACK} {fold(words.say(language, BACK_LABEL))}")
    for many in range(1, zones + 1):
        first = Options([PLACE] * many).under("", range(many), "")
        later = re.sub(r"^\d+", TYPED["number"], first, flags=re.MULTILINE)  # numbers go on from page to page
        yield from ("\n".join(filter(None, (heading, lines, last))) for lines in (first, later) for last in keys)
