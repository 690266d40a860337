"""A reply as data and as plain text, for the command line and for measuring."""

from bot.core.answer import plain
from bot.core.messages import Teller
from bot.usecases.ask import Part, Reply
from bot.usecases.explain import explain

Record = dict[str, object]


def as_record(question: str, reply: Reply) -> Record:
    """One JSON-ready object. With several questions the top level repeats the first, and `parts` holds all of them."""
    records = [_part(part) for part in reply.parts]
    return {**records[0], "question": question, "parts": records if len(records) > 1 else []}


def _part(part: Part) -> Record:
    row = part.row
    return {
        "question": part.question,
        "outcome": row.outcome,
        "rule": row.rule,
        "branch": row.branch,
        "verdict": row.verdict,
        "options": list(dict.fromkeys(option.rule for option in part.options)),
        "kind": row.kind,
        "parts": [],
        "confidence": round(min(max(part.result.confidence, 0.0), 1.0), 4),
        "matched": list(part.result.trace.matched),
        "text": _text(part),
    }


def as_text(reply: Reply, explained_by: Teller | None = None) -> str:
    """The reply as a person reads it in a terminal; with a teller, the reasons below it."""
    return "\n\n".join("\n".join([_text(part), *(("---", *explain(part, explained_by)) if explained_by else ())]) for part in reply.parts)


def _text(part: Part) -> str:
    if part.card:
        return plain(part.card)
    if part.options:
        return "\n".join(["?", *(f"• {option.title}" for option in part.options)])
    return part.reply
