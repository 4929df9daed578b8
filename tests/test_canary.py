"""After a full run on real processes, nothing that was planted lies in any file: number, words, secret number."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

from ops.load.kill import ask, drain
from ops.load.running import Running, running

CALLER = "+25779555123"
WRITER = "+25768444987"
WORDS = "nyarukangaga yankubise"
SMS_WORDS = "bagiriye nabi umwigeme"
WRONG_PIN = "97531864209753"
PHONES = {"simulator.sqlite"}  # stands for the phones and the provider, outside the house


def forms(planted: str) -> Iterator[bytes]:
    """What was planted as files may hold it: plain, UTF-16, quoted, hex, base64 at every offset."""
    raw = planted.encode()
    yield from (raw, planted.encode("utf-16-le"), raw.hex().encode(), quote(planted).encode())
    yield quote_plus(planted).encode()
    for offset in range(3):
        yield base64.b64encode(b"\0" * offset + raw)[4:-4]


def talk(ijwi: Running, number: str, session: str, *texts: str) -> str:
    """One USSD session, as the gateway sends it; the last page."""
    url = f"{ijwi.url}/ussd/africastalking/{ijwi.secret()}"
    form = {"sessionId": session, "phoneNumber": number, "serviceCode": "*384*55#"}
    said = ask(url, form | {"text": ""})
    for count in range(1, len(texts) + 1):
        said = ask(url, form | {"text": "*".join(texts[:count])})
    ask(url + "/end", form | {"status": "Success", "input": "*".join(texts), "lastAppResponse": said})
    return said


def test_what_was_told_typed_and_dialled_lies_in_no_file(tmp_path: Path) -> None:
    with running(tmp_path) as ijwi:
        said = talk(ijwi, CALLER, "ATUid_a", "3", "3", "2", "1", "1", "1", "1", "6", "1", "2", "1", "1", WORDS, "1")
        assert "arrived" in said
        assert "Write your secret" in talk(ijwi, "+25778000001", "ATUid_b", "3", "4", WRONG_PIN)
        talk(ijwi, "+25778000001", "ATUid_c", "3", "4", "246810", "1", "9", "1")
        talk(ijwi, CALLER, "ATUid_d", "3", "3", "2", "1", "1", "1", "1", "6", "1", "2", "1", "1", WORDS)  # cut off
        for count, text in enumerate(("hello", "1", "1", "1", "1", SMS_WORDS, "1")):
            form = {"from": WRITER, "to": "55", "id": f"sms{count}", "text": text, "date": "2026-01-01 00:00:00"}
            ask(f"{ijwi.url}/sms/africastalking/{ijwi.secret()}", form)
        ask(f"{ijwi.url}/ussd/africastalking/{ijwi.secret()}", {"text": "\0\u202e" + WORDS, "phoneNumber": CALLER})
        drain(ijwi)
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path.name not in PHONES]
    assert {"ijwi.sqlite", "web.log", "settings.env"} <= {path.name for path in files}
    found = [
        f"{path.relative_to(tmp_path)} holds {planted[:6]}…"
        for path in files
        for planted in (CALLER, CALLER[4:], WRITER[4:], WORDS, SMS_WORDS, WRONG_PIN, "3*4*246810")
        for form in forms(planted)
        if form in path.read_bytes()
    ]
    assert found == []


def test_the_scan_would_find_what_was_planted() -> None:
    held = [base64.b64encode(b"x" + WORDS.encode() + b"yz"), WORDS.encode("utf-16-le"), CALLER.encode().hex().encode()]
    assert all(any(form in line for planted in (WORDS, CALLER) for form in forms(planted)) for line in held)
