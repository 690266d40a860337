"""More phrasings than there are: made from the rulebook's own words, never copied, so that search meets ten and a hundred times as much.

An order-2 chain over words says what follows what; one word in fifty is a new, made-up one or an earlier made-up one again,
so that the vocabulary grows the way it does in real text (Zipf, Heaps): 10x as many phrasings hold about 4x as many words.
"""

import random
from collections.abc import Iterator, Sequence

SEED = 20261121
NOVEL = 0.02
"""Share of words that are made up."""
SEEN_BEFORE = 0.6
"""Share of the made-up words that stood in an earlier phrasing."""
LONGEST = 40
"""Words of the longest made phrasing."""
_ONSETS = "b c d f g h j k l m n p r s t w y ng ny tr pr kr".split()
_VOWELS = "a i u e o".split()
_ENDS = ["", "", "", "n", "r", "s", "t", "ng", "k", "l"]


def enlarged(texts: Sequence[str], times: int, seed: int = SEED) -> Iterator[str]:
    """The texts themselves and then made ones, `times * len(texts)` in all; no two alike. The same seed gives the same texts."""
    chooser = random.Random(seed)  # noqa: S311 - a repeatable corpus, no secret
    seen = {hash(text) for text in texts}
    yield from texts
    chain = _chain(texts)
    coined: list[str] = []
    left = len(texts) * (times - 1)
    while left:
        text = " ".join(_words(chain, chooser, coined))
        if text and hash(text) not in seen:
            seen.add(hash(text))
            left -= 1
            yield text


def _chain(texts: Sequence[str]) -> dict[tuple[str, str], list[str]]:
    """(word before the last, last word) → what came next, as often as it came; "" stands before the start and after the end."""
    chain: dict[tuple[str, str], list[str]] = {}
    for text in texts:
        before, last = "", ""
        for word in (*text.split(), ""):
            chain.setdefault((before, last), []).append(word)
            before, last = last, word
    return chain


def _words(chain: dict[tuple[str, str], list[str]], chooser: random.Random, coined: list[str]) -> list[str]:
    words: list[str] = []
    before, last = "", ""
    while len(words) < LONGEST:
        following = chain[before, last]
        word = following[int(chooser.random() * len(following))]
        if not word:
            break
        before, last = last, word
        words.append(_made_up(chooser, coined) if chooser.random() < NOVEL else word)
    return words


def _made_up(chooser: random.Random, coined: list[str]) -> str:
    """A word that sounds Indonesian and is none; mostly one that was coined before, early ones most often."""
    if coined and chooser.random() < SEEN_BEFORE:
        return coined[int(len(coined) * chooser.random() ** 3)]
    syllables = chooser.choice((2, 3, 3, 4))
    word = "".join(chooser.choice(_ONSETS) + chooser.choice(_VOWELS) + chooser.choice(_ENDS) for _ in range(syllables))
    coined.append(word)
    return word
