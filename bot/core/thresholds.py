"""The numbers that decide between answer, choice and silence, and what each mistake is taken to cost."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Thresholds:
    """How sure is sure, and what each mistake costs. Set by measuring on knowledge/uji/*-latih.yaml, never on *-uji.yaml.

    The costs are a choice, not a measurement: a "boleh" where it is not costs ten times an honest silence.
    """

    bm25_share: float = 0.25
    """Weight of BM25 beside the ranker."""
    temperature: float = 1.0
    """How far the ranker's own belief is taken at its word: above 1 surer, below 1 less sure."""
    second_opinion: float = 0.15
    """How much of the belief in a rule is shared out by verdict as its nearest phrasings say, whatever the ranker says."""
    sharpness: float = 5.0
    """How quickly a reading loses in that opinion the further its phrasings are."""
    told: float = 1.5
    """How far, as a logarithm, a word must speak for a reading above all with another verdict to be heard alone."""
    telling: float = 1.0
    """How much belief a reading then gains, as a power of what is above."""
    coverage: float = 0.35
    """Below this share of the question's weight known to the rule, belief is handed to "none of ours"."""
    unpolitical: float = 0.1
    """A rule with fewer phrasings than this without a political word is not believed when the question has none."""

    unspoken: float = 0.7
    """What is left of that belief when all of the question's words are the rule's own."""

    floor: float = 0.45
    """Belief in the rule below which nothing is answered outright."""

    wrong_permission: float = 10.0
    wrong_verdict: float = 3.0
    wrong_rule: float = 0.8
    answered_outside: float = 3.0
    asking: float = 0.45
    asked_in_vain: float = 1.5
    silence: float = 1.2
