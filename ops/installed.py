"""`ops/ijwi COMMAND`: run a command of `flask` as the installation of this machine would.

In a bare shell a nightly line backed up an empty database and said success: the command did not know the service's data
folder. So this looks for what there is, in this order: the MODE of the environment, the units of systemd, the
demonstration of this checkout; it takes over their user, folder and vault, and becomes the command.
"""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import re
import shlex
import socket
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.folder import ROOT, data_dir, mode_of, name_of
from bot.settings import socket_of
from bot.vault.guard import Caller

UNITS = "/etc/systemd/system:/run/systemd/system:/usr/local/lib/systemd/system:/usr/lib/systemd/system"
NAMES = ("ijwi.service", "ijwi-web@.service", "ijwi-worker@.service", "ijwi-clock.service")
LINE = re.compile(r"\s*(User|WorkingDirectory|Environment|EnvironmentFile)\s*=\s*(.*)")
USAGE = """Usage: ops/ijwi COMMAND …   (a command as the installation of this machine would run it)

  doctor         what is wrong here, and what to do next
  people         those who answer: enrol, confirm, stop, another number
  phone          dial in the terminal
  switch         switch off a zone, a talk or a language
  backup FILE    the database in one encrypted file
  words          the words of all languages

All commands: ops/ijwi --help. One of them: ops/ijwi people --help. What to do when: ops/runbooks"""
OF_ONE_PROCESS = ("HOST",)  # of a unit's environment


@dataclass(frozen=True)
class Installation:
    """What a command is run with: the environment to add, the user to become, and whose code it is."""

    name: str
    environment: Mapping[str, str]
    user: str
    root: Path = ROOT


class Unable(Exception):
    """The command cannot be run as the installation would; the message says what to type."""


def main(arguments: list[str]) -> int:
    """Become the command; 1 with one sentence where that cannot be, 2 with the usage where there is none."""
    if not arguments:
        print(USAGE)
        return 2
    try:
        there = [] if os.environ.get("MODE") or only_help(arguments) else [*found()]
        if len(there) > 1:
            print(f"This speaks to {there[0].name}, not to {there[1].name}.", file=sys.stderr)
        run(there[0] if there else None, arguments)
    except (Unable, OSError) as error:
        print(error, file=sys.stderr)
    return 1


def only_help(arguments: list[str]) -> bool:
    """Whether somebody only wants to read what there is."""
    return "--help" in arguments


def found() -> Iterator[Installation]:
    """The installations of this machine, the one that a command speaks to first."""
    if service := of_units():
        yield service
    folder = data_dir()
    if mode := mode_of(folder) or unreadable(folder):
        known = {"MODE": mode, "DATA_DIR": str(folder)}
        if listens(vault := socket_of(folder, "vault")):
            known["VAULT_SOCKET"] = str(vault)
        yield Installation(f"the {mode} in {folder}", known, name_of(folder.stat().st_uid))


def unreadable(folder: Path) -> str:
    """`demo` where the folder of this checkout is there and only its owner can look into it."""
    return "demo" if folder == ROOT / "var" and folder.is_dir() and not os.access(folder, os.X_OK) else ""


def of_units() -> Installation | None:
    """The service whose units are installed, as they and their drop-ins say; None where there is none."""
    folders = [Path(name) for name in os.environ.get("IJWI_UNITS", UNITS).split(":")]
    for name in NAMES:
        for unit in (folder / name for folder in folders):
            if not unit.is_file():
                continue
            drops = [drop for folder in folders for drop in sorted((folder / f"{name}.d").glob("*.conf"))]
            environment, said = read([unit, *drops])
            if environment.get("MODE"):
                if (vault := Path(environment.get("VAULT_SOCKET", ""))).suffix[1:] in [*Caller]:
                    environment["VAULT_SOCKET"] = str(vault.with_suffix(""))  # not that of the unit's own process
                root = Path(said.get("WorkingDirectory", ROOT))
                return Installation(
                    name, environment, said.get("User", "root"), root if (root / "app.py").exists() else ROOT
                )
    return None


def read(files: list[Path]) -> tuple[dict[str, str], dict[str, str]]:
    """The environment that the files of a unit give, and their other settings. Raises `Unable`."""
    environment: dict[str, str] = {}
    said: dict[str, str] = {}
    for path in files:
        for line in path.read_text(encoding="utf-8").replace("\\\n", " ").splitlines():
            if not (match := LINE.fullmatch(line)):
                continue
            name, value = match.groups()
            if name == "Environment":
                environment = environment | pairs(shlex.split(value)) if value else {}
            elif name == "EnvironmentFile":
                environment |= of_file(value)
            else:
                said[name] = value
    return {name: value for name, value in environment.items() if name not in OF_ONE_PROCESS}, said


def of_file(named: str) -> dict[str, str]:
    """What a file of an environment gives. Raises `Unable` for one that cannot be read and has no `-` before it."""
    path = Path(named.removeprefix("-"))
    try:
        return pairs(shlex.split(path.read_text(encoding="utf-8"), comments=True))
    except OSError as error:
        if named.startswith("-") and isinstance(error, FileNotFoundError):
            return {}
        raise Unable(f"The units read {path}, and this user cannot. Right: sudo {again()}") from None


def pairs(words: list[str]) -> dict[str, str]:
    """NAME=value words as a dict."""
    return dict(word.split("=", 1) for word in words if "=" in word)


def listens(path: Path) -> bool:
    """Whether somebody listens on a Unix socket, or may: one that we may not try counts."""
    with socket.socket(socket.AF_UNIX) as attempt:
        attempt.settimeout(1)
        try:
            attempt.connect(str(path))
        except PermissionError:
            return True
        except OSError:
            return False
    return True


def run(installation: Installation | None, arguments: list[str]) -> None:
    """Become the command of `flask`, as the user of the installation. Raises `Unable`."""
    environment, root = {**os.environ, "IJWI_LOOKED": "1"}, ROOT
    if installation:
        environment |= installation.environment
        root = installation.root
        environment |= become(installation.user, arguments)
    own = root / ".venv" / "bin" / "python"
    python = str(own) if os.access(own, os.X_OK) else sys.executable
    environment |= {"PYTHONPATH": str(root), "FLASK_SKIP_DOTENV": "1"}  # a stray .env is no setting
    command = [python, "-P", "-m", "flask", "--app", str(root / "app.py"), *(arguments or ["--help"])]
    os.execve(python, command, environment)  # noqa: S606


def become(name: str, arguments: list[str]) -> dict[str, str]:
    """Become a user, if we are another one; what changes in the environment. Raises `Unable`."""
    try:
        user = pwd.getpwnam(name)
    except KeyError:
        raise Unable(f"The units name a user {name}, and there is none: ops/runbooks/settings.md") from None
    if user.pw_uid == os.geteuid():
        return {}
    if os.geteuid():
        raise Unable(f"Only the user {name} runs this. Right: sudo -u {name} {again(*arguments)}")
    os.initgroups(name, user.pw_gid)
    with contextlib.suppress(KeyError):  # where each kind of caller has a group, a command has the administrator's
        os.setgroups([*os.getgroups(), grp.getgrnam(f"ijwi-{Caller.ADMIN}").gr_gid])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    return {"HOME": user.pw_dir, "USER": name, "LOGNAME": name}


def again(*arguments: str) -> str:
    """The line that was typed."""
    return shlex.join([str(ROOT / "ops" / "ijwi"), *arguments])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
