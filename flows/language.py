"""Which language: first the likely ones of the caller's country, in letters every phone can show.

Whoever chooses Hindi is asked once whether her phone shows Devanagari; if it shows boxes, she reads Latin letters.
"""

from __future__ import annotations

from bot.conversation import Answers, End, Flow, Fork, Menu, Option, Pick, Row, _
from flows.world import World


def spoken(world: World, answers: Answers) -> list[Row]:
    """The languages in the order of the country's prefix (rn fr en hi for +257, hi en fr rn for +91)."""
    names = {"rn": "Ikirundi", "fr": "Francais", "en": "English", "hi": "Hindi"}
    return [Row(code, names[code]) for code in world.languages]


def is_hindi(world: World, answers: Answers) -> str:
    """Whether the script has to be asked."""
    return "ask" if answers["language"] == "hi" else "known"


def chosen(answers: Answers) -> str:
    """The language of the answers: hi_Latn for Hindi on a phone without Devanagari."""
    return "hi_Latn" if answers.get("script") == "no" else answers["language"]


language = Flow(
    "language",
    Pick("language", _("lang.title", "Language / Langue / Ururimi"), among=spoken, none="spoken"),
    Fork("hindi", is_hindi, ask="script", known="spoken"),
    Menu(
        "script",
        _("lang.ask_script", "Can you read this? नमस्ते"),
        Option("yes", _("lang.script_yes", "हाँ")),
        Option("no", _("lang.script_no", "nahin / no")),
    ),
    End("spoken", then="home", speaks=chosen),
)
