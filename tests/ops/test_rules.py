"""The register of rules is complete, and every test that it names is there."""

from __future__ import annotations

import ast
import re
import tomllib
from functools import cache

import pytest

from bot.settings import ROOT

SOUND = re.compile(r"`(tests/\S+\.py)::(\w+)`")
RULES = tomllib.loads((ROOT / "ops" / "rules.toml").read_text(encoding="utf-8"))
NOW = [*range(1, 7), *range(11, 22), *range(24, 34), 36, 37, 41, 43, 44, 49, 50, 56, 57]


@cache
def named_in(file: str) -> frozenset[str]:
    """The names of the tests in a file."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


def test_every_rule_stands_there_once() -> None:
    assert list(RULES) == [f"S{number}" for number in range(1, 96)]


@pytest.mark.parametrize("name", RULES)
def test_a_rule_has_words_and_a_proof_or_an_issue(name: str) -> None:
    rule = RULES[name]
    assert 10 < len(rule["rule"]) <= 300
    assert rule.get("test") or rule.get("issue")
    for test in rule.get("test", ()):
        file, _, function = test.partition("::")
        assert function in named_in(file), test


def test_what_is_said_to_be_proven_has_a_test_of_that_name() -> None:
    said = SOUND.findall((ROOT / "ops" / "runbooks" / "soundness.md").read_text(encoding="utf-8"))
    assert len(said) > 20
    assert [f"{file}::{name}" for file, name in said if name not in named_in(file)] == []


@pytest.mark.parametrize("number", NOW)
def test_what_must_hold_today_is_proven_today(number: int) -> None:
    assert RULES[f"S{number}"]["test"]
