"""What responders send of logs that say who read the data."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from incidents import accesslogs
from incidents.accesslogs import Log
from programs.forms import SentFileForm
from programs.watch import loglines
from programs.watch.accesslog import Mapping


def _name(label: Any, hint: Any, *, required: bool = False) -> forms.CharField:
    return forms.CharField(label=label, help_text=hint, required=required, max_length=200)


class AccessLogForm(SentFileForm):
    """A log, and which of its members say who, when and what."""

    at = "log"
    instead = _("An operator can have a longer one read: manage.py read_access_log.")

    file = forms.FileField(
        label=_("Log"), help_text=_("JSON lines, or CSV with a header, in UTF-8. It is not kept.")
    )
    who = _name(
        _("Member that says who"),
        _("Such as user; dots lead into nested objects: userIdentity.arn."),
        required=True,
    )
    when = _name(_("Member that says when"), _("ISO 8601, or seconds since 1970."), required=True)
    what = _name(_("Member that says what was read"), _("Optional."))
    act = _name(_("Member that says what was done"), _("Optional, with the words below."))
    reads = _name(_("Words that mean reading"), _("By commas, such as GetObject, SELECT."))
    stated = forms.CharField(
        label=_("Why does it hold every access of the window?"),
        help_text=_("Optional. Without it the log never counts as complete."),
        required=False,
        max_length=accesslogs.LONGEST_STATED,
    )

    def clean(self) -> None:
        sent = self.cleaned_data
        if bool(sent.get("act")) != bool(sent.get("reads")):
            self.add_error("reads", _("Give both or none: the member, and its words."))

    def log(self) -> Log:
        sent = self.cleaned_data
        words = frozenset(word.strip() for word in sent["reads"].split(",") if word.strip())
        mapping = Mapping(sent["who"], sent["when"], sent["what"], sent["act"], words)
        lines = loglines.pieces(sent["file"])
        return Log(sent["file"].name, lines, mapping, sent["stated"])
