"""The state of the running program in a few words, for admins. Small counts are told roughly: they might be one person's."""

from datetime import timedelta

from bot.core.messages import Teller
from bot.usecases.product import Product

FEW = 5
"""Below this a count is only told as few."""


async def status(product: Product, tell: Teller) -> str:
    """One message of plain text."""
    state = await product.health.look()
    watch, journal, rulebook = product.watch, product.journal, product.library.shelf.rulebook
    count, total = watch.sum("netral_answer_seconds_count"), watch.sum("netral_answer_seconds_sum")
    told = "; ".join((*state.obstacles, *state.hints))
    return tell(
        "status",
        keadaan=told or tell("status-baik"),
        versi=rulebook.version,
        aturan=str(len(rulebook.rules)),
        lama=_long(timedelta(seconds=watch.uptime)),
        memori=f"{watch.sum('process_resident_memory_bytes') / 2**20:.0f}",
        menunggu=str(journal.waiting),
        hilang=str(journal.dropped),
        telegram=product.health.telegram(),
        dijawab=_roughly(watch.sum("netral_answers_total", outcome="answer")),
        tanya=_roughly(watch.sum("netral_answers_total", outcome="clarify")),
        tolak=_roughly(watch.sum("netral_answers_total", outcome="decline")),
        gangguan=str(int(watch.sum("netral_faults_total"))),
        waktu=f"{1000 * total / count:.0f} ms" if count else "–",
    )


def _roughly(count: float) -> str:
    return f"<{FEW}" if count < FEW else f"±{int(count) // FEW * FEW}"


def _long(span: timedelta) -> str:
    hours, seconds = divmod(int(span.total_seconds()), 3600)
    return f"{hours // 24} h {hours % 24} j {seconds // 60} m"
