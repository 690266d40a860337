"""What the program can say of itself in numbers. Counts of answers and faults, times, sizes: nothing that a user said or is."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)


class Watch:
    """One per running program; its numbers start at nought with it. Labels come from fixed lists, never from a message."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self.answers = Counter("netral_answers", "Questions answered, asked back and declined", ["outcome", "channel"], registry=self._registry)
        self.updates = Counter("netral_updates", "What became of Telegram's updates", ["result"], registry=self._registry)
        self.faults = Counter("netral_faults", "What went wrong, by kind", ["kind"], registry=self._registry)
        self._seconds = Histogram(
            "netral_answer_seconds", "From a message's arrival until it is answered and logged", ["edge"], buckets=SECONDS, registry=self._registry
        )

    @property
    def uptime(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._started

    @contextmanager
    def timed(self, edge: str) -> Iterator[None]:
        """Measures how long a message takes at an edge."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self._seconds.labels(edge).observe(time.perf_counter() - started)

    def gauge(self, name: str, meaning: str, value: Callable[[], float]) -> None:
        """A number that is read whenever somebody looks."""
        Gauge(name, meaning, registry=self._registry).set_function(value)

    def sum(self, name: str, **labels: str) -> float:
        """A number's total over all samples that carry these labels; 0 for what never happened."""
        found = (sample for metric in self._registry.collect() for sample in metric.samples if sample.name == name)
        return sum(sample.value for sample in found if labels.items() <= sample.labels.items())

    def page(self) -> bytes:
        """Everything, in the format Prometheus reads."""
        return generate_latest(self._registry)
