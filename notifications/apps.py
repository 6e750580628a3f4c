from django.apps import AppConfig
from django.db.models.signals import post_migrate


class NotificationsConfig(AppConfig):
    name = "notifications"

    def ready(self) -> None:
        # Registers what the engine may be asked to do to reach people.
        from notifications import (  # noqa: F401, PLC0415
            alarming,
            checking,
            depositing,
            digests,
            handlers,
            heralds,
            holes,
            mending,
            policies,
            readiness,
            rota_work,
            working,
        )

        post_migrate.connect(
            policies.install, sender=self, dispatch_uid="notifications.general_policies"
        )
        post_migrate.connect(
            readiness.install, sender=self, dispatch_uid="notifications.looks_at_policies"
        )
        post_migrate.connect(working.install, sender=self, dispatch_uid="notifications.looks")
        post_migrate.connect(checking.install, sender=self, dispatch_uid="notifications.places")
        post_migrate.connect(holes.install, sender=self, dispatch_uid="notifications.gaps")
        post_migrate.connect(digests.install, sender=self, dispatch_uid="notifications.digests")
