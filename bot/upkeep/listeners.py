"""Who listens on a port. The web shares its port among its own processes (SO_REUSEPORT), and the system lets any other
process of the same user join: it would get a part of the callers and answer them with the state of another day.

Read from `/proc`, without a right of root; where there is none, nobody is found.
"""

from __future__ import annotations

import contextlib
import os
import pwd
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

PROC = Path("/proc")
SERVER = "IJWI_PARENT"  # in the environment of a web process: the pid of its server (`ops/tied.py`)
TABLES = ("net/tcp", "net/tcp6")
LISTENS = "0A"  # the state in these tables (linux/include/net/tcp_states.h)


@dataclass(frozen=True)
class Listener:
    """A socket that waits for callers. `pids` is empty where it belongs to a user whose processes we may not read."""

    host: IPv4Address | IPv6Address
    port: int
    user: int
    inode: str
    pids: tuple[int, ...] = ()

    def meets(self, other: Listener) -> bool:
        """Whether some caller's connection could come to either of them."""
        if self.port != other.port:
            return False
        wildcards = [one.host for one in (self, other) if one.host.is_unspecified]
        both_alike = self.host.version == other.host.version
        return self.host == other.host or any(wild.version == 6 or both_alike for wild in wildcards)

    def __str__(self) -> str:
        """The sentence's subject: its processes and their program; its user where they cannot be read."""
        if not self.pids:
            return f"a process of user {user_name(self.user)}"
        named = " and ".join(str(pid) for pid in self.pids)
        return f"process {named} ({program(self.pids[0])})"

    @property
    def advice(self) -> str:
        """What to do to be rid of it."""
        pids = " ".join(str(pid) for pid in self.pids)
        return f"kill {pids}" if pids else f"sudo ss -ltnp 'sport = :{self.port}' names it"


def listeners(port: int | None = None) -> list[Listener]:
    """All sockets of this machine that listen, on this port if one is named."""
    found = [one for table in TABLES for one in _read(PROC / table) if port in (None, one.port)]
    owners = _owners({one.inode for one in found})
    return [Listener(one.host, one.port, one.user, one.inode, tuple(owners.get(one.inode, ()))) for one in found]


def beside(ours: Iterable[Listener], everybody: Iterable[Listener]) -> list[Listener]:
    """Of everybody those who would get callers of ours, and are not ours: of other servers, or not to be read."""
    ours = list(ours)
    inodes = {one.inode for one in ours}
    return [one for one in everybody if one.inode not in inodes and any(one.meets(our) for our in ours)]


def webs_of(folder: Path, everybody: Iterable[Listener]) -> list[Listener]:
    """Of everybody the web processes of the installation with this data folder that serve each port; of several servers
    on one port those of the newest, because the others were left behind."""
    newest: dict[int, tuple[float, int]] = {}
    ours = []
    for one in everybody:
        for pid in one.pids:
            if (server := server_of(pid)) and works_in(pid, folder):
                newest[one.port] = max(newest.get(one.port, (0.0, 0)), (began(server), server))
                ours.append((one, server))
    return list(dict.fromkeys(one for one, server in ours if newest[one.port][1] == server))


def works_in(pid: int, folder: Path) -> bool:
    """Whether a process works with this data folder: `./ops/run` names its logs, a unit the folder itself."""
    known = environment(pid)
    named = [known.get("DATA_DIR"), str(Path(known["IJWI_LOGS"]).parent) if "IJWI_LOGS" in known else None]
    return any(name and Path(name).resolve() == folder.resolve() for name in named)


def server_of(pid: int) -> int:
    """The first process of the web that this process belongs to, 0 if it belongs to none or cannot be read."""
    said = environment(pid).get(SERVER, "")
    server = int(said) if said.isdecimal() else 0
    return server if server in (pid, parent_of(pid)) else 0


def environment(pid: int) -> dict[str, str]:
    """The environment that a process began with; empty if it cannot be read."""
    with contextlib.suppress(OSError):
        lines = os.fsdecode((PROC / str(pid) / "environ").read_bytes()).split("\0")
        return dict(line.split("=", 1) for line in lines if "=" in line)
    return {}


def parent_of(pid: int) -> int:
    """The pid of the parent, 0 if it cannot be read."""
    return int(_stat(pid, 4))


def began(pid: int) -> float:
    """When a process began, in clock ticks since the machine did; 0 if it cannot be read."""
    return float(_stat(pid, 22))


def program(pid: int) -> str:
    """The name of the program that a process runs; its arguments may be somebody's secrets."""
    with contextlib.suppress(OSError):
        return (PROC / str(pid) / "comm").read_text(errors="replace").strip()
    return "?"


def user_name(user: int) -> str:
    """The name of a user of this machine, else the number."""
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return str(user)


def _read(table: Path) -> Iterator[Listener]:
    """The listening sockets of one of the kernel's tables (Documentation/networking/proc_net_tcp.rst)."""
    with contextlib.suppress(OSError):
        for line in table.read_text().splitlines()[1:]:
            cells = line.split()
            if cells[3] == LISTENS:
                host, _, port = cells[1].partition(":")
                yield Listener(_address(host), int(port, 16), int(cells[7]), cells[9])


def _address(written: str) -> IPv4Address | IPv6Address:
    """An address as these tables hold it: words of four bytes, each in the order of this machine."""
    raw = b"".join(bytes.fromhex(written[at : at + 8])[::-1] for at in range(0, len(written), 8))
    found = ip_address(raw)
    return getattr(found, "ipv4_mapped", None) or found


def _stat(pid: int, field: int) -> str:
    """A field of a process after its name, as proc(5) counts them; "0" if it cannot be read."""
    with contextlib.suppress(OSError):
        return (PROC / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()[field - 3]
    return "0"


def _owners(inodes: set[str]) -> dict[str, list[int]]:
    """The processes that hold these sockets, as far as this user may read."""
    wanted = {f"socket:[{inode}]": inode for inode in inodes}
    owners: dict[str, list[int]] = {}
    for process in PROC.glob("[0-9]*"):
        with contextlib.suppress(OSError):
            for held in (process / "fd").iterdir():
                with contextlib.suppress(OSError):
                    if inode := wanted.get(str(held.readlink())):
                        owners.setdefault(inode, []).append(int(process.name))
    return {inode: sorted({*pids}) for inode, pids in owners.items()}
