"""The review's figures against the truth: a half year of questions, counted again from the questions themselves.

The truth here is worked out from rows and not from counts: which questions lie in a group too small to be shown is decided by a
second, slower telling of the same rule.
"""

import asyncio
import csv
import io
import sqlite3
import zipfile
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import date, datetime, timedelta
from itertools import pairwise, product
from pathlib import Path

import pytest

from bot.core.rulebook import Rulebook
from bot.storage.counts import DatabaseCounts, DatabaseLedger
from bot.storage.database import migrate, open_engine
from bot.storage.opendata import open_database
from bot.usecases.clarifications import proposals
from bot.usecases.dashboard import Dashboard, Ranking
from bot.usecases.disclosure import TOTAL
from bot.usecases.exports import as_csv, as_workbook, open_csv, safe, tables
from bot.usecases.library import Library
from bot.usecases.review import CHANNELS, Review
from bot.usecases.upkeep import DISLIKES, Upkeep
from bot.usecases.weeks import LENGTHS, monday_of, stage_of
from tests.simulate import FIRST, JAKARTA, WEEKS, Asked, generate, write_sqlite

K = 5
COUNT = 20_000
AFTER = datetime.combine(FIRST + timedelta(weeks=WEEKS), datetime.min.time(), JAKARTA) + timedelta(hours=2)
LAST = FIRST + timedelta(weeks=WEEKS - 1)
Keys = tuple[str, ...]
Boards = dict[tuple[int, str | None], Dashboard]


class Truth:
    """What may be told of the half year, from the questions themselves."""

    def __init__(self, rulebook: Rulebook) -> None:
        self.asked = [one for week in generate(COUNT, rulebook) for one in week]
        topics = {rule.id: rule.topic for rule in rulebook.rules.values()}
        self.streams: list[tuple[date, tuple[str, ...], list[Asked]]] = []
        self.totals: Counter[tuple[date, str]] = Counter()
        by_week: defaultdict[date, defaultdict[str, list[Asked]]] = defaultdict(lambda: defaultdict(list))
        for one in self.asked:
            if not one.repeat:
                by_week[monday_of(one.local.date())][one.channel].append(one)
        for week, channels in by_week.items():
            pool: list[str] = []
            for channel, rows in channels.items():
                if len(rows) >= K:
                    self.totals[week, channel] = len(rows)
                if len(rows) >= 50:
                    self.streams.append((week, (channel,), rows))
                elif len(rows) >= K:
                    pool.append(channel)
            pooled = [one for channel in pool for one in channels[channel]]
            if len(pooled) >= 50:
                self.streams.append((week, tuple(sorted(pool)), pooled))

        def content(one: Asked) -> Keys:
            if one.rule and one.verdict:
                return ("answer", topics[one.rule], one.verdict, one.rule)
            return ("clarify", "+".join(sorted(one.options.split()))) if one.options else ("decline", str(one.kind))

        def time(one: Asked) -> Keys:
            return (str(one.local.date()), f"{one.local.hour // 4}", f"{one.local.hour}")

        def feedback(one: Asked) -> Keys:
            return ("keluhan" if one.feedback in DISLIKES else one.feedback or "-",)

        self.told = {name: self._told(keys) for name, keys in (("isi", content), ("waktu", time), ("masukan", feedback))}

    def _told(self, keys: Callable[[Asked], Keys]) -> list[tuple[date, tuple[str, ...], Asked, Keys]]:
        """Each question with as many of its keys as may be told."""
        found = []
        for week, channels, rows in self.streams:
            for one, told in _tell([(one, keys(one)) for one in rows], 0):
                found.append((week, channels, one, told))
        return found

    def count(self, family: str, level: int, weeks: Iterable[date], channel: str | None, under: str = "") -> Counter[str]:
        inside = set(weeks)
        return Counter(
            told[level]
            for week, channels, _, told in self.told[family]
            if week in inside and channel in (None, "+".join(channels)) and len(told) > level and told[0].startswith(under)
        )


