"""A program, its datasets, and where it may go."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from accounts.kept import KeptHistory
from programs.controlset import Facts
from programs.reach import SEATS
from severity.facts import MOST_PEOPLE
from severity.ladder import Sev

# A gate extends no lease once its view of the database is older than this. It is part of every
# bound we state.
STALE_SECONDS = 3
# How far a collector's clock may run ahead of ours before we refuse what it says.
SKEW_SECONDS = 30


class Category(models.TextChoices):
    """What kind of data a program collects. `severity/rules` says how each weighs."""

    KEYSTROKES = "keystrokes", _("Keystrokes")
    MOUSE_MOVEMENTS = "mouse_movements", _("Mouse movements")
    CONVERSATIONS = "conversations", _("Conversations")
    TRANSCRIPTS = "transcripts", _("Transcripts")
    PERFORMANCE_RECORDS = "performance_records", _("Performance records")
    SCREENSHOTS = "screenshots", _("Screenshots")
    RECORDINGS = "recordings", _("Voice or picture recordings")
    BROWSING = "browsing", _("Browsing")
    LOCATION = "location", _("Location")
    CONTACT_DETAILS = "contact_details", _("Contact details")
    IDENTITY_DOCUMENTS = "identity_documents", _("Identity documents")
    PAYMENT = "payment", _("Payment data")
    HEALTH = "health", _("Health")
    BELIEFS = "beliefs", _("Beliefs")
    BIOMETRICS = "biometrics", _("Biometrics")
    MINORS = "minors", _("Data of minors")
    CREDENTIALS = "credentials", _("Credentials")


class State(models.TextChoices):
    DRAFT = "draft", _("Draft")
    APPROVED = "approved", _("Approved")
    COLLECTING = "collecting", _("Collecting")
    PAUSED = "paused", _("Paused")
    RESUMING = "resuming", _("Resuming")
    RETIRED = "retired", _("Ended")


# Where a program may go. programs.lifecycle is the only module that moves one.
NEXT: dict[State, frozenset[State]] = {
    State.DRAFT: frozenset({State.APPROVED, State.RETIRED}),
    State.APPROVED: frozenset({State.COLLECTING, State.RETIRED}),
    State.COLLECTING: frozenset({State.PAUSED, State.RETIRED}),
    State.PAUSED: frozenset({State.RESUMING, State.COLLECTING, State.RETIRED}),
    State.RESUMING: frozenset({State.COLLECTING, State.PAUSED, State.RETIRED}),
    State.RETIRED: frozenset(),
}
# In these, collectors may hold leases.
RUNNING = (State.COLLECTING, State.RESUMING)


class Program(models.Model):
    """One data-collection program. It may collect only while it is `collecting` or `resuming`."""

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    purpose = models.TextField(max_length=2000)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="owned_programs"
    )
    categories = ArrayField(models.CharField(max_length=30, choices=Category), default=list)
    declared_audience = models.CharField(max_length=200)
    declared_audience_size = models.PositiveBigIntegerField(
        null=True, blank=True, validators=[MaxValueValidator(MOST_PEOPLE)]
    )
    participants = models.PositiveBigIntegerField(
        null=True, blank=True, validators=[MaxValueValidator(MOST_PEOPLE)]
    )
    jurisdictions = ArrayField(models.CharField(max_length=8), default=list, blank=True)
    # A program may react earlier than the organisation's floor (SEV 2), never later.
    pause_at = models.PositiveSmallIntegerField(default=Sev.SEV2.value)
    lease_seconds = models.PositiveSmallIntegerField(
        default=10, validators=[MinValueValidator(3), MaxValueValidator(60)]
    )
    derived_from = models.ManyToManyField(
        "self", symmetrical=False, blank=True, related_name="derived_programs"
    )
    # What decides which controls apply to it. None is "nobody said", and counts as yes.
    of_workers = models.BooleanField(null=True, blank=True)
    codetermination = models.BooleanField(null=True, blank=True)
    ai_in_eu = models.BooleanField(null=True, blank=True)
    has_processors = models.BooleanField(null=True, blank=True)
    trains_models = models.BooleanField(null=True, blank=True)
    # Whoever responds for it reads its incidents without being let in to each.
    responders_read = models.BooleanField(default=False, db_default=False)
    is_drill = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    # The fencing token: grows with every pause and resume; leases and data of older
    # generations are dead.
    generation = models.BigIntegerField(default=1)
    # The newest generation that began for every collector; later ones began for a part.
    whole_generation = models.BigIntegerField(default=1)
    # While it is resuming, only collectors whose seat is below may collect.
    open_seats = models.PositiveIntegerField(default=SEATS)
    # Grows with each choice of a participant; the record counts those, and so the history need not.
    subjects_version = models.BigIntegerField(default=0)
    # The moment from which some control stops it. NULL: one does so now.
    controls_end_at = models.DateTimeField(null=True, blank=True)
    # Until then it may run without controls that were never attested: it ran before there were any.
    controls_due_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)

    history = KeptHistory(m2m_fields=[derived_from], excluded_fields=["subjects_version"])

    class Meta:
        ordering = ["slug"]
        permissions = [
            ("run_program", "May change the program and its collectors"),
            ("respond_program", "May see the program's unrestricted incidents"),
        ]
        constraints = [
            models.CheckConstraint(
                name="program_state_known", condition=models.Q(state__in=State.values)
            ),
            models.CheckConstraint(
                name="program_cannot_loosen_the_floor",
                condition=models.Q(pause_at__gte=2, pause_at__lte=5),
            ),
            models.CheckConstraint(
                name="program_lease_short",
                condition=models.Q(lease_seconds__gte=3, lease_seconds__lte=60),
            ),
            models.CheckConstraint(
                name="program_opens_in_stages_only_while_resuming",
                condition=models.Q(open_seats=SEATS)
                | models.Q(state__in=[State.RESUMING, State.PAUSED], open_seats__lt=SEATS),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def runs(self) -> bool:
        """True while collectors may hold leases."""
        return self.state in RUNNING

    @property
    def bound_seconds(self) -> int:
        """How long a collector that keeps the protocol can go on after a pause, with all dead."""
        return self.lease_seconds + STALE_SECONDS

    @property
    def facts(self) -> Facts:
        """What decides which controls apply to it."""
        return Facts(
            of_workers=self.of_workers,
            codetermination=self.codetermination,
            ai_in_eu=self.ai_in_eu,
            has_processors=self.has_processors,
            trains_models=self.trains_models,
            jurisdictions=tuple(self.jurisdictions),
        )


class ProgramUserPermission(UserObjectPermissionBase):
    content_object = models.ForeignKey(Program, on_delete=models.CASCADE)


class ProgramGroupPermission(GroupObjectPermissionBase):
    content_object = models.ForeignKey(Program, on_delete=models.CASCADE)


class Dataset(models.Model):
    """Where a program's data lie, and who is meant to read them."""

    program = models.ForeignKey(Program, models.PROTECT, related_name="datasets")
    slug = models.SlugField(max_length=60)
    name = models.CharField(max_length=120)
    # The same text on two datasets means the same store: a SEV 0 stops every program that
    # writes there.
    store = models.CharField(max_length=200)
    declared_audience = models.CharField(max_length=200, blank=True)
    frozen_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    history = KeptHistory()

    class Meta:
        ordering = ["slug"]
        constraints = [
            models.UniqueConstraint(fields=["program", "slug"], name="dataset_once_in_program")
        ]
        indexes = [models.Index(fields=["store"], name="dataset_store")]

    def __str__(self) -> str:
        return self.name
