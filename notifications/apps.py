from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"

    def ready(self) -> None:
        # Registers what the engine may be asked to do to reach people.
        from notifications import handlers  # noqa: F401, PLC0415
