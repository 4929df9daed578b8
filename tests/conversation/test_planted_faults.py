"""Whoever writes a faulty flow learns it on import or from the verifier, in a sentence, before a phone rings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import pytest

from bot.conversation.engine import FlowSet
from bot.conversation.flow import Flow
from bot.conversation.message import Msg, Values
from bot.conversation.nodes import (
    Answers,
    End,
    FlowError,
    Fork,
    Info,
    Menu,
    Node,
    Option,
    Pick,
    Question,
    Row,
    Several,
    SideEffect,
    SideEffectResult,
)
from bot.words.catalogues import Catalogues, Entry
from bot.words.languages import LANGUAGES
from bot.words.verify import Samples, Verifier
from flows import FLOWS
from tests.support.small_world import WORDS

ONE, TWO = Option("one", Msg("t.one", "One")), Option("two", Msg("t.two", "Two"))
END = End("end", Msg("t.end", "Done."))


@dataclass(frozen=True)
class Filed:
    """An effect of these tests."""

    who: str
    what: str
    where: str = ""


@dataclass(frozen=True)
class Opened:
    """An effect that wants what a side effect handed out."""

    who_handle: str


def say(text: str = "Which?") -> Msg:
    return Msg(f"t.{text}", text)


def keep(text: str) -> str:
    return text


def run(world: Any, secret: str, answers: Answers) -> SideEffectResult:
    return SideEffectResult("open", "h")


def fork(world: Any, answers: Answers) -> str:
    return "yes"


def some(world: Any, answers: Answers) -> Values:
    return {"health": "x"}


UNMARKED = cast(Msg, "Which?")
TO_END = Option("three", Msg("t.three", "Three"), to="end")
FAULTY: dict[str, tuple[Callable[[], Sequence[Node]], str]] = {
    "a misspelt target": (
        lambda: [Menu("who", say(), Option("x", say("X"), to="ennd")), END],
        "'who' leads to 'ennd', which is not there",
    ),
    "a text without a mark": (lambda: [Menu("who", UNMARKED, ONE), END], "'who' has a text not marked with _()"),
    "a label without a mark": (lambda: [Menu("who", say(), Option("x", UNMARKED)), END], "'who' has a text not marked"),
    "a screen never reached": (
        lambda: [Menu("who", say(), ONE, to="end"), Menu("lost", say(), ONE), END],
        "'lost' is never reached",
    ),
    "a circle": (
        lambda: [Menu("who", say(), ONE), Menu("what", say(), Option("x", say("X"), to="who"), TO_END), END],
        "goes round: who > what > who",
    ),
    "an effect of an answer that some way skips": (
        lambda: [
            Menu("who", say(), Option("one", say("One"), to="end"), TWO),
            Menu("what", say(), ONE),
            End("end", say("Bye."), effect=Filed),
        ],
        "Filed needs 'what', which some ways to 'end' skip",
    ),
    "an effect with a field that no screen asks": (
        lambda: [Menu("who", say(), ONE), Menu("what", say(), ONE), End("end", say("Bye."), effect=Filed)],
        "Filed at 'end' wants 'where', which no screen asks",
    ),
    "an effect that wants the handle of a menu": (
        lambda: [Menu("who", say(), ONE), End("end", say("Bye."), effect=Opened)],
        "Opened at 'end' wants 'who_handle', but 'who' is no side effect",
    ),
    "an effect before anything is asked": (
        lambda: [SideEffect("who", None, run, open="end"), End("end", say("Bye."), effect=Opened)],
        "Opened at 'end' is brought about before anything is asked",
    ),
    "two screens of one name": (
        lambda: [Menu("who", say(), ONE), Menu("who", say(), TWO), END],
        "two screens are named 'who'",
    ),
    "two options of one value": (
        lambda: [Menu("who", say(), ONE, Option("one", say("X"))), END],
        "'who' has two options with the value 'one'",
    ),
    "a placeholder that nothing fills": (
        lambda: [Info("who", say("Go to {health}.")), END],
        "'who' shows {health}, which is not always asked before",
    ),
    "a placeholder in an end that nothing fills": (
        lambda: [Menu("who", say(), ONE), End("end", say("Code {number}."))],
        "'end' shows {number}, which is not always asked before",
    ),
    "a placeholder shown before its effect is performed": (
        lambda: [
            Menu("who", say(), ONE),
            Menu("what", say(), ONE),
            Menu("where", say(), ONE),
            End("end", say("Code {number}."), effect=Filed),
        ],
        "'end' shows {number}, which is not always asked before",
    ),
    "a secret shown": (
        lambda: [SideEffect("pin", say("PIN?"), run, open="who"), Info("who", say("It was {pin}.")), END],
        "'who' shows {pin}, which is not always asked before",
    ),
    "a brace without a partner": (lambda: [Info("who", say("Go to {health.")), END], "'who' has a brace without"),
    "a brace without a name": (lambda: [Info("who", say("Go to {}.")), END], "'who' has a brace without a name"),
    "a screen without a way on": (lambda: [Menu("who", say()), END], "'who' leads nowhere"),
    "a last screen that is no end": (lambda: [Menu("who", say(), ONE)], "'who' leads nowhere"),
    "a fork without ways": (lambda: [Fork("who", fork), END], "'who' leads nowhere"),
    "a new name taken from a screen that is still there": (
        lambda: [Menu("who", say(), ONE), Menu("what", say(), ONE, was="who"), END],
        "'what' was 'who', which is still there",
    ),
    "a danger line below others": (
        lambda: [Menu("who", say(), ONE, Option("x", say("X"), pinned=True)), END],
        "'who' pins lines that are not its first",
    ),
    "a comma in a value that is joined by commas": (
        lambda: [Several("who", say(), Option("a,b", say("X"))), END],
        "'who' has an option with a comma",
    ),
    "one of several options that leads elsewhere": (
        lambda: [Several("who", say(), ONE, TO_END), END],
        "'who' has an option that leads somewhere",
    ),
    "more to choose from than there are keys": (
        lambda: [Several("who", say(), *(Option(value, say("X")) for value in "abcdefgh")), END],
        "'who' pins an option or has over 8",
    ),
    "an opening that asks again without having asked": (
        lambda: [Info("who", say()), SideEffect("x", None, run, again={"wrong": say("No.")}, open="end"), END],
        "'x' asks nothing, so it cannot ask again",
    ),
}


@pytest.mark.parametrize("fault", FAULTY)
def test_a_faulty_flow_cannot_be_made_and_the_sentence_names_flow_and_screen(fault: str) -> None:
    nodes, sentence = FAULTY[fault]
    with pytest.raises(FlowError) as raised:
        Flow("planted", *nodes())
    assert "flow 'planted'" in str(raised.value)
    assert sentence in str(raised.value)


def test_the_same_flow_without_its_fault_can_be_made() -> None:
    flow = Flow(
        "sound",
        SideEffect("pin", say("PIN?"), run, again={"wrong": say("No.")}, open="who"),
        Menu("who", say(), Option("danger", say("Danger"), pinned=True), ONE),
        Several("what", say("Where {who} at {health}?"), TWO, values=some, gives=("health",)),
        Question("where", say("Where?"), keep, skip=say("No")),
        End("end", say("Bye {who}."), effect=Filed, outcomes={"code": say("Code {number}.")}),
    )
    assert list(flow.nodes) == ["pin", "who", "what", "where", "end"]


def test_a_flow_without_screens_cannot_be_made() -> None:
    with pytest.raises(FlowError, match="flow 'planted' has no screen"):
        Flow("planted")


def test_a_flow_that_hands_over_to_nobody_cannot_be_put_into_a_book() -> None:
    planted = Flow("planted", Menu("who", say(), ONE), End("end", then="hoome"))
    with pytest.raises(FlowError, match="flow 'planted': 'end' hands over to 'hoome', which is not there"):
        FlowSet([*FLOWS.flows.values(), planted])


def test_two_flows_of_one_name_cannot_be_put_into_a_book() -> None:
    with pytest.raises(FlowError, match="each flow once"):
        FlowSet([*FLOWS.flows.values(), FLOWS.flows["home"]])


def test_a_set_of_flows_without_a_first_menu_cannot_be_made() -> None:
    with pytest.raises(FlowError, match="a set of flows needs 'home' and 'language'"):
        FlowSet([flow for name, flow in FLOWS.flows.items() if name != "home"])


# What needs the words is found by the verifier.
PLACES = Samples(
    {
        "org": "Demo",
        "health": "Demo",
        "danger": "Demo",
        "report": "Demo",
        "code": "*384*55#",
        "receipt": "7999 9999",
        "news": "Demo",
        "cards": "Demo",
        "meeting": "Demo",
        "mine": "Demo",
        "rules": "Demo",
        "absent": "Demo",
        "lines": "Demo",
        "offers": "Demo",
        "findings": "Demo",
        "spoken_time": "14:00",
        "when": "3/12",
        "place": "Demo",
        "count": "9",
        "promises": "Demo",
        "concerns": "Demo",
        "helper": "Demo",
        "whom": "Demo",
        "readers": "Demo",
    },
    ["Buyenzi"],
)


def found(flow: Flow | None = None, sms: bool = False, **changed: dict[str, Entry]) -> list[str]:
    """The verifier's sentences about the flow_set with `flow` added and the words of some languages changed."""
    flows = [*FLOWS.flows.values(), *([flow] if flow else [])]
    new = {text.key: text for node in flow.nodes.values() for text in flow.texts(node)} if flow else {}
    same = {key: Entry(text, back=text) for key, text in new.items() if key not in WORDS.entries["en"]}
    words = {language: {**WORDS.entries[language], **same, **changed.get(language, {})} for language in LANGUAGES}
    sms_flows = frozenset({"sms", *([flow.name] if sms and flow else [])})
    return Verifier(FlowSet(flows), Catalogues(words), PLACES, sms_flows).faults()


