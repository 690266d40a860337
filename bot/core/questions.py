"""One message to the questions it holds. A story stays whole; "dan kalau …?" is read with the question before it."""

import re
from dataclasses import dataclass

MAX_PARTS = 4
"""More than this in one message is answered for the first ones only."""

_END = re.compile(r"(?<=\?)\s+|\n+\s*(?=(?:\d+[.)]|[-•*])\s)|\n{2,}")
_MARK = re.compile(r"^\s*(?:\d+[.)]|[-•*])\s*")
_LEANS = re.compile(
    r"^(?:dan |terus |trus |lalu |nah )?(?:kalau|kalo|klo|kl|bagaimana kalau|gimana kalau|gimana kalo|gmn klo|what if|and if|how about|what about)\b",
    re.IGNORECASE,
)
MIN_WORDS = 3


@dataclass(frozen=True, slots=True)
class Piece:
    """One question of a message. `leans` when it needs the one before it; `listed` when the asker numbered it."""

    text: str
    leans: bool = False
    listed: bool = False


def parts_of(text: str) -> list[Piece]:
    """The questions of a message, in order; the whole text when it holds one or none.

    Statements before the first question belong to it; statements after the last belong to the last. In a list every
    item stands, however short.
    """
    pieces = [_MARK.sub("", piece).strip() for piece in _END.split(text) if piece and piece.strip()]
    if len(pieces) > 1 and _is_listed(text):
        return [Piece(piece, listed=True) for piece in pieces]
    asked = [piece for piece in pieces if piece.endswith("?")]
    if len(asked) < 2:
        return [Piece(text)]
    found: list[Piece] = []
    waiting = ""
    for piece in pieces:
        if piece not in asked:
            waiting = f"{waiting} {piece}".strip()
        elif found and not waiting and len(piece.split()) < MIN_WORDS and not leans(piece):
            found[-1] = Piece(f"{found[-1].text} {piece}", found[-1].leans)
        else:
            found.append(Piece(f"{waiting} {piece}".strip(), bool(found) and not waiting and leans(piece)))
            waiting = ""
    if waiting and found:
        found[-1] = Piece(f"{found[-1].text} {waiting}", found[-1].leans)
    return found


def leans(text: str) -> bool:
    """True for a question that needs the one before it: "kalau pakai mobil dinas?"."""
    return _LEANS.match(text.strip()) is not None


def _is_listed(text: str) -> bool:
    """True when every line of the message is numbered or dashed: then each line is a question of its own."""
    lines = [line for line in text.splitlines() if line.strip()]
    return len(lines) > 1 and sum(bool(_MARK.match(line)) for line in lines) >= len(lines) - 1
