"""What the program may say about itself: no token, no update, no question. Set once, before anything else logs."""

import json
import logging
import re
import sys
from collections.abc import Iterable
from datetime import UTC, datetime

QUIET = ("httpx", "httpcore", "telegram", "apscheduler", "aiosqlite", "sqlalchemy", "alembic", "uvicorn", "multipart", "python_multipart")
"""Loggers that print addresses with the token in them, or whole updates, when they are let."""

_TOKEN_LIKE = re.compile(r"\d{2,}:[\w-]{30,}")
_HIDDEN = "[rahasia]"


class Redact(logging.Filter):
    """Drops what other people's loggers attach, and hides every secret in what is left."""

    def __init__(self, secrets: Iterable[str]) -> None:
        super().__init__()
        self._secrets = tuple(secrets)

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.split(".")[0] in QUIET:
            # PTB logs updates and their parts at CRITICAL when it cannot parse them: keep the sentence, drop the data.
            record.msg, record.args = str(record.msg).split("%")[0][:80], ()
        text = record.getMessage()
        if record.exc_info:
            kind = record.exc_info[0]
            text += f" ({kind.__name__ if kind else 'exception'})"
            record.exc_info, record.exc_text = None, None
        for secret in self._secrets:
            text = text.replace(secret, _HIDDEN)
        record.msg, record.args = _TOKEN_LIKE.sub(_HIDDEN, text), ()
        return True


class Json(logging.Formatter):
    """One object a line: `time` (with its zone), `level`, `logger`, `message`."""

    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        return json.dumps({"time": time, "level": record.levelname, "logger": record.name, "message": record.getMessage()}, ensure_ascii=False)


def set_up(level: str, secrets: Iterable[str] = (), style: str = "text") -> None:
    """One handler on standard error for the whole program; `style` is text or json."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Json() if style == "json" else logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    handler.addFilter(Redact(secrets))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
