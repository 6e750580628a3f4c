from django.apps import AppConfig


class IncidentsConfig(AppConfig):
    name = "incidents"

    def ready(self) -> None:
        # Registers what the engine may be asked to do for incidents.
        from incidents import handlers  # noqa: F401, PLC0415
