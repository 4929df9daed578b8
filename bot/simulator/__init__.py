"""The demonstration on web pages: the front page, phones, a tour, and stand-ins for the providers. The browser plays
the provider: it sends the same HTTP requests as Africa's Talking and Twilio.

Everything here is fictitious, and none of it exists in production, where `simulator` raises RuntimeError.
"""

from __future__ import annotations

import json
from functools import partial

from flask import Blueprint, Response, abort, jsonify, render_template, request
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from bot.people.enrolment import DEMO_PIN
from bot.services import Services
from bot.simulator import anew, time_travel, tour
from bot.simulator.people import phones
from bot.simulator.stand_ins import FAULTS, MailRoom, stand_ins
from bot.storage.database import UNAVAILABLE
from bot.words.languages import LANGUAGES

__all__ = ["MailRoom", "simulator"]

POLICY = (
    "default-src 'self'; style-src 'self'; script-src 'self'; img-src 'self' data:; frame-ancestors 'none';"
    " base-uri 'none'; form-action 'self'"
)
PAGES = ("en", "fr")  # languages of the pages; the phones speak their own
NAMES = {
    "en": {"rn": "Kirundi", "fr": "French", "en": "English", "hi": "Hindi", "and": " and "},
    "fr": {"rn": "kirundi", "fr": "français", "en": "anglais", "hi": "hindi", "and": " et "},
}
NO_STORIES = {
    "en": "The stories were written for Burundi and Delhi; for this country there is none.",
    "fr": "Les histoires sont écrites pour le Burundi et Delhi ; pour ce pays il n'y en a pas.",
}
OURS = "X-Ijwi-Demo"  # a header that no page of another site can send along
STAND_INS = ("simulator.africastalking", "simulator.twilio")
LAST_ID = 2**63 - 1  # that a message can have


def simulator(services: Services) -> Blueprint:
    """The pages and the stand-ins. Raises RuntimeError outside a demonstration."""
    if not services.settings.is_demo:
        raise RuntimeError("The simulator does not exist in production.")
    room = MailRoom(services.settings.data_dir / "simulator.sqlite")
    page = Blueprint("simulator", __name__, template_folder="templates", static_folder="static",
                     static_url_path="/simulator/static")  # fmt: skip
    page.add_url_rule("/", "front", partial(front, services))
    page.add_url_rule("/simulator", "phones", partial(on_phones, services))
    page.add_url_rule("/simulator/messages", "messages", partial(messages, room))
    page.add_url_rule("/simulator/fault", "fault", partial(fault, room), methods=["POST"])
    page.add_url_rule("/simulator/sign", "sign", partial(sign, services), methods=["POST"])
    page.add_url_rule("/simulator/clock", "clock", partial(clock, services), methods=["GET", "POST"])
    page.add_url_rule("/simulator/reset", "reset", partial(reset, services, room), methods=["POST"])
    stand_ins(page, room)
    page.before_request(only_ours)
    page.after_request(guarded)
    return page


def only_ours() -> None:
    """400 for whoever would change something, or be given a signature, without the header `OURS`: each such door but
    the stand-ins of the providers, which their SDKs call."""
    changes = request.method not in ("GET", "HEAD", "OPTIONS")
    if changes and request.endpoint not in STAND_INS and OURS not in request.headers:
        abort(400)


def guarded(response: Response) -> Response:
    """Nothing of another origin is loaded, nothing is kept."""
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def front(services: Services) -> str:
    """The front page: what this is, whose PIN, three stories."""
    return render_template("front.html", **common(services), stories=told(services), people=phones_of(services))


def on_phones(services: Services) -> str:
    """The phones, beside the story that `story` names."""
    chosen = request.args.get("story", "")
    story = next((story for story in told(services) if story["name"] == chosen), None)
    return render_template("phones.html", **common(services), setup=in_page(setup_of(services, story)), story=story)


