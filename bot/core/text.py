"""Indonesian text to the words that search compares: slang and regional words folded, typos repaired, affixes cut.

All vocabulary comes from the glossary and the rulebook; this module knows only how Indonesian words are built.
The stemmer is Snowball's: on 709 training questions it, Sastrawi and none at all put the right rule first equally
often (93.0, 92.8 and 92.8 %), and it is the fastest of those that join "memilih" and "dipilih".
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import Stemmer
from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.core.rulebook import GlossaryFile

_NOISE = re.compile(r"https?://\S+|www\.\S+|[^\s@]+@\S+\.\S+|@\w+")  # what stands before @ has none in it: a row of them costs nothing
_WORD = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_STRETCHED = re.compile(r"([a-z])\1{2,}")
MIN_REPAIR_LENGTH = 4
MIN_SKELETON = 4
"""Consonants that must be left of a word written without its vowels ("kmpnye")."""
NEGATIONS = frozenset({"tidak", "tanpa", "bukan", "belum", "jangan", "luar", "without", "never"})
"""Words that turn what follows into its opposite; `luar` only in "di luar jam kerja"."""
ASKING = frozenset(
    {"boleh", "dapat", "apa", "atau", "aman", "salah", "sanksi", "masalah", "melanggar", "harus", "wajib", "perlu", "dihukum", "ya", ""}
)
"""After these, "tidak" asks and does not deny: "boleh tidak hadir?"."""
TURNS = frozenset({"tetapi", "tapi", "lalu", "terus", "hanya", "malah", "namun", "kalau", "karena", "but", "only"})
"""Words that end the reach of a negation."""
FAMILIAR = 4
"""Phrasings that must hold a word before a typo is read as it."""
REACH = 3
"""Content words a negation reaches."""


@dataclass(frozen=True, slots=True)
class Words:
    """A text as search sees it, in order of appearance.

    `stems` are all words, cut to their stem; `polar` are the same with those under a negation marked ("tanpa kaos"
    gives `¬kaos`); `content` only those that say what the text is about; `unknown` are content stems no rule knows;
    `repaired` are (as typed, as read) pairs.
    """

    stems: tuple[str, ...]
    polar: tuple[str, ...]
    content: tuple[str, ...]
    unknown: tuple[str, ...]
    repaired: tuple[tuple[str, str], ...]


def split(text: str) -> list[str]:
    """Lower-case words of a text; addresses and handles dropped, stretched letters and reduplication folded."""
    plain = text.lower()
    if not plain.isascii():
        plain = unicodedata.normalize("NFKC", text).lower()
        plain = "".join(c for c in unicodedata.normalize("NFD", plain) if not unicodedata.combining(c))
    if "@" in plain or "://" in plain or "www." in plain:
        plain = _NOISE.sub(" ", plain)
    words: list[str] = []
    for match in _WORD.findall(_STRETCHED.sub(r"\1", plain)):
        if match[-1] == "2" or "-" in match:
            words.extend(_unfold(match))
        else:
            words.append(match)
    return words


def _unfold(word: str) -> list[str]:
    """`teman2` and `teman-teman` to `teman`, `foto-fotoan` to `fotoan`, `visi-misi` to two words."""
    if len(word) > 3 and word.endswith("2") and word[:-1].isalpha():
        return [word[:-1]]
    if "-" not in word:
        return [word]
    parts = word.split("-")
    if len(parts) == 2 and len(parts[0]) > 2 and (parts[1].startswith(parts[0]) or parts[0].endswith(parts[1])):
        return [max(parts, key=len)]
    return parts


class Lexicon:
    """Reads texts in the light of one glossary and one vocabulary (every word of the indexed texts)."""

    def __init__(self, glossary: GlossaryFile, texts: Iterable[str], foreign: Iterable[str] = ()) -> None:
        """`texts` are the rules' phrasings, `foreign` those of messages that are none of ours: the words of both are known
        and never repaired, but only those of `texts` may be stored.
        """
        self._stem = lru_cache(maxsize=50_000)(Stemmer.Stemmer("indonesian").stemWord)
        self._folds: dict[str, list[tuple[tuple[str, ...], tuple[str, ...]]]] = {}
        for term in glossary.terms:
            target = tuple(split(term.word))
            for form in term.forms:
                words = tuple(split(form))
                if words and words != target:
                    self._folds.setdefault(words[0], []).append((words, target))
        for folds in self._folds.values():
            folds.sort(key=lambda fold: -len(fold[0]))
        seen = Counter(word for text in texts for word in split(text))
        familiar = {word for folds in self._folds.values() for form, target in folds for word in (*form, *target)}
        self._storable = set(seen) | familiar | {word for line in (*glossary.plain_words, *glossary.question_words) for word in split(line)}
        seen.update(word for text in foreign for word in split(text))
        known = set(seen) | familiar
        # Phrasings hold typos on purpose; what is rare may be one, so nothing is ever repaired into it.
        familiar |= {word for word, count in seen.items() if count >= FAMILIAR}
        self._plain = {self._stem(w) for line in (*glossary.plain_words, *glossary.question_words) for w in self._fold(split(line))}
        self._plain |= {w for line in (*glossary.plain_words, *glossary.question_words) for w in split(line)}
        self._stems = {self._stem(word) for word in known}
        self._known = known | set(glossary.plain_words) | set(glossary.question_words)
        self._by_length: dict[int, list[str]] = {}
        for word in sorted(familiar):
            if len(word) >= MIN_REPAIR_LENGTH and word.isalpha():
                self._by_length.setdefault(len(word), []).append(word)
        self._magnitude = {word: len(str(seen[word])) for words in self._by_length.values() for word in words}
        self._by_skeleton: dict[str, str] = {}
        for word in sorted(familiar, key=lambda word: (-seen[word], word)):
            if len(word) > MIN_REPAIR_LENGTH and word.isalpha():
                self._by_skeleton.setdefault(_skeleton(word), word)
        self._repair = lru_cache(maxsize=20_000)(self._nearest)

    def read(self, text: str) -> Words:
        """The words of a text, folded, repaired and stemmed. Empty text gives empty words."""
        typed = split(text)
        repaired: list[tuple[str, str]] = []
        words: list[str] = []
        for word in typed:
            if self.knows(word):
                words.append(word)
                continue
            better = self._repair(word)
            if better != word:
                repaired.append((word, better))
            words.append(better)
        folded = self._fold(words)
        stems = [self._stem(word) for word in folded]
        content = tuple(stem for stem in stems if stem not in self._plain and not (stem.isdigit() or len(stem) < 2))
        unknown = tuple(stem for stem in content if stem not in self._stems)
        return Words(tuple(stems), tuple(self._polar(folded, stems)), content, unknown, tuple(repaired))

    def is_word(self, word: str) -> bool:
        """True only for a word that stands in a rule or in the glossary exactly so: what may be stored."""
        return word in self._storable

    def knows(self, word: str) -> bool:
        """True for a word of the vocabulary or another form of one."""
        return word in self._known or (len(word) > 3 and self._stem(word) in self._stems)

    def _fold(self, words: list[str]) -> list[str]:
        folded: list[str] = []
        i = 0
        while i < len(words):
            for form, target in self._folds.get(words[i], ()):
                if tuple(words[i : i + len(form)]) == form:
                    folded.extend(target)
                    i += len(form)
                    break
            else:
                folded.append(words[i])
                i += 1
        return folded

    def _polar(self, words: list[str], stems: list[str]) -> list[str]:
        """Stems, with those that a negation reaches marked. "boleh tidak …" only asks and negates nothing."""
        marked: list[str] = []
        reach = 0
        for i, (word, stem) in enumerate(zip(words, stems, strict=True)):
            before = words[i - 1] if i else ""
            if word in NEGATIONS and not (word == "tidak" and before in ASKING) and (word != "luar" or before == "di"):
                reach = REACH
                marked.append(stem)
            elif word in TURNS:
                reach = 0
                marked.append(stem)
            elif reach and stem not in self._plain:
                reach -= 1
                marked.append(f"¬{stem}")
            else:
                marked.append(stem)
        return marked

    def _nearest(self, word: str) -> str:
        """The known word that lacks only vowels, or is one slip away (two for long words); the word itself when none is."""
        if len(word) < MIN_REPAIR_LENGTH or not word.isalpha():
            return word
        whole = self._by_skeleton.get(_skeleton(word))
        if whole and len(whole) > len(word) and len(_skeleton(word)) >= MIN_SKELETON and _is_within(word, whole):
            return whole
        allowed = 1 if len(word) < 8 else 2
        best, best_key = word, (allowed + 1, 1, 0, 0)
        for length in range(len(word) - allowed, len(word) + allowed + 1):
            near = process.extract_iter(word, self._by_length.get(length, ()), scorer=OSA.distance, score_cutoff=allowed)
            for candidate, distance, _ in near:
                # Slips rarely hit the first letter. Phrasings hold typos on purpose: among equals the word that is met ten times
                # as often wins, then the longer common start.
                common = next((i for i, (a, b) in enumerate(zip(word, candidate, strict=False)) if a != b), min(len(word), length))
                key = (distance, 0 if candidate[0] == word[0] else 1, -self._magnitude[candidate], -common)
                if key < best_key:
                    best, best_key = candidate, key
        return best if best_key[1] == 0 or len(word) >= 6 else word


def _skeleton(word: str) -> str:
    """The consonants of a word, and its first letter: what is left when people write without vowels."""
    return word[0] + "".join(letter for letter in word[1:] if letter not in "aeiou")


def _is_within(short: str, long: str) -> bool:
    """True when all letters of the short word stand in the long one in the same order."""
    rest = iter(long)
    return all(letter in rest for letter in short)
