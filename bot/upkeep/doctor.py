"""`flask doctor`: what is wrong with an installation, and what to do next. It prints nothing about people, and no
secret.
"""

from __future__ import annotations

import os
import shutil
import stat
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from shlex import quote
from typing import Literal

from sqlalchemy import func, select

from bot.folder import line, name_of
from bot.people.beginning import has_begun
from bot.people.roster import today
from bot.services import Services
from bot.storage.switches import RESTORED, off
from bot.storage.tables.people import RECOVERY, Person
from bot.upkeep.health import Health, measure
from bot.upkeep.listeners import beside, listeners, webs_of
from bot.upkeep.retention import MIRROR_LATE
from bot.vault.guard import LATE
from bot.words.languages import spoken_in

ROOM = 500 * 2**20  # bytes
STALE = 36 * 3600  # seconds since the last backup
MIRROR_STALE = 600  # seconds since the vault was last copied to its mirror
Level = Literal["ok", "warning", "fault"]


@dataclass(frozen=True)
class Finding:
    """The result of one check. `next` is what to do, empty when nothing is wrong."""

    level: Level
    said: str
    next: str = ""


def examine(services: Services) -> list[Finding]:
    """The findings of all checks, in the order in which to mend them."""
    health = measure(services)
    looks: tuple[Callable[[Services, Health], Iterator[Finding]], ...] = (
        files, disk, parts, port, refusals, waiting, lines, settings, words, country, backups, mirror,
    )  # fmt: skip
    return [finding for look in looks for finding in look(services, health)]


def files(services: Services, health: Health) -> Iterator[Finding]:
    """Whether secrets can be read by one user only."""
    folder = services.settings.data_dir
    for path in (folder, folder / "settings.env", folder / "vault"):
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
            yield Finding("fault", f"{path} can be read by others", f"chmod -R go= {quote(str(path))}")
            return
    strange = [path for path in sorted(folder.glob("*")) if path.lstat().st_uid != os.geteuid()]
    if strange:
        owner = name_of(os.geteuid())
        yield Finding("fault", f"{strange[0]} belongs to another user", f"sudo chown -R {owner} {quote(str(folder))}")
        return
    yield Finding("ok", "nobody else can read the data folder")


def disk(services: Services, health: Health) -> Iterator[Finding]:
    """Whether there is room on the disk, without which no report can be taken."""
    free = shutil.disk_usage(services.settings.data_dir).free
    well = free >= ROOM
    yield Finding(
        "ok" if well else "warning", f"{free // 2**20} MB free", "" if well else "make room, or move DATA_DIR"
    )


def parts(services: Services, health: Health) -> Iterator[Finding]:
    """Whether database, Redis, vault, clock and workers answer."""
    log = services.settings.data_dir / "log"
    steps = {
        "database": "is it running? DATABASE_URL names it",
        "schema": line("migrate"),
        "store": f"see {log}/store.log; REDIS_URL names it. Reports are taken meanwhile, alerts wait",
        "vault": f"see {log}/vault.log; VAULT_SOCKET names it. Nothing can be told meanwhile",
        "clock": f"see {log}/clock.log; nothing is reminded or escalated without it",
    }
    if not (health.store or health.vault or health.clock):
        step = "./ops/run" if services.settings.is_demo else "sudo systemctl start ijwi-vault ijwi"
        yield Finding("fault", "Ijwi is not running", f"start it: {step}")
        steps = {"database": steps["database"], "schema": steps["schema"]}
    for part, step in steps.items():
        well = bool(getattr(health, part))
        yield Finding(
            "ok" if well else "fault", f"{part} {'answers' if well else 'does not answer'}", "" if well else step
        )
    if health.workers is not None and len(steps) > 2:
        step = f"see {log}/worker.log; nothing leaves the house without one"
        yield Finding("ok" if health.workers else "fault", f"{health.workers} workers", "" if health.workers else step)


