"""Tries of receipts and referrals: nobody guesses the digits, and nobody keeps her out who knows her code."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from pathlib import Path

import pytest
from nacl.public import PrivateKey

from bot.conversation import answers
from bot.vault.answers import Issued
from bot.vault.client import RemoteVault, VaultAway
from bot.vault.guard import ADMIN, DESK, MAY, WEB
from bot.vault.receipts import MOST_AT_ANY_TIME, MOST_EVER, MOST_OF_A_CODE
from bot.vault.sealing import Unsealable
from bot.vault.vault import Vault
from tests.support.vault_process import vault_process

PIN, DAY, MORNING = "5293", 86400, 1_790_000_000 // 86400 * 86400 + 6 * 3600 + 60


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The vault's time, a value that a test moves."""
    at = [float(MORNING)]
    monkeypatch.setattr(time, "time", lambda: at[0])
    return at


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """PINs are stretched and counted in no time, for tests of thousands of them."""

    def stretched(vault: Vault, purpose: str, who: str, secret: str) -> bytes:
        return bytes.fromhex(vault._made(purpose, f"{who}:{secret}")) * 2

    monkeypatch.setattr(Vault, "_stretched", stretched)
    monkeypatch.setattr(os, "fsync", lambda _: None)


def filed(vault: Vault) -> Issued:
    return vault.issued(vault.issue(PIN).handle)


def tries(vault: Vault, new: Issued, pin: str, caller: str) -> str:
    return vault.try_receipt(new.code, pin, new.public, caller).outcome


def tried(vault: Vault, new: Issued, callers: Iterable[str]) -> int:
    """How many wrong PINs were tried, one from each of some numbers: the others were not even stretched."""
    stretched, real = [0], vault._receipt_key

    def counted(code: str, pin: str) -> PrivateKey:
        stretched[0] += 1
        return real(code, pin)

    vault._receipt_key = counted  # type: ignore[method-assign]
    for number, caller in enumerate(callers):
        assert tries(vault, new, f"{number:04d}", caller) != "open"
    vault._receipt_key = real  # type: ignore[method-assign]
    return stretched[0]


# -- who knows her code ------------------------------------------------------------------------------------------------
@pytest.mark.usefixtures("quick")
def test_who_tries_five_pins_of_her_code_on_every_day_of_a_year_never_keeps_her_out(
    tmp_path: Path, clock: list[float]
) -> None:
    vault = Vault(tmp_path)
    new, his = filed(vault), 0
    for _ in range(53 * 7):
        for hour in (0, 2, 12):
            clock[0] = clock[0] // DAY * DAY + hour * 3600
            his += tried(vault, new, ["he"] * 6)
        clock[0] += 2 * 3600
        assert tries(vault, new, PIN, "she") == "open"
        clock[0] += DAY
    assert MOST_AT_ANY_TIME < his <= MOST_EVER


def test_who_has_six_phones_delays_her_by_two_hours_at_most(tmp_path: Path, clock: list[float]) -> None:
    vault = Vault(tmp_path)
    new = filed(vault)
    assert tried(vault, new, [f"phone {number // 5}" for number in range(30)]) == MOST_OF_A_CODE + 1
    assert tries(vault, new, PIN, "she") == "locked"
    clock[0] += 7200
    assert tries(vault, new, PIN, "she") == "open"
    clock[0] += DAY
    assert tries(vault, new, PIN, "she") == "open"


def test_a_number_that_was_told_to_come_later_has_lost_no_try(tmp_path: Path, clock: list[float]) -> None:
    vault = Vault(tmp_path)
    new = filed(vault)
    tried(vault, new, [f"phone {number}" for number in range(20)])
    for _ in range(20):
        assert tries(vault, new, PIN, "she") == "locked"
    clock[0] += 7200
    assert tries(vault, new, "0000", "she") == "locked"  # a typing error: the next way is in two hours
    clock[0] += 7200
    assert tries(vault, new, PIN, "she") == "open"


