"""Read and write one catalogue file (`messages.po`), strictly: what is wrong is said by line, nothing is guessed.

Babel's reader takes a file with a missing quotation mark, a key that stands twice or half of its lines without a word,
so each line is looked at before Babel reads the entries.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email import message_from_string
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import PoFileError, PoFileParser, normalize

PROJECT = "ijwi"
NOTES = ("status", "reviewer", "bound", "back")  # in the order in which they are written above an entry
CONFLICT = re.compile(r"(<{7}|={7}|>{7}|\|{7})( |$)")
QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
KEYWORD = re.compile(r"(?:msgctxt|msgid|msgid_plural|msgstr|msgstr\[\d+\])(?=\s)")
PREVIOUS = re.compile(r'\| msgid\s+"|\| "')
MARKS = {b"\xef\xbb\xbf": "a byte order mark", b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}


@dataclass(frozen=True)
class PoText:
    """One entry: `source` is its English; `previous` an older English, for which `text` still stands."""

    key: str
    source: str
    text: str
    notes: Mapping[str, str] = field(default_factory=dict)
    previous: str = ""
    fuzzy: bool = False
    line: int = 0


@dataclass(frozen=True)
class PoFile:
    """What a file holds: the lines above and in its header, its entries in their order, and what is wrong with it."""

    texts: tuple[PoText, ...] = ()
    faults: tuple[str, ...] = ()
    header: str = ""
    comment: str = ""

    @property
    def by_key(self) -> dict[str, PoText]:
        return {text.key: text for text in self.texts}


class _Entries(Catalog):
    """Keeps every entry as it stands: Babel's own catalogue joins those of one key."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Message] = []

    def __setitem__(self, id: object, message: Message) -> None:
        self.found.append(message)


