"""What participants chose: a break or an opt-out, and of nobody by name."""

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from programs.models.program import Program


class ParticipantChoice(models.Model):
    """A break or an opt-out in force, of whoever stands behind a tag."""

    # Without history, and deleted when it ends: we keep no list of who did what when.

    class Kind(models.TextChoices):
        BREAK = "break"
        OPT_OUT = "opt_out"

    program = models.ForeignKey(Program, models.PROTECT, related_name="participant_choices")
    # HMAC of the pseudonym; programs.signing.
    tag = models.CharField(max_length=64, validators=[RegexValidator(r"^[0-9a-f]{64}$")])
    # Of the key that made the tag: after a change of SECRET_KEY nobody's tag means anybody.
    key_print = models.CharField(max_length=16)
    kind = models.CharField(max_length=7, choices=Kind)
    # By the database's clock; only a break ends by itself.
    until = models.DateTimeField(null=True, blank=True)
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["program", "tag"], name="one_choice_of_a_participant"),
            models.CheckConstraint(
                name="only_a_break_ends",
                condition=Q(kind="break", until__isnull=False)
                | Q(kind="opt_out", until__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} in {self.program}"