@pytest.mark.usefixtures("quick")
def test_a_captured_web_that_names_numbers_as_it_likes_tries_a_tenth_of_the_pins_and_no_more(
    tmp_path: Path, clock: list[float]
) -> None:
    vault, in_all = Vault(tmp_path), 0
    new = filed(vault)
    for day in range(120):
        of_day = 0
        for hour in range(0, 24, 2):
            clock[0] = MORNING // DAY * DAY + day * DAY + hour * 3600
            of_day += tried(vault, new, [f"{day} {hour} {number}" for number in range(3 if hour else 16)])
        assert of_day <= 25
        in_all += of_day
    assert in_all == MOST_EVER
    assert tries(vault, new, PIN, "she") == "locked"


@pytest.mark.usefixtures("clock", "quick")
def test_a_right_pin_costs_nothing_and_sets_nothing_back(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    new = filed(vault)
    for _ in range(50):
        assert tries(vault, new, PIN, "she") == "open"
    wrong = 0
    for number in range(40):
        wrong += tries(vault, new, "0000", f"phone {number}") == "wrong"
        tries(vault, new, PIN, "she")
    assert wrong <= MOST_OF_A_CODE


@pytest.mark.usefixtures("clock", "quick")
def test_a_number_has_eight_tries_of_codes_in_a_day_and_five_of_one(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    one, other = filed(vault), filed(vault)
    assert [tries(vault, one, "0000", "he") for _ in range(6)] == ["wrong"] * 4 + ["locked"] * 2
    assert [tries(vault, other, "0000", "he") for _ in range(4)] == ["wrong"] * 2 + ["locked"] * 2
    assert [tries(vault, new, PIN, "she") for new in (one, other)] == ["open"] * 2


@pytest.mark.usefixtures("quick")
def test_nobody_learns_from_the_counts_whether_a_code_is_in_use(tmp_path: Path, clock: list[float]) -> None:
    vault = Vault(tmp_path)
    new, dead = filed(vault), answers.new_code()
    for day in range(40):
        clock[0] = MORNING + day * DAY
        for number in range(20):
            alive = tries(vault, new, "0000", f"a {number}")
            assert vault.try_receipt(dead, "0000", b"", f"b {number}").outcome == alive


@pytest.mark.usefixtures("quick")
def test_counts_of_codes_that_guessers_made_up_do_not_stay(tmp_path: Path, clock: list[float]) -> None:
    vault = Vault(tmp_path)
    for number in range(30):
        vault.try_receipt(answers.new_code(), "0000", b"", f"phone {number}")
    known = filed(vault)
    for number in range(10):
        tries(vault, known, "0000", f"other {number}")
    assert len(list((tmp_path / "codes").iterdir())) == 31
    clock[0] = (tmp_path / "codes").stat().st_mtime + 6 * DAY
    tries(vault, filed(vault), "0000", "somebody")
    assert len(list((tmp_path / "codes").iterdir())) == 2  # hers, of ten tries, and the new one


@pytest.mark.usefixtures("clock", "quick")
def test_nothing_on_the_disk_says_which_number_tried(tmp_path: Path) -> None:
    vault, seen = Vault(tmp_path), []
    new = filed(vault)
    for caller in ("she", "he"):
        tries(vault, new, "0000", caller)
        tries(vault, new, PIN, caller)
        seen.append({path: path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()})
    assert seen[0].keys() == seen[1].keys()
    assert sum(seen[1].values()) - sum(seen[0].values()) == 2  # a wrong try, of the day and in all


def test_four_hundred_pins_of_a_receipt_on_the_webs_socket_are_counted_though_the_vault_is_killed(
    tmp_path: Path,
) -> None:
    folder, at, outcomes = tmp_path / "vault", tmp_path / "v.sock", list[str]()
    for start in range(0, 400, 100):
        with vault_process(folder, at) as server:
            web = RemoteVault(at)
            if not start:
                new = web.issued(web.issue(PIN).handle)
            while len(outcomes) < start + 100:
                try:
                    tried = web.try_receipt(new.code, f"{len(outcomes):04d}", new.public, f"he {len(outcomes)}")
                    outcomes.append(tried.outcome)
                except VaultAway:  # too often in this second
                    time.sleep(0.2)
            server.kill()
            server.wait()
        at.unlink()
    assert "open" not in outcomes
    assert outcomes.count("wrong") <= MOST_OF_A_CODE
    assert (
        len(next((folder / "codes").iterdir()).read_bytes()) <= MOST_OF_A_CODE + 2
    )  # it ran over one full hour at most


def test_making_receipts_does_not_give_the_places_of_all_codes() -> None:
    """Of nine million codes, each with its locator."""
    limit = MAY["issue"][WEB]
    assert limit.day * 90 <= 9_000_000 / 2


# -- referrals ---------------------------------------------------------------------------------------------------------
def partner(vault: Vault, name: str) -> tuple[str, str]:
    return name, vault.unlock(name, vault.enrol(name, "246810").wrapped, "246810").handle


def other_digits(code: str, by: int = 1) -> str:
    return f"{(int(code) + by) % 10**6:06d}"


@pytest.mark.usefixtures("quick")
def test_the_digits_of_a_referral_are_tried_five_times_a_day(tmp_path: Path, clock: list[float]) -> None:
    vault = Vault(tmp_path)
    new, one, other = vault.new_referral("r"), partner(vault, "a"), partner(vault, "b")
    assert [vault.try_referral(*one, "r", other_digits(new.code), new.mark) for _ in range(5)] == [False] * 5
    assert not vault.try_referral(*one, "r", new.code, new.mark)
    assert not vault.try_referral(*other, "r", new.code, new.mark)
    of_another = vault.new_referral("s")
    assert vault.try_referral(*other, "s", of_another.code, of_another.mark)
    clock[0] += DAY
    one = partner(vault, "a")
    assert vault.try_referral(*one, "r", new.code, new.mark)


@pytest.mark.usefixtures("quick", "clock")
def test_a_partner_who_guesses_at_many_referrals_is_stopped_after_ten_and_others_are_not(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    one, other = partner(vault, "a"), partner(vault, "b")
    for number in range(10):
        new = vault.new_referral(f"r{number}")
        assert not vault.try_referral(*one, f"r{number}", other_digits(new.code), new.mark)
    new = vault.new_referral("r")
    assert not vault.try_referral(*one, "r", new.code, new.mark)
    assert vault.try_referral(*other, "r", new.code, new.mark)
    for number in range(20):  # right ones are no tries
        new = vault.new_referral(f"s{number}")
        assert vault.try_referral(*other, f"s{number}", new.code, new.mark)


def test_a_referral_is_tried_by_somebody_who_has_given_her_pin_in_this_talk(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    new, (name, handle) = vault.new_referral("r"), partner(vault, "a")
    for who, shown in (("b", handle), (name, "00"), (name, "")):
        with pytest.raises(Unsealable):
            vault.try_referral(who, shown, "r", new.code, new.mark)
    with pytest.raises(Unsealable):
        vault.of("another").try_referral(name, handle, "r", new.code, new.mark)
    assert vault.try_referral(name, handle, "r", new.code, new.mark)


def test_asking_for_referrals_over_and_over_shows_no_digits_of_the_one_that_is_stored(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    marks = {vault.new_referral("r").mark[-32:] for _ in range(3000)}  # with one digest a code, some would be the same
    assert len(marks) == 3000
    mine = partner(vault, "a")
    assert vault.try_referral(*mine, "r", "482915", vault._made("referral", "r:482915"))  # of the release before


def test_a_day_has_no_more_tries_of_referrals_than_are_in_the_table(tmp_path: Path) -> None:
    for caller in (WEB, DESK):
        assert MAY["try_referral"][caller].day <= 2000
        assert MAY["new_referral"][caller].day <= 2000
    with vault_process(tmp_path / "vault", tmp_path / "v.sock"):
        web = RemoteVault(tmp_path / "v.sock")
        wrapped = RemoteVault(tmp_path / "v.sock", ADMIN).enrol("a", "246810").wrapped
        handle, new = web.of("s").unlock("a", wrapped, "246810").handle, web.new_referral("r")
        assert web.of("s").try_referral("a", handle, "r", new.code, new.mark)
