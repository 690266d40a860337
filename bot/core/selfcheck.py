"""The guided self-check: who, when, which activity, with what, to the same cards as a question leads to.

Decides what is offered at each step and what the summary says. Keeps nothing: a sitting is a value that the edge carries.
"""

from dataclasses import dataclass, replace
from datetime import date

from bot.core.answer import Card, compose
from bot.core.messages import Language, Teller
from bot.core.registers import Moment, Person, Topic
from bot.core.rulebook import Rule, Rulebook, Sanction
from bot.core.vocabulary import Severity

MAX_ACTIVITIES = 8
"""Activities in one sitting: what a summary on one page, and one message, can hold."""


@dataclass(frozen=True, slots=True)
class Activity:
    """One thing somebody wants to do: a rule, and the decisive fact if they named one."""

    rule: str
    branch: str | None = None


@dataclass(frozen=True, slots=True)
class Sitting:
    """What has been chosen so far."""

    person: Person
    moment: Moment
    activities: tuple[Activity, ...] = ()

    def having(self, activity: Activity) -> "Sitting":
        """With one more activity; the same rule again replaces what was chosen of it. The oldest fall out past the limit."""
        others = tuple(done for done in self.activities if done.rule != activity.rule)
        return replace(self, activities=(*others, activity)[-MAX_ACTIVITIES:])

    def without(self, rule: str) -> "Sitting":
        """With that rule taken out."""
        return replace(self, activities=tuple(done for done in self.activities if done.rule != rule))


@dataclass(frozen=True, slots=True)
class Line:
    """One activity of the summary. `sanction` is empty where nothing threatens."""

    card: Card
    answer: str
    sanction: str


def moment_on(rulebook: Rulebook, day: date) -> Moment | None:
    """Which of the moments a day is, by the calendar; the one that stands for "no election" when no stage is on."""
    kinds = {stage.kind for _, stage in rulebook.stages_on(day)} or {"pasca"}
    return next((moment for moment in rulebook.moments.values() if kinds & set(moment.kinds)), None)


def topics_for(rulebook: Rulebook, person: Person, day: date) -> list[Topic]:
    """The topics in which there is something for this person."""
    return [topic for topic in rulebook.topics.values() if rules_for(rulebook, person, topic.id, day)]


def rules_for(rulebook: Rulebook, person: Person, topic: str, day: date) -> list[Rule]:
    """The rules of a topic that bind this person and are in force, in the order of the files."""
    wanted = set(person.covers)
    return [rule for rule in rulebook.in_topic(topic) if wanted & set(rule.covers) and rule.version_on(day)]


def line_for(rulebook: Rulebook, sitting: Sitting, activity: Activity, day: date, language: Language) -> Line | None:
    """One line of the summary; None when the rule or its fact is gone."""
    rule = rulebook.resolve(activity.rule)
    branch = rule.branch(activity.branch) if rule and activity.branch else None
    if rule is None or (activity.branch and branch is None):
        return None
    card, version = compose(rulebook, rule, day, branch, language), rule.version_on(day)
    if card is None or version is None:
        return None
    # When a card is no longer certain its first block says so, and its answer comes second.
    answer = " ".join(line for block in card.blocks[:2] if not block.label for line in block.lines)
    sanction = (branch.sanction if branch else None) or version.sanction
    return Line(card, answer, _threat(rulebook, sitting, sanction, language) if sanction else "")


def summary(rulebook: Rulebook, sitting: Sitting, day: date, language: Language = "id") -> tuple[Line, ...]:
    """All activities of a sitting, in the order they were chosen."""
    lines = (line_for(rulebook, sitting, activity, day, language) for activity in sitting.activities)
    return tuple(line for line in lines if line)


def _threat(rulebook: Rulebook, sitting: Sitting, sanction: Sanction, language: Language) -> str:
    """What threatens this person at this moment, in one sentence; empty when nothing does or nothing can be said."""
    severity = sanction.before if sitting.moment.penalty == "sebelum" else sanction.after
    tier = rulebook.tiers[severity]
    if severity is Severity.NONE or sitting.person.tier is None:
        return ""
    words = {"pns": tier.civil_servant, "cpns": tier.candidate, "pppk": tier.contract}[sitting.person.tier]
    text = tier.english if language == "en" else f"{tier.name}: {words}"
    return Teller(rulebook, language)("cek-sanksi", sanksi=text)
