"""A reply as data and as plain text, for the command line and for measuring."""

from bot.core.answer import plain
from bot.usecases.ask import Part, Reply

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


def as_text(reply: Reply, *, explain: bool = False) -> str:
    """The reply as a person reads it in a terminal."""
    return "\n\n".join(_text(part) + (_explained(part) if explain else "") for part in reply.parts)


def _text(part: Part) -> str:
    if part.card:
        return plain(part.card)
    if part.options:
        return "\n".join(["?", *(f"• {option.title}" for option in part.options)])
    return part.reply


def _explained(part: Part) -> str:
    trace = part.result.trace
    lines = ["", "---", f"hasil: {part.row.outcome} ({part.row.kind or part.row.rule or '-'}), keyakinan {part.result.confidence:.2f}"]
    lines.append(
        f"kata cocok: {', '.join(trace.matched) or '-'}; cakupan {trace.coverage:.2f}; jarak {trace.margin:.2f}; di luar {trace.outside:.2f}"
    )
    if trace.unknown or trace.repaired:
        repaired = ", ".join(f"{typed}→{read}" for typed, read in trace.repaired)
        lines.append(f"kata asing: {', '.join(trace.unknown) or '-'}; ejaan dibetulkan: {repaired or '-'}")
    lines += [f"  {hit.share:.3f} {hit.rule}{'#' + hit.branch if hit.branch else ''}" for hit in trace.hits]
    return "\n".join(lines)
