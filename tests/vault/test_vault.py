"""The vault as a process: the same answers over its socket, nothing confirmed while it is away, little lent."""

from __future__ import annotations

import ast
import json
import socket
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app import create_app
from bot.phone.sessions import ARRIVED
from bot.settings import ROOT
from bot.storage.tables.reports import Report
from bot.vault.client import RemoteVault, VaultAway, VaultRefused
from bot.vault.digests import LENT, NUMBERS
from bot.vault.guard import Caller
from bot.vault.place import socket_for
from bot.vault.sealing import Unsealable
from bot.vault.vault import Vault
from bot.vault.wire import LOCAL, METHODS, dump, load
from ops.load import answering
from tests.support.keys import (
    ASK_POLICE,
    ASK_POLICE_AND_SEND,
    MY_FIRST_TASK,
    REPLY_GO_TO_A_DOCTOR,
    SEND_NOW,
    TAKE_NEW_TASK,
)
from tests.support.office import Office
from tests.support.reports import dial_as_champion, dial_to_helpers, file_report, open_receipt
from tests.support.vault_process import vault_process

pytestmark = pytest.mark.office(vault_socket="{tmp_path}/v.sock")


def test_it_answers_over_the_socket_as_it_does_in_the_process(far: RemoteVault, tmp_path: Path) -> None:
    near = Vault(tmp_path / "vault")
    for purpose in LENT | NUMBERS:
        assert far.digest(purpose, "x") == near.digest(purpose, "x")
    keys = RemoteVault(tmp_path / "v.sock", Caller.ADMIN).enrol("a", "246810")
    assert near.private("a", far.unlock("a", keys.wrapped, "246810").handle) == far.private(
        "a", near.unlock("a", keys.wrapped, "246810").handle
    )
    assert far.unlock("a", keys.wrapped, "111111").outcome == "wrong"
    assert RemoteVault(tmp_path / "v.sock", Caller.WORKER).open_for_sender(far.seal_to_sender("+257")) == "+257"
    assert near.kept_number(far.keep_number("+257")) == "+257"
    assert far.vouched([("a", keys.public, near.vouch("a", keys.public)), ("b", keys.public, b"")]) == [True, False]
    assert near.unwrap("2026-W48", "r", far.wrap("2026-W48", "r", [b"\0\xff", b"x"])) == [b"\0\xff", b"x"]
    handle = near.issue("5293").handle
    assert far.issued(handle) == near.issued(handle)
    with pytest.raises(Unsealable):
        far.private("b", far.unlock("a", keys.wrapped, "246810").handle)


def test_every_method_of_the_vault_goes_over_the_socket() -> None:
    near = {name for name in METHODS if getattr(RemoteVault, name) is getattr(Vault, name)}
    assert near == LOCAL - {"digest"}  # of which it asks for numbers


def test_only_digests_that_every_request_needs_are_lent(far: RemoteVault) -> None:
    for purpose in ("tries", "receipt", "salt", "pin", ""):
        with pytest.raises(VaultRefused):
            far.digest(purpose, "x")
    with pytest.raises(VaultRefused):
        far.ask("__init__", "/tmp")


@pytest.mark.parametrize("rubbish", [b"\n", b"{}\n", b"[]\n", b"\xff\xfe\n", b'["digest"]\n', b'["_key_of","pin"]\n',
                                     b'["enrol",{"bytes":"!"},1]\n', b"[" * 5000 + b"\n"])  # fmt: skip
