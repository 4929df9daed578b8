"""Three stories to try on the phones of the demonstration, step by step.

A story is scenes; a scene is one phone and what is done on it, in the words of the talk: the key of a text is the line
to choose, whatever digit stands before it. The digits, and what the phone shows then, lie in `stories/` for each
country and language; a test walks every story through the whole service and compares them, so that a talk that changes
breaks the test and not the volunteer's afternoon. `pytest --update tests/simulator/test_tour.py` writes them anew.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bot.words.languages import BY_CODE

FOLDER = Path(__file__).with_name("stories")
SHE, CLOCK = "she", "clock"  # beside the references of the demo people: who acts in a scene
LISTENER = "P-TALK-1|P-TALK-2"  # whichever of them is rung
OFFICER = "C1A|C1B"  # the same
DAYS_OFF = 4  # of the meeting of the story, from the day on which it is called
LANGUAGE_NAMES = {"rn": "Ikirundi", "fr": "Français", "en": "English", "hi": "हिन्दी", "hi_Latn": "Hindi (abc)"}
Words = Mapping[str, str]  # in the languages of the page: en, fr


@dataclass(frozen=True)
class Scene:
    """What somebody does on her phone.

    `who`: the reference of a person, several of them joined by `|`, `SHE` or `CLOCK`. `does`: the key of a text chooses
    its line; `=text` types it (`=@code`: the eight digits of the receipt, `=@date`: the day of the meeting); a `?`
    behind it: only where that line is there. `dial` opens the story's language too (whoever works here begins in her
    own), `sms` reads the newest message,
    `write:TEXT` sends one; `@zone` and `@venue` are the country's first, `@contact` the women's organisation,
    `@meeting` the line of the meeting. For `CLOCK` they are names of `time_travel.MOVES`.
    """

    who: str
    why: Words
    does: tuple[str, ...]


@dataclass(frozen=True)
class Story:
    """A story of several phones."""

    name: str
    title: Words
    about: Words
    scenes: tuple[Scene, ...]


OWN_PIN, STAFF_PIN = "=5293", "=246810"
TELLS = (
    "dial", "menu.tell", "report.continue", "report.continue?", "report.who.me", "report.type.hurt", "@zone",
)  # fmt: skip
FOR_A_REPLY = ("told.code", OWN_PIN, "report.no_word", "common.no", "told.done")
OPENS_TASKS = ("dial", "menu.tasks", "tasks.new?", STAFF_PIN)
TAKES = ("sms", *OPENS_TASKS, "tasks.new?", "=1", "officer.ack", "report.continue")
OPENS_HERS = (*OPENS_TASKS, "officer.mine", "=1")
READS = ("dial", "menu.replies", "=@code", OWN_PIN)
FOR_MEETINGS = ("dial", "menu.tasks", "menu.meetings?", STAFF_PIN)

ANSWERED = Story(
    "answered",
    {"en": "She tells, and a woman officer answers", "fr": "Elle raconte, une policière répond"},
    {
        "en": "A woman reports without a name and asks for a woman officer. Only who she chose can read it. She reads"
        " the answer with a code and four digits of her own.",
        "fr": "Une femme signale sans donner de nom et demande une policière. Seules les personnes qu'elle a choisies"
        " peuvent lire. Elle lit la réponse avec un code et quatre chiffres à elle.",
    },
    (
        Scene(
            SHE,
            {
                "en": "She says what happened and who may read it, and sends; then she says more, and takes a code:"
                " she keeps it in her head, this page keeps it for you.",
                "fr": "Elle dit ce qui s'est passé et qui peut lire, et envoie ; puis elle en dit plus et prend un"
                " code : elle le retient, cette page le garde pour vous.",
            },
            (
                *TELLS,
                "help.police",
                "common.no",
                "report.continue?",
                "report.send_now",
                "told.more",
                "report.when.days3",
                "report.where.home",
                "report.wish.woman",
                "common.no",
                "report.nothing_to_add",
                *FOR_A_REPLY,
            ),
        ),
        Scene(
            OFFICER,
            {
                "en": "The officer's phone rings. The SMS says nothing to a stranger; the report waits behind her PIN.",
                "fr": "Le téléphone de la policière sonne. Le SMS ne dit rien à un étranger ; on lit avec son PIN.",
            },
            TAKES,
        ),
        Scene(
            OFFICER,
            {"en": "She answers from a list.", "fr": "Elle répond en choisissant dans une liste."},
            (*OPENS_HERS, "officer.reply", "follow.progress"),
        ),
        Scene(
            SHE,
            {
                "en": "With her code and her digits she reads who has opened it, and the answer.",
                "fr": "Avec son code et ses chiffres elle lit qui l'a ouvert, et la réponse.",
            },
            (*READS, "common.exit"),
        ),
    ),
)

MEETING = Story(
    "meeting",
    {"en": "A meeting that women can come to", "fr": "Une réunion où les femmes peuvent venir"},
    {
        "en": "A leader calls it, a woman officer says that she comes, a women's advocate signs, a coordinator lets it"
        " go. Nothing leaves before that, nor within ten minutes of it. People hear of it, come, are counted twice.",
        "fr": "Un leader la convoque, une policière dit qu'elle vient, une avocate des femmes signe, une coordinatrice"
        " la laisse partir. Rien ne part avant, ni dans les dix minutes. On l'apprend, on vient, on compte deux fois.",
    },
    (
        Scene(
            CLOCK,
            {
                "en": "Nothing is announced at night: begin in the morning.",
                "fr": "Rien n'est annoncé la nuit : commencez le matin.",
            },
            ("morning",),
        ),
        Scene(
            SHE,
            {"en": "A woman asks to hear of meetings.", "fr": "Une femme demande à être informée des réunions."},
            ("dial", "menu.meetings", "meet.sms_about?", "meet.join", "@zone", "meet.all_kinds", "meet.any_hour"),
        ),
        Scene(
            "L1",
            {
                "en": "The leader calls a meeting of women for two o'clock, in four days.",
                "fr": "Le leader convoque une réunion de femmes à quatorze heures, dans quatre jours.",
            },
            (
                *FOR_MEETINGS,
                "leader.new",
                "@zone",
                "@venue",
                "kind.consultation",
                "=@date",
                "=14:00",
                "common.yes",
                "leader.hours2",
                "leader.format.women",
                "=1",
                "=1",
                "=1",
                "leader.most30",
                "@contact",
                "common.yes",
                "leader.why_asked",
            ),
        ),
        Scene(
            "C1A",
            {"en": "The woman officer says that she comes.", "fr": "La policière dit qu'elle vient."},
            ("sms", *FOR_MEETINGS, "@meeting", "meet.yes"),
        ),
        Scene(
            "A1",
            {"en": "The women's advocate signs.", "fr": "L'avocate des femmes signe."},
            ("sms", *FOR_MEETINGS, "@meeting", "meet.agree"),
        ),
        Scene(
            "K1",
            {
                "en": "The coordinator lets it go: it leaves in ten minutes, and until then any of them can stop it.",
                "fr": "La coordinatrice la laisse partir : dans dix minutes, et jusque-là chacun peut l'arrêter.",
            },
            ("sms", *FOR_MEETINGS, "@meeting", "common.yes"),
        ),
        Scene(
            CLOCK,
            {"en": "The ten minutes pass.", "fr": "Les dix minutes passent."},
            ("minutes",),
        ),
        Scene(
            SHE,
            {
                "en": "The SMS is neutral. Who dials reads the hour, and the place once she says that she comes.",
                "fr": "Le SMS est neutre. Qui appelle lit l'heure, et le lieu dès qu'elle dit qu'elle vient.",
            },
            ("sms", "dial", "menu.meetings", "@meeting", "meet.yes"),
        ),
        Scene(
            CLOCK,
            {"en": "The day before, at nine, comes the reminder.", "fr": "La veille, à neuf heures, vient le rappel."},
            ("hour", "day", "day", "day"),
        ),
        Scene(SHE, {"en": "She is reminded.", "fr": "On le lui rappelle."}, ("sms",)),
        Scene(CLOCK, {"en": "The day after the meeting.", "fr": "Le lendemain de la réunion."}, ("day", "day")),
        Scene(
            "L1",
            {
                "en": "The leader counts: women, men, girls, boys.",
                "fr": "Le leader compte : femmes, hommes, filles, garçons.",
            },
            (*FOR_MEETINGS, "@meeting", "leader.counts", "=23 11 4 0"),
        ),
        Scene(
            "P-TALK-1",
            {
                "en": "The women's organisation counts too. Where they differ, both sides read both.",
                "fr": "L'organisation de femmes compte aussi. S'ils diffèrent, chacun lit les deux.",
            },
            (*FOR_MEETINGS, "@meeting", "leader.counts", "=23 11 4 0"),
        ),
        Scene(
            SHE,
            {"en": "She wants no more SMS: one word, from any phone.", "fr": "Elle ne veut plus de SMS : un seul mot."},
            ("write:STOP", "sms"),
        ),
    ),
)

NO_POLICE = Story(
    "no-police",
    {"en": "No police, and taken back", "fr": "Sans la police, puis tout repris"},
    {
        "en": "A woman wants somebody to talk to and no police. No officer gets a copy. She is asked one question back,"
        " and later erases all that she told.",
        "fr": "Une femme veut parler à quelqu'un, sans la police. Aucun policier ne reçoit de copie. On lui pose une"
        " question, et plus tard elle efface tout ce qu'elle a raconté.",
    },
    (
        Scene(
            SHE,
            {
                "en": "She tells, and chooses someone to talk to.",
                "fr": "Elle raconte, et choisit quelqu'un à qui parler.",
            },
            (*TELLS, "help.talk", "report.send_now", *FOR_A_REPLY),
        ),
        Scene(
            LISTENER,
            {
                "en": "Of two women of a women's organisation one is rung. She reads it and takes it.",
                "fr": "De deux femmes d'une organisation de femmes, l'une est appelée. Elle le lit et le prend.",
            },
            TAKES,
        ),
        Scene(
            LISTENER,
            {"en": "She asks one question back.", "fr": "Elle pose une question."},
            (*OPENS_HERS, "officer.ask", "report.safe"),
        ),
        Scene(
            "C1A",
            {
                "en": "The officer of the same place has nothing to read: she has no copy.",
                "fr": "La policière du même lieu n'a rien à lire : elle n'a pas de copie.",
            },
            ("dial", "menu.tasks", "tasks.new?", STAFF_PIN, "tasks.new?", "common.exit"),
        ),
        Scene(
            SHE,
            {"en": "She reads the question and answers it.", "fr": "Elle lit la question et y répond."},
            (*READS, "common.yes"),
        ),
        Scene(
            SHE,
            {"en": "Later she erases everything.", "fr": "Plus tard elle efface tout."},
            (*READS, "follow.erase", "common.yes"),
        ),
        Scene(
            SHE,
            {"en": "Nothing is left to open.", "fr": "Il ne reste rien à ouvrir."},
            (*READS, "=00"),
        ),
    ),
)

STORIES: tuple[Story, ...] = (ANSWERED, MEETING, NO_POLICE)


@cache
def steps(country: str, language: str) -> Mapping[str, list[list[dict[str, str]]]]:
    """The steps of every story, by its name: a list for each scene. A step has `do` (dial, press, type, sms, write,
    clock), what to press or type (`key`), the line that it chooses (`label`), and what is seen then (`sees`)."""
    found: Mapping[str, list[list[dict[str, str]]]] = json.loads(path_of(country, language).read_text("utf-8"))
    return found


def weekdays(language: str) -> list[str]:
    """The days of the week as phones say them: in a language, and in those in which the staff of a demonstration are
    written to. They vary in what a step says."""
    return sorted({day for code in {language, "rn", "hi"} for day in BY_CODE[code].weekdays}, key=len, reverse=True)


def told(country: str, language: str, page: str, people: Mapping[str, Mapping[str, str]]) -> list[dict[str, object]]:
    """The stories as a page shows them, in the page's language: name, title, about, and for each scene whose phone it
    is, why, and its steps in the language of the phones. `people` by reference. None for a country of one's own."""
    if not path_of(country, language).exists():
        return []
    return [
        {
            "name": story.name,
            "title": story.title[page],
            "about": story.about[page],
            "scenes": [
                {"who": scene.who, "phone": _phone(scene.who, people), "why": scene.why[page], "steps": done}
                for scene, done in zip(story.scenes, steps(country, language)[story.name], strict=True)
            ],
        }
        for story in STORIES
    ]


def _phone(who: str, people: Mapping[str, Mapping[str, str]]) -> Mapping[str, str]:
    """Whose phone a scene is on; of several, their names joined. Empty for the clock."""
    found = [people[ref] for ref in who.split("|") if ref in people]
    return {**found[0], "name": " / ".join(one["name"] for one in found)} if found else {}


def path_of(country: str, language: str) -> Path:
    """The file of the steps in a language."""
    return FOLDER / f"{country}.{language}.json"