def port(services: Services, health: Health) -> Iterator[Finding]:
    """Whether somebody listens beside the web, and answers a part of the callers."""
    everybody = listeners()
    ours = webs_of(services.settings.data_dir, everybody)
    others = beside(ours, everybody)
    for number, who, step in dict.fromkeys((one.port, str(one), one.advice) for one in others):
        yield Finding("fault", f"{who} listens on port {number} beside the web and answers a part of the callers", step)
    if ours and not others:
        yield Finding("ok", "nobody listens beside the web")


def refusals(services: Services, health: Health) -> Iterator[Finding]:
    """What the vault has refused, to which kind of process."""
    for caller, method, times in services.vault.refused() if health.vault else ():
        step = (
            f"a mistake, or strange hands: see {services.settings.data_dir}/log/vault.log (ops/runbooks/incidents.md)"
        )
        said = f"the vault has refused {method} to {caller} {times} times"
        yield Finding("ok", said) if method == LATE else Finding("warning", said, step)


def waiting(services: Services, health: Health) -> Iterator[Finding]:
    """Tasks that wait too long, alerts first."""
    for name, most in (("alert", 3), ("answer", 10), ("reminder", 30), ("notice", 120)):
        if (age := health.oldest.get(name, 0)) >= most:
            level: Level = "fault" if name == "alert" else "warning"
            yield Finding(level, f"{health.waiting[name]} of class {name} wait, the oldest for {age} minutes",
                          "are worker and provider there? The lines above and below say")  # fmt: skip


def lines(services: Services, health: Health) -> Iterator[Finding]:
    """Providers that are not used for now because they fail, and what is wrong with them."""
    for provider, rests in health.resting.items():
        step = "its own console says why; after a change of keys it is tried again within five minutes"
        yield Finding(
            "warning" if rests else "ok", f"{provider} {'rests' if rests else 'is asked'}", step if rests else ""
        )


def settings(services: Services, health: Health) -> Iterator[Finding]:
    """Settings that are dangerous as they are."""
    configured = services.settings
    if configured.is_demo:
        yield Finding(
            "warning",
            "this is a demonstration: people and numbers are invented",
            "to serve: ops/runbooks/settings.md, In service",
        )
    elif configured.public_base_url.startswith("http://") and "127.0.0.1" not in configured.public_base_url:
        yield Finding("fault", "PUBLIC_BASE_URL is not encrypted", "put nginx with TLS in front; https://…")
    if configured.allow_draft and not configured.is_demo:
        yield Finding("warning", "ALLOW_DRAFT speaks words that nobody has approved", "unset it when they are")
    if services.country.code.upper() != configured.country.upper():
        yield Finding(
            "fault", f"COUNTRY is {configured.country}, the pack says {services.country.code}", "name the right folder"
        )


def words(services: Services, health: Health) -> Iterator[Finding]:
    """Texts of the country's languages that no two people have approved, and approvals that hold no more."""
    services.wordings.refresh(now=True)
    drafts = Counter(language for language, _key in services.words.drafts(spoken_in(services.country.languages)))
    said = "every text of this country is approved"
    if drafts:
        said = f"texts are drafts: {', '.join(f'{language} {number}' for language, number in drafts.items())}"
    step = f"{line('words export LANGUAGE FILE.xlsx')} for a native speaker (ops/runbooks/words.md)"
    spoken = services.settings.allow_draft
    level: Level = "ok" if not drafts else "warning" if spoken else "fault"  # the next start would be refused
    yield Finding(level, said, step if drafts else "")
    if lapsed := services.wordings.lapsed:
        language, key = lapsed[0]
        said = (
            f"{len(lapsed)} approved wordings hold no more, because English or words have changed: {key} in {language}"
        )
        yield Finding("warning", said, f"they are drafts again: {line(f'words export {language} FILE.xlsx')}")
    if unsayable := services.wordings.unsayable:
        language, key = unsayable[0]
        said = f"{len(unsayable)} approved wordings cannot be shown, for what stands in braces: {key} in {language}"
        again = line(f"words export {language} FILE.xlsx")
        yield Finding("fault", said, f"the catalogue's words are spoken instead: {again}, and correct them")


