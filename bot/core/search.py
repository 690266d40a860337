"""A question to the rule that answers it, to a choice of rules, or to an honest nothing. Never a bare number.

BM25 over phrasings and a ranker learnt from the same phrasings say which rule is meant, with which fact, and how surely.
Over all of these readings the bot answers, asks or stays silent, whichever is expected to cost least.
"""

import hashlib
from copy import copy
from dataclasses import replace
from datetime import date
from functools import cache

import numpy as np
from numpy.typing import NDArray

from bot.core.answer import verdict_on
from bot.core.bm25 import rarity
from bot.core.doubting import reconsidered
from bot.core.language import is_english, is_foreign
from bot.core.phrasings import OUTSIDE, Document, answering_rule, texts_of
from bot.core.questions import leans
from bot.core.ranker import FORMAT, Ranker, train
from bot.core.result import Close, Found, Hit, Nothing, Result, Trace
from bot.core.rulebook import Rule, Rulebook
from bot.core.telling import leads
from bot.core.text import Lexicon, Words
from bot.core.thresholds import Thresholds
from bot.core.vocabulary import Verdict
from bot.core.weighing import NEGLIGIBLE, Evidence, Weigher, beliefs_of

MAX_QUESTION = 1500
MAX_OPTIONS = 4
ABOUT_CARD = "sanksi sanksinya hukuman hukumannya dasar dasarnya hukum hukumnya pasal pasalnya aturan contoh contohnya".split()
"""A reply made of these words only asks about the card it answers."""
UNSEEN = 8.0
"""Rarity of a word that no phrasing holds."""
MOST_TOLD = 3
MOST, CLEAR_LEAD = 0.75, 0.1
"""How much of a reply a branch must account for, and by how much more than any other."""
SELF_STANDING = 0.5
"""Confidence at which what begins like a follow-up may stand by itself."""
ALL_FIT = 0.95
"""Coverage at which every word that matters is the rule's own."""


