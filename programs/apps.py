from django.apps import AppConfig


class ProgramsConfig(AppConfig):
    name = "programs"

    def ready(self) -> None:
        # Registers what the engine may be asked to do, and how the record is compared with rows.
        from programs import handlers, recorded  # noqa: F401, PLC0415
