"""A question log that keeps nothing, for measurements and previews."""

from collections.abc import Mapping
from datetime import datetime

from bot.usecases.ports import Feedback, Once, Row


class SilentLog:
    """Implements `QuestionLog` without a place to write to."""

    async def add(self, *rows: Row, once: Once | None = None) -> bool:
        return True

    async def feedback(self, token: str, value: Feedback) -> bool:
        return False

    async def chose(self, token: str, choice: str) -> bool:
        return False

    async def find(self, token: str) -> Row | None:
        return None

    async def count(self) -> int:
        return 0

    async def asked_since(self, since: datetime) -> Mapping[str, int]:
        return {}

    async def has(self, row: Row) -> bool:
        return False

    async def lately(self, limit: int, least: int) -> list[str]:
        return []
