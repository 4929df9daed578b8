"""The vault as a guard: what each kind of process may ask, how often, and what becomes of whoever asks for more."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bot.settings import ROOT
from bot.upkeep import doctor
from bot.upkeep.health import metrics
from bot.vault import local, place
from bot.vault.client import RemoteVault, VaultAway, VaultRefused
from bot.vault.guard import ADMIN, DESK, MAY, NUMBER, WEB, WORKER, Busy, Caller, Guard, Refused
from bot.vault.local import LocalVault
from bot.vault.place import Held, serving, socket_for
from bot.vault.sealing import Unsealable
from bot.vault.vault import Vault
from bot.vault.wire import LOCAL, METHODS
from tests.support.office import Office
from tests.support.vault_process import asked_raw, asking_as, enrolled, vault_process

PIN = "246810"
NEVER_THE_WEBS = (
    "forgive", "shred", "open_all", "open_for_sender", "append_head", "replace_head", "witness", "remembered",
    "open_contacts", "gather", "publish", "published",
    "fresh_keys", "retire_keys", "relayer", "enrol", "vouch", "first_code", "refused",
)  # fmt: skip


# -- the table ---------------------------------------------------------------------------------------------------------
def test_every_method_has_a_row_and_a_new_one_is_refused_until_somebody_has_thought_about_it() -> None:
    assert MAY.keys() == METHODS
    assert {method for method, row in MAY.items() if not row} == LOCAL
    for caller in Caller:
        with pytest.raises(Refused):
            Guard(say=str).admit(caller, "a_method_of_tomorrow", [])


@pytest.mark.parametrize("caller", Caller)
def test_each_kind_of_process_is_answered_what_is_in_its_row_and_nothing_else(at: Path, caller: Caller) -> None:
    for method in sorted(METHODS):
        answer = asked_raw(at, caller, method)  # without what it needs: who may ask is told of that mistake
        refused = answer.get("error") == "Refused"
        assert refused is (caller not in MAY[method]), (caller, method, answer)


def test_the_web_never_asks_for_what_undoes_the_guard(at: Path) -> None:
    assert not [method for method in NEVER_THE_WEBS if WEB in MAY[method] or DESK in MAY[method]]
    assert [method for method in METHODS if WORKER in MAY[method] and method.startswith("open_")] == [
        method for method in METHODS if method.startswith("open_")
    ]
    for method in NEVER_THE_WEBS:
        with pytest.raises(VaultRefused, match="Refused"):
            RemoteVault(at).ask(method)


def test_the_digest_of_a_receipt_a_pin_or_the_record_is_given_to_nobody_by_name(at: Path) -> None:
    for caller in Caller:
        for purpose in ("receipt", "record", "salt", "tries", "first code", "referral", "receipt pin salt", "staff"):
            for method in ("digest", "mark", "lend"):
                assert "value" not in asked_raw(at, caller, method, purpose, "79123451")
    with pytest.raises(VaultRefused):
        RemoteVault(at).lend("staff")  # with it somebody could try all sixteen million numbers, unseen


def test_whoever_asks_too_often_waits_and_others_do_not(capsys: pytest.CaptureFixture[str]) -> None:
    now, said = [0.0], list[str]()
    guard = Guard(said.append, lambda: now[0])
    for _ in range(NUMBER.second):
        guard.admit(WEB, "number", ["staff", "+257"])
    with pytest.raises(Busy):
        guard.admit(WEB, "number", ["staff", "+257"])
    guard.admit(WORKER, "number", ["staff", "+257"])
    now[0] = 1
    guard.admit(WEB, "number", ["staff", "+257"])
    assert guard.counts() == [("web", "number", 1)]
    assert said == ["ALARM: web asked the vault for number, too often: refused"]


def test_no_day_gives_more_numbers_or_codes_than_are_in_the_table() -> None:
    for method, arguments in (("number", ["staff", "x"]), ("locator", ["79123451"]), ("try_receipt", ["79123451"])):
        now, passed = [0.0], 0
        guard, limit = Guard(str, lambda now=now: now[0]), MAY[method][WEB]  # type: ignore[misc]
        for second in range(0, 86400, 60):
            now[0] = second
            for _ in range(limit.second):
                try:
                    guard.admit(WEB, method, arguments)
                except Busy:
                    break
                passed += 1
        assert passed <= limit.day


def test_one_person_is_not_asked_about_for_ever() -> None:
    times, limit = [0.0], MAY["unlock"][WEB]
    guard = Guard(str, lambda: times[0])
    for number in range(limit.of_one):
        times[0] = number / limit.second
        guard.admit(WEB, "unlock", ["a"])
    times[0] += 1
    with pytest.raises(Busy):
        guard.admit(WEB, "unlock", ["a"])
    guard.admit(WEB, "unlock", ["b"])


def test_a_subject_of_half_a_megabyte_is_not_kept_in_memory() -> None:
    guard = Guard(say=str)
    for number in range(50):
        with contextlib.suppress(Busy):  # what is too often is counted under its subject too
            guard.admit(WEB, "unlock", [[f"{number}" + "x" * 2**19], PIN, "session"])
    assert sum(len(part) for key in guard._asked for part in key) < 10_000


@pytest.mark.parametrize("mode", ["demo", "production"])
def test_a_week_that_has_not_begun_is_refused_but_in_a_demonstration_whose_clock_is_moved_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    monkeypatch.setenv("MODE", mode)
    at = tmp_path / "v.sock"
    with vault_process(tmp_path / "vault", at):
        for method, more in (("remember", ["out 12"]), ("wrap", ["a" * 32, [], False])):
            answer = asked_raw(at, WEB, method, "2999-W01", *more)
            assert (answer.get("error") == "Refused") is (mode == "production"), (method, answer)


# -- guessing ----------------------------------------------------------------------------------------------------------
def test_four_hundred_pins_on_the_webs_socket_open_nothing_though_the_vault_is_killed_in_between(
    tmp_path: Path,
) -> None:
    folder, at = tmp_path / "vault", tmp_path / "v.sock"
    outcomes = []
    for start in range(0, 400, 100):
        with vault_process(folder, at) as server:
            if not start:
                keys = enrolled(at)
            web = RemoteVault(at)
            for number in range(start, start + 100):
                while True:
                    try:
                        outcomes.append(web.unlock("a", keys.wrapped, f"{number:06d}").outcome)
                        break
                    except VaultAway:  # too often in this second
                        time.sleep(0.2)
                for method in ("forgive", "enrol", "relayer"):
                    if number % 50 == 3:
                        with pytest.raises(VaultRefused):
                            web.ask(method, "a")
            server.kill()
            server.wait()
        at.unlink()
    assert outcomes == ["wrong"] * 4 + ["locked"] * 396
    with vault_process(folder, at):
        assert RemoteVault(at).unlock("a", keys.wrapped, PIN).outcome == "locked"
        RemoteVault(at, ADMIN).forgive("a")
        assert RemoteVault(at).unlock("a", keys.wrapped, PIN).outcome == "open"


def test_a_key_that_somebody_knows_the_pin_of_sets_no_count_back(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    former, hers = vault.enrol("a", "111222"), vault.enrol("a", PIN)
    for _ in range(4):
        assert vault.unlock("a", hers.wrapped, "999999").outcome == "wrong"
    for _ in range(3):
        assert vault.unlock("a", former.wrapped, "111222").outcome == "open"
    assert vault.unlock("a", hers.wrapped, "999998").outcome == "locked"
    assert vault.unlock("a", hers.wrapped, PIN).outcome == "locked"


def test_a_first_code_makes_keys_once_and_never_for_somebody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = Vault(tmp_path)
    kept = vault.first_code("a", "482915")
    shown = vault.of("s1").try_first("a", "482915", kept)
    with pytest.raises(Unsealable):
        vault.of("s2").choose_pin("a", PIN, shown.handle)
    with pytest.raises(Unsealable):
        vault.of("s1").choose_pin("b", PIN, shown.handle)
    with pytest.raises(Unsealable):
        vault.of("s1").private("a", shown.handle)  # it signs nobody in
    assert vault.of("s1").choose_pin("a", PIN, shown.handle).word
    later = time.time() + 700
    monkeypatch.setattr(time, "time", lambda: later)
    assert vault.of("s1").try_first("a", "482915", kept).outcome == "wrong"


def test_the_code_of_a_receipt_is_the_vaults_own_and_no_pin_of_another_is_tried_by_making_one(at: Path) -> None:
    web = RemoteVault(at)
    handle = web.ask("issue", "79123451", "5293").handle  # as processes of old named the code, and then the PIN
    assert web.ask("issued", handle, "5293").code != "79123451"
    first, second = (web.issued(web.issue("5293").handle) for _ in range(2))
    assert first.code != second.code
    assert first.public != second.public
    assert web.vouched([(first.locator, first.public, first.word)]) == [True]


def test_no_day_of_the_askers_gives_five_more_tries_and_none_becomes_a_path(at: Path, tmp_path: Path) -> None:
    web = RemoteVault(at)
    new = web.issued(web.issue("5293").handle)
    days = ["2026-11-23", "2026-11-24", "2027-01-01", "../../x", "/tmp/x", "..", "day 7"]
    outcomes = [web.ask("try_receipt", new.code, "0000", new.public, "he", day).outcome for day in days]
    assert outcomes == ["wrong"] * 4 + ["locked"] * 3
    assert web.try_receipt(new.code, "5293", new.public, "he").outcome == "locked"
    assert [path.name for path in (tmp_path / "vault" / "tries").iterdir()] == [
        time.strftime("%Y-%m-%d", time.gmtime())
    ]
    assert not (tmp_path / "x").exists()
    for week in ("../../2026", "2026-W48/..", "२०२६-W४८", "9999-W01"):
        for method in ("wrap", "remember"):
            assert "error" in asked_raw(at, WEB, method, week, [] if method == "wrap" else "Out x/../y")
    assert web.wrap("2026-W01", "r", [b"x"])  # and a week of a far future has not closed the weeks before it


# -- handles -----------------------------------------------------------------------------------------------------------
def test_a_handle_opens_for_ten_minutes_after_its_last_use_and_in_its_own_session_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = Vault(tmp_path)
    began, wrapped = time.time(), vault.enrol("a", PIN).wrapped
    handle = vault.of("s1").unlock("a", wrapped, PIN).handle
    for session in ("s2", ""):
        with pytest.raises(Unsealable, match="another session"):
            vault.of(session).private("a", handle)
    for minute in (9, 18, 27):  # a talk of staff that goes on
        monkeypatch.setattr(time, "time", lambda at=began + minute * 60: at)
        assert vault.of("s1").private("a", handle)
    monkeypatch.setattr(time, "time", lambda: began + 38 * 60)
    with pytest.raises(Unsealable, match="is over"):
        vault.of("s1").private("a", handle)
    fresh = vault.of("s1").unlock("a", wrapped, PIN).handle
    for minute in range(38, 98, 5):
        monkeypatch.setattr(time, "time", lambda at=began + minute * 60: at)
        assert vault.of("s1").private("a", fresh)
    monkeypatch.setattr(time, "time", lambda: began + 99 * 60)  # an hour after it was made, however often it was used
    with pytest.raises(Unsealable, match="is over"):
        vault.of("s1").private("a", fresh)


def test_a_handle_of_one_kind_opens_as_no_other(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    new = vault.issue("5293")
    issued = vault.issued(new.handle)
    opened = vault.try_receipt(issued.code, "5293", issued.public, "she").handle
    assert vault.receipt(issued.code, opened).locator == issued.locator
    for open_it in (lambda: vault.private(issued.locator, opened), lambda: vault.receipt("79123451", opened),
                    lambda: vault.receipt(issued.code, new.handle), lambda: vault.issued(opened)):  # fmt: skip
        with pytest.raises(Unsealable):
            open_it()


# -- one process in the folder -----------------------------------------------------------------------------------------
def test_a_second_vault_is_kept_out_of_the_folder_and_commands_ask_the_first(tmp_path: Path) -> None:
    folder, at = tmp_path / "vault", tmp_path / "v.sock"
    with vault_process(folder, at):
        with pytest.raises(Held, match="Another process works in"), serving(folder, at, patience=0.1):
            pass
        command = LocalVault(folder)
        keys = command.enrol("a", PIN)
        assert RemoteVault(at).unlock("a", keys.wrapped, PIN).outcome == "open"
        with pytest.raises(VaultRefused):
            command.issue("5293")  # the administrator's socket is not the web's
    assert command.unlock("a", keys.wrapped, PIN).outcome == "open"  # nobody serves it: it opens the folder itself
    assert "another" not in (folder / "lock").read_text()


def test_a_batch_of_numbers_is_one_question_of_a_command_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command, phones = LocalVault(tmp_path / "vault"), [f"+2577{n:07d}" for n in range(100)]
    asked, held = list[Path](), place.shared

    def counted(folder: Path) -> contextlib.AbstractContextManager[Path | None]:
        asked.append(folder)
        return held(folder)

    monkeypatch.setattr(local, "shared", counted)
    digests = command.numbers("opt-out", phones)
    assert digests == [Vault(tmp_path / "vault").number("opt-out", phone) for phone in phones]
    assert command.open_all([command.seal_to_sender(phone) for phone in phones[:2]]) == phones[:2]
    assert len(asked) == 1 + 1 + 2


def test_a_second_server_ends_with_a_sentence(tmp_path: Path) -> None:
    folder, at = tmp_path / "vault", tmp_path / "v.sock"
    folder.mkdir(mode=0o700)
    with serving(folder, at):
        ran = subprocess.run(
            [sys.executable, "-m", "bot.vault.server", str(folder), str(at)],
            cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
    assert ran.returncode == 1
    assert ran.stderr == f"Another process works in {folder}. Stop it first.\n"


def test_the_sockets_are_named_from_one_path_and_a_process_may_be_given_its_own(tmp_path: Path) -> None:
    named = tmp_path / "v.sock"
    assert [socket_for(named, caller).name for caller in (WEB, WORKER, ADMIN)] == [
        "v.sock", "v.sock.worker", "v.sock.admin",
    ]  # fmt: skip
    assert socket_for(tmp_path / "v.sock.worker", WORKER) == tmp_path / "v.sock.worker"


@pytest.mark.office(vault_socket="{tmp_path}/v.sock")
def test_the_operator_reads_which_process_was_refused_what_and_a_look_at_the_health_is_no_refusal(
    office: Office, at: Path
) -> None:
    RemoteVault(at).vouched([])
    metrics(office.services)  # as the web does for whoever watches over it
    assert RemoteVault(at, ADMIN).refused() == []
    with pytest.raises(VaultRefused):
        RemoteVault(at).ask("forgive", "a")
    with asking_as(office.services.vault, ADMIN):
        said = [one.said for one in doctor.examine(office.services)]
    assert "the vault has refused forgive to web 1 times" in said


def test_a_new_member_chooses_her_pin_over_the_webs_socket(at: Path) -> None:
    web = RemoteVault(at)
    kept = RemoteVault(at, ADMIN).first_code("a", "482915")
    shown = web.of("s1").try_first("a", "482915", kept)
    keys = web.of("s1").choose_pin("a", PIN, shown.handle)
    assert web.vouched([("a", keys.public, keys.word)]) == [True]
    handle = web.of("s2").unlock("a", keys.wrapped, PIN).handle
    assert web.of("s2").private("a", handle)
    with pytest.raises(Unsealable):
        web.of("s1").private("a", handle)
