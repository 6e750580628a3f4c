"""Who could read the data, whose they are, and for how long."""

from django.utils.translation import gettext_lazy as _

from incidents.questions.words import Answer, Question

QUESTIONS = {
    "audience": Question(
        short=_("Who could read it"),
        label=_("Who could read the data, whoever did?"),
        help=_(
            "Count those whom nothing stopped, not those who looked. Unknown counts as"
            " everybody, and leaves the severity undetermined."
        ),
        answers={
            "none_readable": Answer(
                _("Nobody"), _("A wrong permission on a folder that was empty until it was mended.")
            ),
            "team_le_50": Answer(
                _("A team of up to 50"), _("A folder shared with the team next door.")
            ),
            "department_le_1000": Answer(
                _("A department of up to 1000"), _("A dashboard open to all of sales.")
            ),
            "org_wide": Answer(
                _("Everyone in the organisation"),
                _("A permission that was meant for twelve people and given to all staff."),
            ),
            "known_external": Answer(
                _("Outsiders whose names are known"),
                _("An export mailed to the wrong partner; a journalist who was given a copy."),
            ),
            "other_customers": Answer(
                _("Other customers"), _("A mixed-up cache showed people each other's chats.")
            ),
            "unlisted_link": Answer(
                _("Anyone who has the link"), _("A shared link without a sign-in.")
            ),
            "public_unauthenticated": Answer(
                _("Anyone at all, without signing in"),
                _("An open bucket, a page that search engines found, a database without password."),
            ),
        },
    ),
    "confidentiality": Question(
        short=_("Disclosure"),
        label=_("How far has it been disclosed?"),
        help=_("For the legal file: whether one can say how many received it."),
        answers={
            "0": Answer(
                _("At risk, with no sign that anybody had it unlawfully"),
                _("A lost laptop; passwords in a log that few open and nobody is known to have."),
            ),
            "0.25": Answer(
                _("To recipients whose number is known"),
                _("All staff; twelve people on a mailing list; the customers of one day."),
            ),
            "0.5": Answer(
                _("To an unknown number of recipients"),
                _("Published, sold, or public by mistake."),
            ),
        },
    ),
    "people": Question(
        short=_("How many people"),
        label=_("How many people's data were they?"),
        help=_(
            "Whose data it is, not who could read it. The exact number decides where a rule"
            " asks for “more than 1000”: give it if you have it."
        ),
        answers={
            "le_10": Answer(_("Up to 10"), _("The recordings of one household.")),
            "le_100": Answer(_("Up to 100"), _("One call queue for a week.")),
            "le_10k": Answer(_("Up to 10,000"), _("The staff of one site.")),
            "le_1m": Answer(_("Up to 1 million"), _("All staff of a large company.")),
            "le_100m": Answer(_("Up to 100 million"), _("The customers of a country.")),
            "gt_100m": Answer(
                _("More than 100 million"), _("The accounts of a world-wide service.")
            ),
        },
    ),
    "duration": Question(
        short=_("How long open"),
        label=_("How long was it open?"),
        help=_(
            "From the first moment at which it could be read, not from the report. If you give"
            " the moments below, they decide."
        ),
        answers={
            "lt_1h": Answer(_("Less than an hour"), _("Seen by a check and closed at once.")),
            "le_30d": Answer(_("Up to 30 days"), _("Since the release of last week.")),
            "gt_30d": Answer(_("More than 30 days"), _("Since the program began in spring.")),
        },
    ),
}
