"""What the data are, and how easily a person is found in them."""

from django.utils.translation import gettext_lazy as _

from incidents.questions.words import Answer, Question

_SIMPLE = {
    "simple+0": Answer(
        _("Simple: names, contacts, education, work history"),
        _("A staff list with phone numbers and job titles."),
    ),
    "simple+1": Answer(
        _("Simple, and they let one guess social or financial standing"),
        _("Ten years of addresses and employers of each person."),
    ),
    "simple+2": Answer(
        _("Simple, and they let one guess health, sexuality, politics or religion"),
        _("Who asked for prayer rooms, or who subscribes to a clinic's newsletter."),
    ),
    "simple+3": Answer(
        _("Simple, and for these people they bear on their safety"),
        _("Names and places of work of officers under threat; the school of a child."),
    ),
}
_BEHAVIOURAL = {
    "behavioural-1": Answer(
        _("Behaviour, but it says little, or it is public already"),
        _("Mouse movements without the screens that they were made on."),
    ),
    "behavioural+0": Answer(
        _("Behaviour: location, traffic, habits, what a person does or types"),
        _("Which programs somebody used for an afternoon."),
    ),
    "behavioural+1": Answer(
        _("Behaviour, enough for a detailed profile of everyday life"),
        _("Keystrokes and transcripts of every working day, held by the employer."),
    ),
    "behavioural+2": Answer(
        _("Behaviour, and the profile rests on sensitive data"),
        _("Conversations in which people speak of illness or of a union."),
    ),
}
_FINANCIAL = {
    "financial-2": Answer(
        _("Financial in name, without insight"),
        _("That somebody is a customer of a certain bank, and no more."),
    ),
    "financial-1": Answer(
        _("Some financial facts, without insight"),
        _("The last digits of a card, or account numbers alone."),
    ),
    "financial+0": Answer(
        _("Financial: income, accounts, cards, invoices, benefits"),
        _("Salaries and social security numbers of the staff."),
    ),
    "financial+1": Answer(
        _("The full financial picture, enough for fraud"),
        _("Card numbers with names, addresses and codes."),
    ),
}
_SENSITIVE = {
    "sensitive-3": Answer(
        _("Sensitive in name, without insight, or public already"),
        _("The party that an elected politician sits for."),
    ),
    "sensitive-2": Answer(
        _("Sensitive, and it allows general guesses only"),
        _("Names of people who were at a hospital, not in which ward."),
    ),
    "sensitive-1": Answer(
        _("Sensitive, and it allows guesses about the facts"),
        _("Dates and lengths of sick leave, without the reasons."),
    ),
    "sensitive+0": Answer(
        _("Sensitive: health, sexual life, beliefs, politics, biometrics"),
        _("Notes of managers on illness and family; records of therapy."),
    ),
}
QUESTIONS = {
    "dpc": Question(
        short=_("Kind of data"),
        label=_("What do the data tell about a person?"),
        help=_(
            "Of several kinds choose the gravest. Passwords and keys count as the data of what"
            " they open. A table of half a million rows tells more of each than one line does."
        ),
        answers={**_SIMPLE, **_BEHAVIOURAL, **_FINANCIAL, **_SENSITIVE},
    ),
    "ei": Question(
        short=_("How easily identified"),
        label=_("How easily is a person recognised in them?"),
        help=_(
            "Think of whoever could read them: colleagues recognise people by a team and a"
            " habit where strangers do not."
        ),
        answers={
            "0.25": Answer(
                _("Hardly: next to impossible, even with effort"),
                _("Totals by month, or pseudonyms whose key lies elsewhere and stayed there."),
            ),
            "0.5": Answer(
                _("With other sources at hand"),
                _("A first name in a city, or a device number that another list resolves."),
            ),
            "0.75": Answer(
                _("With little effort"),
                _("An e-mail address, or a pseudonym beside the team and the office."),
            ),
            "1": Answer(
                _("At once: named, or known without research"),
                _("Name and photo, or the transcript in which people greet each other."),
            ),
        },
    ),
}
