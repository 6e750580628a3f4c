"""Addresses and secrets are sealed; what may be shown of an address takes its column."""

from django.db import migrations, models

from notifications import vault

TABLES = (
    "notifications_contactmethod",
    "notifications_historicalcontactmethod",
    "notifications_page",
)
# As notifications.hints says it. A change of type writes the table anew: the addresses are gone
# from the file too, and no trigger of a kept table has to be taken off for it.
HINT = """
    left(CASE
        WHEN address ~ '^https?://' THEN coalesce(substring(address from '^https?://([^/?#:@]+)'), '…')
        WHEN address LIKE '%@%' THEN left(address, 1) || '…@' || substring(address from '([^@]*)$')
        ELSE '…'
    END, 100)
"""


def to_hints(apps, schema_editor):
    for table in TABLES:
        schema_editor.execute(
            f"ALTER TABLE {table} ALTER COLUMN address TYPE varchar(100) USING {HINT}", params=None
        )
        schema_editor.execute(f"ALTER TABLE {table} RENAME COLUMN address TO hint")


def to_addresses(apps, schema_editor):
    for table in TABLES:
        schema_editor.execute(f"ALTER TABLE {table} RENAME COLUMN hint TO address")
        schema_editor.execute(f"ALTER TABLE {table} ALTER COLUMN address TYPE varchar(500)")


def seal(apps, schema_editor):
    contacts = apps.get_model("notifications", "ContactMethod").objects
    for contact in contacts.iterator():
        contacts.filter(pk=contact.pk).update(
            sealed_address=vault.seal(contact.address), sealed_secret=vault.seal(contact.secret)
        )


def unseal(apps, schema_editor):
    contacts = apps.get_model("notifications", "ContactMethod").objects
    for contact in contacts.iterator():
        contacts.filter(pk=contact.pk).update(
            address=vault.unseal(contact.sealed_address),
            secret=vault.unseal(contact.sealed_secret),
        )


def _hints(model):
    return [
        migrations.RemoveField(model_name=model, name="address"),
        migrations.AddField(
            model_name=model,
            name="hint",
            field=models.CharField(max_length=100, default=""),
            preserve_default=False,
        ),
    ]


class Migration(migrations.Migration):
    dependencies = [("notifications", "0003_escalations_of_stops")]

    operations = [
        migrations.RemoveConstraint(model_name="contactmethod", name="contact_method_once"),
        migrations.AddField(
            model_name="contactmethod",
            name="sealed_address",
            field=models.TextField(default=""),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="contactmethod",
            name="sealed_secret",
            field=models.TextField(blank=True, default=""),
        ),
        migrations.AlterField(
            model_name="contactmethod",
            name="secret",
            field=models.CharField(max_length=100, blank=True, default=""),
        ),
        migrations.RunPython(seal, unseal),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(to_hints, to_addresses)],
            state_operations=[
                *_hints("contactmethod"),
                *_hints("historicalcontactmethod"),
                *_hints("page"),
            ],
        ),
        migrations.RemoveField(model_name="contactmethod", name="secret"),
    ]
