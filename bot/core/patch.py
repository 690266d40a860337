"""The difference between a laid out document and the values it should hold, as replaced stretches of its text.

Decides which lines an edit touches; does not check that the text then says what was meant. That is `editing`'s part.
"""

import json
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from bot.core.layout import Entry, Node, lead, line_end, line_start
from bot.core.reading import Path, Value
from bot.core.writing import after_dash, after_key, flow, lines, scalar

Pair = tuple[int | None, int | None]
"""An entry before and after: (old, new) stays, (old, None) goes, (None, new) comes."""


class CannotEdit(Exception):
    """The document cannot be edited at this path: it has problems, the path leads nowhere, or its layout defies us."""


@dataclass(slots=True)
class Patch:
    """Collects the stretches to replace in one text; `result` carries them out."""

    text: str
    root: Node
    _cuts: list[tuple[int, int, str]] = field(default_factory=list)

    def find(self, path: Path) -> Entry:
        """The entry at a path that exists; the document itself for the empty path."""
        entry = Entry(None, self.root.start, self.root.start, 0, self.root, flow=False)
        for step in path:
            entry = next(e for i, e in enumerate(entry.node.entries) if step == (i if e.key is None else e.key))
        return entry

    def result(self) -> str:
        """The new text. What is put in at one place stands in the order in which it was put there."""
        parts, done = [], 0
        for start, end, new in sorted(self._cuts, key=lambda cut: cut[:2]):
            if start < done:
                raise CannotEdit("two changes touch the same text")
            parts += [self.text[done:start], new]
            done = end
        eol = "\r\n" if "\r\n" in self.text else "\n"
        return "".join([*(part if i % 2 == 0 else part.replace("\r\n", "\n").replace("\n", eol) for i, part in enumerate(parts)), self.text[done:]])

    def change(self, entry: Entry, value: Value, pairs: list[Pair] | None = None) -> None:
        """Makes an entry hold a value. `pairs` tells which items of its list stay, where that is known."""
        node = entry.node
        if node.value == value:
            return
        match node.value, value:
            case dict(), dict() if set(node.value) & set(value):
                self._reshape(entry, list(value), list(value.values()), _same_keys(list(node.value), list(value)))
            case list(), list() if pairs is None:
                self.change(entry, value, _same_items(node.value, value))
            case list(), list() if any(old is not None and new is not None for old, new in pairs or ()):
                self._reshape(entry, [None] * len(value), value, pairs or [])
            case str() | None, str() | None if node.start < node.end and "\n" not in (value or "") and node.style not in "|>":
                self._cut(node.start, node.end, scalar(value, flow=entry.flow, style=node.style))
            case _:
                self.write(entry, value)

    def write(self, entry: Entry, value: Value) -> None:
        """Writes the whole value of an entry anew."""
        node = entry.node
        if node is self.root:
            raise CannotEdit("the document as a whole is never written anew")
        if entry.flow:
            self._cut(node.start, node.end, (" " if node.start == node.end else "") + flow(value))
            return
        # A comment behind the value would become part of a text of many lines.
        literal = not self.text[entry.end : line_end(self.text, entry.end)].strip()
        follow = after_dash if entry.key is None else after_key
        self._cut(entry.after, entry.end, follow(value, entry.column, node, literal=literal))

    def _reshape(self, entry: Entry, keys: list[str] | list[None], values: list[Value], pairs: list[Pair]) -> None:
        node = entry.node
        if node.style == "flow":
            if all(old is not None and new is not None for old, new in pairs):
                for old, new in pairs:
                    self.change(node.entries[old or 0], values[new or 0])
            else:
                self._rewrite_flow(node, keys, values, pairs)
            return
        # Where the lines of each entry begin and end; comments above the first do not reach into what stands above the list.
        ends = [line_end(self.text, e.end) for e in node.entries]
        floors = [min(line_end(self.text, entry.after), line_start(self.text, node.start)), *ends]
        at = None
        for old, new in pairs:
            if old is not None and new is not None:
                self.change(node.entries[old], values[new])
            elif old is not None:
                self._drop(node, old, floors[old], ends[old])
            elif new is not None:
                start = lead(self.text, node.entries[0], floors[0]) if at is None else ends[at]
                self._add(node, keys[new], values[new], start, floors)
            at = at if old is None else old

    def _rewrite_flow(self, node: Node, keys: list[str] | list[None], values: list[Value], pairs: list[Pair]) -> None:
        """`[a, b]` with other items: what stays is copied as it is written, quotes and all."""
        parts = []
        for old, new in pairs:
            if new is None:
                continue
            if old is not None and node.entries[old].node.value == values[new]:
                parts.append(self.text[node.entries[old].start : node.entries[old].end])
            else:
                key = keys[new]
                parts.append(flow(values[new]) if key is None else flow({key: values[new]})[1:-1])
        signs = "{}" if isinstance(node.value, dict) else "[]"
        self._cut(node.start, node.end, signs[0] + ", ".join(parts) + signs[1])

    def _drop(self, node: Node, index: int, floor: int, end: int) -> None:
        entry = node.entries[index]
        if self.text[line_start(self.text, entry.start) : entry.start].strip():
            # It shares its line with the dash of the item it opens: what follows moves up, unless comments stand between.
            after = node.entries[index + 1].start if index + 1 < len(node.entries) else end
            if "#" in self.text[entry.end : after]:
                raise CannotEdit("a comment stands below the first key of an item")
            self._cut(entry.start, after, "")
            return
        begin = lead(self.text, entry, floor)
        while index and begin > floor and self._blank_above(begin):
            begin = line_start(self.text, begin - 1)
        self._cut(begin, end, "")

    def _add(self, node: Node, key: str | None, value: Value, at: int, floors: list[int]) -> None:
        column = node.entries[0].column
        new = lines([value] if key is None else {key: value}, column, node)
        spaced = len(node.entries) > 1 and all(self._blank_above(lead(self.text, e, f)) for e, f in zip(node.entries[1:], floors[1:], strict=False))
        at_top = at < node.entries[0].start
        self._cut(at, at, ("" if at_top or not spaced else "\n") + "\n".join(new) + ("\n\n" if at_top and spaced else "\n"))

    def _blank_above(self, begin: int) -> bool:
        return not self.text[line_start(self.text, begin - 1) : begin].strip()

    def _cut(self, start: int, end: int, new: str) -> None:
        self._cuts.append((start, end, new))


def _same_keys(old: list[str], new: list[str]) -> list[Pair]:
    """Keys are the same whatever their order; new ones come last."""
    stay: list[Pair] = [(i, new.index(key) if key in new else None) for i, key in enumerate(old)]
    return [*stay, *((None, i) for i, key in enumerate(new) if key not in old)]


def _same_items(old: list[Value], new: list[Value]) -> list[Pair]:
    """Items are the same when their `id` is, or else what they say; of what is left, those that stand at the same place."""
    pairs: list[Pair] = []
    matcher = SequenceMatcher(None, [_name(item) for item in old], [_name(item) for item in new], autojunk=False)
    for _, i, i_end, j, j_end in matcher.get_opcodes():
        both = min(i_end - i, j_end - j)
        pairs += zip(range(i, i + both), range(j, j + both), strict=True)
        pairs += [(k, None) for k in range(i + both, i_end)]
        pairs += [(None, k) for k in range(j + both, j_end)]
    return pairs


def _name(item: Value) -> str:
    return json.dumps(["id", item["id"]] if isinstance(item, dict) and isinstance(item.get("id"), str) else item)