class Searcher:
    """Finds rules in one published rulebook. Immutable after building; any number of questions at once."""

    def __init__(self, rulebook: Rulebook, ranker: Ranker | None = None, thresholds: Thresholds | None = None) -> None:
        """Builds the index. Without the ranker learnt from this very rulebook it is learnt now, which takes seconds."""
        self.rulebook = rulebook
        self.thresholds = thresholds or Thresholds()
        texts = list(texts_of(rulebook))
        ours = [text for label, *_, text in texts if not label.startswith(OUTSIDE)]
        self.lexicon = Lexicon(rulebook.glossary, ours, [text for label, *_, text in texts if label.startswith(OUTSIDE)])
        words = [self.lexicon.read(text) for *_, text in texts]
        self._documents = [Document(label, owner, branch, w.stems) for (label, owner, branch, _), w in zip(texts, words, strict=True)]
        self.ranker = ranker or train([w.polar for w in words], [(owner, branch) for _, owner, branch, _ in texts])
        self._weigher = Weigher(self._documents, [w.polar for w in words], self.ranker, rulebook.rules)
        self._idf = rarity([document.stems for document in self._documents])
        self._rule_words: dict[str, set[str]] = {}
        for document in self._documents:
            self._rule_words.setdefault(document.label, set()).update(document.stems)
        self._kinds = {document.stems for document in self._documents if document.label.startswith(OUTSIDE)}
        self._of_owner: dict[str, list[int]] = {}
        for i, document in enumerate(self._documents):
            self._of_owner.setdefault(document.owner, []).append(i)
        self._political = {stem for line in rulebook.glossary.political_words for stem in self.lexicon.read(line).stems}
        self._may = self.lexicon.read("boleh").stems[0]
        self._about_card = {stem for word in ABOUT_CARD for stem in self.lexicon.read(word).stems}
        self._unpolitical = {rule: self._unpolitical_share(rule) for rule in rulebook.rules}
        self._evidence = self._weigher.weigh

    @staticmethod
    def cache_key(rulebook: Rulebook) -> str:
        """Names what was learnt from a rulebook: a change that touches neither phrasings nor glossary needs no new learning."""
        learnt_from = repr(([(owner, branch, text) for _, owner, branch, text in texts_of(rulebook)], rulebook.glossary))
        return f"learnt-{FORMAT}-{hashlib.sha256(learnt_from.encode()).hexdigest()[:16]}"

    def serving(self, rulebook: Rulebook) -> "Searcher":
        """The same index for a rulebook that differs only in its notice board."""
        other = copy(self)
        other.rulebook = rulebook
        return other

    def decided_by(self, thresholds: Thresholds) -> "Searcher":
        """The same index under other thresholds, for measuring: nothing is built again, and a question is weighed only once."""
        other = copy(self)
        other.thresholds = thresholds
        if other._evidence == self._weigher.weigh:  # noqa: SLF001 - a copy of this very searcher
            other._evidence = cache(self._weigher.weigh)  # noqa: SLF001 - as above
        return other

    def _unpolitical_share(self, rule: str) -> float:
        """How many of a rule's phrasings name nothing of elections, 0..1: such rules may be asked about without it."""
        own = [self._documents[i] for i in self._of_owner[rule]]
        return sum(self._political.isdisjoint(document.stems) for document in own) / len(own)

    def search(self, question: str, day: date, about: str | None = None) -> Result:
        """What a question leads to on a day. `about` is the rule whose card the question replies to."""
        words = self.lexicon.read(question)
        shape = self._by_shape(question, words, followup=about is not None)
        if shape:
            return Nothing(shape, 1.0, self._trace(words, (), 0.0))
        alone = self._decide(words, day)
        rule = self.rulebook.resolve(about) if about is not None else None
        return alone if rule is None else self._in_reply(question, words, rule, alone, day)

    def _in_reply(self, question: str, words: Words, rule: Rule, alone: Result, day: date) -> Result:
        """What a reply to a rule's card leads to. `alone` is what it means without the card."""
        if words.content and set(words.content) <= self._about_card and rule.version_on(day) is not None:
            return Found(rule.id, None, None, 1.0, self._trace(words, (Hit(rule.id, None, 1.0),), 0.0))
        leaning = leans(question)
        if not leaning and (isinstance(alone, Found) or (isinstance(alone, Nothing) and alone.kind != "tidak-ada")):
            return alone  # a question of its own, or "makasih ya"
        followed = self._follow_up(rule, words, day)
        if followed:
            return followed
        together = self._decide(self.lexicon.read(f"{rule.title} {question}"), day)
        nothing_new = isinstance(together, Nothing) or (isinstance(together, Found) and (together.rule, together.branch) == (rule.id, None))
        whole = bool(words.content) and self._may in words.stems  # says what, and asks whether it may
        if nothing_new and whole and not isinstance(alone, Nothing) and alone.confidence >= SELF_STANDING:
            return alone  # "kalau nyoblos di TPS?" begins like a follow-up and is a question of its own
        return alone if isinstance(together, Nothing) else together

    def _by_shape(self, question: str, words: Words, *, followup: bool) -> str | None:
        """The kind of a message that needs no search to be recognised; None for anything that may be a question."""
        if not question.strip():
            return "kosong"
        if len(question) > MAX_QUESTION:
            return "terlalu-panjang"
        if is_foreign(question):
            return "bahasa-lain"
        if not words.stems:
            return "acak"
        known = [stem for stem in words.stems if stem in self._idf]
        if not known or (len(words.unknown) >= 2 and not [s for s in words.content if s not in words.unknown]):
            return "acak"
        if len(words.stems) == 1 and not followup and words.stems not in self._kinds:
            return "terlalu-pendek"
        return None

    def _reconsidered(self, beliefs: NDArray[np.float64], evidence: Evidence, day: date) -> NDArray[np.float64]:
        """The beliefs after a second look at the fact, in every rule that matters."""
        found = beliefs.copy()
        for owner, distances in evidence.distances.items():
            own, verdicts = self._weigher.readings_of[owner], self._verdicts_of(owner, day)
            far = [distances.get(self.ranker.readings[i][1], float("inf")) for i in own]
            found[own] = reconsidered(beliefs[own], verdicts, far, evidence.rates[owner], self.thresholds)
        return found

    def _verdicts_of(self, owner: str, day: date) -> list[Verdict | None]:
        """What each reading of a rule leads to."""
        return [self._verdict_if_any(Hit(*self.ranker.readings[i], 1.0), day) for i in self._weigher.readings_of[owner]]

    def _told(self, evidence: Evidence, owner: str, day: date) -> tuple[tuple[str, str], ...]:
        """The words that were heard alone, loudest first, each with the reading of this rule that it tells."""
        if owner not in evidence.rates:
            return ()
        found = leads(evidence.rates[owner], self._verdicts_of(owner, day))
        heard = sorted(zip(*np.nonzero(found > self.thresholds.told), strict=True), key=lambda place: -found[place])
        names = ["#".join(filter(None, self.ranker.readings[i])) for i in self._weigher.readings_of[owner]]
        return tuple((evidence.met[word], names[reading]) for word, reading in heard[:MOST_TOLD])

    def _decide(self, words: Words, day: date) -> Result:
        """Answer, ask or stay silent: whichever is expected to cost least over everything the question may mean."""
        t = self.thresholds
        evidence = self._evidence(words)
        beliefs = self._reconsidered(beliefs_of(evidence, t), evidence, day)
        by_class = np.bincount(self._weigher.class_of_reading, weights=beliefs, minlength=len(self._weigher.classes))
        order = [self._weigher.classes[int(i)] for i in np.argsort(-by_class, kind="stable")[: 3 * MAX_OPTIONS]]
        believed = dict(zip(self._weigher.classes, by_class.tolist(), strict=True))
        hits = [Hit(name, None, believed[name]) for name in order if name in self.rulebook.rules]
        hits = [hit for hit in hits if self.rulebook.rules[hit.rule].version_on(day) is not None][:MAX_OPTIONS]
        kind = order[0][1:] if order[0].startswith(OUTSIDE) else None
        likely = [(self.ranker.readings[int(i)], float(beliefs[i])) for i in np.flatnonzero(beliefs >= NEGLIGIBLE / MAX_OPTIONS)]
        readings = [self._redirected(Hit(owner, branch, share), day) for (owner, branch), share in likely if not owner.startswith(OUTSIDE)]
        readings = [reading for reading in readings if self.rulebook.rules[reading.rule].version_on(day) is not None]
        trace = self._trace(words, tuple(hits), sum(share for name, share in believed.items() if name.startswith(OUTSIDE)))
        trace = replace(trace, told=self._told(evidence, self.ranker.readings[int(beliefs.argmax())][0], day))
        readings, doubted = self._believable(readings, words)
        outside = trace.outside + doubted
        if not readings:
            return Nothing(kind or "tidak-ada", 1.0, trace)

        def costs_to_answer(given: Hit) -> float:
            said = self._verdict(given, day)
            cost = outside * t.answered_outside
            for meant in readings:
                true = self._verdict(meant, day)
                if said.permits and not true.permits:
                    cost += meant.share * t.wrong_permission
                elif said is not true:
                    cost += meant.share * t.wrong_verdict
                elif meant.rule != given.rule:
                    cost += meant.share * t.wrong_rule
            return cost

        # A card may only come from the rule that is believed most; among its readings the cheapest mistake wins.
        trusted: dict[str, float] = {}
        for reading in readings:
            trusted[reading.rule] = trusted.get(reading.rule, 0.0) + reading.share
        first = max(trusted, key=lambda name: trusted[name])
        best = min((r for r in readings if r.rule == first), key=lambda reading: (costs_to_answer(reading), -reading.share))
        options = self._distinct(readings, day)
        shown = sum(option.share for option in options)
        asking = t.asking * shown + t.asked_in_vain * (1 - shown) if len(options) > 1 else float("inf")
        silence = t.silence * (1 - outside)
        confidence = sum(reading.share for reading in readings if reading.rule == best.rule and reading.branch == best.branch)
        # Barely believed is not believed: with something to choose from, the asker chooses.
        answering = costs_to_answer(best) if trusted[first] >= t.floor or len(options) < 2 else float("inf")
        if answering <= min(asking, silence):
            other = next((reading.rule for reading in options if reading.rule != best.rule and reading.share >= 0.1), None)
            return Found(best.rule, best.branch, other, min(confidence, 1.0), replace(trace, hits=(best, *(h for h in hits if h.rule != best.rule))))
        if asking <= silence:
            return Close(options, options[0].share, trace)
        return Nothing(kind or ("hukum-lain" if doubted > 0.5 else "tidak-ada"), outside, trace)

    def _distinct(self, readings: list[Hit], day: date) -> tuple[Hit, ...]:
        """The likeliest readings, one for each rule and verdict: a choice between equal answers is none."""
        chosen: dict[tuple[str, Verdict], Hit] = {}
        for reading in sorted(readings, key=lambda reading: -reading.share):
            key = (reading.rule, self._verdict(reading, day))
            seen = chosen.get(key)
            chosen[key] = Hit(seen.rule, seen.branch, seen.share + reading.share) if seen else reading
        return tuple(sorted(chosen.values(), key=lambda reading: -reading.share)[:MAX_OPTIONS])

    def _believable(self, readings: list[Hit], words: Words) -> tuple[list[Hit], float]:
        """Readings with equal meanings joined, and the belief taken from those that the words do not bear out."""
        t = self.thresholds
        spoken_of = not self._political.isdisjoint(words.stems)
        doubted = 0.0
        joined: dict[tuple[str, str | None], float] = {}
        for reading in readings:
            coverage = self._coverage(reading.rule, words)
            kept = min(1.0, coverage / t.coverage)
            if not spoken_of and self._unpolitical[reading.rule] < t.unpolitical:
                # Nothing says that this is about elections ("mobil dinas untuk mudik"): only words that all fit may stand.
                kept = t.unspoken if coverage > ALL_FIT else 0.0
            doubted += reading.share * (1 - kept)
            key = (reading.rule, reading.branch)
            joined[key] = joined.get(key, 0.0) + reading.share * kept
        return [Hit(rule, branch, share) for (rule, branch), share in joined.items() if share >= NEGLIGIBLE], doubted

    def _verdict(self, hit: Hit, day: date) -> Verdict:
        rule = self.rulebook.rules[hit.rule]
        verdict = verdict_on(self.rulebook, rule, day, rule.branch(hit.branch) if hit.branch else None)
        assert verdict is not None  # hits are rules in force that day
        return verdict

    def _verdict_if_any(self, hit: Hit, day: date) -> Verdict | None:
        """The verdict a reading leads to; None when its rule is not in force that day."""
        hit = self._redirected(hit, day)
        return self._verdict(hit, day) if self.rulebook.rules[hit.rule].version_on(day) is not None else None

    def _redirected(self, hit: Hit, day: date) -> Hit:
        """The rule that answers a branch in full, when the branch points to one."""
        rule = self.rulebook.rules[hit.rule]
        branch = rule.branch(hit.branch) if hit.branch else None
        target = answering_rule(self.rulebook, rule, branch) if branch else rule.id
        if target == rule.id or self.rulebook.rules[target].version_on(day) is None:
            return hit
        return Hit(target, None, hit.share)

    def _follow_up(self, rule: Rule, words: Words, day: date) -> Found | None:
        """The branch of the card's rule that a reply states, when most of the reply's words belong to it."""
        own = {stem for i in self._of_owner[rule.id] if self._documents[i].branch is None for stem in self._documents[i].stems}
        wanted = {stem: self._idf.get(stem, UNSEEN) for stem in words.content if stem not in own}
        if not wanted:
            return None
        shares: dict[tuple[str, str | None], float] = {}
        for i in self._of_owner[rule.id]:
            document = self._documents[i]
            if document.branch is not None:
                share = sum(weight for stem, weight in wanted.items() if stem in document.stems) / sum(wanted.values())
                key = (document.label, document.branch if document.label == rule.id else None)
                shares[key] = max(shares.get(key, 0.0), share)
        ordered = sorted(shares, key=lambda key: -shares[key])
        if not ordered or shares[ordered[0]] < MOST or (len(ordered) > 1 and shares[ordered[0]] - shares[ordered[1]] < CLEAR_LEAD):
            return None
        name, branch = ordered[0]
        if self.rulebook.rules[name].version_on(day) is None:
            return None
        share = shares[ordered[0]]
        return Found(name, branch, None, share, self._trace(words, (Hit(name, branch, share),), 0.0))

    def _trace(self, words: Words, hits: tuple[Hit, ...], outside: float) -> Trace:
        theirs = self._rule_words.get(hits[0].rule, set()) if hits else set()
        matched = tuple(dict.fromkeys(stem for stem in words.content if stem in theirs))
        coverage = self._coverage(hits[0].rule, words) if hits else 0.0
        return Trace(hits, outside, coverage, matched, words.unknown, words.repaired)

    def _coverage(self, rule: str, words: Words) -> float:
        """How much of the question's content, by rarity, the rule's phrasings know: 0 nothing, 1 all of it."""
        theirs = self._rule_words.get(rule, set())
        weights = {stem: self._idf.get(stem, UNSEEN) for stem in words.content}
        total = sum(weights.values())
        return sum(weight for stem, weight in weights.items() if stem in theirs) / total if total else 0.0


def language_of(question: str) -> str:
    """`en` for a question in English, `id` for everything else."""
    return "en" if is_english(question) else "id"
