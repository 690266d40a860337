"""The queue: like questions together, from k on, decided once; and how many of last month's misses are answered by now."""

import random
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from bot.storage.database import migrate, open_engine
from bot.storage.misses import DatabaseMisses
from bot.storage.questions import DatabaseLog
from bot.usecases.library import Library
from bot.usecases.likeness import ALIKE_FROM, Stems, grouped, similarity, stems_of
from bot.usecases.ports import Row
from bot.usecases.queue import Group, ReviewQueue
from bot.usecases.review_ports import Decision, Miss, Misses
from tests.conftest import NOW
from tests.test_storage import ROW

MONDAY = NOW - timedelta(days=NOW.weekday(), hours=5)
LAST_WEEK = MONDAY - timedelta(days=3)
MISS = replace(ROW, hour=LAST_WEEK, outcome="decline", kind="tidak-ada", rule=None, verdict=None)


class MemoryMisses:
    """Misses and decisions in lists; held against the same contract as the database."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.decided: dict[str, Decision] = {}

    async def missed(self, start, end) -> tuple[Miss, ...]:
        inside = [row for row in self.rows if start <= row.hour < end and not row.repeat]
        eye = [
            row
            for row in inside
            if row.kind == "tidak-ada"
            or (row.outcome == "clarify" and (row.band == "rendah" or row.chosen == "bukan-semuanya"))
            or row.feedback not in (None, "suka")
        ]
        return tuple(Miss(row.question, row.outcome, row.feedback, row.rule, 1) for row in eye)

    async def decisions(self) -> tuple[Decision, ...]:
        return tuple(self.decided.values())

    async def decide(self, decision: Decision) -> None:
        self.decided[decision.key] = decision


class Desk:
    """A log, the queue over it, and ways to fill and read them."""

    def __init__(self, misses: Misses, log: DatabaseLog | None, library: Library) -> None:
        self.misses, self.log, self.library, self.number = misses, log, library, 0

    async def asked(self, text: str, times: int = 1, like: Row = MISS) -> None:
        for _ in range(times):
            self.number += 1
            row = replace(like, token=f"t{self.number}", question=text)
            if self.log is None:
                assert isinstance(self.misses, MemoryMisses)
                self.misses.rows.append(row)
            else:
                await self.log.add(row)

    def queue(self, days_later: int = 0) -> ReviewQueue:
        """As another process would see it."""
        return ReviewQueue(self.misses, self.library, lambda: NOW + timedelta(days=days_later), 90, 5)

    async def groups(self, days_later: int = 0) -> tuple[Group, ...]:
        return (await self.queue(days_later).board()).groups


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
async def desk(request: pytest.FixtureRequest, tmp_path: Path, library: Library) -> AsyncIterator[Desk]:
    if request.param == "memory":
        yield Desk(MemoryMisses(), None, library)
        return
    engine = open_engine(f"sqlite+aiosqlite:///{tmp_path}/a.sqlite3" if request.param == "sqlite" else request.getfixturevalue("postgres_url"))
    await migrate(engine)
    async with engine.begin() as connection:
        for table in ("questions", "review_decisions"):
            await connection.execute(sa.text(f"DELETE FROM {table}"))
    yield Desk(DatabaseMisses(engine), DatabaseLog(engine), library)
    await engine.dispose()


async def test_like_questions_stand_together_and_the_most_asked_first(desk: Desk) -> None:
    await desk.asked("zakat mal lewat baznas gaji dipotong", 4)
    await desk.asked("gaji dipotong zakat lewat baznas", 3)
    await desk.asked("warna seragam dinas hari kamis", 11)
    groups = await desk.groups()
    assert [group.at_least for group in groups] == [10, 5]
    assert groups[0].reasons == ("tidak-terjawab",)


async def test_fewer_than_k_are_not_shown_and_a_number_is_never_exact(desk: Desk) -> None:
    await desk.asked("warna seragam dinas hari kamis", 4)
    assert await desk.groups() == ()
    for times in (5, 6, 9):
        await desk.asked("warna seragam dinas hari kamis", times - desk.number)
        (group,) = await desk.groups()
        assert group.at_least == 5


async def test_repeats_do_not_make_a_group(desk: Desk) -> None:
    await desk.asked("warna seragam dinas hari kamis", 4)
    await desk.asked("warna seragam dinas hari kamis", 9, replace(MISS, repeat=True))
    assert await desk.groups() == ()


async def test_words_that_few_used_are_not_shown(desk: Desk) -> None:
    for text in ("warna seragam dinas hari kamis istri", "warna seragam dinas hari kamis suami", "warna seragam dinas hari kamis anak"):
        await desk.asked(text, 2)
    (group,) = await desk.groups()
    assert group.text == "warna seragam dinas hari kamis …"


async def test_only_whole_weeks_count(desk: Desk) -> None:
    await desk.asked("warna seragam dinas hari kamis", 9, replace(MISS, hour=MONDAY + timedelta(hours=9)))
    assert await desk.groups() == ()
    assert len(await desk.groups(days_later=7)) == 1
    assert await desk.groups(days_later=91) == (), "what is about to be purged is not counted, or each purge would show"


async def test_unsure_and_disliked_answers_are_in_the_queue(desk: Desk) -> None:
    clarify = replace(MISS, outcome="clarify", kind=None, options="suka-unggahan hak-pilih")
    await desk.asked("hiasan besar rumah mertua", 6, replace(clarify, band="rendah"))
    await desk.asked("sepeda sisa pemilu", 6, replace(clarify, band="tinggi", chosen="bukan-semuanya"))
    await desk.asked("doa bersama panggung rakyat", 6, replace(clarify, band="tinggi"))
    await desk.asked("boleh like postingan paslon", 7, replace(ROW, hour=LAST_WEEK, feedback="salah"))
    await desk.asked("boleh nyoblos", 7, replace(ROW, hour=LAST_WEEK, feedback="suka"))
    groups = {group.reasons: group for group in await desk.groups()}
    assert sum(group.at_least for group in groups.values() if group.reasons == ("ragu",)) == 5, "two groups with equal reasons"
    disliked = groups["tidak-disukai",]
    assert (disliked.rules, disliked.missed, disliked.is_answered) == (("like-komentar-share",), 0, False)
    assert len(await desk.groups()) == 3


@pytest.mark.parametrize("verdict", ["abaikan", "selesai"])
async def test_what_was_decided_never_comes_back(desk: Desk, verdict) -> None:
    await desk.asked("warna seragam dinas hari kamis", 7)
    queue = desk.queue()
    (group,) = (await queue.board()).groups
    assert await queue.decide(group.key, verdict)
    assert (await queue.board()).groups == ()
    assert not await queue.decide(group.key, verdict)
    await desk.asked("warna seragam dinas hari kamis", 20)
    await desk.asked("seragam dinas warna hari kamis jumat", 20)
    await desk.asked("kamis warna seragam dinas", 20)
    assert await desk.groups() == ()
    assert len(await desk.misses.decisions()) == 1


async def test_an_unknown_group_cannot_be_decided(desk: Desk) -> None:
    assert not await desk.queue().decide("nothing", "abaikan")
    assert await desk.queue().find("nothing") is None


async def test_a_miss_that_the_live_rulebook_answers_is_told_and_no_longer_waits(desk: Desk) -> None:
    await desk.asked("boleh gak like postingan paslon", 10)
    await desk.asked("warna seragam dinas hari kamis", 5)
    board = await desk.queue().board()
    assert [group.nearest for group in board.answered] == [("like-komentar-share",)]
    assert [group.at_least for group in board.groups] == [5]
    assert board.share == pytest.approx(10 / 15)


async def test_without_misses_there_is_no_share(desk: Desk) -> None:
    assert (await desk.queue().board()).share is None


async def test_texts_without_a_readable_word_are_left_out(desk: Desk) -> None:
    await desk.asked("…", 50)
    assert await desk.groups() == ()


# --- likeness ---


def test_another_order_and_other_forms_are_alike_and_a_negation_is_not(library: Library) -> None:
    def stems(text: str) -> Stems:
        return stems_of(library.shelf.searcher.lexicon.read(text))

    assert stems("menyukai unggahan calon") == stems("unggahan calon disukai")
    assert stems("hadir kampanye tanpa kaos") != stems("hadir kampanye kaos")


@given(st.dictionaries(st.frozensets(st.sampled_from("abcdefghij"), min_size=1, max_size=6), st.integers(1, 9), max_size=40))
def test_every_set_joins_a_leader_that_is_alike_if_there_is_one(sets: dict[Stems, int]) -> None:
    groups = grouped(sets)
    assert sorted(map(sorted, (stems for members in groups.values() for stems in members))) == sorted(map(sorted, sets))
    for leader, members in groups.items():
        assert all(similarity(leader, stems) >= ALIKE_FROM for stems in members)
    for one in groups:
        assert not any(one != other and similarity(one, other) >= ALIKE_FROM for other in groups)
    assert grouped(dict(reversed(sets.items()))) == groups


def test_twenty_thousand_texts_are_grouped_in_seconds() -> None:
    rng = random.Random(5)
    words = [f"w{n}" for n in range(900)]
    weights = [1 / (n + 5) for n in range(900)]
    sets = {frozenset(rng.choices(words, weights, k=rng.randint(2, 9))): rng.randint(1, 20) for _ in range(20_000)}
    start = time.perf_counter()
    groups = grouped(sets)
    assert time.perf_counter() - start < 10
    assert 100 < len(groups) < len(sets)
