"""`/` in service: the service's neutral name, and nothing else. Whoever looks an address up that a phone or a bill
shows learns no more than the phone's own screen says."""

from __future__ import annotations

from functools import partial
from html import escape

from flask import Blueprint, Response

from bot.services import Services
from bot.words.languages import BY_CODE

PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="robots" content="noindex">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{name}</title>
</head>
<body>
{lines}
</body>
</html>
"""


def front(services: Services) -> Blueprint:
    """The blueprint with this page."""
    country = services.country
    names = {language: country.service_name[language] for language in languages(services)}
    first = next(iter(names))
    lines = "\n".join(f'<p lang="{tag(language)}">{escape(name)}</p>' for language, name in names.items())
    page = PAGE.format(language=tag(first), name=escape(names[first]), lines=lines)
    blueprint = Blueprint("front", __name__)
    blueprint.add_url_rule("/", "front", partial(Response, page, content_type="text/html; charset=utf-8"))
    return blueprint


def languages(services: Services) -> list[str]:
    """The codes of the country's languages that it has a name in, each with its other scripts, in the order of the
    menu."""
    country = services.country
    codes = [code for spoken in country.languages for code in BY_CODE if BY_CODE[code].same_as == spoken]
    return [code for code in codes if code in country.service_name]


def tag(language: str) -> str:
    """The code of a language as web pages write it: hi_Latn is hi-Latn."""
    return language.replace("_", "-")


REFUSALS = {404: b"not found\n", 405: b"not allowed\n", 413: b"too large\n", 500: b"not now\n"}


def short_refusals(response: Response) -> Response:
    """Where there is nothing (404), or not in this way (405), or what is too large (413), or where we have failed
    (500), one line that names no software."""
    if response.status_code in REFUSALS:
        response.set_data(REFUSALS[response.status_code])
        response.content_type = "text/plain; charset=utf-8"
    return response
