"""A question that was missed, into the rulebook's words: one line in one file, for the editor's draft."""

from bot.core.assembly import Documents
from bot.core.editing import Value, put
from bot.core.reading import Path, read
from bot.core.rulebook import Rulebook


def add_to_rule(documents: Documents, rulebook: Rulebook, rule: str, phrase: str) -> dict[str, bytes]:
    """The file of a rule with one more phrasing. Raises KeyError for a rule that is not there, CannotEdit as `put` does."""
    live = rulebook.resolve(rule)
    names = {rule, live.id if live else rule}
    # To read a file takes long, so only those are read in which the rule may stand.
    files = (name for name in sorted(documents) if name.startswith("aturan/") and any(known.encode() in documents[name] for known in names))
    for file in files:
        for at, entry in _entries(documents[file], "aturan"):
            if entry.get("id") in names:
                return {file: _appended(documents[file], (*at, "frasa"), entry.get("frasa"), phrase)}
    raise KeyError(rule)


def add_outside(documents: Documents, kind: str, phrase: str) -> dict[str, bytes]:
    """di-luar.yaml with one more example of a kind. Raises KeyError for an unknown kind."""
    file = "di-luar.yaml"
    for at, entry in _entries(documents[file], "jenis"):
        if entry.get("id") == kind:
            return {file: _appended(documents[file], (*at, "frasa"), entry.get("frasa"), phrase)}
    raise KeyError(kind)


def _appended(raw: bytes, path: Path, known: Value, phrase: str) -> bytes:
    if not isinstance(known, list):
        return put(raw, path, [phrase])
    return raw if phrase in known else put(raw, (*path, len(known)), phrase)


def _entries(raw: bytes, container: str) -> list[tuple[Path, dict[str, Value]]]:
    value = read("", raw).value
    listed = value.get(container) if isinstance(value, dict) else None
    return [((container, i), entry) for i, entry in enumerate(listed if isinstance(listed, list) else ()) if isinstance(entry, dict)]
