"""What people are here for. A function is a Django group; a person without one is a reporter."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Function(models.TextChoices):
    """A standing duty in the organisation. Roles in one incident are incidents.models.Role."""

    RESPONDER = "responder", _("Responder")
    COMMANDER = "commander", _("Incident commander")
    PRIVACY_OFFICER = "privacy_officer", _("Privacy officer")
    LEGAL = "legal", _("Legal counsel")
    EXECUTIVE = "executive", _("Executive")
    PROGRAM_OWNER = "program_owner", _("Program owner")
    AUDITOR = "auditor", _("Auditor")
    OPERATOR = "operator", _("Operator")
    SECURITY = "security", _("Security officer")
    DATA_STEWARD = "data_steward", _("Data steward")
    HR = "hr", _("Human resources")
