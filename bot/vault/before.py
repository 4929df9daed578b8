"""Questions as processes of the release before asked them, while machines are replaced one by one.

`answer` is what this vault says to a process of that release, for two hours after it was first started; `asked` is what
a process of this release asks a vault of that one. The file goes with the release after this.
"""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from bot.conversation import answers
from bot.vault.answers import Arrival, Holder, Issued, Keys, NewReceipt
from bot.vault.handles import Kind
from bot.vault.record import HEAD
from bot.vault.vault import Vault

Ask = Callable[..., Any]
SHAPES = {  # questions of that release, and with how many values they came, that this one asks otherwise or elsewhere
    ("lend", 1), ("enrol", 2), ("vouch", 2), ("open_for_sender", 1), ("open_all", 1), ("issue", 2), ("issued", 1),
    ("chain", 2), ("witness", 0), ("witness", 1), ("shred", 1), ("shred", 2), ("mark", 2),
}  # fmt: skip


def is_old(method: str, given: Sequence[object]) -> bool:
    """Whether only a process of the release before asks so. `try_receipt` named a day where now a session stands."""
    if method in ("wrap", "unwrap"):  # there was one key for all reports of a week
        return len(given) > 1 and isinstance(given[1], list)
    return (method, len(given)) in SHAPES or (method == "try_receipt" and len(str(given[-1])) == len("2026-11-27"))


def answer(vault: Vault, method: str, given: Sequence[Any]) -> Any:
    """The answer that such a process expects."""
    if method == "lend":
        return vault._key_of(given[0]) if given[0] in ("session", "request", "staff", "opt-out") else vault.lend("")
    if method == "mark" and given[0] in ("referral", "ping"):
        return vault._made(*given)
    if method == "enrol":
        made = vault.enrol(*given)
        return Keys(made.public, made.wrapped)
    if method == "issue":
        code, pin = given
        return vault._handles.make(Kind.NEW_RECEIPT, code, bytes(vault._receipt_key(code, pin).public_key), "")
    if method == "issued":
        new = vault.issued(*given)
        return Issued(new.code, new.public, new.word)
    if method == "try_receipt":
        return vault.try_receipt(*given[:4])
    if method == "witness":
        return _witnessed(vault, *given)
    if method in ("wrap", "unwrap"):
        return getattr(vault, f"_{method}_with_one_key")(*given)
    return getattr(vault, method)(*given)


def _witnessed(vault: Vault, head: str = "") -> str:
    """The last head; a new one is taken when its number grows."""
    number = vault.witness().partition(" ")[0]
    if HEAD.fullmatch(head) and int(head.partition(" ")[0]) > int(number or 0):
        vault.replace_head(head)
    return vault.witness()


def asked(ask: Ask, method: str, *given: Any) -> Any:
    """What a vault of that release answers to a question of this one. Raises what it raises, and LookupError for a
    question that had no like there.
    """
    return LIKE[method](ask, *given)


def _without_session(method: str) -> Callable[..., Any]:
    return lambda ask, *given: ask(method, *given[:-1])


def _try_receipt(ask: Ask, code: str, pin: str, public: bytes, caller: str, _session: str) -> Any:
    return ask("try_receipt", code, pin, public, caller, datetime.fromtimestamp(time.time(), UTC).date().isoformat())


def _choose_pin(ask: Ask, person: str, pin: str, handle: str, _session: str) -> Keys:
    ask("private", person, handle)
    keys = ask("enrol", person, pin)
    return Keys(keys.public, keys.wrapped, ask("vouch", person, keys.public))


def _issue(ask: Ask, pin: str, _session: str) -> NewReceipt:
    code = answers.new_code()
    return NewReceipt(ask("issue", code, pin), ask("locator", code))


def _issued(ask: Ask, handle: str, _session: str) -> Issued:
    new = ask("issued", handle)
    return Issued(new.code, new.public, new.word, ask("locator", new.code))


def _receipt(ask: Ask, code: str, handle: str, _session: str) -> Holder:
    locator = ask("locator", code)
    return Holder(locator, ask("private", locator, handle))


def _append_head(ask: Ask, rows: Sequence[tuple[int, str, str]]) -> bool:
    for number, _text, link in rows[-1:]:
        ask("witness", f"{number} {link}")
    return True


def _with_one_key(method: str) -> Callable[..., Any]:
    return lambda ask, week, _report, sealed, words=False: ask(method, week, sealed, words)


def _number(ask: Ask, purpose: str, phone: str) -> str:
    return hmac.digest(ask("lend", purpose), phone.encode("utf-8", "surrogatepass"), "sha256")[:16].hex()


def _new_referral(ask: Ask, report: str) -> Arrival:
    code = f"{secrets.randbelow(10**6):06d}"
    return Arrival(code, ask("mark", "referral", f"{report}:{code}"))


def _try_referral(ask: Ask, _person: str, _handle: str, report: str, code: str, kept: str, _session: str) -> bool:
    return hmac.compare_digest(ask("mark", "referral", f"{report}:{code}"), kept)


LIKE: Mapping[str, Callable[..., Any]] = {
    **{name: _without_session(name) for name in ("unlock", "private", "try_first")},
    "try_receipt": _try_receipt, "choose_pin": _choose_pin, "issue": _issue, "issued": _issued, "receipt": _receipt,
    "locator": lambda ask, code, *_caller: ask("locator", code), "append_head": _append_head, "number": _number,
    "numbers": lambda ask, purpose, phones: [_number(ask, purpose, phone) for phone in phones],
    "replace_head": lambda ask, head: ask("witness", head), "refused": lambda ask: [],
    "ping": lambda ask, report: ask("mark", "ping", report),
    "wrap": _with_one_key("wrap"), "unwrap": _with_one_key("unwrap"),
    "answered": lambda ask, *_: None, "unanswered": lambda ask, *_: None,  # no SMS: the vault is replaced first
    "erase": lambda ask, *_: 0, "mirrored": lambda ask: (0, 0),
    "new_referral": _new_referral, "try_referral": _try_referral,
}  # fmt: skip
