"""What a floor or a cap asks for by name: it may decide alone."""

from django.utils.translation import gettext_lazy as _

from incidents.questions.words import Question, yes_or_no

QUESTIONS = {
    "threat_to_life": Question(
        short=_("Threat to life"),
        label=_("Could anybody come to harm by it, in life or limb?"),
        help=_(
            "A credible threat to people who can be identified, or the place or identity of"
            " minors in public. It makes it SEV 0, however little else is known."
        ),
        answers=yes_or_no(
            _("The places of work of people under threat were online and were seen."),
            _("Unpleasant or costly, but nobody's safety hangs on it."),
        ),
    ),
    "secrets": Question(
        short=_("Live secrets"),
        label=_("Were there live passwords or keys that open other personal data?"),
        help=_("Live until somebody shows that they were changed or never worked."),
        answers=yes_or_no(
            _("Access keys of another store stood in the log lines."),
            _("No secrets; or all were changed before anybody could read them."),
        ),
    ),
    "unintelligible": Question(
        short=_("Unreadable"),
        label=_("Were they strongly encrypted, and the key not exposed?"),
        help=_("Only if the key lay elsewhere and stayed there. A password on a file is not it."),
        answers=yes_or_no(
            _("An encrypted backup was copied; its key is in another account."),
            _("Plain text; or the key lay beside it."),
        ),
    ),
    "near_miss": Question(
        short=_("Near miss"),
        label=_("Was nothing readable outside the declared audience after all?"),
        help=_("It could have happened and did not. If anybody had it, this is a no."),
        answers=yes_or_no(
            _("The permission was too wide, and a second lock held all the time."),
            _("Somebody could have read it, whether or not they did."),
        ),
    ),
}
