"""After a full run on real processes, nothing that was planted lies in any file: number, words, code, secret number.

Searched are database and journal, the stores of jobs and talks, logs, the vault, settings, a backup (closed and opened)
and what was exported, each for some forty disguises.
"""

from __future__ import annotations

import base64
import gzip
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest

from bot.settings import ROOT, memory_of
from bot.upkeep import backup, backup_file
from ops.load.kill import ask, drain
from ops.load.running import Running, postgres, running
from tests.support.disguises import forms, hits, unpacked
from tests.support.keys import (
    ASK_POLICE,
    CODE,
    DONE,
    FIRST_NEW_TASK,
    LEAVE_IT_TO_MEN,
    NO_NOTICE,
    OPEN_TASKS,
    SEND_AND_SAY_MORE,
    SEND_NOW,
    TO_HELPERS,
    TO_REPLIES,
    TO_TASKS,
    WISH_WOMAN,
    typed,
)

CALLER = "+25779555123"
WRITER = "+25768444987"
JOINED = "+25771333568"
WORDS = "nyarukangaga yankubise"
SMS_WORDS = "bagiriye nabi umwigeme"
PIN = "5293"
HER_WORD = "igikombecatuye"
WRONG_PIN = "97531864209753"
PHONES = {"simulator.sqlite"}  # stands for the phones and the provider, outside the house
REPORT = (*TO_HELPERS, *ASK_POLICE, *SEND_AND_SAY_MORE, WISH_WOMAN, LEAVE_IT_TO_MEN, WORDS, DONE)


def talk(ijwi: Running, number: str, session: str, *texts: str) -> str:
    """One USSD session, as the gateway sends it; the last page."""
    url = f"{ijwi.url}/ussd/africastalking/{ijwi.secret()}"
    form = {"sessionId": session, "phoneNumber": number, "serviceCode": "*384*55#"}
    said = ask(url, form | {"text": ""})
    for count in range(1, len(texts) + 1):
        said = ask(url, form | {"text": "*".join(texts[:count])})
    ask(url + "/end", form | {"status": "Success", "input": "*".join(texts), "lastAppResponse": said})
    return said


def said_and_done(ijwi: Running, url: str) -> str:
    """Women tell by USSD and SMS, break off, read their answer, mistype; somebody joins. The code of a receipt."""
    assert "arrived" in talk(ijwi, CALLER, "ATUid_a", *REPORT)
    told = talk(ijwi, CALLER, "ATUid_r", *TO_HELPERS, *ASK_POLICE, SEND_NOW, CODE, PIN, HER_WORD, NO_NOTICE)
    code = "".join(re.findall(r"\d", told)[:8])
    assert f"{HER_WORD}. It arrived" in talk(ijwi, CALLER, "ATUid_f", *TO_REPLIES, code, PIN)
    talk(ijwi, CALLER, "ATUid_w", *TO_REPLIES, code, "0000")
    assert "Write your secret" in talk(ijwi, "+25778000001", "ATUid_b", *TO_TASKS, WRONG_PIN)
    talk(ijwi, "+25778000001", "ATUid_c", *OPEN_TASKS, FIRST_NEW_TASK, "9", "1")
    talk(ijwi, CALLER, "ATUid_d", *REPORT[:-1])  # cut off
    sms = f"{ijwi.url}/sms/africastalking/{ijwi.secret()}"
    lines = [*((WRITER, text) for text in ("hello", "1", "1", "1", "1", SMS_WORDS, "1")), (JOINED, "JOIN V1")]
    for count, (number, text) in enumerate(lines):
        ask(sms, {"from": number, "to": "55", "id": f"sms{count}", "text": text, "date": "2026-01-01 00:00:00"})
    ask(f"{ijwi.url}/ussd/africastalking/{ijwi.secret()}", {"text": "\0\u202e" + WORDS, "phoneNumber": CALLER})
    drain(url)
    return code


