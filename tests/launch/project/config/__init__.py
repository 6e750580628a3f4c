"""Stands in for the wiring, which would import Celery."""
