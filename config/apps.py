from django.apps import AppConfig

# Every process that may hand work to workers needs the Celery app to be the current one.
from config import celery as celery


class HouseConfig(AppConfig):
    name = "config"
    label = "house"
