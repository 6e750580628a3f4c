from django.apps import AppConfig


class SeverityConfig(AppConfig):
    name = "severity"
