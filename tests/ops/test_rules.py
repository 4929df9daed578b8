"""The register of rules is complete, and every test that it names is there."""

from __future__ import annotations

import ast
import copy
import re
import tomllib
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest

from bot.settings import ROOT

SOUND = re.compile(r"`(tests/\S+\.py)::(\w+)`")
Rules = dict[str, dict[str, Any]]
RULES: Rules = tomllib.loads((ROOT / "ops" / "rules.toml").read_text(encoding="utf-8"))
LAST = 100
NUMBERS = [f"S{number}" for number in range(1, LAST + 1)]
UNPROVEN = {"S96", "S97"}  # what no test proves: it may become less
LATER = {"S97"}
KNOWN = {"rule", "test", "still", "later"}


@cache
def named_in(file: str) -> frozenset[str]:
    """The names of the tests in a file that are run; none where there is no such file."""
    path = ROOT / file
    if not path.is_file():
        return frozenset()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    return frozenset(one.name for one in functions if one.name.startswith("test_") and not is_left_out(one))


def is_left_out(function: ast.FunctionDef) -> bool:
    """Whether a test is marked as one that is not run, or that may fail."""
    marks = {
        part.attr for mark in function.decorator_list for part in ast.walk(mark) if isinstance(part, ast.Attribute)
    }
    return not marks.isdisjoint({"skip", "xfail"})


def faults(rules: Rules) -> Iterator[str]:
    """What is wrong with a register, a sentence each."""
    yield from (f"{number} is missing" for number in NUMBERS if number not in rules)
    yield from (f"{name} is no rule" for name in rules if name not in NUMBERS)
    in_order = sorted((name for name in rules if name in NUMBERS), key=NUMBERS.index)
    if [name for name in rules if name in NUMBERS] != in_order:
        yield "the rules do not stand in their order"
    for name, rule in rules.items():
        yield from (f"{name}: {fault}" for fault in faults_of(rule))


def faults_of(rule: dict[str, Any]) -> Iterator[str]:
    """What is wrong with one rule."""
    yield from (f"{key} is not known" for key in rule if key not in KNOWN)
    if not 10 < len(rule.get("rule", "")) <= 300:
        yield "it has no words, or too many"
    said = [rule[key] for key in ("still", "later") if key in rule]
    if not rule.get("test") and not said:
        yield "it has neither a test that proves it nor a word on what is not there"
    if not all(isinstance(word, str) and len(word) > 10 for word in said):
        yield "what is not there is not said"
    for test in rule.get("test", ()):
        file, _, function = test.partition("::")
        if function not in named_in(file):
            yield f"{test} is not there, or is not run"


def test_every_rule_stands_there_once_with_a_proof_or_an_honest_word() -> None:
    assert list(faults(RULES)) == []


def test_no_rule_loses_its_proof() -> None:
    assert {name for name, rule in RULES.items() if not rule.get("test")} <= UNPROVEN
    assert {name for name, rule in RULES.items() if "later" in rule} == LATER


def forget(rules: Rules) -> None:
    del rules["S51"]


def take_proof(rules: Rules) -> None:
    del rules["S2"]["test"]


def take_proofs_one_by_one(rules: Rules) -> None:
    rules["S2"]["test"] = []


def rename_test(rules: Rules) -> None:
    rules["S2"]["test"][0] += "_of_hers"


def lose_file(rules: Rules) -> None:
    rules["S2"]["test"][0] = "tests/flows/test_gone.py::test_whoever_calls"


def name_a_helper(rules: Rules) -> None:
    rules["S12"]["test"][0] = "tests/flows/test_rules_at_every_step.py::left"


def say_nothing(rules: Rules) -> None:
    rules["S96"]["still"] = ""


def invent(rules: Rules) -> None:
    rules["S101"] = dict(rules["S1"])


def turn_round(rules: Rules) -> None:
    rules["S3"] = rules.pop("S3")


def say_it_elsewhere(rules: Rules) -> None:
    rules["S96"]["issue"] = 3


def leave_out_words(rules: Rules) -> None:
    rules["S4"]["rule"] = ""


PLANTS: dict[Callable[[Rules], None], str] = {
    forget: "S51 is missing",
    take_proof: "S2: it has neither a test that proves it nor a word on what is not there",
    take_proofs_one_by_one: "S2: it has neither a test that proves it nor a word on what is not there",
    rename_test: "_of_hers is not there, or is not run",
    lose_file: "tests/flows/test_gone.py::test_whoever_calls is not there, or is not run",
    name_a_helper: "tests/flows/test_rules_at_every_step.py::left is not there, or is not run",
    say_nothing: "S96: what is not there is not said",
    invent: "S101 is no rule",
    turn_round: "the rules do not stand in their order",
    say_it_elsewhere: "S96: issue is not known",
    leave_out_words: "S4: it has no words, or too many",
}


@pytest.mark.parametrize("spoil", PLANTS, ids=lambda spoil: spoil.__name__)
def test_a_register_that_was_spoilt_is_told_so(spoil: Callable[[Rules], None]) -> None:
    spoilt = copy.deepcopy(RULES)
    spoil(spoilt)
    (fault,) = faults(spoilt)
    assert PLANTS[spoil] in fault


def test_a_test_that_is_not_run_proves_nothing() -> None:
    tree = ast.parse("@pytest.mark.skip\ndef test_a() -> None: ...\n@pytest.mark.xfail()\ndef test_b() -> None: ...\n")
    assert [is_left_out(node) for node in tree.body if isinstance(node, ast.FunctionDef)] == [True, True]


def test_what_is_said_to_be_proven_has_a_test_of_that_name() -> None:
    said = SOUND.findall((ROOT / "ops" / "runbooks" / "soundness.md").read_text(encoding="utf-8"))
    assert len(said) > 20
    assert [f"{file}::{name}" for file, name in said if name not in named_in(file)] == []