def sound(text: str = "Which?") -> Flow:
    return Flow("planted", Info("who", Msg("t.who", text)), Menu("what", Msg("t.what", "What?"), ONE), END)


def test_the_verifier_finds_nothing_in_a_sound_flow() -> None:
    assert found(sound()) == []


def test_a_line_too_long_in_hindi_only_is_found_with_flow_screen_and_language() -> None:
    faults = found(sound(), hi={"t.one": Entry("क" * 80)})
    assert any(f.startswith("planted.what in hi:") and f.endswith("units do not fit 70") for f in faults)


def test_an_end_too_long_in_hindi_is_found() -> None:
    assert "planted.end in hi: an end has one page, this one 2" in found(sound(), hi={"t.end": Entry("क " * 40)})


@pytest.mark.parametrize("key", ["report.when.title", "common.choose", "common.too_long", "common.away", "menu.tell"])
def test_a_text_without_words_in_a_language_is_found(key: str) -> None:
    words = {language: dict(WORDS.entries[language]) for language in LANGUAGES}
    del words["rn"][key]
    assert f"{key} has no words in rn" in Verifier(FLOWS, Catalogues(words), PLACES, frozenset({"sms"})).faults()


def test_a_placeholder_missing_in_a_translation_is_found() -> None:
    entry = replace(WORDS.entries["fr"]["sms.help"], text="Composez (gratuit).")
    assert "sms.help in fr has other placeholders than the English text" in found(fr={"sms.help": entry})