def test_rubbish_gets_an_error_and_the_next_line_is_served(far: RemoteVault, tmp_path: Path, rubbish: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(str(tmp_path / "v.sock"))
        file = line.makefile("rwb")
        for asked, expected in ((rubbish, "error"), (dump(["vouched", []]), "value")):
            file.write(asked)
            file.flush()
            assert [*json.loads(file.readline())] == [expected]
        file.close()


def test_what_goes_over_the_wire_comes_back() -> None:
    assert load(dump(["a", b"\0", [b"x", 1], {"b": True}])) == ["a", b"\0", [b"x", 1], {"b": True}]


def test_nobody_else_can_connect_or_read(far: RemoteVault, tmp_path: Path) -> None:
    far.wrap("2026-W48", "r", [b"x"])
    assert (tmp_path / "v.sock").stat().st_mode & 0o077 == 0
    assert [path for path in (tmp_path / "vault").rglob("*") if path.stat().st_mode & 0o077] == []


def test_a_whole_story_with_the_vault_in_its_own_process(office: Office, tmp_path: Path) -> None:
    with vault_process(tmp_path / "vault", tmp_path / "v.sock"):
        code = file_report(office)
        assert dial_as_champion(office, "c1").says(*TAKE_NEW_TASK).endswith("you have it. Thank you.")
        dial_as_champion(office, "c2").says(*MY_FIRST_TASK, *REPLY_GO_TO_A_DOCTOR)
        assert "Go to a doctor." in open_receipt(office, code).sees


def test_to_read_and_to_answer_the_vault_is_asked_a_handful_of_times(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    real = RemoteVault.ask

    def heard(vault: RemoteVault, *question: object) -> object:
        asked.append(str(question[0]))
        return real(vault, *question)

    monkeypatch.setattr(RemoteVault, "ask", heard)
    with vault_process(tmp_path / "vault", tmp_path / "v.sock"):
        file_report(office)
        for session, keys, most in (
            ("c1", TAKE_NEW_TASK, 4),
            ("c2", MY_FIRST_TASK, 4),
            ("c3", (*MY_FIRST_TASK, *REPLY_GO_TO_A_DOCTOR), 6),
        ):
            caller = dial_as_champion(office, session)
            caller.says(*keys[:-1])
            asked.clear()
            caller.says(keys[-1])
            assert 0 < len(asked) <= most, asked


def test_the_bench_of_reading_and_answering_tells_its_whole_story(capsys: pytest.CaptureFixture[str]) -> None:
    answering.answering(rounds=1)
    assert [line.split("  ")[0] for line in capsys.readouterr().out.splitlines()] == [
        "filing a report", "giving her a code", "reading it", "taking it", "asking her", "her answer",
        "reading the case", "answering her", "closing it",
    ]  # fmt: skip


def test_while_the_vault_is_away_nothing_is_confirmed_and_she_is_told_what_to_do(
    office: Office, tmp_path: Path
) -> None:
    with vault_process(tmp_path / "vault", tmp_path / "v.sock") as server:
        caller = dial_to_helpers(office)
        caller.says(*ASK_POLICE)
        server.kill()
        server.wait()
        assert caller.says(SEND_NOW).startswith("Nothing was sent. The service is not working now.")
        with pytest.raises(VaultAway):
            office.services.vault.vouched([])
        client = create_app(office.settings, office.services).test_client()
        assert client.get("/readyz").status_code == 503
    with office.services.reads() as db:
        assert db.scalar(select(func.count()).select_from(Report)) == 0
    with vault_process(tmp_path / "vault", tmp_path / "v.sock"):
        assert dial_to_helpers(office, "s2").says(*ASK_POLICE_AND_SEND).startswith("Thank you. It arrived.")


def test_a_process_that_never_met_the_vault_still_says_what_to_do(office: Office) -> None:
    assert office.call("s1").answer.ends
    assert office.call("s1").sees  # in the country's first language
    assert office.talk_sessions.sms("africastalking", "m1", "+25779123456", "muraho").ends


def test_whose_report_has_arrived_is_told_so_while_the_vault_and_her_session_are_gone(
    office: Office, tmp_path: Path
) -> None:
    vault = office.services.vault
    assert isinstance(vault, RemoteVault)
    with vault_process(tmp_path / "vault", tmp_path / "v.sock"):
        vault.borrow()
        caller = dial_to_helpers(office)
        caller.says(*ASK_POLICE_AND_SEND)
    office.store.kept.clear()
    assert caller.again() == office.services.words.say("rn", ARRIVED)
    assert vault._keys.keys() >= LENT


def test_a_vault_that_stays_away_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    with pytest.raises(VaultAway):
        RemoteVault(tmp_path / "nobody.sock").borrow(patience=0.1)


def test_the_vault_of_another_user_lets_its_group_ask_and_nobody_in(tmp_path: Path) -> None:
    for mode, socket_mode in (((), 0o600), (("660",), 0o660)):
        with vault_process(tmp_path / "vault", tmp_path / "v.sock", *mode):
            for caller in Caller:
                assert socket_for(tmp_path / "v.sock", caller).stat().st_mode & 0o777 == socket_mode
            assert (tmp_path / "vault").stat().st_mode & 0o777 == 0o700
        (tmp_path / "v.sock").unlink()


def test_the_service_units_give_the_vault_a_user_of_its_own_and_one_socket_to_both() -> None:
    units = {}
    for name in ("ijwi-vault", "ijwi"):
        lines = (ROOT / "ops" / "systemd" / f"{name}.service").read_text().splitlines()
        units[name] = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    vault, rest = units["ijwi-vault"], units["ijwi"]
    *_python, folder, at, mode = vault["ExecStart"].split()
    assert (vault["User"], vault["Group"]) == ("ijwi-vault", rest["Group"])
    assert vault["User"] != rest["User"]
    assert (folder, vault["StateDirectoryMode"], mode) == (f"/var/lib/{vault['StateDirectory']}", "0700", "660")
    assert f"VAULT_SOCKET={at}" in rest["Environment"].split()


def test_what_is_asked_of_the_vault_near_by_can_be_asked_of_the_one_far_away(far: RemoteVault, tmp_path: Path) -> None:
    """Every call in the service is by position: names do not go over the wire."""
    for path in [*(ROOT / "bot").rglob("*.py"), *(ROOT / "workers").rglob("*.py"), *(ROOT / "ops").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in METHODS:
                whose = ast.unparse(node.func.value)
                assert not (whose.endswith("vault") and node.keywords), f"{path.name}:{node.lineno}"
    assert far.unwrap("2026-W48", "r", far.wrap("2026-W48", "r", [b"x"], True), True) == [b"x"]
    with pytest.raises(Unsealable):
        far.unwrap("2026-W48", "r", far.wrap("2026-W48", "r", [b"x"], True))
    assert RemoteVault(tmp_path / "v.sock", Caller.CLOCK).shred("2026-W49", True) == ["2026-W48"]
