"""A question log that keeps nothing, for measurements and previews."""

from bot.usecases.ports import Feedback, Row


class SilentLog:
    """Implements `QuestionLog` without a place to write to."""

    async def add(self, row: Row) -> None:
        return None

    async def feedback(self, token: str, value: Feedback) -> bool:
        return False

    async def chose(self, token: str, choice: str) -> bool:
        return False

    async def find(self, token: str) -> Row | None:
        return None

    async def count(self) -> int:
        return 0

    async def lately(self, limit: int) -> list[str]:
        return []
