"""The Celery app. There is no beat: what is due is a row that the engine claims."""

import os

from celery import Celery
from celery.signals import setup_logging, worker_init
from django.urls import get_resolver

from audit import lasting

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("andon")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def keep_our_logging(**_: object) -> None:
    """Let Django's LOGGING stand: Celery would otherwise replace our JSON lines by its own."""


@worker_init.connect
def read_all_addresses(**_: object) -> None:
    """Read the URLs before the worker forks: they take seconds, and the first page has a link."""
    dict(get_resolver().reverse_dict)
    lasting.keep_what_is_loaded()
