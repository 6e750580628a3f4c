from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AuditConfig(AppConfig):
    name = "audit"

    def ready(self) -> None:
        from audit import guards, handlers, identities, recorded  # noqa: F401, PLC0415

        post_migrate.connect(guards.install, dispatch_uid="audit.guards")
        post_migrate.connect(handlers.install, sender=self, dispatch_uid="audit.sealing")
