"""Where pages are answered. `acknowledge` stands in messages, so its path is for ever."""

from django.urls import path

from incidents import urls as incident_urls  # noqa: F401 - registers the converter `ref`
from notifications import views

_stop = "programs/<slug:slug>/stops/<int:generation>/"

urlpatterns = [
    path("acknowledge/<str:token>/", views.acknowledge, name="acknowledge"),
    path(
        "incidents/<ref:number>/acknowledge/",
        views.acknowledge_incident,
        name="acknowledge-incident",
    ),
    path("incidents/<ref:number>/escalation/", views.escalation, name="escalation"),
    path(f"{_stop}acknowledge/", views.acknowledge_stop, name="acknowledge-stop"),
    path(f"{_stop}escalation/", views.stop_escalation, name="stop-escalation"),
]
