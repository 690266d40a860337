"""Everything that is indexed: each phrasing, the class it speaks for, and the branch whose fact it states."""

from dataclasses import dataclass

from bot.core.rulebook import Branch, Rule, Rulebook

OUTSIDE = "~"
"""Marks the class of a kind of non-question, so that it can never be taken for a rule id."""


@dataclass(frozen=True, slots=True)
class Document:
    """One indexed phrasing: the class it speaks for, and the branch of which rule it states the fact of."""

    label: str
    owner: str
    branch: str | None
    stems: tuple[str, ...]


def texts_of(rulebook: Rulebook) -> list[tuple[str, str, str | None, str]]:
    """(class, owner, branch, text) of everything that is indexed.

    A branch that another rule answers with the same verdict speaks for that rule; any other speaks for its own.
    """
    found: list[tuple[str, str, str | None, str]] = []
    for rule in rulebook.rules.values():
        for text in (rule.title, rule.title_english, " ".join(rule.keywords), *rule.phrasings, *rule.phrasings_english):
            found.append((rule.id, rule.id, None, text))
        for branch in rule.branches:
            label = answering_rule(rulebook, rule, branch)
            found.extend((label, rule.id, branch.id, text) for text in branch.phrasings)
    for kind in rulebook.outside.values():
        found.extend((OUTSIDE + kind.id, OUTSIDE + kind.id, None, text) for text in kind.phrasings)
    return found


def answering_rule(rulebook: Rulebook, rule: Rule, branch: Branch) -> str:
    """The rule whose card answers a branch: the one it points to when verdicts agree, else the branch's own."""
    target = rulebook.resolve(branch.see) if branch.see else None
    if target is None:
        return rule.id
    latest = [version for version in target.versions.values() if version is not None]
    return target.id if latest and latest[-1].verdict is branch.verdict else rule.id
