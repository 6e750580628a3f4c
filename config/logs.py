"""How Andon logs: one JSON object a line, UTC, with request and task ids, never incident text."""

from typing import Any

import structlog

type_ = structlog.types

# PostgreSQL puts the values of the offending row into these lines of an error.
_ROW_VALUES = ("DETAIL:", "CONTEXT:", "Failing row", "Key (", "LINE ")


def without_row_values(_logger: Any, _name: str, event: type_.EventDict) -> type_.EventDict:
    """Take the lines that quote a database row out of a formatted exception."""
    text = event.get("exception")
    if isinstance(text, str):
        event["exception"] = "\n".join(
            line for line in text.splitlines() if not line.lstrip().startswith(_ROW_VALUES)
        )
    return event


_SHARED: list[type_.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
    without_row_values,
]


def configure() -> None:
    """Send structlog's own loggers through the standard library, so that one format covers both."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *_SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def configuration(*, level: str, form: str) -> dict[str, Any]:
    """Return Django's LOGGING for a level and a form, `json` or `console`."""
    renderer: type_.Processor = (
        structlog.processors.JSONRenderer()
        if form == "json"
        else structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "lines": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    renderer,
                ],
                "foreign_pre_chain": _SHARED,
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # Start and end of each request would double the log and say less than one line.
            "django_structlog": {"level": "INFO"},
            "django.server": {"handlers": [], "propagate": True},
            "celery": {"level": "WARNING"},
            "uvicorn": {"handlers": [], "level": "WARNING", "propagate": True},
        },
    }
