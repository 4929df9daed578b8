"""Write one table as an OpenDocument spreadsheet: text cells that wrap, a bold header that stays in sight.

The format is a zip of two short XML files; the libraries that write it have had no release for years.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

MIMETYPE = "application/vnd.oasis.opendocument.spreadsheet"
OASIS = "urn:oasis:names:tc:opendocument:xmlns"
SPACES = " ".join(
    f'xmlns:{name}="{OASIS}:{what}:1.0"'
    for name, what in {
        "office": "office",
        "table": "table",
        "text": "text",
        "style": "style",
        "fo": "xsl-fo-compatible",
        "config": "config",
    }.items()
)
MANIFEST = f"""<?xml version="1.0" encoding="UTF-8"?>
<manifest:manifest xmlns:manifest="{OASIS}:manifest:1.0" manifest:version="1.2">
<manifest:file-entry manifest:full-path="/" manifest:media-type="{MIMETYPE}"/>
<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>
<manifest:file-entry manifest:full-path="settings.xml" manifest:media-type="text/xml"/>
</manifest:manifest>"""


def write(path: Path, name: str, widths: Sequence[int], rows: Iterable[Sequence[str]]) -> None:
    """A sheet called `name`, its first row a header; widths in letters."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(zipfile.ZipInfo("mimetype"), MIMETYPE, zipfile.ZIP_STORED)
        file.writestr("META-INF/manifest.xml", MANIFEST)
        file.writestr("settings.xml", _settings(name))
        file.writestr("content.xml", _content(name, widths, rows))


def _content(name: str, widths: Sequence[int], rows: Iterable[Sequence[str]]) -> str:
    styles = "".join(
        f'<style:style style:name="c{n}" style:family="table-column">'
        f'<style:table-column-properties style:column-width="{width * 0.2:.1f}cm"/></style:style>'
        for n, width in enumerate(widths)
    )
    wrap = '<style:table-cell-properties fo:wrap-option="wrap" style:vertical-align="top"/>'
    styles += f'<style:style style:name="cell" style:family="table-cell">{wrap}</style:style>'
    bold = '<style:text-properties fo:font-weight="bold"/>'
    styles += f'<style:style style:name="head" style:family="table-cell">{wrap}{bold}</style:style>'
    columns = "".join(f'<table:table-column table:style-name="c{n}"/>' for n in range(len(widths)))
    lines = "".join(_row(row, "cell" if n else "head") for n, row in enumerate(rows))
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {SPACES} office:version="1.2">'
        f"<office:automatic-styles>{styles}</office:automatic-styles><office:body><office:spreadsheet>"
        f"<table:table table:name={quoteattr(name)}>{columns}{lines}</table:table>"
        "</office:spreadsheet></office:body></office:document-content>"
    )


def _row(cells: Sequence[str], style: str) -> str:
    return f"<table:table-row>{''.join(_cell(cell, style) for cell in cells)}</table:table-row>"


def _cell(text: str, style: str) -> str:
    if not text:
        return f'<table:table-cell table:style-name="{style}"/>'
    lines = "".join(f"<text:p>{escape(line)}</text:p>" for line in text.split("\n"))
    return f'<table:table-cell table:style-name="{style}" office:value-type="string">{lines}</table:table-cell>'


def _settings(name: str) -> str:
    """The first row stays where it is while one scrolls."""
    frozen = {"VerticalSplitMode": ("short", 2), "VerticalSplitPosition": ("int", 1), "PositionBottom": ("int", 1)}
    items = "".join(
        f'<config:config-item config:name="{key}" config:type="{kind}">{value}</config:config-item>'
        for key, (kind, value) in frozen.items()
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-settings {SPACES} office:version="1.2">'
        '<office:settings><config:config-item-set config:name="ooo:view-settings">'
        '<config:config-item-map-indexed config:name="Views"><config:config-item-map-entry>'
        '<config:config-item-map-named config:name="Tables">'
        f"<config:config-item-map-entry config:name={quoteattr(name)}>{items}</config:config-item-map-entry>"
        "</config:config-item-map-named></config:config-item-map-entry></config:config-item-map-indexed>"
        "</config:config-item-set></office:settings></office:document-settings>"
    )
