"""How sure of the fact: one word that tells, and the nearest phrasings, against a ranker that is sure."""

import numpy as np
import pytest

from bot.core.doubting import reconsidered
from bot.core.telling import Telling, leads
from bot.core.thresholds import Thresholds

READINGS = [("kaos", None), ("kaos", "gratis"), ("kaos", "diskon"), ("rapat", None)]
TEXTS = [
    *[(["sablon", "kaos", "calon"], ("kaos", None))] * 20,
    *[(["sablon", "kaos", "gratis"], ("kaos", "gratis"))] * 10,
    *[(["kaos", "potong", "harga"], ("kaos", "diskon"))] * 10,
    (["rapat", "partai"], ("rapat", None)),
]
VERDICTS = ["konsultasi", "dilarang", "dilarang"]
ONLY_TELLING = Thresholds(second_opinion=0.0)


@pytest.fixture(scope="module")
def telling() -> Telling:
    return Telling([stems for stems, _ in TEXTS], [reading for _, reading in TEXTS], READINGS)


def test_a_word_is_as_usual_as_its_share_of_phrasings(telling: Telling) -> None:
    words, rates = telling.rates(["kaos", "gratis", "kaos", "belumpernah"])
    assert words == ("kaos", "gratis")
    assert rates.shape == (2, len(READINGS))
    assert np.exp(rates[1]) == pytest.approx([0.5 / 21, 10.5 / 11, 0.5 / 11, 0.25])


def test_a_word_of_one_fact_leads_and_a_word_of_all_facts_does_not(telling: Telling) -> None:
    words, rates = telling.rates(["kaos", "gratis"])
    found = dict(zip(words, leads(rates[:, :3], VERDICTS), strict=True))
    assert found["gratis"][1] > 3
    assert found["gratis"][0] < 0
    assert max(found["kaos"]) < 0.1


def test_readings_of_one_verdict_do_not_compete(telling: Telling) -> None:
    _, rates = telling.rates(["gratis"])
    assert np.isneginf(leads(rates[:, :3], ["dilarang"] * 3)).all()
    believed = np.array([0.5, 0.3, 0.1])
    assert reconsidered(believed, ["dilarang"] * 3, [0.0, 0.0, 0.0], rates[:, :3], ONLY_TELLING) == pytest.approx(believed)


def test_a_telling_word_moves_belief_within_the_rule_and_adds_none(telling: Telling) -> None:
    _, rates = telling.rates(["sablon", "kaos", "calon", "gratis"])
    believed = np.array([0.7, 0.15, 0.05])
    found = reconsidered(believed, VERDICTS, [0.0, 0.0, 0.0], rates[:, :3], ONLY_TELLING)
    assert found.sum() == pytest.approx(0.9)
    assert found[1] > 1.5 * believed[1]
    assert found[0] < believed[0]


def test_near_phrasings_with_another_verdict_take_part_of_the_belief() -> None:
    believed = np.array([0.8, 0.1, 0.1])
    quiet = np.zeros((0, 3), dtype=np.float32)
    found = reconsidered(believed, VERDICTS, [float("inf"), 0.0, float("inf")], quiet, Thresholds(second_opinion=0.2))
    assert found == pytest.approx([0.64, 0.18, 0.18])
    assert reconsidered(believed, VERDICTS, [float("inf")] * 3, quiet, Thresholds()) == pytest.approx(believed)