def taken_out(folder: Path, url: str) -> None:
    """A backup, the same opened, and both exports, beside what runs."""
    known = os.environ | {"DATA_DIR": str(folder), "DATABASE_URL": url}
    public = backup.new_key(folder / "key")
    for asked in (("backup", "out.age", "--to", public), ("meetings", "out.csv"), ("meetings", "out.xlsx")):
        command = [sys.executable, "-m", "flask", "--app", str(ROOT / "app.py"), *asked]
        subprocess.run(command, cwd=folder, env=known, check=True, capture_output=True)
    lines = backup_file.opened((folder / "out.age").read_bytes(), (folder / "key").read_text().strip())
    (folder / "opened.json").write_text("\n".join(json.dumps(line) for line in lines))


@contextmanager
def database(kind: str, folder: Path) -> Iterator[tuple[str, Path]]:
    """A database's address and the folder in which its files lie."""
    with postgres() if kind == "PostgreSQL" else nullcontext() as server:
        where = server.server.pgdata if server else folder
        yield server.url if server else f"sqlite:///{folder / 'ijwi.sqlite'}", where


@pytest.mark.parametrize("kind", ["SQLite", "PostgreSQL"])
def test_what_was_told_typed_and_dialled_lies_in_no_file(tmp_path: Path, kind: str) -> None:
    if kind == "PostgreSQL" and os.environ.get("WITHOUT_POSTGRES"):
        pytest.skip("no PostgreSQL here")
    with database(kind, tmp_path) as (url, where):
        began = time.time()
        with running(tmp_path, DATABASE_URL=url) as ijwi:
            code = said_and_done(ijwi, url)
            taken_out(tmp_path, url)
            journals = [path for path in tmp_path.rglob("*-wal")]
            talks = [path for path in memory_of(tmp_path).iterdir() if path.name == "talks"]
            assert talks
            live = hits([*journals, *talks], [CALLER, WORDS, code])
        assert not memory_of(tmp_path).exists()
        files = [path for top in {tmp_path, where} for path in top.rglob("*") if path.is_file()]
        files = [path for path in files if path.name not in PHONES and path.stat().st_mtime >= began - 1]
        names = {path.name for path in files}
        assert {"web.log", "worker.log", "settings.env", "out.age", "opened.json", "out.xlsx"} <= names
        assert "ijwi.sqlite" in names if kind == "SQLite" else any(path.parent.name == "pg_wal" for path in files)
        planted = [CALLER, CALLER[1:], CALLER[4:], WRITER, WRITER[4:], JOINED, JOINED[4:], WORDS, SMS_WORDS, WRONG_PIN]
        planted.append(HER_WORD)
        planted += [code, PIN, f"{code}*{PIN}", f"{code} {PIN}", f"{PIN}*1", typed(*OPEN_TASKS), typed(*REPORT)]
        assert live + hits(files, planted) == []


@pytest.mark.parametrize("secret", [WORDS, CALLER, "41837265", PIN])
def test_the_scan_would_find_every_disguise(tmp_path: Path, secret: str) -> None:
    disguises = forms(secret)
    assert len(disguises) >= (30 if len(secret) > len(PIN) else 19)  # of four digits, some are too short to tell
    for count, ways in enumerate(disguises.values()):
        for number, way in enumerate(ways):
            (tmp_path / f"{count}.{number}").write_bytes(b"\x07before" + way + b"after")
    seen = {line.partition(" ")[0] for line in hits(tmp_path.iterdir(), [secret])}
    assert seen == {path.name for path in tmp_path.iterdir()}


def test_the_scan_looks_inside_what_is_encoded_at_any_offset_and_what_is_compressed(tmp_path: Path) -> None:
    for offset in range(5):
        held = b"x" * offset + WORDS.encode() + b"y" * 9
        for encode in (base64.b64encode, base64.b32encode):
            (tmp_path / f"{encode.__name__}{offset}").write_bytes(encode(held))
    (tmp_path / "packed").write_bytes(b"log" + gzip.compress(CALLER.encode()) + b"end")
    assert {line.partition(" ")[0] for line in hits(tmp_path.iterdir(), [WORDS, CALLER])} == {
        path.name for path in tmp_path.iterdir()
    }
    assert CALLER.encode() in list(unpacked((tmp_path / "packed").read_bytes()))
