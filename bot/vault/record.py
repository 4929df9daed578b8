"""What the vault keeps of records: the head of the record of who did what, and the journal for a restore."""

from __future__ import annotations

import hmac
import os
import re
import threading
from collections.abc import Sequence
from pathlib import Path

from bot.vault.digests import Digests
from bot.vault.disk import write
from bot.vault.weeks import WEEK, Weeks

HEAD = re.compile(r"[0-9]+ [0-9a-f]{32}")
LINE = re.compile(r"[a-z]+( [a-zA-Z0-9-]{1,64}){1,2}")


class Record(Weeks):
    """The chain of the record, of which the last link that was seen can only be followed by what follows it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._head = folder / "head"
        self._heads = threading.Lock()

    def chain(self, before: str, rows: Sequence[str]) -> list[str]:
        """The links of a chain of rows that follow the link `before`, 32 hex digits each."""
        links = []
        for row in rows:
            before = Digests._made(self, "record", f"{before}|{row}")
            links.append(before)
        return links

    def witness(self) -> str:
        """The last row of the audit record that was seen here, like `17 0a1b…`, or empty."""
        return self._head.read_text("ascii") if self._head.exists() else ""

    def append_head(self, rows: Sequence[tuple[int, str, str]]) -> bool:
        """See the rows (number, text, link) that follow the last one seen. False, and nothing is kept, when one does
        not follow it: its number does not grow, or its link is not the one that the chain makes.
        """
        with self._heads:
            number, _, link = self.witness().partition(" ")
            last = int(number or 0)
            for row, text, given in rows:
                (link,) = self.chain(link, [text])
                if row <= last or not hmac.compare_digest(link, given):
                    return False
                last = row
            if rows:
                write(self._head, f"{last} {link}".encode("ascii"))
            return True

    def replace_head(self, head: str) -> None:
        """See another row as the last: after a restore the record is shorter. Empty: none was seen.

        Raises ValueError for a head of another form.
        """
        if head and not HEAD.fullmatch(head):
            raise ValueError("a head is a number and a link")
        with self._heads:
            write(self._head, head.encode("ascii"))

    def remember(self, week: str, line: str) -> None:
        """Append a line to the journal (`bot.vault.journal`), on disk before this returns. Lines hold digests and ids.

        Raises ValueError for a week or a line of another form.
        """
        if not WEEK.fullmatch(week) or not LINE.fullmatch(line):
            raise ValueError("a line is a few words of small letters and digits")
        with open(self._since / week, "ab+") as file:
            file.seek(-min(1, file.tell()), os.SEEK_END)
            cut = file.read(1) not in (b"", b"\n")  # a power cut left half a line, which must not spoil the next one
            file.write((b"?\n" if cut else b"") + line.encode("ascii") + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def remembered(self) -> list[str]:
        """All lines of the journal, oldest first, without a half line that a power cut left."""
        whole = (line for path in sorted(self._since.iterdir()) for line in path.read_text("ascii").split("\n")[:-1])
        return [line for line in whole if LINE.fullmatch(line)]
