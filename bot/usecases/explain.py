"""Why a question was answered as it was, in words: for an admin in Telegram and for the command line alike."""

from bot.core.messages import Teller
from bot.core.result import Close, Found, Hit, Nothing
from bot.usecases.ask import Part


def explain(part: Part, tell: Teller) -> tuple[str, ...]:
    """The reasons for one part of a reply, a line each, plain text."""
    trace = part.result.trace
    lines = [_outcome(part, tell)]
    lines.append(tell("kenapa-kata", kata=", ".join(trace.matched) or "–"))
    lines.append(tell("kenapa-cakupan", cakupan=_percent(trace.coverage)))
    if trace.told:
        lines.append(tell("kenapa-penentu", kata=", ".join(f"{word} → {reading}" for word, reading in trace.told)))
    if trace.unknown:
        lines.append(tell("kenapa-asing", kata=", ".join(trace.unknown)))
    if trace.repaired:
        lines.append(tell("kenapa-ejaan", kata=", ".join(f"{typed} → {read}" for typed, read in trace.repaired)))
    if len(trace.hits) > 1:
        lines.append(tell("kenapa-kedua", aturan=_name(trace.hits[1]), bagian=_percent(trace.hits[1].share), jarak=_percent(trace.margin)))
    lines.append(tell("kenapa-luar", bagian=_percent(trace.outside)))
    if trace.hits:
        lines.append(tell("kenapa-calon"))
        lines += [f"{hit.share:.3f} {_name(hit)}" for hit in trace.hits]
    return tuple(lines)


def _outcome(part: Part, tell: Teller) -> str:
    """What came of it, and what made it so."""
    result = part.result
    match result:
        case Found():
            name = f"{result.rule}#{result.branch}" if result.branch else result.rule
            return tell("kenapa-jawab", aturan=name, keyakinan=_percent(result.confidence))
        case Close():
            verdicts = dict.fromkeys(str(option.verdict) for option in part.options)
            options = ", ".join(f"{_name(hit)} {_percent(hit.share)}" for hit in result.options)
            key = "kenapa-tanya-putusan" if len(verdicts) > 1 else "kenapa-tanya-aturan"
            return tell(key, pilihan=options, putusan=" / ".join(verdicts))
        case Nothing():
            key = "kenapa-diam" if part.result.trace.hits else "kenapa-bentuk"
            return tell(key, jenis=result.kind, keyakinan=_percent(result.confidence))


def _name(hit: Hit) -> str:
    return f"{hit.rule}#{hit.branch}" if hit.branch else hit.rule


def _percent(share: float) -> str:
    return f"{round(100 * min(max(share, 0.0), 1.0))}%"