def country(services: Services, health: Health) -> Iterator[Finding]:
    """Demo people in service, zones that are closed, numbers that nobody has tested by a call."""
    day, demo = today(), services.settings.is_demo
    if health.database and not demo and (there := demo_people(services)):
        step = f"begin with an empty database; or {line('people disable REF')}, twice, by two people"
        yield Finding("fault", f"{there} demo people are in this database, and MODE is production", step)
    for zone in services.country.served:
        if health.database and zone not in services.roster.staff().opened.zones:
            step = f"{line('people list')}; the daily alarm says more"
            yield Finding("warning", f"{zone.name} is closed: somebody it needs is missing", step)
    yield from unread(services, health)
    yield from undecided(services, health)
    shown = [service for service in services.country.services if service.may_be_shown(day, demo=demo)]
    if not shown:
        said = "no helpline has been test-called, so none is named"
        yield Finding("warning" if demo else "fault", said, "call it, and write the day into services.csv")


def undecided(services: Services, health: Health) -> Iterator[Finding]:
    """What waits for two people: the first two of an installation, and what came back from a backup."""
    if not (health.database and health.schema):
        return
    with services.reads() as db:
        restored = RESTORED in off(db)
        begun = services.settings.is_demo or has_begun(db)
    if restored:
        yield Finding("fault", "a backup was restored, so there are only help pages", f"two people: {line('reopen')}")
    if not begun:
        said = "the first two people have not both chosen a PIN, so no zone is open"
        yield Finding("fault", said, line("people first COORDINATOR OVERSIGHT"))


def unread(services: Services, health: Health) -> Iterator[Finding]:
    """In service: whether anybody would read a report."""
    if services.settings.is_demo or not (health.database and health.schema):
        return
    with services.reads() as db:
        people = db.scalar(select(func.count()).select_from(Person).where(Person.active, Person.role != RECOVERY)) or 0
    if not people:
        step = f"{line('people import FILE.csv')}, then two people let in each"
        yield Finding("fault", "nobody is enrolled, so nobody would read a report", step)
    elif not services.roster.staff().opened.zones:
        step = f"{line('people list')} says who has no PIN yet; a zone opens when everybody it needs has one"
        yield Finding("fault", "no zone is open, so no report can be told", step)


def demo_people(services: Services) -> int:
    """How many demo people are active."""
    with services.reads() as db:
        return db.scalar(select(func.count()).select_from(Person).where(Person.active, Person.demo)) or 0


def backups(services: Services, health: Health) -> Iterator[Finding]:
    """When the last backup was made."""
    mark = services.settings.data_dir / "last-backup"
    age = time.time() - mark.stat().st_mtime if mark.exists() else None
    if age is None or age > STALE:
        said = "no backup was ever made" if age is None else f"the last backup is {age // 3600:.0f} hours old"
        yield Finding("warning", said, f"{line('backup FILE')}, every night (ops/runbooks/operating.md)")
    else:
        yield Finding("ok", "a backup was made in the last day and a half")


def mirror(services: Services, health: Health) -> Iterator[Finding]:
    """In service: whether the vault's mirror has all that was erased."""
    there, see = services.settings.vault_mirror, "ops/runbooks/operating.md (The mirror of the vault)"
    if not there:
        if not services.settings.is_demo:
            said = "the vault has no mirror: if its disk dies, nobody opens any report"
            yield Finding("warning", said, f"VAULT_MIRROR: {see}")
        return
    since, copied = services.vault.mirrored() if health.vault else (0, int(time.time()))
    waits, age = time.time() - since if since else 0, time.time() - copied
    if waits or age > MIRROR_STALE:
        said = f"erasures wait for the mirror for {waits // 3600:.0f} hours" if waits else "the mirror is old"
        said = said if copied else "nothing was ever copied to the mirror"
        late: Level = "fault" if max(waits, age if copied else 0) > MIRROR_LATE else "warning"
        yield Finding(late, said, f"is {there} there, and mounted? {see}; the vault's log says more")
    else:
        yield Finding("ok", "the mirror has all that was erased")
