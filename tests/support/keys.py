"""Keys of the menus by what they choose: a menu that changes is changed here, and in the golden talks.

One answer is a string; the way over several pages is a tuple, typed by `caller.says(*WAY)`. Languages and zones stand
in the order of the demo of Burundi.
"""

from __future__ import annotations

from bot.people.enrolment import DEMO_PIN

Way = tuple[str, ...]

STAFF_PIN = DEMO_PIN
BACK, OUT = "0", "00"
YES, NO = "1", "2"  # where a meeting or her code asks; a report asks whether somebody is powerful: no, yes

# Languages and the first menu. The demo people of Burundi are spoken to in Kirundi: a test reads them in English.
ANOTHER_LANGUAGE = "99"
KIRUNDI, FRENCH, ENGLISH = "1", "2", "3"
MEETINGS, TELL, REPLIES = "1", "3", "4"
TASKS = "4"  # on the phone of somebody who answers: before the replies
TASKS_OF_MEETINGS = "2"  # where somebody has tasks of both kinds
TO_MEETINGS: Way = (ENGLISH, MEETINGS)
TO_LIMITS: Way = (ENGLISH, TELL)
TO_REPLIES: Way = (ENGLISH, REPLIES)
TO_TASKS: Way = (ANOTHER_LANGUAGE, ENGLISH, TASKS)

# A report, from the limits to Send now.
GO_ON = "2"  # the first key is for danger
ME, ME_A_CHILD, ANOTHER_PERSON, A_CHILD = "1", "2", "3", "4"
HURT = "1"
FORCED_SEX: Way = ("2", "1")  # the page to read is that of the doctor
MONEY = "3"
ABOUT_POLICE = "4"
RAPE = "1"  # asked after the sending
QUARREL: Way = ("5", "2")
SKIP = "5"  # she does not know, or does not say: who, when
SKIP_WHAT = "6"
READ_ON = "1"  # from a page that is only read
BUYENZI = "1"
FROM_LIMITS_TO_HELPERS: Way = (GO_ON, ME, HURT, BUYENZI)
TO_ZONE: Way = (*TO_LIMITS, GO_ON, ME, HURT)
TO_HELPERS: Way = (*TO_LIMITS, *FROM_LIMITS_TO_HELPERS)
DOCTOR, SOMEBODY_TO_TALK_TO, LAWYER, POLICE, DOCTOR_AND_POLICE = "1", "2", "3", "6", "1*6"
NOT_POWERFUL, YES_POWERFUL = "1", "2"
ASK_POLICE: Way = (POLICE, NOT_POWERFUL)
NO_CHILD_PROTECTION = "2"  # where child protection could read it too
ANOTHER_OFFICER = "2"  # where no woman officer is on duty
SEND_NOW, BUT_NOT_TO, DO_NOT_SEND = "1", "2", "3"

# What follows Send now.
CODE, SAY_MORE, DONE, TAKE_BACK = "1", "2", "3", "4"
DONE_WITH_A_CODE = "2"  # there is one line less once she has a code
NOW, IN_THE_LAST_3_DAYS, THREE_TO_FIVE_DAYS_AGO, LONG_AGO, SAY_NOT_WHEN = "1", "2", "3", "4", "5"
AT_HOME, SAY_NOT_WHERE = "1", "7"
WISH_WOMAN, WISH_WOMAN_AND_NO_VISIT, WISH_WOMAN_AND_COUNT, WISH_COUNT = "1", "1*3", "1*4", "4"
LEAVE_IT_TO_MEN = "2"  # asked where men of the police have it
WISH_NOTHING: Way = ("9", "7")  # the last line of the second page, whose numbers go on
READ_WHAT_TO_DO = "1"  # who says that it happens now reads where to go
SAY_MORE_AT_HOME: Way = (SAY_MORE, NOW, READ_WHAT_TO_DO, AT_HOME)  # as far as the wishes
HAPPENS_NOW: Way = (SAY_MORE, NOW, BACK)  # and back to the first page after the sending
SEND_AND_SAY_MORE: Way = (SEND_NOW, *SAY_MORE_AT_HOME)  # as far as the wishes
SEND_IN_DANGER: Way = (SEND_NOW, *HAPPENS_NOW, DONE)
SEND_AND_DONE: Way = (SEND_NOW, DONE)
ASK_POLICE_AND_SEND: Way = (*ASK_POLICE, *SEND_IN_DANGER)
FILE_HURT_TO_POLICE: Way = (*TO_HELPERS, *ASK_POLICE_AND_SEND)
NO_WORD, NO_NOTICE, NOTICE_IN_THE_MORNING, NOTICE_IN_THE_EVENING = "1", "1", "2", "3"

