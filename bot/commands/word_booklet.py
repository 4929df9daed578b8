"""A booklet to print: each screen as a phone shows it, with English, meaning, a box to tick and lines to write on.

One HTML page for A4 without a script and without anything from elsewhere: it opens on a laptop without a connection.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from bot.commands.talks import length
from bot.commands.word_material import Material, rows, sms_keys, texts
from bot.conversation.flow import Flow
from bot.conversation.state import Screen
from bot.words import shown
from bot.words.catalogues import Entry
from bot.words.gsm import fold
from bot.words.languages import BY_CODE
from bot.words.verify import CANNOT_BE_SHOWN, Verifier

STYLE = """
@page { size: A4; margin: 14mm 14mm 16mm; }
* { box-sizing: border-box; }
body { font: 9.5pt/1.3 "Noto Sans", "Noto Sans Devanagari", "DejaVu Sans", sans-serif; color: #000; margin: 0 auto;
  max-width: 182mm; padding: 4mm; }
h1 { font-size: 20pt; margin: 0 0 4mm; } h2 { font-size: 14pt; margin: 0 0 3mm; border-bottom: 1.5pt solid #000; }
h2 { break-before: page; break-after: avoid; } .intro h2 { break-before: auto; margin-top: 6mm; }
section.text { break-inside: avoid; border-bottom: .5pt solid #999; padding: 2mm 0; }
.where { font-size: 8.5pt; color: #333; margin: 0 0 1.5mm; overflow-wrap: anywhere; }
.both { display: grid; grid-template-columns: 62mm 1fr; gap: 5mm; align-items: start; }
.phone { border: 1pt solid #000; border-radius: 2mm; padding: 2mm; margin: 0 0 1.5mm; white-space: pre-wrap;
  overflow-wrap: anywhere; font-size: 10pt; background: #fff; min-height: 10mm; }
.length { font-size: 7.5pt; color: #333; margin: 0 0 2mm; }
.english { margin: 0 0 1.5mm; white-space: pre-wrap; } .means { margin: 0 0 1.5mm; font-style: italic; }
.label { font-size: 7.5pt; font-style: normal; color: #333; display: block; }
.ticks { margin: 1mm 0; } .box { display: inline-block; width: 4mm; height: 4mm; border: 1pt solid #000;
  vertical-align: -0.6mm; margin: 0 1.5mm 0 4mm; } .box:first-child { margin-left: 0; }
.line { border-bottom: .5pt solid #000; height: 7mm; } .options { margin: 1mm 0 0; padding: 0; list-style: none; }
.options li { display: grid; grid-template-columns: 1fr 1fr; gap: 3mm; font-size: 9.5pt; padding: .6mm 0;
  border-top: .3pt dotted #777; }
@media screen and (max-width: 500px) { .both { grid-template-columns: 1fr; } }
"""
TICKS = '<p class="ticks"><span class="box"></span>right<span class="box"></span>wrong, or nobody says it so</p>'
LINE = '<div class="line"></div>'
LINES = LINE * 2


def booklet(given: Material, language: str) -> str:
    """The booklet of a language: safety-critical screens, then every other one in the order of the talks, then texts
    that stand on no screen of their own."""
    verifier, entries, found = given.verifier, given.words.entries[language], texts(given)
    screens = list(_screens(verifier))
    alone, parts = {text.key: text for text in found}, [_intro(BY_CODE[language].name, language)]
    for subject in shown.CRITICAL:
        keys = [text.key for text in found if text.critical == subject]
        parts.append(f"<h2>First: {escape(subject)}</h2>")
        for key in keys:
            at = next((at for at in screens if key in _keys(at[1])), None)
            if at is not None:
                screens.remove(at)
                parts.append(_screen(verifier, *at, language))
            elif key in alone:
                parts.append(_alone(alone[key], entries.get(key, Entry("")), language))
            for told in [key] if at is None else _keys(at[1]):
                alone.pop(told, None)
    parts += _talks(verifier, screens, alone, language)
    parts.append("<h2>Errors, SMS, and texts inside other texts</h2>")
    parts += [_alone(text, entries.get(text.key, Entry("")), language) for text in alone.values()]
    parts.append("<h2>Cards of rights, days, hours and names</h2>")
    parts += [_row(row.key, row.where, row.english, row.text) for row in rows(given, language) if row.own]
    title = f"{escape(BY_CODE[language].name)} ({language})"
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>'
    page = f'<html lang="en"><head>{head}<style>{STYLE}</style></head>\n<body>{"".join(parts)}</body></html>'
    return f"<!doctype html>\n{page}\n"


def _talks(
    verifier: Verifier, screens: list[tuple[Flow, Screen]], alone: dict[str, shown.Text], language: str
) -> Iterator[str]:
    """The screens that were not printed yet, talk by talk; their texts are taken out of `alone`."""
    for name in [*shown.TALKS, *(name for name in verifier.flow_set.flows if name not in shown.TALKS)]:
        yield f"<h2>{escape(name)}: {escape(shown.TALKS.get(name, 'everybody'))}</h2>"
        for flow, screen in screens:
            if flow.name == name:
                yield _screen(verifier, flow, screen, language)
                for key in _keys(screen):
                    alone.pop(key, None)


def _intro(name: str, language: str) -> str:
    return (
        f'<div class="intro"><h1>{escape(name)} ({language})</h1>'
        "<p>These are all the words that a phone says in this language. Please read them aloud, best to somebody else. "
        "Tick what is right. Where a woman would not say it so, or might not understand it, write what she would "
        "say.</p><p>In the frame stands what a phone shows. {name} in braces is filled in later, and must stay. "
        "A page of a phone holds 160 letters, or 70 in Devanagari: what becomes longer is cut.</p>"
        "<p>The first pages matter most: a life may hang on them.</p>"
        "<h2>Who read this</h2><p>Initials, organisation (no full name is needed):</p>"
        f"{LINES}<p>Day:</p>{LINES}</div>"
    )


def _screens(verifier: Verifier) -> Iterator[tuple[Flow, Screen]]:
    """Each screen, and each outcome of an end as a screen of its own."""
    for flow in verifier.flow_set.flows.values():
        yield from ((flow, screen) for screen in verifier.shown(flow))


def _keys(screen: Screen) -> Iterator[str]:
    yield from (getattr(text, "key", "") for text in (screen.text, *(row.label for row in screen.rows)))


def _screen(verifier: Verifier, flow: Flow, screen: Screen, language: str) -> str:
    """One screen with its pages as they are cut, and each of its texts with English and meaning."""
    try:
        pages = [page.text for page in verifier.layout.pages(screen, language)]
    except CANNOT_BE_SHOWN:
        pages = []
    entries = verifier.words.entries[language]
    entry = entries.get(getattr(screen.text, "key", ""), Entry(""))
    options = "".join(
        f"<li><span>{escape(_text(entries.get(row.label.key, Entry(''))))}</span><span>{escape(str(row.label))}"
        f"{_inline(entries.get(row.label.key, Entry('')).back)}</span></li>"
        for row in screen.rows
        if hasattr(row.label, "key")
    )
    where = f"{flow.name}.{screen.name}: {shown.TALKS.get(flow.name, 'everybody')}"
    more = f'<ul class="options">{options}</ul>' if options else ""
    return _block(where, pages, str(screen.text), entry, more)


def _alone(text: shown.Text, entry: Entry, language: str) -> str:
    where = f"{text.key}, shown at {', '.join(place.screen for place in text.places[:4])}: {text.role}"
    where += " (SMS)" if text.key in sms_keys() else ""
    return _block(where, [fold(entry.text)] if entry.text else [], text.english, entry)


def _row(key: str, where: str, english: str, text: str) -> str:
    return _block(f"{key}, {where}", [text] if text else [], english, Entry(text))


def _block(where: str, pages: list[str], english: str, entry: Entry, more: str = "") -> str:
    phones = "".join(
        f'<div class="phone">{escape(page)}</div><p class="length">{escape(length(page))}</p>' for page in pages
    )
    means = f'<p class="means"><span class="label">word for word</span>{escape(entry.back)}</p>' if entry.back else ""
    return (
        f'<section class="text"><p class="where">{escape(where)} [{entry.status}]</p><div class="both">'
        f'<div>{phones or "<p>(not translated)</p>"}</div><div><p class="english"><span class="label">English</span>'
        f"{escape(english)}</p>{means}{more}{TICKS}{LINE}</div></div></section>\n"
    )


def _text(entry: Entry) -> str:
    return fold(entry.text) or "(not translated)"


def _inline(back: str) -> str:
    return f" <em>({escape(back)})</em>" if back else ""
