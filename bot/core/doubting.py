"""How sure of the fact? Within one rule, part of the belief goes where the nearest phrasings and the telling words point.

The ranker alone can be sure of a fact that nobody stated, or deaf to one stated in passing. Where a simpler look sees another
verdict, its belief shrinks, and what was an answer becomes a question back.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bot.core.telling import Rates, leads
from bot.core.thresholds import Thresholds

Beliefs = NDArray[np.float64]


def reconsidered(beliefs: Beliefs, verdicts: Sequence[object], distances: Sequence[float], rates: Rates, thresholds: Thresholds) -> Beliefs:
    """The beliefs in one rule's readings, with the same sum, after two more opinions.

    `verdicts` are those the readings lead to, `distances` how far their nearest phrasings are (infinite for none), `rates` how
    usual each word of the question is in their phrasings.
    """
    return _told(_seconded(beliefs, verdicts, distances, thresholds), verdicts, rates, thresholds)


def _seconded(beliefs: Beliefs, verdicts: Sequence[object], distances: Sequence[float], t: Thresholds) -> Beliefs:
    """Part of the belief shared out by verdict as the nearest phrasings say."""
    groups = {verdict: np.array([theirs == verdict for theirs in verdicts]) for verdict in verdicts}
    near = np.exp(-t.sharpness * np.asarray(distances))
    weights = {verdict: float(near[group].max()) for verdict, group in groups.items()}
    whole = sum(weights.values())
    if not whole:
        return beliefs
    found = beliefs.copy()
    for verdict, group in groups.items():
        held = beliefs[group].sum()
        if held > 0:
            found[group] *= (1 - t.second_opinion) + t.second_opinion * weights[verdict] / whole * beliefs.sum() / held
    return found


def _told(beliefs: Beliefs, verdicts: Sequence[object], rates: Rates, t: Thresholds) -> Beliefs:
    """More belief for a reading for which one word alone speaks loudly."""
    if not len(rates):
        return beliefs
    loudest = leads(rates, verdicts).max(axis=0)
    found = beliefs * np.exp(t.telling * np.maximum(0.0, loudest - t.told))
    return np.asarray(found * (beliefs.sum() / found.sum())) if found.sum() > 0 else beliefs
