"""Half a year of questions with known truth: seasons, the stages of an election, a debate night, channels of unequal size.

`generate` makes columns from a seed; `rows` turns them into rows for a database; what is true of them is counted by the tests
themselves, straight from the columns.
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.core.rulebook import Rulebook
from bot.storage.database import questions

JAKARTA = ZoneInfo("Asia/Jakarta")
FIRST = date(2024, 6, 17)
"""A Monday; the half year from here holds all stages of the Pilkada of 2024."""
WEEKS = 26
DEBATE = date(2024, 10, 23)
CHANNELS = ("telegram", "web", "telegram-grup", "baris-perintah")
CHANNEL_SHARES = (0.72, 0.2, 0.07, 0.01)
KINDS = ("tidak-ada", "bukan-pemilu", "sapaan", "lapor", "umpatan")
FEEDBACK = (None, "suka", "tidak-suka", "salah", "kurang-jelas", "beda-kasus")
COLUMNS = tuple(column.name for column in questions.columns)
HOURS = np.array([1, 0.5, 0.3, 0.2, 0.4, 1, 2, 4, 8, 10, 9, 8, 7, 8, 8, 7, 6, 5, 5, 6, 7, 6, 4, 2])
DAYS = np.array([1.3, 1.1, 1.0, 1.0, 0.9, 0.5, 0.4])


@dataclass(frozen=True)
class Asked:
    """One simulated question, as the tests see it."""

    local: datetime
    channel: str
    outcome: str
    kind: str | None
    rule: str | None
    verdict: str | None
    options: str
    feedback: str | None
    repeat: bool
    question: str
    band: str


def generate(count: int, rulebook: Rulebook, seed: int = 5, weeks: int = WEEKS) -> Iterator[list[Asked]]:
    """The questions of each week, in the order of time."""
    rng = np.random.default_rng(seed)
    rules = list(rulebook.rules.values())
    popularity = 1 / np.arange(1, len(rules) + 1)
    order = rng.permutation(len(rules))
    names = [rules[i].id for i in order]
    verdicts = [[str(next(v for v in rules[i].versions.values() if v).verdict), *(str(b.verdict) for b in rules[i].branches)] for i in order]
    season = np.array([_season(FIRST + timedelta(weeks=week)) for week in range(weeks)])
    sizes = rng.multinomial(count, season / season.sum())
    for week, size in enumerate(sizes):
        monday = FIRST + timedelta(weeks=week)
        heat = np.outer(DAYS, HOURS)
        if monday <= DEBATE < monday + timedelta(weeks=1):
            heat[DEBATE.weekday(), 20:23] *= 40
        # What people ask about drifts from week to week, so that most rules are small in some weeks.
        liking = popularity * rng.gamma(2.0, 0.5, len(rules))
        slots = np.sort(rng.choice(168, size, p=(heat / heat.sum()).ravel()))
        channels = rng.choice(len(CHANNELS), size, p=CHANNEL_SHARES)
        outcomes = rng.choice(3, size, p=(0.78, 0.1, 0.12))
        chosen = rng.choice(len(rules), size, p=liking / liking.sum())
        others = (chosen + 1 + rng.integers(0, 3, size)) % len(rules)
        kinds = rng.choice(len(KINDS), size, p=(0.5, 0.25, 0.15, 0.07, 0.03))
        feedback = rng.choice(len(FEEDBACK), size, p=(0.85, 0.09, 0.03, 0.01, 0.01, 0.01))
        repeats = rng.random(size) < 0.04
        branches = rng.random(size) < 0.1
        starts = [datetime.combine(monday + timedelta(days=slot // 24), datetime.min.time(), JAKARTA).replace(hour=slot % 24) for slot in range(168)]
        found = []
        for slot, channel, outcome, rule, other, kind, value, repeat, branch in zip(
            slots.tolist(),
            channels.tolist(),
            outcomes.tolist(),
            chosen.tolist(),
            others.tolist(),
            kinds.tolist(),
            feedback.tolist(),
            repeats.tolist(),
            branches.tolist(),
            strict=True,
        ):
            answer, clarify = outcome == 0, outcome == 1
            name = names[rule]
            verdict = verdicts[rule][-1] if branch else verdicts[rule][0]
            found.append(
                Asked(
                    starts[slot],
                    CHANNELS[channel],
                    ("answer", "clarify", "decline")[outcome],
                    KINDS[kind] if outcome == 2 else None,
                    name if answer else None,
                    verdict if answer else None,
                    f"{name} {names[other]}" if clarify else "",
                    FEEDBACK[value] if answer else None,
                    repeat,
                    f"soal {name}" if answer else f"soal lain {kind} {rule % 40}",
                    "rendah" if clarify and other % 3 == 0 else "tinggi",
                )
            )
        yield found


def rows(asked: list[Asked], start: int) -> list[tuple[object, ...]]:
    """Database rows for SQLite, in the order of COLUMNS; `start` numbers the tokens."""
    stamps: dict[datetime, str] = {}
    for one in asked:
        if one.local not in stamps:
            stamps[one.local] = one.local.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.000000")
    return [
        (
            f"{start + n:08x}",
            stamps[one.local],
            one.question,
            one.outcome,
            one.kind,
            one.rule,
            None,
            one.verdict,
            one.options,
            one.band,
            "1f09a3bc",
            one.channel,
            "id",
            one.feedback,
            None,
            one.repeat,
        )
        for n, one in enumerate(asked)
    ]


def write_sqlite(path: Path, count: int, rulebook: Rulebook, seed: int = 5) -> None:
    """Straight into the file of a migrated database: ten million rows in minutes."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA synchronous=OFF")
    indexes = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = 'questions'").fetchall()
    for name, _ in indexes:
        connection.execute(f"DROP INDEX {name}")
    start = 0
    slots = ", ".join("?" for _ in COLUMNS)
    quoted = ", ".join(f'"{name}"' for name in COLUMNS)
    for asked in generate(count, rulebook, seed):
        with connection:
            connection.executemany(f"INSERT INTO questions ({quoted}) VALUES ({slots})", rows(asked, start))
        start += len(asked)
    for _, sql in indexes:
        connection.execute(sql)
    connection.close()


async def write(engine: AsyncEngine, asked: list[Asked]) -> None:
    """Into any database."""
    values = [dict(zip(COLUMNS, row, strict=True)) | {"hour": one.local.astimezone(UTC)} for row, one in zip(rows(asked, 0), asked, strict=True)]
    async with engine.begin() as connection:
        for at in range(0, len(values), 2_000):
            await connection.execute(sa.insert(questions), values[at : at + 2_000])


def _season(monday: date) -> float:
    """How busy a week is: more with every stage, most in the campaign, little after voting."""
    for start, weight in ((date(2024, 12, 2), 0.4), (date(2024, 9, 23), 3.0), (date(2024, 8, 26), 1.8)):
        if monday >= start:
            return weight
    return 1.0
