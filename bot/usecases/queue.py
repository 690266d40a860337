"""What was not answered, hardly understood or disliked, grouped by likeness, the most asked first.

Nothing of it tells of fewer than k questions: a group is shown from k rows, its number is rounded down to a multiple of k
(so that one asker more is never seen as one more), words that fewer than k of its rows share become "…", and it changes only when
a week has ended.
"""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from bot.core.result import Close, Found
from bot.core.scrub import HOLE
from bot.usecases.flips import asking_from
from bot.usecases.library import Library, Shelf
from bot.usecases.likeness import Stems, grouped, stems_of
from bot.usecases.ports import Clock
from bot.usecases.review_ports import Decided, Decision, Miss, Misses
from bot.usecases.upkeep import DISLIKES
from bot.usecases.weeks import WEEK, last_complete, start_of

Reason = Literal["tidak-terjawab", "ragu", "tidak-disukai"]
SHOWN = 300
"""Groups that are worked out; nobody reads further."""
MONTH = 4
"""Weeks of "last month"."""


@dataclass(frozen=True, slots=True)
class Group:
    """Like questions. `at_least` is a multiple of k; `rules` answered them and were disliked; `nearest` is what search would say now."""

    key: str
    text: str
    at_least: int
    missed: int
    """How many of them got no answer, at least; 0 when only disliked."""
    reasons: tuple[Reason, ...]
    rules: tuple[str, ...]
    nearest: tuple[str, ...]
    is_answered: bool
    """The live rulebook answers it by now."""
    members: frozenset[str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Board:
    """The queue of the last whole weeks. `groups` wait for somebody; `answered` were misses and are answered by now."""

    groups: tuple[Group, ...]
    answered: tuple[Group, ...]
    share: float | None
    """Of last month's misses, which part the live rulebook answers now; None when there were too few to say."""


class ReviewQueue:
    """Works the queue out once a week and rulebook version, and takes decisions."""

    def __init__(self, misses: Misses, library: Library, clock: Clock, retention_days: int, k: int) -> None:
        self._misses = misses
        self._library = library
        self._clock = clock
        self._k = k
        # Only weeks whose rows are all still there: else each day's purge would show, as a difference, what it took.
        self._weeks = (retention_days - 7) // 7
        self._kept: tuple[object, Board] | None = None
        self._turn = asyncio.Lock()

    async def board(self) -> Board:
        """The queue as it stands, without what was decided."""
        decided = await self._misses.decisions()
        async with self._turn:
            board = await self._worked_out(decided)
        gone = {decision.key for decision in decided}
        return Board(
            tuple(group for group in board.groups if group.key not in gone),
            tuple(group for group in board.answered if group.key not in gone),
            board.share,
        )

    async def find(self, key: str) -> Group | None:
        """The waiting or answered group of that key."""
        board = await self.board()
        return next((group for group in (*board.groups, *board.answered) if group.key == key), None)

    async def decide(self, key: str, verdict: Decided) -> bool:
        """Takes a group off the queue for good, with whatever will be alike to it; False when it is not there."""
        group = await self.find(key)
        if group is None:
            return False
        await self._misses.decide(Decision(key, group.text, group.members, verdict, self._clock().date()))
        return True

    async def _worked_out(self, decided: Sequence[Decision]) -> Board:
        now, shelf = self._clock(), self._library.shelf
        end = start_of(last_complete(now) + WEEK, now)
        mark = (end, shelf.rulebook.version, shelf.rulebook.notice)
        if self._kept is None or self._kept[0] != mark:
            rows = await self._misses.missed(end - timedelta(weeks=self._weeks), end)
            month = await self._misses.missed(end - timedelta(weeks=min(MONTH, self._weeks)), end)
            self._kept = (mark, await asyncio.to_thread(self._board, shelf, rows, month, decided))
        return self._kept[1]

    def _board(self, shelf: Shelf, rows: Iterable[Miss], month: Iterable[Miss], decided: Sequence[Decision]) -> Board:
        groups = self._groups(shelf, rows, decided)
        settled = [group.is_answered and "tidak-disukai" not in group.reasons for group in groups]
        missed = [group for group in self._groups(shelf, month, ()) if group.missed]
        total = sum(group.missed for group in missed)
        share = sum(group.missed for group in missed if group.is_answered) / total if total else None
        waiting = tuple(group for group, done in zip(groups, settled, strict=True) if not done)
        return Board(waiting, tuple(group for group, done in zip(groups, settled, strict=True) if done), share)

    def _groups(self, shelf: Shelf, rows: Iterable[Miss], decided: Sequence[Decision]) -> list[Group]:
        read = shelf.searcher.lexicon.read
        by_stems: dict[Stems, list[Miss]] = {}
        for row in rows:
            by_stems.setdefault(stems_of(read(row.question)), []).append(row)
        hashes = frozenset().union(*(decision.members for decision in decided))
        sizes = {stems: sum(row.count for row in found) for stems, found in by_stems.items() if stems and _hash(stems) not in hashes}
        first = [stems for decision in decided if (stems := stems_of(read(decision.text)))]
        ignored = set(first)
        found = []
        for leader, members in grouped(sizes, first).items():
            alike = [row for stems in members for row in by_stems[stems]]
            if leader not in ignored and sum(row.count for row in alike) >= self._k:
                found.append((leader, members, alike))
        found.sort(key=lambda group: (-self._rounded(group[2]), _hash(group[0])))
        asking = asking_from(shelf, self._clock)
        groups = []
        for leader, members, alike in found[:SHOWN]:
            text = self._text(alike)
            if text == HOLE:
                continue  # no word of it is shared by k of them
            missed = self._rounded(row for row in alike if row.outcome != "answer")
            reasons: tuple[Reason, ...] = ("tidak-terjawab", "ragu", "tidak-disukai")
            shown = tuple(reason for reason in reasons if self._rounded(row for row in alike if reason in _reasons(row)))
            disliked = Counter[str]()
            for row in alike:
                if row.rule and row.feedback in DISLIKES:
                    disliked[row.rule] += row.count
            rules = tuple(sorted(rule for rule, count in disliked.items() if count >= self._k))
            part = asking.ask(text, "baris-perintah").parts[0]
            match part.result:
                case Found():
                    nearest: tuple[str, ...] = (part.result.rule,)
                case Close():
                    nearest = tuple(dict.fromkeys(hit.rule for hit in part.result.options))
                case _:
                    nearest = tuple(dict.fromkeys(hit.rule for hit in part.result.trace.hits))[:3]
            answered = bool(missed) and isinstance(part.result, Found)
            members_ = frozenset(_hash(stems) for stems in members)
            groups.append(Group(_hash(leader), text, self._rounded(alike), missed, shown, rules, nearest, answered, members_))
        return groups

    def _rounded(self, rows: Iterable[Miss]) -> int:
        return sum(row.count for row in rows) // self._k * self._k

    def _text(self, rows: Sequence[Miss]) -> str:
        """The commonest text of a group, of which only words that at least k of its rows share are shown."""
        shared, texts = Counter[str](), Counter[str]()
        for row in rows:
            texts[row.question] += row.count
            for word in set(row.question.split()):
                shared[word] += row.count
        commonest = min(texts, key=lambda text: (-texts[text], text))
        words: list[str] = []
        for word in commonest.split():
            shown = word if shared[word] >= self._k else HOLE
            if shown != HOLE or words[-1:] != [HOLE]:
                words.append(shown)
        return " ".join(words)


def _reasons(row: Miss) -> tuple[Reason, ...]:
    found: list[Reason] = ["tidak-disukai"] if row.feedback in DISLIKES else []
    if row.outcome != "answer":
        found.append("tidak-terjawab" if row.outcome == "decline" else "ragu")
    return tuple(found)


def _hash(stems: Stems) -> str:
    return hashlib.sha256(" ".join(sorted(stems)).encode()).hexdigest()[:16]