def _tell(rows: list[tuple[Asked, Keys]], level: int) -> list[tuple[Asked, Keys]]:
    if level == len(rows[0][1]):
        return rows
    groups: defaultdict[str, list[tuple[Asked, Keys]]] = defaultdict(list)
    for one, keys in rows:
        groups[keys[level]].append((one, keys))
    hidden = [key for key, group in groups.items() if len(group) < K]
    while hidden and len(hidden) < len(groups):
        together = sum(len(groups[key]) for key in hidden)
        if together >= K and together != len(hidden) * (K - 1) and not _ties(groups, hidden):
            break
        smallest = min(len(group) for key, group in groups.items() if key not in hidden)
        hidden += [key for key, group in groups.items() if key not in hidden and len(group) == smallest]
    told = [(one, keys[:level]) for key in hidden for one, keys in groups[key]]
    for key, group in groups.items():
        if key not in hidden:
            told += _tell(group, level + 1)
    return told


def _ties(groups: dict[str, list[tuple[Asked, Keys]]], hidden: list[str]) -> bool:
    largest = max(len(groups[key]) for key in hidden)
    return largest >= K and any(len(group) == largest for key, group in groups.items() if key not in hidden)


@pytest.fixture(scope="module")
def truth(library: Library) -> Truth:
    return Truth(library.shelf.rulebook)


