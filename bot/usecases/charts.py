"""The review's charts, drawn by matplotlib. Shapes and numbers carry the meaning: a copy in grey says the same.

Each function takes what the dashboard shows and gives a picture; none is handed anything that may not be shown. Every chart comes
at two widths, because a wide one made small cannot be read on a phone.
"""

import io
from typing import TYPE_CHECKING, Literal

from bot.usecases.dashboard import Dashboard, Ranking
from bot.usecases.exports import DAYS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Name = Literal["hari", "jam", "aturan", "topik", "putusan"]
NAMES: tuple[Name, ...] = ("hari", "jam", "aturan", "topik", "putusan")
TITLES: dict[Name, str] = {
    "hari": "Pertanyaan per hari",
    "jam": "Jam bertanya (WIB)",
    "aturan": "Aturan yang paling sering menjadi jawaban",
    "topik": "Topik",
    "putusan": "Putusan yang diberikan",
}
WIDE, NARROW = 7.0, 3.6
"""Inches: the column of the page, and the width of a phone."""
INK, LINE, FILL, SOFT = "#1b1b1f", "#0b4f9e", "#c9d8ec", "#55555f"
BARS = 10
TEXT = 9
"""Points: twelve pixels on a phone."""
LETTERS = 13
"""Letters of a name that fit an inch."""
PLACED = 0.75
"""Of all questions, the part that must be placed to the hour before single hours are worth a look."""


def chart(name: Name, board: Dashboard, narrow: bool = False) -> bytes:
    """One chart as SVG, without a title: the page has a heading."""
    # Heavy, and needed only here: the process that answers questions never loads it.
    from matplotlib.figure import Figure

    width = NARROW if narrow else WIDE
    figure = Figure(figsize=(width, _height(name, board)), layout="constrained")
    _draw(name, board, figure.add_subplot(), width)
    return _saved(figure, "svg")


def picture(board: Dashboard, title: str) -> bytes:
    """The picture that Telegram gets: trend, rules and verdicts on one PNG of phone width."""
    from matplotlib.figure import Figure

    names: tuple[Name, ...] = ("hari", "aturan", "putusan")
    heights = [_height(name, board) for name in names]
    figure = Figure(figsize=(NARROW * 1.25, sum(heights) + 0.4), layout="constrained")
    figure.suptitle(title, color=INK, fontsize=10, fontweight="bold")
    for name, axis in zip(names, figure.subplots(len(names), 1, height_ratios=heights), strict=True):
        _draw(name, board, axis, NARROW * 1.25)
        axis.set_title(TITLES[name], loc="left", color=INK, fontsize=10)
    return _saved(figure, "png")


def _height(name: Name, board: Dashboard) -> float:
    match name:
        case "hari":
            return 2.2
        case "jam":
            return 2.6
        case _:
            return 0.5 + 0.44 * max(2, min(BARS, len(_ranking(name, board).lines)))


def _ranking(name: Name, board: Dashboard) -> Ranking:
    return {"aturan": board.rules, "topik": board.topics}.get(name, board.verdicts)


def _draw(name: Name, board: Dashboard, axis: "Axes", width: float) -> None:
    axis.spines[["top", "right"]].set_visible(False)
    axis.tick_params(colors=INK, labelsize=TEXT)
    match name:
        case "hari":
            _days(board, axis)
        case "jam":
            _hours(board, axis, width)
        case _:
            _bars(_ranking(name, board), axis, width)