def test_a_brace_without_a_partner_in_a_translation_is_found() -> None:
    entry = replace(WORDS.entries["fr"]["sms.help"], text="Composez {code (gratuit).")
    assert "sms.help in fr has a brace without a name or a partner" in found(fr={"sms.help": entry})


def test_a_word_that_no_sms_may_hold_is_found() -> None:
    faults = found(sound("Police?"), sms=True)
    assert any(fault.startswith("planted.who in en: an SMS may not hold") for fault in faults)


def test_one_key_for_two_texts_is_found() -> None:
    flow = Flow("planted", Info("who", Msg("common.choose", "Which?")), END)
    assert any(fault.startswith("common.choose stands for two texts") for fault in found(flow))


def test_a_letter_that_old_phones_cannot_show_is_found() -> None:
    assert "planted.who in rn: a character outside GSM-7" in found(sound(), rn={"t.who": Entry("ŵ→", back="x")})


def test_a_promise_that_nobody_can_keep_is_found() -> None:
    assert any("promises what nobody can keep" in f for f in found(sound(), en={"t.who": Entry("100% anonymous")}))


def test_a_function_that_reads_an_answer_which_some_way_skips_is_found_on_import() -> None:
    def places(world: object, answers: Answers) -> list[Row]:
        return [Row("z", answers["province"])]

    with pytest.raises(FlowError, match="'zone' reads the answer 'province', which some ways to it skip"):
        Flow(
            "shop",
            Menu("ask", Msg("t.ask", "Where?"), replace(ONE, to="zone"), TWO),
            Menu("province", Msg("t.province", "Province?"), ONE),
            Pick("zone", Msg("t.zone", "Zone?"), among=places, none="end"),
            END,
        )
