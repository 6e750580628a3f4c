"""How to reach PostgreSQL, as Django wants to be told of it. No settings, no network."""

from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured


def database(url: str, *, statement_timeout_ms: int) -> dict[str, Any]:
    """Return Django's settings for a PostgreSQL URL, sockets included.

    Raises:
        ImproperlyConfigured: if the URL is not one of PostgreSQL.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("postgres", "postgresql"):
        raise ImproperlyConfigured(
            "DATABASE_URL must start with postgres://: Andon needs PostgreSQL."
        )
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    options = {name: value for name, value in query.items() if name not in ("host", "port")}
    # A stuck statement must not hold a program's row, and with it a pause, for ever.
    options["options"] = (
        f"-c statement_timeout={statement_timeout_ms} -c lock_timeout={statement_timeout_ms // 2}"
        " -c idle_in_transaction_session_timeout=30000"
    )
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "andon",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.get("host", "") or parts.hostname or "",
        "PORT": query.get("port", "") or str(parts.port or ""),
        "OPTIONS": {
            "connect_timeout": 5,
            "application_name": "andon",
            # Planned once for each connection: a report with its pause is a quarter faster.
            "server_side_binding": True,
            "prepare_threshold": 3,
            **options,
        },
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
    }
