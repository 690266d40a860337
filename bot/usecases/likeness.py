"""Groups sets of stems by likeness. Deterministic, exact within its threshold, and fast for tens of thousands of sets."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from bot.core.text import Words

Stems = frozenset[str]

ALIKE_FROM = 0.6
"""Jaccard similarity from which two questions count as alike: one word more or less among three, but not another word in its place."""


def stems_of(words: Words) -> Stems:
    """What a question is about: its content stems, those under a negation marked; all stems when it has no content."""
    content = set(words.content)
    return frozenset(polar for polar, stem in zip(words.polar, words.stems, strict=True) if stem in content) or frozenset(words.stems)


def similarity(one: Stems, other: Stems) -> float:
    """Jaccard: shared stems in parts of all stems."""
    return len(one & other) / len(one | other) if one or other else 1.0


def grouped(sets: Mapping[Stems, int], first: Sequence[Stems] = ()) -> dict[Stems, list[Stems]]:
    """Leader → the sets alike to it. The most frequent set leads; each further one joins the leader most alike, or leads.

    Those of `first` lead before all others and take whatever is alike to them; they need not be in `sets`.
    """
    rarity = Counter(stem for stems in (*sets, *first) for stem in stems)
    preferred = _Leaders(rarity, first)
    leaders = _Leaders(rarity, ())
    groups: dict[Stems, list[Stems]] = {}
    for stems in sorted(sets, key=lambda stems: (-sets[stems], sorted(stems))):
        leader = preferred.nearest(stems) or leaders.nearest(stems)
        if leader is None:
            leaders.add(stems)
            leader = stems
        groups.setdefault(leader, []).append(stems)
    return groups


class _Leaders:
    """Finds the leader most alike. Two sets at or above the threshold share one of their rarest stems, so only those are looked up."""

    def __init__(self, rarity: Mapping[str, int], leaders: Iterable[Stems]) -> None:
        self._rarity = rarity
        self._by_stem: defaultdict[str, list[Stems]] = defaultdict(list)
        for leader in leaders:
            self.add(leader)

    def add(self, leader: Stems) -> None:
        for stem in self._rarest(leader):
            self._by_stem[stem].append(leader)

    def nearest(self, stems: Stems) -> Stems | None:
        candidates = dict.fromkeys(leader for stem in self._rarest(stems) for leader in self._by_stem.get(stem, ()))
        best, best_similarity = None, ALIKE_FROM
        for leader in candidates:
            alike = similarity(stems, leader)
            if alike > best_similarity or (alike == best_similarity and (best is None or sorted(leader) < sorted(best))):
                best, best_similarity = leader, alike
        return best

    def _rarest(self, stems: Stems) -> list[str]:
        # Of n stems, a set alike shares at least ALIKE_FROM * n, so it cannot miss all of this many.
        needed = -(-round(ALIKE_FROM * 10) * len(stems) // 10)
        return sorted(stems, key=lambda stem: (self._rarity[stem], stem))[: len(stems) - needed + 1]
