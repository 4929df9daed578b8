"""All flows: the conversations of this service, as one `FlowSet`."""

from bot.conversation import FlowSet
from flows.agree import agree
from flows.complaint import complaint
from flows.convene import convene
from flows.follow import FOLLOWING
from flows.help import help
from flows.home import home
from flows.inbox import inbox
from flows.language import language
from flows.meetings import meetings
from flows.report import report
from flows.sms import sms
from flows.told import TELLING
from flows.watch import watch

FLOWS = FlowSet(
    [language, home, help, report, *TELLING, complaint, *FOLLOWING, inbox, meetings, convene, agree, watch, sms]
)
