"""How Andon logs: one JSON object a line, UTC, with request and task ids, never incident text."""

import re
import traceback
from types import TracebackType
from typing import Any

import structlog

type_ = structlog.types
ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType | None]

# What follows a `?` is what somebody searched for or a report that a link fills in.
# The path is taken where nothing was asked too: else it is looked at anew from each slash.
_QUERY = re.compile(r"(/[^\s?\"]*+)(?:(\?)[^\s\"]*+)?")
# Whoever holds these parts of an address may act by them.
_KEYS_IN_ADDRESSES = re.compile(
    r"(/acknowledge/|/calendars/|/confirm-email/|/confirmations/|/receipts/|/reset/key/|/wall/"
    r"|/unsubscribe/|/wall/)[^/\s\"]+"
)
_FOR_PARTICIPANTS = "/for-participants/"


def without_what_people_wrote(_logger: Any, _name: str, event: type_.EventDict) -> type_.EventDict:
    """Take the queries and the keys out of every address in a line."""
    for name, value in event.items():
        if isinstance(value, str) and "/" in value and name != "exception":
            value = _QUERY.sub(_without_what_was_asked, value)
            event[name] = _KEYS_IN_ADDRESSES.sub(r"\1...", value)
    return event


def _without_what_was_asked(found: re.Match[str]) -> str:
    return f"{found[1]}?..." if found[2] else found[1]


def without_who_chose(_logger: Any, _name: str, event: type_.EventDict) -> type_.EventDict:
    """Take the reader's number out of lines about the page for participants.

    With the time of each choice, which the record counts, it would be a list of who did.
    """
    if _FOR_PARTICIPANTS in str(event.get("request", "")):
        event.pop("user_id", None)
    return event


def where_from(exc_info: ExceptionInfo) -> str:
    """Return where an exception came from, without its message.

    A message may quote a report, a row of the database or the body of a request.
    """
    return _where_from(exc_info[1])


def _where_from(error: BaseException) -> str:
    parts: list[str] = []
    current: BaseException | None = error
    while current is not None:
        frames = "".join(traceback.format_tb(current.__traceback__))
        kind = type(current)
        parts.append(f"{frames}{kind.__module__}.{kind.__qualname__}")
        if isinstance(current, BaseExceptionGroup):
            parts += map(_where_from, current.exceptions)
        hidden = current.__suppress_context__
        current = current.__cause__ or (None if hidden else current.__context__)
    return "\ncaused by\n".join(parts)


_SHARED: list[type_.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.ExceptionRenderer(where_from),
    without_what_people_wrote,
    without_who_chose,
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
            # It quotes what services answered. What became of each page stands at its attempts.
            "apprise": {"level": "CRITICAL"},
            "uvicorn": {"handlers": [], "level": "WARNING", "propagate": True},
        },
    }
