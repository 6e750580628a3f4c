"""Which path leads to which app."""

from django.urls import include, path

from config import board, health, metrics, operations

handler400 = "config.unread.bad_request"

urlpatterns = [
    path("", board.board, name="board"),
    path("board/live/", board.live, name="board-live"),
    path("operations/", operations.operations, name="operations"),
    path("", include("incidents.urls")),
    path("", include("programs.urls")),
    path("", include("notifications.urls")),
    path("", include("accounts.urls")),
    path("", include("audit.urls")),
    path("accounts/", include("allauth.urls")),
    path("api/", include("config.api_urls")),
    path("healthz", health.alive, name="healthz"),
    path("healthz/engine", health.engine, name="healthz-engine"),
    path("readyz", health.ready, name="readyz"),
    path("metrics", metrics.exposition, name="metrics"),
]
