"""What came of it: who looked, whether it goes on, what was altered or lost."""

from django.utils.translation import gettext_lazy as _

from incidents.questions.words import Answer, Question, yes_or_no

QUESTIONS = {
    "evidence": Question(
        short=_("Evidence of access"),
        label=_("What shows that somebody read it, or that nobody did?"),
        help=_(
            "“None” needs logs. Logs without gaps for the whole time are evidence of absence;"
            " logs with gaps are no evidence of anything."
        ),
        answers={
            "none_logs_complete": Answer(
                _("Nothing, and complete logs show it"),
                _("Each read since the wrong permission is logged, and each was the team's."),
            ),
            "none_logs_incomplete": Answer(
                _("Nothing, but the logs have gaps"),
                _("Logs are kept for seven days, and it was open for twenty."),
            ),
            "good_faith_external": Answer(
                _("An outsider saw it and told us"),
                _("A researcher who found the open bucket and reported it."),
            ),
            "confirmed_internal": Answer(
                _("People inside did look"), _("Colleagues talk about what they read.")
            ),
            "confirmed_external": Answer(
                _("People outside did look"), _("Reads from addresses that are not ours.")
            ),
            "exfiltrated_published_or_misused": Answer(
                _("Copied out, published or misused"),
                _("Offered for sale, quoted in the press, used against somebody."),
            ),
        },
    ),
    "ongoing": Question(
        short=_("Collection goes on"),
        label=_("Is more still being written into what lies open?"),
        help=_("Ask the collectors, not the plan: a pause that is not proven is a yes."),
        answers=yes_or_no(
            _("Collectors still send into the exposed store."),
            _("The stop is proven, or the store is closed to readers."),
        ),
    ),
    "refix": Question(
        short=_("A first fix failed"),
        label=_("Was it closed before and opened again?"),
        help=_("A fix that did not hold says that its cause was not understood."),
        answers=yes_or_no(
            _("The permission was corrected at noon and was back in the evening."),
            _("This is the first time, and the first fix holds so far."),
        ),
    ),
    "integrity": Question(
        short=_("Altered"),
        label=_("Were data altered?"),
        help=_("Whoever could write could alter. Readers alone cannot."),
        answers={
            "0": Answer(
                _("No, or without any known wrong use"), _("Everybody had read access alone.")
            ),
            "0.25": Answer(
                _("Yes, perhaps used wrongly, and it can be undone"),
                _("Ratings were edited; the version of the day before is kept."),
            ),
            "0.5": Answer(
                _("Yes, perhaps used wrongly, and it cannot be undone"),
                _("Records were overwritten, and nobody knows what stood there."),
            ),
        },
    ),
    "availability": Question(
        short=_("Lost"),
        label=_("Were data lost?"),
        help=_("For the people whose data they are, not for our own work."),
        answers={
            "0": Answer(
                _("No, or restored without difficulty"), _("Nothing is missing; or a backup is.")
            ),
            "0.25": Answer(_("Out of reach for a time"), _("A system was down for two days.")),
            "0.5": Answer(
                _("For good: neither we nor the person can get them back"),
                _("The only copy was deleted."),
            ),
        },
    ),
    "malicious": Question(
        short=_("Intent"),
        label=_("Was it done on purpose, to harm or to profit?"),
        help=_("Of whoever exposed or took the data; curiosity alone is not intent to harm."),
        answers={
            "0": Answer(
                _("No: a mistake, human or technical"), _("A wrong setting in a new release.")
            ),
            "0.5": Answer(
                _("Yes"), _("Stolen for ransom; given away by somebody who wanted revenge.")
            ),
        },
    ),
}
