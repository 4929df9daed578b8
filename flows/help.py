"""Where help is, read without telling anything. Numbers appear only when somebody test-called them (S76)."""

from __future__ import annotations

from bot.conversation import Answers, End, Flow, Info, Menu, Option, Pick, Row, Values, _
from flows.world import World

TOPICS = {
    "law": _("rights.law", "The law"),
    "care": _("rights.care", "Doctor"),
    "police": _("rights.police", "Police"),
    "service": _("rights.service", "You choose"),
    "1325": _("rights.1325", "Women and safety"),
}
NEAREST = _("report.nearest", "the nearest")


def health(world: World, answers: Answers) -> Values:
    """The health centre that is named to everybody."""
    return {"health": world.places.health_centre() or NEAREST}


def topics(world: World, answers: Answers) -> list[Row]:
    """The topics of which a card speaks her language."""
    return [Row(topic, label) for topic, label in TOPICS.items() if world.places.rights(topic, answers["language"])]


def cards(world: World, answers: Answers) -> Values:
    """One card after the other."""
    return {"cards": tuple(world.places.rights(answers["topic"], answers["language"])) or (TOPICS[answers["topic"]],)}


help = Flow(
    "help",
    Menu(
        "kind",
        _("help.title", "Where to get help"),
        Option("health", _("help.health", "Doctor"), to="health"),
        Option("talk", _("help.talk", "Someone to talk to"), to="talk"),
        Option("legal", _("help.legal", "Lawyer"), to="legal"),
        Option("shelter", _("help.shelter", "Place to stay"), to="shelter"),
        Option("rights", _("menu.rights", "Your rights"), to="rights"),
    ),
    Info(
        "health",
        _(
            "help.health_card",
            "Health centre: {health}. After rape go within 3 days.",
        ),
        values=health,
        gives=("health",),
        to="end",
    ),
    Info("talk", _("help.talk_card", "Someone can listen to you. Ask in the first menu: 3."), to="end"),
    Info("legal", _("help.legal_card", "A lawyer can advise you. Ask in the first menu: 3."), to="end"),
    Info(
        "shelter",
        _("help.shelter_card", "A counsellor can find a safe place. Ask in the first menu: 3."),
        to="end",
    ),
    Info("rights", _("rights.1", "Nobody is allowed to beat you, not even your husband."), to="woman"),
    Info("woman", _("rights.3", "You can ask for a woman officer."), to="topic"),
    Pick("topic", _("rights.topic", "What do you want to know?"), topics, none="end", to="cards"),
    Info("cards", _("rights.cards", "{cards}"), values=cards, gives=("cards",), to="end"),
    End("end", then="home"),
)
