"""What people may send about who reads a dataset. Forms check the shape; the domain the rest."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from programs.forms import PanelForm, SentFileForm
from programs.models import DeclaredAudience, WatchSource
from programs.watch import awaiting, declaring, watching
from programs.watch.connectors.postgres import SSL_MODES

_MANY = 2_000_000
_EVERY = [
    (15, _("15 seconds")),
    (60, _("minute")),
    (300, _("5 minutes")),
    (900, _("15 minutes")),
    (3600, _("hour")),
    (21_600, _("6 hours")),
    (86_400, _("day")),
    (604_800, _("week")),
]


def _lines(label: Any, hint: Any, *, required: bool = False) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=hint,
        required=required,
        max_length=_MANY,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
    )


class AudienceForm(PanelForm):
    """Who is meant to read, one name a line."""

    at = "audience"

    people = _lines(_("People"), _("One a line, by the names that the store uses."))
    teams = _lines(_("Teams"), _("Groups of the store; who is in them is meant as well."))
    roles = _lines(_("Roles"), _("Technical accounts, owners and superusers: they read it too."))
    most = forms.IntegerField(
        label=_("How many may read it at most?"),
        help_text=_("Empty for no limit."),
        required=False,
        min_value=0,
        max_value=declaring.MOST_READERS,
    )
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("It stays with this version for good."),
        max_length=declaring.LONGEST_REASON,
    )

    @classmethod
    def showing(cls, declared: DeclaredAudience | None) -> "AudienceForm":
        """An empty form, or one with what is declared now."""
        if declared is None:
            return cls()
        initial = {
            name: "\n".join(getattr(declared, name)) for name in ("people", "teams", "roles")
        }
        return cls(initial=initial | {"most": declared.most})

    @property
    def terms(self) -> declaring.Terms:
        sent = self.cleaned_data
        named = {name: sent[name].splitlines() for name in ("people", "teams", "roles")}
        return declaring.Terms(**named, most=sent["most"])


class SentSourceForm(PanelForm):
    """A store that Andon does not look at by itself."""

    at = "source"

    name = forms.CharField(
        label=_("Name"), help_text=_("Of the store, such as Warehouse."), max_length=80
    )

    expected_days = forms.IntegerField(
        label=_("Days after which a new list is expected"),
        help_text=_(
            "If none was sent by then, nothing here is called clean and the program's owner is"
            " reminded each day. Empty: no list is ever late."
        ),
        required=False,
        min_value=awaiting.DAYS[0],
        max_value=awaiting.DAYS[-1],
    )

    @classmethod
    def showing(cls, source: WatchSource) -> "SentSourceForm":
        """The form with what a source is now; never with a secret."""
        return cls(initial={name: getattr(source, name) for name in ("name", "expected_days")})

    def terms(self, kind: WatchSource.Kind) -> watching.Terms:
        sent = self.cleaned_data
        return watching.Terms(name=sent["name"], kind=kind, expected_days=sent["expected_days"])


class PostgresForm(SentSourceForm):
    """A PostgreSQL, and as whom it is looked at. A password that is left empty stays."""

    # Andon looks by itself, so that no list is owed.
    expected_days = None  # type: ignore[assignment]
    host = forms.CharField(label=_("Host"), max_length=200)
    port = forms.IntegerField(label=_("Port"), initial=5432, min_value=1, max_value=65_535)
    database = forms.CharField(label=_("Database"), max_length=200)
    user = forms.CharField(
        label=_("User"),
        help_text=_("A role that may sign in and nothing else; it needs no right to the data."),
        max_length=63,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    password = forms.CharField(
        label=_("Password"),
        help_text=_(
            "Kept sealed and shown no more. Empty: it stays what it is. If host, port, database,"
            " user or encryption change, give it again."
        ),
        required=False,
        max_length=watching.LONGEST_SECRET,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    sslmode = forms.ChoiceField(label=_("Encryption"), choices=[(each, each) for each in SSL_MODES])
    tables = _lines(
        _("Tables"), _("One a line: schema.table, or schema.* for all of a schema."), required=True
    )
    every_seconds = forms.TypedChoiceField(
        label=_("Look every"), coerce=int, choices=_EVERY, initial=3600
    )
    outsider = forms.CharField(
        label=_("Outsider"),
        help_text=_("A user who must not be able to read. Each look tries; nothing is kept."),
        required=False,
        max_length=63,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    outsider_password = forms.CharField(
        label=_("Password of the outsider"),
        required=False,
        max_length=watching.LONGEST_SECRET,
        # Not as a new password: browsers take a form with two of those for one that changes it, and
        # would write the first into the second.
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )

    @classmethod
    def showing(cls, source: WatchSource) -> "PostgresForm":
        """The form with what a source is now; never with a secret."""
        place = dict(source.place)
        place["tables"] = "\n".join(place.get("tables", ()))
        initial = {name: getattr(source, name) for name in ("name", "outsider", "every_seconds")}
        return cls(initial=initial | place)

    def terms(self, kind: WatchSource.Kind) -> watching.Terms:
        sent = dict(self.cleaned_data)
        tables = [line.strip() for line in sent["tables"].splitlines() if line.strip()]
        names = ("host", "port", "database", "user", "sslmode")
        place = {name: sent[name] for name in names} | {"tables": tables}
        return watching.Terms(
            name=sent["name"],
            kind=kind,
            place=place,
            password=sent["password"] or None,
            outsider=sent["outsider"],
            outsider_password=sent["outsider_password"] or None,
            every_seconds=sent["every_seconds"],
        )


class SendForm(SentFileForm):
    """A document that says who may read."""

    at = "send"

    file = forms.FileField(label=_("File"))


def source_form(kind: str, *args: Any) -> SentSourceForm:
    """Return the form for a kind of source."""
    is_pulled = kind == WatchSource.Kind.POSTGRES
    return PostgresForm(*args) if is_pulled else SentSourceForm(*args)
