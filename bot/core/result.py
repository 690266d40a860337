"""What a search comes to: one rule, a choice of rules, or an honest nothing, each with its reasons. Values only."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hit:
    """One rule in the running. `share` is its part of the belief, 0..1, over all classes."""

    rule: str
    branch: str | None
    share: float


@dataclass(frozen=True, slots=True)
class Trace:
    """Why a result came out as it did, for admins and for calibration."""

    hits: tuple[Hit, ...]
    outside: float
    coverage: float
    matched: tuple[str, ...]
    unknown: tuple[str, ...]
    repaired: tuple[tuple[str, str], ...]
    told: tuple[tuple[str, str], ...] = ()
    """Words that tell a fact, each with the reading it tells, as `rule#branch`."""

    @property
    def margin(self) -> float:
        """How far the first rule leads the second, in parts of the belief."""
        first = self.hits[0].share if self.hits else 0.0
        return first - (self.hits[1].share if len(self.hits) > 1 else 0.0)


@dataclass(frozen=True, slots=True)
class Found:
    """One rule answers. `runner_up` is worth offering when it is not None."""

    rule: str
    branch: str | None
    runner_up: str | None
    confidence: float
    trace: Trace


@dataclass(frozen=True, slots=True)
class Close:
    """Two to four rules are possible and the difference matters: the asker chooses."""

    options: tuple[Hit, ...]
    confidence: float
    trace: Trace


@dataclass(frozen=True, slots=True)
class Nothing:
    """No rule answers; `kind` says what the message is instead."""

    kind: str
    confidence: float
    trace: Trace


Result = Found | Close | Nothing
