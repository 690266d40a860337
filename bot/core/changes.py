"""What differs between two rulebooks, told by rule: which are new or gone, what changed in them, whose legal basis moved."""

from dataclasses import dataclass
from datetime import date
from difflib import unified_diff
from typing import Literal

from bot.core.answer import verdict_on
from bot.core.assembly import Documents
from bot.core.rulebook import Rule, Rulebook
from bot.core.vocabulary import Verdict


@dataclass(frozen=True, slots=True)
class RuleChange:
    """One rule that is not what it was. `fields` are the YAML keys that differ; `basis_moved` when what it stands on did;
    `loosens_elsewhere` when a branch, or a wording that starts later, permits what was not permitted before."""

    rule: str
    title: str
    kind: Literal["baru", "hilang", "ubah"]
    fields: tuple[str, ...]
    basis_moved: bool
    before: Verdict | None
    after: Verdict | None
    loosens_elsewhere: bool = False

    @property
    def loosens(self) -> bool:
        """True when people may now act on what they could not act on before."""
        return self.loosens_elsewhere or (_permits(self.after) and not _permits(self.before))


def changes(old: Rulebook, new: Rulebook, day: date) -> tuple[RuleChange, ...]:
    """Every rule that differs, those that allow more than before on top."""
    found = []
    for name in dict.fromkeys([*new.rules, *old.rules]):
        was, now = old.rules.get(name), new.rules.get(name)
        moved = bool(was and now and _basis(old, was) != _basis(new, now))
        if was == now and not moved:
            continue
        kind: Literal["baru", "hilang", "ubah"] = "baru" if was is None else "hilang" if now is None else "ubah"
        fields = _fields(was, now) if was and now else ()
        before = verdict_on(old, was, day) if was else None
        after = verdict_on(new, now, day) if now else None
        shown = now or was
        assert shown is not None  # the name comes from one of the two
        freer = bool(was and now and after and _has_freer_branch(was, now, before)) or _will_loosen(old, new, was, now, day)
        found.append(RuleChange(name, shown.title, kind, fields, moved, before, after, freer))
    return tuple(sorted(found, key=lambda change: (not change.loosens, change.before == change.after, not change.basis_moved)))


def file_changes(old: Documents, new: Documents) -> dict[str, str]:
    """File → unified diff, for each file that differs."""
    found = {}
    for name in sorted({*old, *new}):
        before, after = old.get(name, b""), new.get(name, b"")
        if before != after:
            lines = unified_diff(
                _lines(before), _lines(after), "sebelum" if name in old else "tidak ada", "sesudah" if name in new else "dihapus", n=2, lineterm=""
            )
            found[name] = "\n".join(lines)
    return found


def _permits(verdict: Verdict | None) -> bool:
    return verdict is not None and verdict.permits


def _will_loosen(old: Rulebook, new: Rulebook, was: Rule | None, now: Rule | None, day: date) -> bool:
    """True when a wording that starts later permits what would not have been permitted on that day."""
    later = [start for start in (now.versions if now else ()) if start > day]
    return any(_permits(verdict_on(new, now, start)) and not _permits(verdict_on(old, was, start) if was else None) for start in later if now)


def _has_freer_branch(was: Rule, now: Rule, verdict: Verdict | None) -> bool:
    """True when a branch permits what was not permitted; `verdict` was the rule's own, which held where the branch is new."""
    earlier = {branch.id: branch.verdict for branch in was.branches}
    return any(branch.verdict.permits and not _permits(earlier.get(branch.id, verdict)) for branch in now.branches)


def _fields(was: Rule, now: Rule) -> tuple[str, ...]:
    before, after = was.model_dump(by_alias=True, mode="json"), now.model_dump(by_alias=True, mode="json")
    found = [key for key in after if key != "versi" and before[key] != after[key]]
    for start in sorted({*before["versi"], *after["versi"]}):
        one, two = before["versi"].get(start) or {}, after["versi"].get(start) or {}
        found += [f"versi {start}: {key}" for key in dict.fromkeys([*two, *one]) if one.get(key) != two.get(key)]
    return tuple(found)


def _basis(rulebook: Rulebook, rule: Rule) -> list[object]:
    """What a rule stands on: its citations, and the state of the sources they name."""
    cited = [cite for version in rule.versions.values() if version for cite in version.basis]
    return [(cite, (source.number, source.status, source.replaced_by) if (source := rulebook.sources.get(cite.source)) else None) for cite in cited]


def _lines(raw: bytes) -> list[str]:
    return raw.decode("utf-8", "replace").splitlines()