def common(services: Services) -> dict[str, object]:
    """What both pages are filled with; `said` chooses the page's own language, `spoken` that of the phones."""
    french, stories = said() == "fr", [(story["name"], story["title"]) for story in told(services)]
    return {
        "t": lambda english, in_french: in_french if french else english,
        "moves": time_travel.LABELS[said()],
        "tongue": spoken(services).replace("_", "-"),
        "pin": DEMO_PIN,
        "said": said(),
        "spoken": spoken(services),
        "languages": LANGUAGES,
        "code": services.settings.service_code,
        "service": services.country.service_name["en"],
        "names": tour.LANGUAGE_NAMES,
        "first": services.country.languages[0],  # in which the staff are written to
        "tongues": tongues(services),
        "stories_named": stories,
        "no_stories": NO_STORIES[said()],
        "unknown": request.args.get("story", "") not in ("", *(name for name, _title in stories)),
    }


def tongues(services: Services) -> str:
    """The languages of the country, in its order, as a sentence of the page says them."""
    names = NAMES[said()]
    spoken_here = [names.get(code, code) for code in services.country.languages]
    return names["and"].join(part for part in (", ".join(spoken_here[:-1]), spoken_here[-1]) if part)


def said() -> str:
    """The language of the page: `page` of the address, else English."""
    return request.args.get("page", "") if request.args.get("page") in PAGES else PAGES[0]


def spoken(services: Services) -> str:
    """The language of the phones in the stories: `in` of the address, else English."""
    return request.args.get("in", "") if request.args.get("in") in LANGUAGES else "en"


def phones_of(services: Services) -> list[dict[str, str]]:
    """The phones with what the pages say of them."""
    return [vars(phone) for phone in phones(services.country, said())]


def told(services: Services) -> list[dict[str, object]]:
    """The stories as the page shows them: each scene with its phone and its steps."""
    by_ref = {str(phone["ref"]): phone for phone in phones_of(services)}
    return tour.told(services.country.code, spoken(services), said(), by_ref)


def setup_of(services: Services, story: object) -> dict[str, object]:
    """What the page of the phones must know: who has which number, and to which addresses the provider asks."""
    settings, country = services.settings, services.country
    return {
        "phones": phones_of(services),
        "code": settings.service_code,
        "service": country.service_name["en"],
        "secret": settings.at_callback_secret.get_secret_value(),
        "twilio": "twilio" in settings.providers,
        "sender": settings.twilio_sender,
        "account": settings.twilio_account_sid,
        "shortcode": settings.at_sender or "55",
        "clock": time_travel.shown(country),
        "story": story,
        "page": said(),
        "moves": time_travel.LABELS[said()],
        "days": tour.DAYS_OFF,
        "weekdays": tour.weekdays(spoken(services)),
    }


def in_page(setup: dict[str, object]) -> Markup:
    """As JSON that may stand in a page; Devanagari as it is, which is half as long as its escapes."""
    return htmlsafe_json_dumps(setup, dumps=json.dumps, ensure_ascii=False, separators=(",", ":"))


def messages(room: MailRoom) -> Response:
    """The messages that the stand-ins have taken, from the one after `after`; all of them where it is no number."""
    last = request.args.get("after", 0, type=int)
    return jsonify(room.after(min(max(last, 0), LAST_ID)))


def fault(room: MailRoom) -> Response:
    """From now on a provider shows this fault."""
    provider, kind = request.form.get("provider", ""), request.form.get("kind", "")
    if provider not in ("africastalking", "twilio") or kind not in FAULTS:
        abort(400)
    room.set_fault(provider, kind)
    return jsonify(kind)


def sign(services: Services) -> Response:
    """The signature that Twilio would give."""
    from twilio.request_validator import RequestValidator

    token = services.settings.twilio_auth_token.get_secret_value()
    url = services.settings.public_base_url.rstrip("/") + request.args.get("path", "")
    return jsonify(RequestValidator(token).compute_signature(url, request.form.to_dict()))


def clock(services: Services) -> tuple[Response, int] | Response:
    """What the service's clock shows; moved on before, by `by`. 409 when it would be more than a year ahead."""
    if request.method == "POST":
        if request.form.get("by", "") not in time_travel.MOVES:
            abort(400)
        try:
            time_travel.move(services, request.form["by"])
        except ValueError:
            return jsonify(time_travel.shown(services.country)), 409
    return jsonify(time_travel.shown(services.country))


def reset(services: Services, room: MailRoom) -> tuple[Response, int] | Response:
    """The demonstration back to its first state; 503 when a part of it is away, and then it is to be asked again."""
    try:
        anew.begin(services, room)
    except UNAVAILABLE:
        return jsonify("away"), 503
    return jsonify(time_travel.shown(services.country))