@pytest.fixture(scope="module")
def database(library: Library, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The half year, counted."""
    path = tmp_path_factory.mktemp("review") / "a.sqlite3"
    url = f"sqlite+aiosqlite:///{path}"

    async def count() -> None:
        engine = open_engine(url)
        await migrate(engine)
        write_sqlite(path, COUNT, library.shelf.rulebook)
        await Upkeep(DatabaseLedger(engine), library, lambda: AFTER, 90, K).run_once()
        await engine.dispose()

    asyncio.run(count())
    return url


@pytest.fixture
async def review(database: str, library: Library) -> AsyncIterator[Review]:
    engine = open_engine(database)
    yield Review(DatabaseCounts(engine), library, lambda: AFTER)
    await engine.dispose()


@pytest.fixture(scope="module")
def boards(database: str, library: Library) -> Boards:
    """Every view there is."""

    async def look() -> Boards:
        engine = open_engine(database)
        review = Review(DatabaseCounts(engine), library, lambda: AFTER)
        found = {(weeks, channel): await review.dashboard(weeks, channel) for weeks, channel in product(LENGTHS, (None, *CHANNELS))}
        await engine.dispose()
        return {key: board for key, board in found.items() if board}

    return asyncio.run(look())


def numbers(ranking: Ranking) -> dict[str, int]:
    return {line.key: line.count for line in ranking.lines}


def test_every_figure_of_every_view_is_the_truth(boards: Boards, truth: Truth) -> None:
    assert len(boards) == len(LENGTHS) * (len(CHANNELS) + 1)
    for (length, channel), board in boards.items():
        weeks = [LAST - timedelta(weeks=n) for n in range(length)]
        before = [week - timedelta(weeks=length) for week in weeks]
        for span, which in ((weeks, "now"), (before, "before")):
            outcomes = truth.count("isi", 0, span, channel)
            figures = {name: getattr(getattr(board, name), which) for name in ("questions", "answered", "clarified", "declined", "disliked")}
            if span[-1] < FIRST:
                assert set(figures.values()) == {None}
                continue
            total = sum(n for (week, name), n in truth.totals.items() if week in span and channel in (None, name))
            expected = (total, outcomes["answer"], outcomes["clarify"], outcomes["decline"], truth.count("masukan", 0, span, channel)["keluhan"])
            assert tuple(figure.value for figure in figures.values()) == expected
            assert figures["answered"].is_exact == (outcomes.total() == total)
        for ranking, level, under in (
            (board.topics, 1, "answer"),
            (board.verdicts, 2, "answer"),
            (board.rules, 3, "answer"),
            (board.pairs, 1, "clarify"),
            (board.kinds, 1, "decline"),
        ):
            assert numbers(ranking) == truth.count("isi", level, weeks, channel, under)
        days = truth.count("waktu", 0, weeks, channel)
        assert {str(day): n for day, n in board.days if n} == days
        heat, parts = Counter[tuple[int, int]](), Counter[tuple[int, int]]()
        for week, channels, one, told in truth.told["waktu"]:
            if week in weeks and channel in (None, "+".join(channels)):
                heat[one.local.weekday(), one.local.hour] += len(told) == 3
                parts[one.local.weekday(), one.local.hour // 4] += len(told) >= 2
        assert {(day, hour): n for day, row in enumerate(board.hours) for hour, n in enumerate(row) if n} == +heat
        assert {(day, part): n for day, row in enumerate(board.parts) for part, n in enumerate(row) if n} == +parts
        assert board.hours_rest == board.questions.now.value - heat.total()
        assert dict(board.weeks) == {week: sum(n for (w, c), n in truth.totals.items() if w == week and channel in (None, c)) for week in weeks}


def test_rankings_and_what_they_cannot_place_add_up(boards: Boards) -> None:
    for board in boards.values():
        total = board.questions.now.value
        placed = board.answered.now.value + board.clarified.now.value + board.declined.now.value
        unplaced = total - placed
        for ranking, figure in ((board.rules, board.answered), (board.pairs, board.clarified), (board.kinds, board.declined)):
            assert sum(numbers(ranking).values()) + ranking.rest == figure.now.value + unplaced
        assert [line.count for line in board.rules.lines] == sorted((line.count for line in board.rules.lines), reverse=True)


def test_stages_hold_the_weeks_of_the_calendar_and_what_was_asked_most_in_them(boards: Boards, truth: Truth, library: Library) -> None:
    board = boards[26, None]
    rulebook = library.shelf.rulebook
    by_stage: defaultdict[str, list[date]] = defaultdict(list)
    for n in range(WEEKS):
        week = FIRST + timedelta(weeks=n)
        by_stage[stage_of(week, rulebook.elections)].append(week)
    assert {stage.stage: stage.weeks for stage in board.stages} == {stage: len(weeks) for stage, weeks in by_stage.items()}
    assert {"kampanye", "masa-tenang+pemungutan", "pra-penetapan"} <= set(by_stage)
    for stage in board.stages:
        rules = truth.count("isi", 3, by_stage[stage.stage], None, "answer")
        assert [line.count for line in stage.rules.lines] == [n for _, n in rules.most_common(5)]


def test_no_two_views_differ_by_fewer_than_k(boards: Boards) -> None:
    """Nested periods, and all channels less some: every key of every table, and every rest."""

    def all_numbers(board: Dashboard) -> Counter[tuple[str, object]]:
        found: Counter[tuple[str, object]] = Counter()
        for name in ("rules", "topics", "verdicts", "kinds", "pairs"):
            ranking = getattr(board, name)
            found.update({(name, line.key): line.count for line in ranking.lines})
        for name in ("questions", "answered", "clarified", "declined", "disliked"):
            found[name, ""] = getattr(board, name).now.value
        found.update({("hours", (day, hour)): n for day, row in enumerate(board.hours) for hour, n in enumerate(row)})
        found.update({("days", day): n or 0 for day, n in board.days})
        found["repeats", ""] = board.repeats
        return found

    seen = {key: all_numbers(board) for key, board in boards.items()}
    for channel in (None, *CHANNELS):
        for shorter, longer in pairwise(LENGTHS):
            less = seen[longer, channel].copy()
            less.subtract(seen[shorter, channel])
            assert all(n == 0 or n >= K for n in less.values())
    for length in LENGTHS:
        for filters in ((one,) for one in CHANNELS):
            less = seen[length, None].copy()
            for channel in filters:
                less.subtract(seen[length, channel])
            assert all(n == 0 or n >= K for n in less.values())
        less = seen[length, None].copy()
        for channel in CHANNELS:
            less.subtract(seen[length, channel])
        assert all(n == 0 or n >= K for n in less.values())


def test_rules_nobody_asks_and_rules_due_come_with_how_often_they_were_asked(boards: Boards, library: Library) -> None:
    board = boards[26, None]
    asked = numbers(board.rules)
    rules = library.shelf.rulebook.rules
    assert not {line.key for line in board.silent} & set(asked)
    assert all(rules[due.rule].review_due <= AFTER.date() + timedelta(days=30) for due in board.due)
    assert [due.count for due in board.due] == sorted((asked.get(due.rule, 0) for due in board.due), reverse=True)


def test_topics_carry_the_categories_of_the_circular(boards: Boards) -> None:
    notes = {line.key: line.note for line in boards[26, None].topics.lines}
    assert notes["media-sosial"].startswith("II.A.2")
    assert notes.get("hak-pilih", "") == ""


async def test_nothing_is_shown_before_a_week_was_counted(tmp_path: Path, library: Library) -> None:
    engine = open_engine(f"sqlite+aiosqlite:///{tmp_path}/a.sqlite3")
    await migrate(engine)
    assert await Review(DatabaseCounts(engine), library, lambda: AFTER).dashboard(4) is None
    await engine.dispose()


async def test_an_older_period_can_be_looked_at(review: Review, truth: Truth) -> None:
    board = await review.dashboard(4, None, LAST - timedelta(weeks=10))
    assert board
    assert board.period.last == LAST - timedelta(weeks=10)
    assert numbers(board.rules) == truth.count("isi", 3, board.period.mondays, None, "answer")


# --- what to clarify ---


def test_three_clarifications_are_proposed_from_rule_texts_only(boards: Boards, library: Library) -> None:
    rulebook = library.shelf.rulebook
    found = proposals(boards[26, None], rulebook, date(2026, 11, 21))
    assert len(found) == 3
    for one in found:
        rule = rulebook.rules[one.rule]
        version = rule.version_on(date(2026, 11, 21))
        assert version
        assert (one.title, one.answer, one.safe_course) == (rule.title, version.answer, version.safe_course)
        assert one.why
        assert len(one.positions) == len(version.positions)


def test_complaints_bring_a_rule_forward(boards: Boards, library: Library) -> None:
    found = proposals(boards[26, None], library.shelf.rulebook, date(2026, 11, 21), {"hak-memilih-asn": 0, "like-komentar-share": 10**6})
    assert found[0].rule == "like-komentar-share"
    assert "tidak-disukai" in found[0].why


# --- exports ---


def test_the_csv_holds_every_number_of_the_page(boards: Boards, library: Library) -> None:
    board = boards[26, None]
    rows = list(csv.reader(io.StringIO(as_csv(tables(board, proposals(board, library.shelf.rulebook, AFTER.date()))))))
    told = {row[1]: row[4] for row in rows if row[0] == "Aturan"}
    assert {key: int(told[key]) for key in numbers(board.rules)} == numbers(board.rules)
    assert ["Ringkasan", "Pertanyaan", str(board.questions.now.value), "ya", "", ""] in rows
    assert {row[1]: int(row[2]) for row in rows if row[0] == "Minggu"} == {str(week): n for week, n in board.weeks}


def test_the_workbook_opens_and_holds_numbers_as_numbers(boards: Boards) -> None:
    board = boards[26, None]
    with zipfile.ZipFile(io.BytesIO(as_workbook(tables(board)))) as book:
        assert b"<v>%d</v>" % board.questions.now.value in book.read("xl/worksheets/sheet1.xml")
        assert b"<f>" not in b"".join(book.read(name) for name in book.namelist())


@pytest.mark.parametrize("text", ["=1+1", "+62", "-1", "@x", "\tx", "\rx"])
def test_no_cell_can_run_as_a_formula(text: str) -> None:
    assert safe(text) == f"'{text}"


def test_plain_cells_stay_as_they_are() -> None:
    assert (safe("a=1"), safe(-1), safe(None)) == ("a=1", -1, None)


async def test_open_data_is_what_was_released_and_nothing_else(database: str, truth: Truth) -> None:
    engine = open_engine(database)
    released = await DatabaseCounts(engine).released(FIRST, LAST)
    await engine.dispose()
    block = open_database(released, {"k": str(K)})
    connection = sqlite3.connect(":memory:")
    connection.deserialize(block)
    assert connection.execute("SELECT min(jumlah) FROM sel").fetchone()[0] >= K
    assert {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")} == {"sel", "tentang"}
    totals = {
        (date.fromisoformat(week), channel): n
        for week, channel, n in connection.execute("SELECT minggu, saluran, jumlah FROM sel WHERE bagian = 'jumlah'")
    }
    connection.close()
    assert totals == truth.totals
    rows = list(csv.DictReader(io.StringIO(open_csv(released))))
    assert len(rows) == len(released)
    assert sum(int(row["jumlah"]) for row in rows if row["bagian"] == TOTAL) == truth.totals.total()
