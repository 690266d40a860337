"""Where each value of a YAML document stands in its text, so that an edit can touch that and nothing else.

Reads only what `reading` has found clean: no anchors, tags or second documents. Knows no field of the rulebook.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from bot.core.reading import Value

_LOADER: type = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # as in `reading`


@dataclass(frozen=True, slots=True)
class Node:
    """One value and its stretch of text. A collection ends where its last value ends, before comments that follow."""

    value: Value
    start: int
    end: int
    style: str
    """How it is written: `plain`, a quote or block sign for texts; `flow` or `block` for lists and groups."""
    entries: tuple["Entry", ...] = ()

    def child(self, key: str | None) -> "Node | None":
        """The value that shows how to write one for this key: its own, or any where all are groups (versions by date).
        For a list, its last item.
        """
        found = next((entry.node for entry in self.entries if key is not None and entry.key == key), None)
        alike = key is None or all(isinstance(entry.node.value, dict) for entry in self.entries)
        return self.entries[-1].node if not found and alike and self.entries else found


@dataclass(frozen=True, slots=True)
class Entry:
    """An item of a list or a key of a group. `start` is the dash or the key, `after` the place behind the dash or the colon."""

    key: str | None
    start: int
    after: int
    column: int
    node: Node
    flow: bool
    """True inside `[…]` and `{…}`, where there are no lines to add or take."""

    @property
    def end(self) -> int:
        return max(self.after, self.node.end)


def layout(text: str) -> Node | None:
    """The tree of a document; None when it is empty. The text must have been read without problems, and without its byte order mark."""
    events = (event for event in yaml.parse(text, Loader=_LOADER) if isinstance(event, yaml.NodeEvent | yaml.CollectionEndEvent))
    first = next(events, None)
    return None if first is None else _node(text, events, first, 0)


def line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def line_end(text: str, at: int) -> int:
    """The place behind the line's own end; a line that the text ends without has none."""
    found = text.find("\n", at)
    return len(text) if found < 0 else found + 1


def lead(text: str, entry: Entry, floor: int) -> int:
    """Where the lines of an entry begin: its own, and the comments directly above that do not reach below `floor`."""
    begin = line_start(text, entry.start)
    while begin > floor:
        above = line_start(text, begin - 1)
        if above < floor or not text[above:begin].lstrip().startswith("#"):
            break
        begin = above
    return begin


def _node(text: str, events: Iterator[yaml.Event], event: yaml.Event, least: int) -> Node:
    """The node that an event opens. `least` is the earliest place it can stand at: an absent value stands nowhere else."""
    if isinstance(event, yaml.ScalarEvent):
        return _scalar(text, event, least)
    start = _index(event.start_mark)
    flow = bool(event.flow_style)  # type: ignore[attr-defined]  # the event opens a list or a group; the stubs do not tell
    entries: list[Entry] = []
    least = start
    inside = next(events)
    while not isinstance(inside, yaml.CollectionEndEvent):
        entry = (
            _pair(text, events, inside, flow=flow)
            if isinstance(event, yaml.MappingStartEvent)
            else _item(text, events, inside, start, least, flow=flow)
        )
        entries.append(entry)
        least = entry.end
        inside = next(events)
    value: Value = (
        {entry.key or "": entry.node.value for entry in entries}
        if isinstance(event, yaml.MappingStartEvent)
        else [entry.node.value for entry in entries]
    )
    end = _index(inside.end_mark) if flow else entries[-1].end if entries else start
    return Node(value, start, end, "flow" if flow else "block", tuple(entries))


def _scalar(text: str, event: yaml.ScalarEvent, least: int) -> Node:
    start, end = _index(event.start_mark), _index(event.end_mark)
    style = event.style or "plain"
    if style in "|>":  # the parser reads on to the next word, over blank lines and what lies between
        end = start + len(text[start:end].rstrip())
    absent = style == "plain" and event.value in ("", "~", "null")
    if start == end:
        start = end = least
    return Node(None if absent else event.value, start, end, style)


def _pair(text: str, events: Iterator[yaml.Event], key: yaml.Event, *, flow: bool) -> Entry:
    assert isinstance(key, yaml.ScalarEvent)  # a key that is no text is a problem of the reading
    start, end = _index(key.start_mark), _index(key.end_mark)
    colon = re.compile(r"[ \t]*:").match(text, end)
    after = colon.end() if colon else end
    return Entry(key.value, start, after, start - line_start(text, start), _node(text, events, next(events), after), flow)


def _item(text: str, events: Iterator[yaml.Event], event: yaml.Event, start: int, least: int, *, flow: bool) -> Entry:
    """`start` is where the list begins, which is its first dash; `least` where the item before ends."""
    column = start - line_start(text, start)
    if flow:
        node = _node(text, events, event, _index(event.start_mark))
        return Entry(None, node.start, node.start, column, node, flow)
    dash = start
    if least > start:
        found = re.compile(rf"\n {{{column}}}-").search(text, least)
        dash = found.end() - 1 if found else least
    return Entry(None, dash, dash + 1, column, _node(text, events, event, dash + 1), flow)


def _index(mark: "yaml.error.Mark | yaml._yaml.Mark | None") -> int:
    assert mark is not None  # only events made by hand have no mark
    return mark.index
