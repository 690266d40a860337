"""Slows one chat down without starving the others. Counts in memory, under a number that is never written or logged."""

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Literal

BURST = 12
PER_SECOND = 0.5
REMEMBERED = 10_000


class FloodGate:
    """A token bucket per chat: twelve messages at once, then one every two seconds."""

    def __init__(self, now: Callable[[], float] = time.monotonic, burst: float = BURST, per_second: float = PER_SECOND) -> None:
        self._now = now
        self._burst = burst
        self._per_second = per_second
        self._buckets: OrderedDict[int, tuple[float, float, bool]] = OrderedDict()

    def admit(self, chat: int) -> Literal["yes", "warn", "no"]:
        """`warn` the first time a chat is too fast, `no` until it has slowed down."""
        now = self._now()
        level, since, warned = self._buckets.pop(chat, (self._burst, now, False))
        level = min(self._burst, level + (now - since) * self._per_second)
        allowed = level >= 1
        calm = level >= self._burst / 2
        self._buckets[chat] = (level - 1 if allowed else level, now, not allowed or (warned and not calm))
        while len(self._buckets) > REMEMBERED:
            self._buckets.popitem(last=False)
        if allowed:
            return "yes"
        return "no" if warned else "warn"