def _days(board: Dashboard, axis: "Axes") -> None:
    """A line by day; weeks whose days are not shown are a gap, said in words. A period without two such days is told by weeks."""
    by_day = [(day, float("nan") if count is None else count) for day, count in board.days]
    shown = [(day, count) for day, count in by_day if count == count]  # noqa: PLR0124 - all but NaN
    points = by_day if len(shown) > 1 else list(board.weeks)
    if len(shown) < 2:
        axis.set_xlabel("Per minggu: harinya terlalu sepi untuk digambar.", color=SOFT, fontsize=TEXT)
    elif len(shown) < len(by_day):
        axis.set_xlabel("Hari di minggu yang terlalu sepi tidak digambar.", color=SOFT, fontsize=TEXT)
    days, counts = [day for day, _ in points], [count for _, count in points]
    axis.plot(range(len(points)), counts, color=LINE, marker="o" if len(points) < 40 else None, markersize=3, linewidth=1.5)
    step = max(1, -(-len(points) // 5 // 7) * 7) if points is by_day and len(points) > 7 else max(1, -(-len(points) // 6))
    axis.set_xticks(range(0, len(points), step), [f"{day.day}/{day.month}" for day in days[::step]])
    top = max(range(len(points)), key=lambda n: counts[n] if counts[n] == counts[n] else -1)
    axis.annotate(f"{counts[top]:.0f}", (top, counts[top]), textcoords="offset points", xytext=(0, 4), ha="center", color=INK, fontsize=TEXT)
    axis.margins(y=0.15)
    axis.set_ylim(bottom=0)


def _hours(board: Dashboard, axis: "Axes", width: float) -> None:
    """Weekday by hour, or by four hours where the width or too few questions do not allow more. The numbers stand in the cells."""
    total = board.questions.now.value
    by_hour = width >= WIDE and total - board.hours_rest >= PLACED * total > 0
    heat, rest = (board.hours, board.hours_rest) if by_hour else (board.parts, board.parts_rest)
    most = max(count for row in heat for count in row) or 1
    axis.pcolormesh(heat, cmap="Greys", vmin=0, vmax=most * 1.6, edgecolors="white", linewidth=0.5)
    axis.invert_yaxis()
    for day, row in enumerate(heat):
        for column, count in enumerate(row):
            if count:
                axis.text(column + 0.5, day + 0.5, _short(count), ha="center", va="center", fontsize=7 if by_hour else TEXT, color=INK)
    hours = 1 if by_hour else 4
    labels = [f"{n * hours:02}" if by_hour else f"{n * hours:02}–{n * hours + hours:02}" for n in range(24 // hours)]
    axis.set_xticks([n + 0.5 for n in range(len(labels))], labels)
    axis.set_yticks([n + 0.5 for n in range(7)], [name[:3] for name in DAYS])
    axis.tick_params(length=0)
    if rest:
        axis.set_xlabel(f"{_short(rest)} pertanyaan tidak dirinci.", color=SOFT, fontsize=TEXT)


def _bars(ranking: Ranking, axis: "Axes", width: float) -> None:
    """Each bar under its name, so that names may be long."""
    lines = ranking.lines[:BARS]
    if not lines:
        axis.text(
            0.5, 0.5, "Belum cukup pertanyaan untuk ditampilkan.", ha="center", va="center", color=SOFT, transform=axis.transAxes, fontsize=TEXT
        )
        axis.set_axis_off()
        return
    drawn = axis.barh(range(len(lines)), [line.count for line in lines], height=0.38, color=FILL, edgecolor=LINE)
    axis.bar_label(drawn, [str(line.count) for line in lines], padding=3, color=INK, fontsize=TEXT)
    for number, line in enumerate(lines):
        axis.text(0, number - 0.27, _cut(line.name, int(width * LETTERS)), va="bottom", color=INK, fontsize=TEXT)
    axis.set_ylim(len(lines) - 0.6, -0.9)
    axis.margins(x=0.12)
    axis.spines[["bottom", "left"]].set_visible(False)
    axis.xaxis.set_ticks([])
    axis.yaxis.set_ticks([])
    others = sum(line.count for line in ranking.lines[BARS:]) + ranking.rest
    if others:
        axis.set_xlabel(f"{others} pertanyaan lain tidak digambar.", color=SOFT, fontsize=TEXT, loc="left")


def _saved(figure: object, kind: str) -> bytes:
    import matplotlib as mpl

    out = io.BytesIO()
    # Fixed salt and no date: equal figures give equal bytes.
    with mpl.rc_context({"svg.hashsalt": "netral", "svg.fonttype": "path", "font.family": "DejaVu Sans"}):
        figure.savefig(out, format=kind, dpi=200, metadata={"Date": None} if kind == "svg" else None)  # type: ignore[attr-defined]  # a matplotlib Figure
    return out.getvalue()


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def _short(count: int) -> str:
    return str(count) if count < 10_000 else f"{count / 1000:.0f}k"
