"""`flask templates`: every SMS that the service begins, as India's operators want it registered (DLT), typed variables.

An SMS that is not letter for letter its registered template never arrives there. Source: TCCCPR, and the regulator's
direction of 18 November 2025 on typed variables; the names of the types are those that aggregators publish.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.flow import Msg
from bot.i18n import Catalogues
from bot.notices import NEWS as ABOUT_MEETINGS
from bot.screens import fold
from workers.deliver import ALERTS, NEWS

VERSIONS = ("hi", "hi_Latn", "en")
LONGEST_VARIABLE = 30  # characters; some portals take 40
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
    """Every text by which the service writes to somebody first."""
    return {text.key: text for text in (*ALERTS.values(), *ABOUT_MEETINGS.values(), NEWS)}


def templates(words: Catalogues, code: str) -> Iterator[Template]:
    """All templates. Raises KeyError for a variable that has no type yet."""
    for key, text in texts().items():
        for language in VERSIONS:
            said = words.entries[language][text.key].text.replace("{code}", code)
            typed = re.sub(r"\{(\w+)\}", lambda name: TYPED[name.group(1)], said)
            yield Template(key, language, fold(typed))
