"""A Bot API server made for load, in a process of its own: it hands out questions at a planned pace and times the answers.

Each message comes from a chat of its own. Under a rate, arrivals are planned beforehand and latency (milliseconds) runs from
the planned arrival to the sendMessage call, so a slow bot cannot slow its own questions down. Without a rate a fixed number
of questions is kept in flight, which finds the throughput. Plain asyncio streams: a web framework here would be the bottleneck.
"""

import asyncio
import contextlib
import itertools
import json
import random
import sys
import time
from collections import deque
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

Json = dict[str, Any]

CONNECTIONS = 16
"""Webhook posts at once for each address, as the bots ask of Telegram."""
IN_FLIGHT = 32
"""Questions in flight when looking for the throughput: twice what a bot handles at once, so that it never waits."""
GRACE = 20.0
"""Seconds to wait for the last answers."""
RETRY = 0.1
"""Seconds before a webhook post that was not taken is sent again."""
FIRST_CHAT = 5_000_000
BOT: Json = {"id": 42, "is_bot": True, "first_name": "Bench", "username": "BenchBot", "supports_inline_queries": True}


class LoadServer:
    """One bot's Telegram. `questions` are asked in turn, over and over."""

    def __init__(self, questions: list[str]) -> None:
        self._questions = itertools.cycle(questions)
        self._numbers = itertools.count(1)
        self._pending: deque[Json] = deque()
        self._changed = asyncio.Event()
        self._asked: dict[int, float] = {}
        self._latencies: list[float] = []
        self._in_time = self._extra = self._retried = self._sent = 0
        self._until = 0.0
        self._is_closed_loop = False
        self._doors: list[asyncio.Queue[bytes]] = []
        self._secret = ""
        self.state: Json = {"webhook": "", "polled": False, "introduced": 0}

    async def load(self, order: Json) -> Json:
        """Runs one load and returns what came of it.

        `order`: `seconds` of asking; `rate` a second, or 0 to keep IN_FLIGHT going; `count` to ask so many and no more;
        `patience` in seconds for the last answers; `webhooks` to knock at in turn (none: the bot polls) with their `secret`.
        """
        seconds, rate, count = float(order["seconds"]), float(order.get("rate", 0)), int(order.get("count", 0))
        self._asked.clear()
        self._latencies, self._in_time, self._extra, self._retried, self._sent = [], 0, 0, 0, 0
        self._secret, self._doors = order.get("secret", ""), [asyncio.Queue() for _ in order.get("webhooks", [])]
        posts = [
            asyncio.create_task(self._post_all(url, door))
            for url, door in zip(order.get("webhooks", []), self._doors, strict=True)
            for _ in range(CONNECTIONS)
        ]
        start = time.monotonic()
        self._until, self._is_closed_loop = start + seconds, not rate and not count
        if rate:
            chooser, due = random.Random(7), start  # noqa: S311 - the same arrivals for every bot
            while (due := due + chooser.expovariate(rate)) < self._until:
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                self._ask(due)
        else:
            for _ in range(count or IN_FLIGHT * max(1, len(self._doors))):
                self._ask(time.monotonic())
            await asyncio.sleep(0 if count else seconds)
        deadline = max(self._until, time.monotonic()) + float(order.get("patience", GRACE))
        while self._asked and time.monotonic() < deadline:  # noqa: ASYNC110 - a look every 5 ms is plainer than an event for "the last one"
            await asyncio.sleep(0.005)
        with contextlib.suppress(TimeoutError):  # a bot may have answered and still be writing its row
            await asyncio.wait_for(asyncio.gather(*(door.join() for door in self._doors)), GRACE if not self._asked else 0)
        for post in posts:
            post.cancel()
        await asyncio.gather(*posts, return_exceptions=True)
        result = {"sent": self._sent, "answered": len(self._latencies), "extra": self._extra, "retried": self._retried}
        return result | {"per_second": self._in_time / seconds, "latencies": self._latencies, "ended": time.monotonic()}

    def _ask(self, due: float) -> None:
        number = next(self._numbers)
        chat = FIRST_CHAT + number
        self._asked[chat] = due
        self._sent += 1
        who = {"id": chat, "first_name": "Bench", "username": f"bench{number}"}
        message: Json = {"message_id": number, "date": int(time.time()), "chat": who | {"type": "private"}, "text": next(self._questions)}
        update = {"update_id": number, "message": message | {"from": who | {"is_bot": False, "language_code": "id"}}}
        if self._doors:
            self._doors[self._sent % len(self._doors)].put_nowait(json.dumps(update).encode())
        else:
            self._pending.append(update)
            self._changed.set()

    def _answered(self, chat: int) -> None:
        now = time.monotonic()
        due = self._asked.pop(chat, None)
        if due is None:
            self._extra += 1
            return
        self._latencies.append(1000 * (now - due))
        if now < self._until:
            self._in_time += 1
            if self._is_closed_loop:
                self._ask(now)

    async def _post_all(self, url: str, door: "asyncio.Queue[bytes]") -> None:
        """One kept-alive connection to one bot's webhook."""
        at = urlsplit(url)
        head = f"POST {at.path} HTTP/1.1\r\nHost: {at.netloc}\r\nContent-Type: application/json\r\n"
        head += f"X-Telegram-Bot-Api-Secret-Token: {self._secret}\r\nContent-Length: "
        reader, writer = None, None
        try:
            while True:
                body = await door.get()
                status = ""
                while " 200" not in status:
                    try:
                        if reader is None or writer is None:
                            reader, writer = await asyncio.open_connection(at.hostname, at.port)
                        writer.write(f"{head}{len(body)}\r\n\r\n".encode() + body)
                        status, _ = await _read(reader)
                    except (OSError, asyncio.IncompleteReadError):  # not listening yet, or the kept connection was given up
                        reader, writer = None, None
                    if " 200" not in status:
                        self._retried += 1
                        await asyncio.sleep(RETRY)
                door.task_done()
        finally:
            if writer is not None:
                writer.close()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection of the bot, or of the bench that gives orders."""
        try:
            while True:
                line, body = await _read(reader)
                path = urlsplit(line.split(" ")[1]).path
                result = await self._order(path, body) if path.startswith("/bench/") else {"ok": True, "result": await self._call(path, body)}
                answer = json.dumps(result).encode()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(answer) + answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the other side has gone
        finally:
            writer.close()

    async def _order(self, path: str, body: bytes) -> Json:
        return self.state if path == "/bench/state" else await self.load(json.loads(body))

    async def _call(self, path: str, body: bytes) -> object:
        method = path.rsplit("/", 1)[1]
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        if method == "sendMessage":
            chat = int(form["chat_id"])
            self._answered(chat)
            sent = {"message_id": next(self._numbers), "date": int(time.time()), "chat": {"id": chat, "type": "private"}}
            return sent | {"from": BOT, "text": form["text"]}
        if method == "getUpdates":
            return await self._updates(int(form.get("offset", 0)), seconds=float(form.get("timeout", 0)))
        if method == "setWebhook":
            self.state["webhook"] = form["url"]
        if method == "setMyShortDescription":
            self.state["introduced"] += 1
        return BOT if method == "getMe" else True

    async def _updates(self, offset: int, *, seconds: float) -> list[Json]:
        self.state["polled"] = True
        while self._pending and self._pending[0]["update_id"] < offset:
            self._pending.popleft()
        if not self._pending:
            self._changed.clear()
            try:
                await asyncio.wait_for(self._changed.wait(), seconds)
            except TimeoutError:
                return []
        return list(itertools.islice(self._pending, 100))


async def _read(reader: asyncio.StreamReader) -> tuple[str, bytes]:
    """(first line, body) of one HTTP message. Raises IncompleteReadError at the end."""
    first, _, headers = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").partition("\r\n")
    _, _, rest = headers.lower().partition("content-length:")
    length = int(rest.split("\r\n", 1)[0] or 0) if rest else 0
    return first, await reader.readexactly(length) if length else b""


async def main(port: int, questions: list[str]) -> None:
    """Serves on this machine until killed."""
    async with await asyncio.start_server(LoadServer(questions).serve, "127.0.0.1", port, limit=1 << 20) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), json.loads(Path(sys.argv[2]).read_bytes())))
