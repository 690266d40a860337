"""Decides which counts of a week may leave, so that no number, filter, period or difference of them tells of fewer than k askers.

Why it holds, in words:

1. All that leaves of a week is a list of cells, made once when the week has ended and never made again. Whatever is shown later
   (longer periods, all channels, stages, exports) is a sum of cells, so nobody can learn more than the list itself tells.
2. A stream is one channel, or several small ones thrown together; each question of a week lies in at most one stream. Within a
   stream, the cells of one family ("isi", "waktu", "masukan") are disjoint groups that together hold every question of it, and
   `protect` makes none of fewer than k. Sums and differences that tell of a set of questions are then unions of whole groups:
   no set of 1 to k-1 questions can be isolated, whichever weeks, filters or nested periods are subtracted from each other.
3. A hidden key cannot be had as "total less what is shown": hidden keys of a partition are one group, REST, of at least k
   questions. Were it smaller, or as large as keys under k can make it, the smallest shown group joins it. A single key below k is
   therefore never alone in REST, and who knows this method and every shown number still finds no sum of keys that must be 1 to k-1
   (the tests try all tables of up to four keys). A key that was not asked at all looks like any other hidden key.
4. Families of a stream share nothing but their total. Two partitions of the same n questions of which only the group sizes are
   known never force one group into another (while each has two groups of k or more, some table with the same sizes has a
   question in any chosen crossing), so no group of one family can be subtracted from a group of another. For that reason
   families are never crossed, and keys that are functions of one another (outcome, topic, verdict, rule) lie in one tree.
5. Totals of channels under k are left out, not derivable: the total of all channels is the sum of the shown ones. Streams of fewer than
   DETAIL_FROM questions give totals only.

What it does not promise: it counts questions, not people (a repeat within the hour is one question, an insistent asker over many
hours is several), and a group whose members all asked the same thing says so.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

Path = tuple[str, ...]
Leaves = Mapping[Path, int]

REST = "*"
"""The last part of a path whose questions lie in several keys that are not told apart."""
DETAIL_FROM = 50
"""Questions a week from which more than totals are shown."""
TOTAL, REPEAT, CONTENT, TIME, FEEDBACK = "jumlah", "ulangan", "isi", "waktu", "masukan"
FAMILIES = (CONTENT, TIME, FEEDBACK)
JOIN = "+"


@dataclass(frozen=True, slots=True)
class Cell:
    """A number that may be shown. `channels` names the stream: one channel, or several joined by "+"."""

    channels: str
    family: str
    path: Path
    count: int


@dataclass(frozen=True, slots=True)
class Tally:
    """The exact counts of one week by channel. Lives in memory only, while a week is being counted."""

    families: Mapping[str, Mapping[str, Leaves]]
    """family → channel → path → questions; every family of a channel adds up to the same total."""
    repeats: Mapping[str, int]


def protect(leaves: Leaves, k: int) -> dict[Path, int]:
    """Disjoint groups of at least k that together hold everything; nothing when everything is fewer than k.

    A path ending in REST that is handed in (counts released under a smaller k) stays hidden.
    """
    return dict(_split((), leaves, k)) if sum(leaves.values()) >= k else {}


def _split(node: Path, leaves: Leaves, k: int) -> Iterator[tuple[Path, int]]:
    children: defaultdict[str, dict[Path, int]] = defaultdict(dict)
    for path, count in leaves.items():
        if path == node:
            yield node, count
            return
        if count:
            children[path[len(node)]][path] = count
    sizes = {name: sum(child.values()) for name, child in children.items()}
    shown = sorted((size, name) for name, size in sizes.items() if size >= k and name != REST)
    hidden = len(sizes) - len(shown)
    rest = sum(sizes.values()) - sum(size for size, _ in shown)
    # Of keys known to be under k, a sum as high as it can be would tell each of them; of equal keys, the one that stays would
    # tell which one joined.
    joined = 0
    while shown and (0 < rest < k or rest == hidden * (k - 1) > 0 or shown[0][0] == joined):
        joined, _ = shown.pop(0)
        hidden += 1
        rest += joined
    if rest:
        yield (*node, REST), rest
    for _, name in shown:
        yield from _split((*node, name), children[name], k)


def release(tally: Tally, k: int) -> tuple[Cell, ...]:
    """What may be known of a week."""
    content = tally.families[CONTENT]
    totals = {channel: total for channel, leaves in sorted(content.items()) if (total := sum(leaves.values())) >= k}
    cells = [Cell(channel, TOTAL, (), total) for channel, total in totals.items()]
    cells += [Cell(channel, REPEAT, (), count) for channel, count in sorted(tally.repeats.items()) if channel in totals and count >= k]
    for stream in _streams(totals):
        for family in FAMILIES:
            leaves: Counter[Path] = Counter()
            for channel in stream:
                leaves.update(tally.families[family][channel])
            cells += [Cell(JOIN.join(stream), family, path, count) for path, count in sorted(protect(leaves, k).items())]
    return tuple(cells)


def _streams(totals: Mapping[str, int]) -> list[tuple[str, ...]]:
    """Channels that can show more than a total; the small ones together, where that is enough."""
    small = tuple(channel for channel, total in totals.items() if total < DETAIL_FROM)
    large = [(channel,) for channel, total in totals.items() if total >= DETAIL_FROM]
    return [*large, small] if sum(totals[channel] for channel in small) >= DETAIL_FROM else list(large)


def tighten(cells: Iterable[Cell], k: int) -> tuple[Cell, ...]:
    """Released cells under a larger k, for weeks that were counted before an office became stricter."""
    kept: list[Cell] = []
    streams: defaultdict[tuple[str, str], dict[Path, int]] = defaultdict(dict)
    for cell in cells:
        if cell.family in FAMILIES:
            streams[cell.channels, cell.family][cell.path] = cell.count
        elif cell.count >= k:
            kept.append(cell)
    totals = {cell.channels for cell in kept if cell.family == TOTAL}
    kept = [cell for cell in kept if cell.channels in totals]
    for (channels, family), leaves in streams.items():
        if totals.issuperset(channels.split(JOIN)):  # else the hidden channel would be the difference
            kept += [Cell(channels, family, path, count) for path, count in protect(leaves, k).items()]
    return tuple(kept)
