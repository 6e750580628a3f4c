from django.apps import AppConfig
from django.db.models.signals import post_migrate


class IncidentsConfig(AppConfig):
    name = "incidents"

    def ready(self) -> None:
        # Registers what the engine may be asked to do, and how the record is compared with rows.
        from incidents import forgotten, handlers, reclocking, recorded  # noqa: F401, PLC0415

        post_migrate.connect(reclocking.install, sender=self, dispatch_uid="incidents.clock_rules")
