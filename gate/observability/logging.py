"""Structured logs: one JSON object a line on standard error, for our own events and for the libraries' alike.

Logs hold no secret and no member's data; whatever a caller wrote is a JSON string, so it cannot forge a line (row V9).
"""

import asyncio
import logging
import sys
from typing import Final

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from gate.observability.request_ids import name_request

_SECRET_KEYS: Final = frozenset({"authorization", "api_key", "password", "token", "secret", "credential"})
_WITHHELD: Final = "withheld"


def configure_logging(level: str, *, human: bool = False) -> None:
    """Set up structlog and the standard library's logging once per process; `human` writes for a terminal instead."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        name_request,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        withhold_secrets,
        structlog.processors.format_exc_info,
    ]
    renderer: Processor = (
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()) if human else structlog.processors.JSONRenderer()
    )
    threshold = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processor=renderer, foreign_pre_chain=shared))
    handler.addFilter(_tell_cancellation_briefly)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(threshold, logging.WARNING) if threshold > logging.DEBUG else logging.INFO)


def withhold_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """A last line of defence: a value logged under a telling name is not written."""
    for key in event:
        if key.lower() in _SECRET_KEYS:
            event[key] = _WITHHELD
    return event


def _tell_cancellation_briefly(record: logging.LogRecord) -> bool:
    """A wait that was given up may cost the database's pool a connection. That is no error, and where it stood then is
    of no use to anybody.
    """
    if record.exc_info is not None and isinstance(record.exc_info[1], asyncio.CancelledError):
        record.exc_info = record.exc_text = None
        record.levelno, record.levelname = logging.WARNING, logging.getLevelName(logging.WARNING)
    return True
