"""Values as YAML in the style of knowledge/: texts bare where YAML allows it, one line each, lists with their dashes indented.

A sibling's layout may be given, so that a new entry looks like its neighbours (`[a, b]` or one item a line).
"""

import re

from bot.core.layout import Node
from bot.core.reading import Value

# What YAML 1.1 takes literally. Its other line breaks (next line, line and paragraph separator) are told by an escape.
_LITERAL = "\t\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff"
_ONE_LINE = re.compile(f"[{_LITERAL}]*")
_MANY_LINES = re.compile(f"(?!\\s)(?:[{_LITERAL}]|\n(?!\\s*\t))+")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
# Bare text: no sign in front that opens something else, no `: ` or ` #` inside, no space at either end.
_BARE = re.compile(r"(?![\s,\[\]{}#&*!|>'\"%@`]|[-?:](?:\s|$)|---|\.\.\.)(?:(?!:\s|:$|\s#)[^\t])*(?<!\s)")
_BARE_IN_FLOW = re.compile(r"(?![-:])[^,\[\]{}?]*(?<!:)")
_ABSENT = {"~", "null"}


def scalar(text: str | None, *, flow: bool = False, style: str = "plain") -> str:
    """One text on one line; `style` is the quote it had before, which it keeps where it can."""
    if text is None:
        return "null"
    if style == '"' or not _ONE_LINE.fullmatch(text):
        return '"' + "".join(_escaped(letter) for letter in text) + '"'
    bare = text and _BARE.fullmatch(text) and text.lower() not in _ABSENT and (not flow or _BARE_IN_FLOW.fullmatch(text))
    return text if bare and style != "'" else "'" + text.replace("'", "''") + "'"


def flow(value: Value) -> str:
    """Any value on one line: `[a, b]`, `{a: b}`."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{scalar(key, flow=True)}: {flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    return scalar(value, flow=True)


def after_key(value: Value, column: int, like: Node | None = None, *, literal: bool = True) -> str:
    """What follows `key:` when the key stands in `column`. Without `literal`, a text of many lines is written on one."""
    if isinstance(value, dict | list) and value and not _is_flow(like):
        return "\n" + "\n".join(lines(value, column + 2, like))
    return _beside(value, column, literal=literal)


def after_dash(value: Value, column: int, like: Node | None = None, *, literal: bool = True) -> str:
    """What follows `-` when the dash stands in `column`: the first key of a group shares its line."""
    if isinstance(value, dict) and value and not _is_flow(like):
        return " " + "\n".join(lines(value, column + 2, like)).lstrip(" ")
    return _beside(value, column, literal=literal)


def lines(value: dict[str, Value] | list[Value], column: int, like: Node | None = None) -> list[str]:
    """The lines of a list or group; those of a text of many lines stay together in one string."""
    pad = " " * column
    child = like.child if like else _nothing
    if isinstance(value, dict):
        return [f"{pad}{scalar(key)}:{after_key(inner, column, child(key))}" for key, inner in value.items()]
    return [f"{pad}-{after_dash(item, column, child(None))}" for item in value]


def _beside(value: Value, column: int, *, literal: bool) -> str:
    if isinstance(value, dict | list):
        return " " + flow(value)
    if value is None or "\n" not in value or value.endswith("\n\n") or not (literal and _MANY_LINES.fullmatch(value)):
        return " " + scalar(value)
    pad = "\n" + " " * (column + 2)
    body = "".join(pad + line if line else "\n" for line in value.removesuffix("\n").split("\n"))
    return f" |{'' if value.endswith(chr(10)) else '-'}{body}"


def _is_flow(like: Node | None) -> bool:
    return like is not None and like.style == "flow" and bool(like.entries)


def _nothing(key: str | None) -> None:
    return None


def _escaped(letter: str) -> str:
    if letter in _ESCAPES:
        return _ESCAPES[letter]
    if _ONE_LINE.fullmatch(letter):
        return letter
    return f"\\x{ord(letter):02x}" if ord(letter) < 256 else f"\\u{ord(letter):04x}"
