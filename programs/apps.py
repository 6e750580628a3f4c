from django.apps import AppConfig


class ProgramsConfig(AppConfig):
    name = "programs"

    def ready(self) -> None:
        # Registers what the engine may be asked to do for programs.
        from programs import handlers  # noqa: F401, PLC0415
