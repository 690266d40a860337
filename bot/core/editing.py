"""Edits of one value in a YAML document that leave every other byte as it was: `put` and `remove`.

An edit counts only when the new text, read again, says exactly what was intended; else the list item around it is
written anew, and then the one around that.
"""

from bot.core.layout import layout
from bot.core.patch import CannotEdit, Pair, Patch
from bot.core.reading import Path, Value, dotted, read

__all__ = ["CannotEdit", "Value", "put", "remove"]

_BOM = b"\xef\xbb\xbf"


def put(raw: bytes, path: Path, value: Value) -> bytes:
    """The document with `value` at `path`. Everything up to the last step must be there; a new key, or the index behind
    the last item, is appended. Raises CannotEdit.
    """
    tree = _tree(raw)
    if not path:
        return _edited(raw, tree, (), value)
    parent, last = _at(tree, path[:-1]), path[-1]
    match parent, last:
        case (dict(), str()) if last not in parent:
            return _edited(raw, tree, path[:-1], {**parent, last: value})
        case (list(), int()) if last == len(parent):
            pairs: list[Pair] = [*((i, i) for i in range(last)), (None, last)]
            return _edited(raw, tree, path[:-1], [*parent, value], pairs)
        case _:
            return raw if _at(tree, path) == value else _edited(raw, tree, path, value)


def remove(raw: bytes, path: Path) -> bytes:
    """The document without the entry at `path`, its lines and the comments directly above. Raises CannotEdit."""
    tree = _tree(raw)
    _at(tree, path)
    parent, last = _at(tree, path[:-1]), path[-1] if path else None
    match parent, last:
        case dict(), str():
            return _edited(raw, tree, path[:-1], {key: inner for key, inner in parent.items() if key != last})
        case list(), int():
            pairs: list[Pair] = [(i, None if i == last else i - (i > last)) for i in range(len(parent))]
            return _edited(raw, tree, path[:-1], [*parent[:last], *parent[last + 1 :]], pairs)
        case _:
            raise CannotEdit("a document cannot be removed from itself")


def _tree(raw: bytes) -> Value:
    reading = read("", raw)
    if reading.problems or reading.value is None:
        raise CannotEdit(str(reading.problems[0]) if reading.problems else "the document is empty")
    return reading.value


def _at(tree: Value, path: Path) -> Value:
    for step in path:
        match tree, step:
            case (dict(), str()) if step in tree:
                tree = tree[step]
            case (list(), int()) if 0 <= step < len(tree):
                tree = tree[step]
            case _:
                raise CannotEdit(f"{dotted(path)} leads nowhere")
    return tree


def _with(tree: Value, path: Path, value: Value) -> Value:
    """The tree with another value at a path that exists; what stands beside the path is shared, not copied."""
    if not path:
        return value
    if isinstance(tree, dict):
        return {key: _with(inner, path[1:], value) if key == path[0] else inner for key, inner in tree.items()}
    assert isinstance(tree, list)  # `_at` has walked this path
    return [_with(inner, path[1:], value) if i == path[0] else inner for i, inner in enumerate(tree)]


def _edited(raw: bytes, tree: Value, path: Path, value: Value, pairs: list[Pair] | None = None) -> bytes:
    mark = _BOM if raw.startswith(_BOM) else b""
    text = raw.removeprefix(_BOM).decode()
    # Only whole lines can be put behind one another, so a last line that has no end gets one for the while.
    eol = "" if text.endswith("\n") else "\r\n" if "\r\n" in text else "\n"
    text += eol
    root = layout(text)
    assert root is not None  # the document has a value
    intended = _with(tree, path, value)
    items = [path[:depth] for depth in range(len(path), 0, -1) if isinstance(path[depth - 1], int)]
    for item in (None, *items):
        patch = Patch(text, root)
        try:
            if item is None:
                patch.change(patch.find(path), value, pairs)
            else:
                patch.write(patch.find(item), _at(intended, item))
            result = patch.result()
        except CannotEdit:
            continue
        for end in dict.fromkeys((eol, "")):
            new = mark + result.removesuffix(end).encode(errors="surrogatepass")
            reading = read("", new)
            if not reading.problems and reading.value == intended:
                return new
    raise CannotEdit(f"{dotted(path)} is written in a way that cannot be edited here")
