"""What an incident exposed: which data of whom, to whom, from when to when."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.kept import KeptHistory, keep
from incidents.models.incident import Audience, Incident
from programs.models import Category, Dataset


class Whose(models.TextChoices):
    """Whose data they are."""

    EMPLOYEES = "employees", _("Employees")
    CONTRACTORS = "contractors", _("Contractors")
    APPLICANTS = "applicants", _("Applicants")
    CUSTOMERS = "customers", _("Customers or users")
    CHILDREN = "children", _("Children")
    OTHERS = "others", _("Others")
    UNKNOWN = "unknown", _("I do not know")


class Accessed(models.TextChoices):
    """What shows that somebody read the data, or that nobody did."""

    NONE_KNOWN = "none_known", _("No access is known")
    NONE_LOGGED = "none_logged", _("No access, and the logs are complete")
    ACCESSED = "accessed", _("They were accessed")
    UNKNOWN = "unknown", _("I do not know")


def _unknown_or(smaller: str, larger: str) -> Q:
    return Q(**{smaller: None}) | Q(**{larger: None}) | Q(**{f"{larger}__gte": F(smaller)})


class Exposure(models.Model):
    """One set of data that people could read who should not have. An incident has several.

    Unknown is None, an empty text or the choice UNKNOWN. While `until` is None it is open.
    """

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="exposures")
    dataset = models.ForeignKey(
        Dataset, models.PROTECT, null=True, blank=True, related_name="exposures"
    )
    what = models.CharField(max_length=300, blank=True)
    # Values of programs.models.Category.
    kinds = models.JSONField(_("kinds of data"), default=list, blank=True)
    whose = models.CharField(max_length=11, choices=Whose, default=Whose.UNKNOWN)
    people_min = models.PositiveBigIntegerField(_("people, at least"), null=True, blank=True)
    people_known = models.PositiveBigIntegerField(
        _("people, as far as known"), null=True, blank=True
    )
    people_max = models.PositiveBigIntegerField(_("people, at most"), null=True, blank=True)
    declared_audience = models.CharField(max_length=200, blank=True)
    effective_audience = models.CharField(max_length=15, choices=Audience, default=Audience.UNKNOWN)
    since = models.DateTimeField(_("exposed from"), null=True, blank=True)
    since_is_estimate = models.BooleanField(_("the beginning is an estimate"), default=False)
    until = models.DateTimeField(_("closed at"), null=True, blank=True)
    until_is_estimate = models.BooleanField(_("the end is an estimate"), default=False)
    accessed = models.CharField(
        _("evidence of access"), max_length=11, choices=Accessed, default=Accessed.UNKNOWN
    )
    accessed_source = models.CharField(_("source"), max_length=300, blank=True)
    # Keys of Evidence of the same incident, none of which can be removed.
    files = models.JSONField(_("evidence"), default=list, blank=True)
    # Where the data lie. Withheld until the fix is verified, see incidents.embargo.
    location = models.CharField(max_length=500, blank=True)
    located_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    verified_at = models.DateTimeField(null=True, blank=True)
    verified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    verified_how = models.CharField(max_length=500, blank=True)
    added_by = models.CharField(max_length=150)
    added_at = models.DateTimeField(default=timezone.now)

    history = KeptHistory()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(name="exposure_names_data", condition=~Q(dataset=None, what="")),
            models.CheckConstraint(
                name="exposure_counts_in_order",
                condition=_unknown_or("people_min", "people_known")
                & _unknown_or("people_known", "people_max")
                & _unknown_or("people_min", "people_max"),
            ),
            models.CheckConstraint(
                name="exposure_ends_after_it_began", condition=_unknown_or("since", "until")
            ),
            models.CheckConstraint(
                name="exposure_verified_when_closed",
                condition=Q(verified_at=None, verified_by=None, verified_how="")
                | Q(verified_at__isnull=False, verified_by__isnull=False, until__isnull=False)
                & ~Q(verified_how=""),
            ),
        ]

    def __str__(self) -> str:
        return self.what or str(self.dataset)

    @property
    def state(self) -> str:
        """The name under which pages know how this state looks."""
        if self.until is None:
            return "exposure_open"
        return "exposure_closed" if self.verified_at is None else "exposure_verified"

    @property
    def state_words(self) -> str:
        if self.until is None:
            return gettext("Open")
        return (
            gettext("Closed, not verified")
            if self.verified_at is None
            else gettext("Closed and verified")
        )

    @property
    def kind_words(self) -> list[str]:
        return [str(Category(kind).label) for kind in self.kinds]


keep(Exposure, refuse=("DELETE",))
