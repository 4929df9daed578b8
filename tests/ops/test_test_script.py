"""What a volunteer reads at the end of ops/test: which check failed, what to do, and what it took."""

from __future__ import annotations

import re
import subprocess

from bot.settings import ROOT


def ops_test(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "ops/test", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )


def test_she_reads_which_check_failed_and_what_to_do() -> None:
    seen = ops_test("--no-such-option")
    assert seen.returncode == 1
    assert seen.stderr.splitlines()[-2] == "FAILED: Tests. See the lines above; add -x to stop at the first."


def test_she_reads_how_many_seconds_of_a_processor_it_took() -> None:
    seen = ops_test("--version")
    assert seen.returncode == 0
    said = re.fullmatch(r"CPU: (\d+) seconds\.", seen.stderr.splitlines()[-1])
    assert said
    assert 0 <= int(said[1]) < 60


def test_every_check_has_a_name_and_says_what_to_do() -> None:
    text = (ROOT / "ops" / "test").read_text(encoding="utf-8")
    calls = re.findall(r'^ *check "([^"]+)" "([^"]+)" \S', text, re.MULTILINE)
    assert [name for name, _advice in calls] == [
        "Tests", "Locks", "Style", "Format", "Types", "Floors", "Texts", "Tests on SQLite", "Tests on PostgreSQL",
    ]  # fmt: skip
    assert all(advice.startswith(("Run", "See", "The", "locales/")) for _name, advice in calls)
