from django.apps import AppConfig

# Every process that may hand work to workers needs the Celery app to be the current one.
from config import celery as celery


class HouseConfig(AppConfig):
    name = "config"
    label = "house"

    def ready(self) -> None:
        # They register their checks, which ask the settings.
        from config import outside, teamless  # noqa: F401, PLC0415
