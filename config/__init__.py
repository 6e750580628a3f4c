"""Wiring: settings, URLs, processes.

Importing the Celery app here lets every process hand work to workers.
"""

from config.celery import app as celery_app

__all__ = ["celery_app"]
