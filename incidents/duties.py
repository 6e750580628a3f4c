"""What each role of an incident is for, in a few words. Pure.

Source: PagerDuty's roles for incident response; GDPR Art. 33, 35(2) and 38 for the privacy lead.
"""

from typing import Any

from django.utils.translation import gettext_lazy as _

from incidents.models import Role

WORDS: dict[Role, Any] = {
    Role.COMMANDER: _("Knows how it stands, delegates and does not fix; decides about severity."),
    Role.DEPUTY: _("Keeps the times and what was missed; takes over when needed."),
    Role.SCRIBE: _("Writes actions and decisions down, with time and source."),
    Role.COMMS: _("Speaks to participants, employees and press; updates leadership."),
    Role.PRIVACY: _("Decides awareness and risk, files notices. Not the commander or the owner."),
    Role.LEGAL: _("Legal holds, privilege, contracts, law enforcement."),
    Role.EXECUTIVE: _("Decides about public statements and money at SEV 0 and 1."),
    Role.EXPERT: _("Reports conditions, actions and needs; acts when the commander says so."),
    Role.CUSTODIAN: _("One of the two who may read frozen data, each time with a reason."),
}
# How many people hold a shared role at once, where that is bounded.
MOST = {Role.CUSTODIAN: 2}
