"""The data folder of an installation: whose it is, whether anything was started in it, and for which mode.

A command that a volunteer typed as root before the first start left a database that the service could not read; one
typed in a bare shell backed up an empty folder and said success. So whoever works on a folder looks at it first, and
nothing here writes.
"""

from __future__ import annotations

import os
import pwd
import re
import shlex
import stat
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = "settings.env"
VAULT_MODE = "mode"  # a file in the vault's folder
HEAD = "# Made by the first run of a demonstration."
DEMO_SECRET = "demo-"  # noqa: S105  (how the secrets of a demonstration begin)
MODE = re.compile(r"^\s*(?:export\s+)?MODE\s*=\s*[\"']?(\w+)", re.MULTILINE)
COMMAND = "COMMAND"  # stands in a sentence where the command goes that was typed
START = "./ops/run starts a demonstration; ops/runbooks/settings.md (In service) sets up a service"


def data_dir() -> Path:
    """The data folder that the environment names, or the one of this checkout."""
    return Path(os.environ.get("DATA_DIR") or ROOT / "var")


def line(command: str = COMMAND, user: str = "") -> str:
    """What to type to run a command as the installation of this machine would, as another user if one is named."""
    program = shlex.quote(str(ROOT / "ops" / "ijwi")) if Path.cwd() != ROOT else "ops/ijwi"
    become = f"sudo -u {user} " if user and os.geteuid() else ""
    return f"{become}{program} {command}"


def without_mode() -> str:
    """The sentence for whoever did not say which installation is meant."""
    if os.environ.get("IJWI_LOOKED"):  # by ops/ijwi
        return f"There is no installation of Ijwi on this machine: {START}."
    return f"MODE is not set, so nothing says which installation is meant. Right: {line()}"


def mode_of(folder: Path) -> str:
    """The mode for which the settings in a folder were made: demo, production, or empty where nothing says so."""
    try:
        text = (folder / SETTINGS).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    said = MODE.findall(text)
    return said[-1] if said else "demo" if HEAD in text else ""


def mode_of_vault(folder: Path) -> str:
    """The mode for which a vault was made: demo, production, or empty for one that was made before this was noted."""
    try:
        return (folder / VAULT_MODE).read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""


def refusal(folder: Path, mode: str, right: str = "") -> str:
    """Why a process of this user and mode must not work on a folder, in a sentence; empty when it may. `right` is what
    its owner types instead."""
    return next(_refusals(folder, mode, right), "")


def _refusals(folder: Path, mode: str, right: str) -> Iterator[str]:
    try:
        found = folder.stat()
    except FileNotFoundError:
        return
    except OSError as error:
        yield f"{folder} cannot be entered ({error.strerror})."
        return
    if not stat.S_ISDIR(found.st_mode):
        yield f"DATA_DIR={folder} is no folder."
    elif sentence := another_users(folder):
        yield f"{sentence} Right: {right or line(user=name_of(found.st_uid))}"
    yield from _of_another_mode(folder, mode)


def another_users(folder: Path) -> str:
    """A sentence when a folder belongs to another user than this process; else empty. Raises OSError."""
    owner = folder.stat().st_uid
    return "" if owner == os.geteuid() else f"{folder} belongs to {name_of(owner)}, not to {name_of(os.geteuid())}."


def _of_another_mode(folder: Path, mode: str) -> Iterator[str]:
    there, kept = folder / SETTINGS, folder / "vault"
    if mode == "production":
        own = "Give the service a DATA_DIR of its own."
        if mode_of(folder) == "demo":
            yield f"{there} was made for a demonstration, and MODE is production. {own}"
        if mode_of_vault(kept) == "demo":
            yield f"{kept} is a demonstration's vault, and MODE is production. {own}"
    if mode == "demo":
        own = "A demonstration has a DATA_DIR of its own: leave DATA_DIR out."
        if there.exists() and mode_of(folder) != "demo":
            yield f"{there} is not a demonstration's, and MODE is demo. {own}"
        if mode_of_vault(kept) == "production":
            yield f"{kept} is a service's vault, and MODE is demo. {own}"


def not_begun(folder: Path, mode: str) -> str:
    """Why no command can work on a folder yet, in a sentence; empty when something was started in it."""
    configured = (folder / SETTINGS).exists() or os.environ.get("SECRET_KEY")
    if folder.is_dir() and (mode == "production" or configured):
        return ""
    return f"Nothing was started in {folder} yet: {START}."


def name_of(user: int) -> str:
    """The name of a user, or the number of one that has none."""
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return str(user)


def typed(sentence: str, command: str) -> str:
    """A sentence with the command that was typed in the place of `COMMAND`."""
    return sentence.replace(f" {COMMAND}", f" {command}")


def is_private() -> None:
    """From now on this process writes files that only its user can read."""
    os.umask(0o077)