def read(path: Path, shown: str, language: str = "") -> PoFile:
    """The file at `path`; its faults are sentences that begin with `shown` and the line. It raises nothing for what it
    finds in a file.

    `language` is the code that the header must name; empty for a template, which has no header.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        return PoFile(faults=(f"{shown}: cannot be read ({error.strerror}).",))
    text, wrong = _decoded(content)
    if text is None:
        return PoFile(faults=tuple(f"{shown}:{line}: {fault}." for line, fault in wrong))
    wrong += _lines(text)
    entries = _Entries()
    if not wrong:
        try:
            PoFileParser(entries, abort_invalid=True).parse(text.split("\n"))
        except PoFileError as error:
            wrong.append((error.lineno + 1, f"{str(error).rpartition(' on ')[0]}: half an entry, or none"))
        except (ValueError, IndexError, AttributeError):
            wrong.append(
                (entries.found[-1].lineno or 1 if entries.found else 1, "no entry can be read after this line")
            )
    header = next((message for message in entries.found if not message.id), None)
    texts = [message for message in entries.found if message.id]
    if not wrong:
        wrong += [*_header(header, language), *_entries(texts)]
    return PoFile(
        tuple(map(_text, texts)) if not wrong else tuple(_text(one) for one in texts if _plain(one)),
        tuple(f"{shown}:{line}: {fault}." for line, fault in sorted(wrong)),
        str(header.string) if header else "",
        "\n".join(header.user_comments) if header else "",
    )


def written(file: PoFile) -> str:
    """The content of a file, the same bytes for the same entries: no dates, no line is broken."""
    parts = [_block(file.comment, "", "", file.header)] if file.header else []
    return "\n".join([*parts, *(_entry(text) for text in file.texts)])


def _decoded(content: bytes) -> tuple[str | None, list[tuple[int, str]]]:
    """The text of a file, or None; (line, fault) of what is wrong with its bytes."""
    if found := next((name for mark, name in MARKS.items() if content.startswith(mark)), ""):
        return None, [(1, f"begins with {found}: save it as UTF-8 without a byte order mark")]
    if b"\0" in content:
        line = content.count(b"\n", 0, content.index(b"\0")) + 1
        return None, [(line, "holds a byte 0, as UTF-16 or a torn file does: save it as UTF-8")]
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return None, [(line, "is not UTF-8 (Windows-1252 perhaps): save it as UTF-8")]
    if b"\r" in content:
        line = content.count(b"\n", 0, content.index(b"\r")) + 1
        return None, [(line, "has line ends of Windows (CRLF): save it with line ends of Unix (LF)")]
    wrong = [(text.count("\n") + 1, "the last line is cut off")] if text and not text.endswith("\n") else []
    return text, wrong


def _lines(text: str) -> list[tuple[int, str]]:
    """(line, fault) of each line that no catalogue has, and of keys that stand twice."""
    found, seen = [], dict[str, int]()
    for number, line in enumerate(text.split("\n"), 1):
        bare = line.strip()
        if CONFLICT.match(bare):
            found.append((number, "the mark of a conflict between two versions: keep one of them"))
            continue
        obsolete, bare = bare.startswith("#~"), bare.removeprefix("#~").strip()
        if not bare or bare.startswith("#") or (obsolete and bare.startswith("|")):
            continue
        keyword = KEYWORD.match(bare)
        if not keyword and not bare.startswith('"'):
            found.append((number, "neither a comment nor a part of an entry"))
        elif not QUOTED.fullmatch(quoted := bare[keyword.end() :].strip() if keyword else bare):
            found.append((number, "a quotation mark is missing or stands in the text without a \\ before it"))
        elif keyword and keyword[0] == "msgctxt":
            if quoted in seen:
                found.append((number, f"the key {quoted} stands twice, first in line {seen[quoted]}"))
            seen.setdefault(quoted, number)
    return found


def _header(header: Message | None, language: str) -> Iterator[tuple[int, str]]:
    if not language:
        return
    if header is None:
        yield 1, "the header is missing (the entry with an empty msgid)"
        return
    line, said = header.lineno or 1, message_from_string(str(header.string))
    charset = re.search(r"charset=([\w-]+)", said.get("Content-Type", ""))
    if charset is None or charset[1].lower().replace("-", "") != "utf8":
        yield line, f"the header says charset {charset[1] if charset else '(none)'}, and the file is UTF-8"
    if said.get("Language", "").strip() != language:
        yield (
            line,
            f"the header says Language {said.get('Language', '').strip() or '(none)'}, and the folder {language}",
        )
    if (project := said.get("Project-Id-Version", "").partition(" ")[0]) != PROJECT:
        yield line, f"the header says that these are the texts of {project or 'no project'}, not of {PROJECT}"
    if header.fuzzy:
        yield line, "the header is marked fuzzy: take the mark away"


def _entries(texts: list[Message]) -> Iterator[tuple[int, str]]:
    for message in texts:
        line = message.lineno or 1
        if isinstance(message.id, tuple):
            yield line, "has a plural, and no text of this service has one"
        elif not message.context:
            yield line, "an entry without its key (msgctxt)"
        elif message.fuzzy:
            yield line, f"{message.context} is fuzzy, a guess of a tool: translate it and take the mark away"
    if not texts:
        yield 1, "no text in it"


def _plain(message: Message) -> bool:
    return isinstance(message.id, str) and bool(message.context)


def _text(message: Message) -> PoText:
    notes, before = _notes(message.user_comments)
    key, source, text = str(message.context), str(message.id), str(message.string)
    return PoText(key, source, text, notes, before, message.fuzzy, message.lineno or 0)


def _notes(comments: list[str]) -> tuple[dict[str, str], str]:
    """The notes above an entry by name, each with the lines that go on with it; and the previous English."""
    notes, before, name = dict[str, str](), "", ""
    for line in comments:
        if PREVIOUS.match(line):
            quoted = line.removeprefix("|").strip().removeprefix("msgid").strip()
            before += _unquoted(quoted)
            continue
        begun, colon, said = line.partition(":")
        if colon and begun in NOTES:
            name = begun
            notes[name] = said.strip()
        elif line:
            name = name or "note"
            notes[name] = f"{notes.get(name, '')} {line}".strip()
    return notes, before


def _unquoted(quoted: str) -> str:
    signs = {"n": "\n", "t": "\t", "r": "\r"}
    return re.sub(r"\\(.)", lambda found: signs.get(found[1], found[1]), quoted[1:-1])


def _entry(text: PoText) -> str:
    shown = [f"{name}: {text.notes[name]}" for name in NOTES if text.notes.get(name)]
    comment = "\n".join(filter(None, [text.notes.get("note", ""), *shown]))
    return _block(comment, text.key, text.source, text.text, text.previous)


def _block(comment: str, key: str, source: str, text: str, previous: str = "") -> str:
    lines = [f"# {line}".rstrip() for line in comment.split("\n")] if comment else []
    if key and Message(source, context=key).python_brace_format:
        lines.append("#, python-brace-format")
    if previous:
        lines += [f"#| {line}" for line in f"msgid {normalize(previous, width=0)}".split("\n")]
    lines += [f"msgctxt {normalize(key, width=0)}"] if key else []
    return "\n".join([*lines, f"msgid {normalize(source, width=0)}", f"msgstr {normalize(text, width=0)}", ""])
