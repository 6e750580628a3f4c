from django.db import migrations, models

_KINDS = [
    ("function", "Everybody with a function"),
    ("team", "Everybody in a team"),
    ("person", "A person"),
    ("role", "Who has a role in the incident"),
    ("rota", "Who is on call in a rota"),
    ("fallback", "Those on whom the policy falls back"),
]
_FUNCTIONS = [
    *("responder", "commander", "privacy_officer", "legal", "executive", "program_owner"),
    *("auditor", "operator", "security", "data_steward", "hr"),
]
_ROLES = [
    *("commander", "deputy", "scribe", "comms_lead", "privacy_lead", "legal"),
    *("executive_sponsor", "expert", "custodian"),
]
_NAMED = "target_names_what_its_kind_needs"


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0024_attempts_of_a_minute"),
    ]

    operations = [
        *(
            migrations.AlterField(model_name=model, name=name, field=field)
            for model in ("escalationtarget", "historicalescalationtarget")
            for name, field in (
                ("kind", models.CharField(choices=_KINDS, max_length=12)),
                ("name", models.CharField(blank=True, default="", max_length=80)),
            )
        ),
        migrations.RemoveConstraint(model_name="escalationtarget", name=_NAMED),
        migrations.AddConstraint(
            model_name="escalationtarget",
            constraint=models.CheckConstraint(
                condition=models.Q(kind="function", name__in=_FUNCTIONS, person=None, rota=None)
                | models.Q(kind="role", name__in=_ROLES, person=None, rota=None)
                | models.Q(~models.Q(name=""), kind="team", person=None, rota=None)
                | models.Q(kind="person", name="", person__isnull=False, rota=None)
                | models.Q(kind="rota", name="", person=None, rota__isnull=False)
                | models.Q(kind="fallback", name="", person=None, rota=None),
                name=_NAMED,
            ),
        ),
    ]
