"""The API's paths. Its operations ask for a token; its documentation for a signed-in person."""

from django.contrib.auth.decorators import login_not_required
from django.urls import URLPattern, path

from config.api import api

_DOCUMENTATION = ("openapi-json", "openapi-view", "api-root")

_patterns, _namespace, _name = api.urls
for _pattern in _patterns:
    if isinstance(_pattern, URLPattern) and _pattern.name not in _DOCUMENTATION:
        login_not_required(_pattern.callback)

urlpatterns = [path("", (_patterns, _namespace, _name))]
