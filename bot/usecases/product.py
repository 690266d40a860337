"""Everything an edge can ask of the product, in one value: an edge is given this and its own settings, nothing else."""

from dataclasses import dataclass

from bot.usecases.access import Access
from bot.usecases.ask import Asking
from bot.usecases.digest import Digest
from bot.usecases.health import Health
from bot.usecases.library import Library
from bot.usecases.opendata import OpenData
from bot.usecases.ports import Clock
from bot.usecases.publishing import Publishing
from bot.usecases.queue import ReviewQueue
from bot.usecases.receipts import Receipts
from bot.usecases.review import Review
from bot.usecases.waiting import WaitingLog
from bot.usecases.watch import Watch


@dataclass(frozen=True, slots=True)
class Product:
    """The use cases over one live rulebook."""

    library: Library
    asking: Asking
    receipts: Receipts
    access: Access
    publishing: Publishing
    review: Review
    queue: ReviewQueue
    digest: Digest
    open_data: OpenData
    journal: WaitingLog
    watch: Watch
    health: Health
    clock: Clock
