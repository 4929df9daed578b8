"""What the providers' published descriptions allow in a request, field by field; a stand-in holds every request to it.

Africa's Talking: its documentation of POST /version1/messaging. Twilio: its OpenAPI description (twilio_api_v2010,
CreateMessage). Kannel: its user guide, "POST with X-Kannel headers".
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from tests.support.provider import Asked

E164 = r"\+[1-9][0-9]{6,14}"
URL = r"https?://[^\s#]+"
FORM = r"application/x-www-form-urlencoded.*"
AFRICASTALKING = {  # field: its shape; the first four are asked for
    "username": r".+", "to": f"{E164}(,{E164})*", "message": r"(?s).+", "bulkSMSMode": "[01]",
    "from": r"[A-Za-z0-9_ .-]{1,11}", "enqueue": "[01]", "keyword": r".+", "linkId": r".+",
    "retryDurationInHours": "[0-9]+",
}  # fmt: skip
TWILIO = {
    "To": E164, "From": f"{E164}|[A-Za-z0-9 ]{{1,11}}|[0-9]{{3,8}}", "Body": r"(?s).{1,1600}",
    "StatusCallback": URL, "ContentRetention": "retain|discard", "AddressRetention": "retain|obfuscate",
    "MessagingServiceSid": "MG[0-9a-f]{32}", "ValidityPeriod": "[1-9][0-9]{0,4}", "SmartEncoded": "true|false",
}  # fmt: skip
KANNEL = {
    "X-Kannel-Username": r".+", "X-Kannel-Password": r".+", "X-Kannel-To": E164, "X-Kannel-Coding": "[012]",
    "Content-Type": r"text/plain; charset=(UTF-8|UTF-16BE)", "X-Kannel-From": r".{1,15}",
    "X-Kannel-DLR-Mask": "[0-9]{1,2}", "X-Kannel-DLR-Url": URL, "X-Kannel-Validity": "[0-9]{1,5}",
}  # fmt: skip
NEEDED = {"africastalking": 4, "twilio": 3, "kannel": 5}


def strange(asked: Asked) -> list[str]:
    """What the provider's description does not allow in this request; never a value of it."""
    if asked.path == "/version1/messaging":
        found = _odd("africastalking", AFRICASTALKING, asked.form)
        found += _odd_headers(asked, {"apiKey": r".+", "Accept": "application/json", "Content-Type": FORM})
    elif re.fullmatch(r"/2010-04-01/Accounts/AC[0-9a-f]{32}/Messages\.json", asked.path):
        found = _odd("twilio", TWILIO, asked.form)
        found += _odd_headers(asked, {"Authorization": r"Basic [A-Za-z0-9+/=]+", "Content-Type": FORM})
    elif asked.path == "/cgi-bin/sendsms":
        given = {name: value for name, value in asked.headers.items() if name.startswith(("X-Kannel", "Content-Type"))}
        found = _odd("kannel", KANNEL, given)
        wide = given.get("X-Kannel-Coding") == "2"
        found += ["another alphabet than it says"] * (wide != given.get("Content-Type", "").endswith("16BE"))
        found += ["no words"] * (not asked.body or (wide and len(asked.body) % 2 == 1))
    else:
        return [f"an address that nobody has: {asked.path}"]
    return found


def _odd(provider: str, known: Mapping[str, str], given: Mapping[str, str]) -> list[str]:
    missing = [f"{name} is missing" for name in [*known][: NEEDED[provider]] if name not in given]
    unknown = [f"{name} is no field of theirs" for name in given.keys() - known.keys()]
    return missing + unknown + [n for n in given if n in known and not re.fullmatch(known[n], given[n])]


def _odd_headers(asked: Asked, known: Mapping[str, str]) -> list[str]:
    return [name for name, shape in known.items() if not re.fullmatch(shape, asked.headers.get(name, ""))]