# What she does with her code.
NO_MEN, NO_POLICE, OTHER_STATION = "1", "2", "3"

# Tasks of those who answer.
OPEN_TASKS: Way = (*TO_TASKS, STAFF_PIN)
FIRST_NEW_TASK = "1"
I_TAKE_IT = "1"
TAKE_NEW_TASK: Way = (FIRST_NEW_TASK, I_TAKE_IT, READ_ON)  # the page to read is that of the rules
PASS_NEW_TASK: Way = (FIRST_NEW_TASK, "2", YES)  # she is asked twice
OPEN_MY_TASKS = "2"  # the first key, once she has taken something, is for new ones
MY_FIRST_TASK: Way = (OPEN_MY_TASKS, "1")
WRITE_REPLY, ASK_HER, CLOSE = "1", "2", "3"  # on every page of what was told
I_CANNOT: Way = ("9", "4")  # on the second page, as long as nothing was written
HAND_OVER: Way = (*I_CANNOT, YES)
REFER: Way = ("9", "5")
REPLY_GO_TO_A_DOCTOR: Way = (WRITE_REPLY, "2")
ASK_IF_A_WEAPON: Way = (ASK_HER, "2")
ASK_IF_SAFE: Way = (ASK_HER, "4")  # those that she has answered stand last
ASK_IF_A_DOCTOR: Way = (ASK_HER, "6")
CLOSE_AS_HELPED: Way = (CLOSE, "1")
CLOSE_AS_A_MISTAKE: Way = (CLOSE, "4")
CLOSE_AS_UNHELPED: Way = (CLOSE, "5")
GIVE_IT_ON, ACCEPT_IT = "2", "3"  # on the phone of oversight
REFER_TO_THE_FIRST: Way = (*REFER, "1")
SHE_CAME = "1"  # on the phone of whom she was sent to

# Meetings.
FIRST_MEETING = "1"
I_COME = "1"
ANY_HOUR = "1"  # she hears of meetings at any hour
ANSWER_YES: Way = (FIRST_MEETING, YES)  # the officer comes, the advocate agrees, the coordinator sends it
ANSWER_NO: Way = (FIRST_MEETING, NO)
TO_HEAR_PEOPLE, TWO_HOURS, FIRST_WOMAN, IN_KIRUNDI, FIRST_CONTACT = "1", "2", "1", "1", "1"
WOMEN_IN_A_CIRCLE, EVERYONE, ALL_WOMEN = "1", "2", "3"
EVERYTHING_IS_THERE, NOTHING_IS_THERE = "123", "4"
UP_TO_30, ANY_NUMBER = "2", "4"


def plan_meeting(
    date: str,
    hour: str,
    *,
    venue: str = "1",
    whom: str = WOMEN_IN_A_CIRCLE,
    there: str = EVERYTHING_IS_THERE,
    most: str = UP_TO_30,
) -> Way:
    """What a leader answers from the place of a new meeting to the page that asks whether to send it."""
    told = (venue, TO_HEAR_PEOPLE, date, hour, YES, TWO_HOURS, whom, FIRST_WOMAN)
    return (*told, there, IN_KIRUNDI, most, FIRST_CONTACT)


def typed(*keys: str) -> str:
    """All that was typed, as Africa's Talking sends it: joined by stars."""
    return "*".join(keys)
