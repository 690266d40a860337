"""A fake Telegram Bot API server: end-to-end tests run the real bot over real HTTP and see what its users would see.

It refuses what Telegram refuses, in Telegram's words. It is stricter in two ways, so that tests find slips early: a named
HTML entity Telegram does not know (&nbsp;) is refused, not shown as typed; lengths are counted in UTF-16 units.
"""

import asyncio
import itertools
import json
import re
import socket
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from html import unescape
from typing import Any, Self, TypeVar

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

T = TypeVar("T")
Json = dict[str, Any]
File = tuple[str, bytes]
"""Name and content."""
CHAT = 1001
LARGEST_DOWNLOAD = 20 * 1024 * 1024
"""Bytes of the largest file that the Bot API hands to a bot."""
WEBHOOK_INFO: Json = {"has_custom_certificate": False}
WEBHOOK_RETRY_SECONDS = 0.1
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)
BOT: Json = {"id": 42, "is_bot": True, "first_name": "Tanya Netral", "username": "TanyaNetralBot", "supports_inline_queries": True}
JSON_FIELDS = {"chat_id", "message_id", "offset", "limit", "timeout", "reply_markup", "reply_parameters", "link_preview_options"}
JSON_FIELDS |= {"entities", "caption_entities", "allowed_updates", "commands", "results", "drop_pending_updates"}
JSON_FIELDS |= {"scope", "show_alert", "is_personal", "cache_time", "disable_notification", "protect_content"}
"""Form fields that carry JSON. Every other one stays as it came, even if it looks like a number."""
HTML_TAGS = {"b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "code", "pre", "a", "tg-spoiler", "blockquote"}
TAG = re.compile(r"""<(/?)([^\s>]*)((?:\s+[^\s=>]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[\w.-]+(?=[\s>])))?)*\s*>)?""")
KNOWN_ENTITY = re.compile(r"&(?:lt|gt|amp|quot|#\d+|#x[\da-f]+);", re.IGNORECASE)
UNKNOWN_ENTITY = re.compile(r"&(?!(?:lt|gt|amp|quot);)[a-z]\w*;", re.IGNORECASE)
COMMAND_OR_MENTION = re.compile(r"^/\w{1,32}(?:@\w+)?|(?<!\S)@\w{3,}", re.ASCII)


@dataclass(eq=False)
class Refused(Exception):
    """An answer other than ok, as Telegram words it."""

    description: str
    status: int = 400
    retry_after: int | None = None


@dataclass(frozen=True)
class User:
    """Who writes to the bot. The defaults are odd on purpose, so that a test can search logs and databases for them."""

    id: int = 777000111
    first_name: str = "Zulkarnaen"
    username: str = "zul_rahasia"

    def json(self, language_code: str = "id") -> Json:
        return {"is_bot": False, "language_code": language_code} | asdict(self)


USER = User()


@dataclass
class SentMessage:
    """A message of the bot as it stands now: edits change it in place. `edits_seen`: how many of them the test knows of.

    `prompt` is the ForceReply that came with it, which opens the answering of it in the user's app; {} when there was none.
    """

    chat_id: int
    message_id: int
    text: str
    html: str
    buttons: list[list[Json]]
    reply_to: int | None
    method: str
    file: File | None = None
    media: Json = field(default_factory=dict)
    prompt: Json = field(default_factory=dict)
    edits: int = 0
    edits_seen: int = 0
    sent_at: float = field(default_factory=time.monotonic)

    def json(self, chat: Json) -> Json:
        """As Telegram gives it to the bot, but without text entities."""
        body: Json = {"message_id": self.message_id, "date": int(time.time()), "chat": chat, "from": BOT}
        body |= {"caption": self.text} | self.media if self.media else {"text": self.text}
        return body | ({"reply_markup": {"inline_keyboard": self.buttons}} if self.buttons else {})


def utf16_length(text: str) -> int:
    """The length Telegram counts in entities and, to be strict, in limits."""
    return len(text.encode("utf-16-le")) // 2


def command_and_mentions(text: str) -> list[Json]:
    """The entities Telegram finds in what a user writes: a leading /command, with its @bot, and every other @name."""
    kinds = {"/": "bot_command", "@": "mention"}
    return [
        {"type": kinds[found[0][0]], "offset": utf16_length(text[: found.start()]), "length": utf16_length(found[0])}
        for found in COMMAND_OR_MENTION.finditer(text)
    ]


def unparsable(problem: str) -> Refused:
    return Refused(f"Bad Request: can't parse entities: {problem}")


def plain_text(html: str) -> str:
    """The text a reader sees. Raises what Telegram answers to HTML it cannot parse."""
    open_tags: list[str] = []
    if unknown := UNKNOWN_ENTITY.search(html):
        raise unparsable(f'Unsupported entity "{unknown[0]}"')
    for tag in TAG.finditer(html):
        closing, name, where = tag[1], tag[2].lower(), f"at byte offset {len(html[: tag.start()].encode())}"
        if not closing and name not in HTML_TAGS:
            raise unparsable(f'Unsupported start tag "{name}" {where}')
        if closing and not open_tags:
            raise unparsable(f"Unexpected end tag {where}")
        if closing and name != (expected := open_tags.pop()):
            raise unparsable(f'Unmatched end tag {where}, expected "</{expected}>", found "</{name}>"')
        if not tag[3]:
            raise unparsable(f"Unclosed {'end' if closing else 'start'} tag {where}")
        if not closing:
            open_tags.append(name)
    if open_tags:
        raise unparsable(f'Can\'t find end tag corresponding to start tag "{open_tags[-1]}"')
    return KNOWN_ENTITY.sub(lambda entity: unescape(entity[0]), TAG.sub("", html))


def checked_text(content: Json, name: str) -> tuple[str, str]:
    """A text field as (plain, raw)."""
    raw = content.get(name, "")
    plain = (plain_text(raw) if content.get("parse_mode", "").upper() == "HTML" else raw).strip()
    if not plain and name != "caption":
        raise Refused("Bad Request: message text is empty")
    if utf16_length(plain) > (1024 if name == "caption" else 4096):
        raise Refused("Bad Request: message caption is too long" if name == "caption" else "Bad Request: message is too long")
    return plain, raw


def checked_buttons(content: Json) -> list[list[Json]]:
    """The rows of the inline keyboard; [] when there is none."""
    rows: list[list[Json]] = (content.get("reply_markup") or {}).get("inline_keyboard", [])
    if not all(1 <= len(button.get("callback_data", "none").encode()) <= 64 for row in rows for button in row):
        raise Refused("Bad Request: BUTTON_DATA_INVALID")
    return rows


def checked_prompt(content: Json) -> Json:
    """The ForceReply; {} when there is none."""
    markup: Json = content.get("reply_markup") or {}
    if markup.get("force_reply") and not 1 <= len(markup.get("input_field_placeholder", "none")) <= 64:
        raise Refused("Bad Request: input field placeholder is too long")
    return markup if markup.get("force_reply") else {}


async def read_params(request: Request) -> Json:
    """Query, form and JSON body as one dict, nested values decoded."""
    params: Json = dict(request.query_params)
    if "json" in request.headers.get("content-type", ""):
        params |= await request.json()
    async with request.form() as form:
        for name, value in form.items():
            params[name] = (value.filename or name, await value.read()) if isinstance(value, UploadFile) else value
    for name in params.keys() & JSON_FIELDS:
        if isinstance(params[name], str):
            params[name] = json.loads(params[name])
    return params


class Emulator:
    """The server and both ends of it: a test acts as users and reads what the bot sent. Use it in a `with`."""

    def __init__(self, token: str = "42:EmulatorEmulatorEmulatorEmulator123") -> None:
        self.token, self.url = token, ""
        self.calls: list[tuple[str, Json]] = []
        self.messages: defaultdict[int, list[SentMessage]] = defaultdict(list)
        self.pending: list[Json] = []
        self.attempts: Counter[int] = Counter()
        self.webhook_url, self.webhook_secret = "", ""
        self.allowed_updates: list[str] = []
        self.commands: dict[str, list[Json]] = {}
        self.descriptions: dict[str, str] = {}
        self.short_descriptions: dict[str, str] = {}
        self.files: dict[str, File] = {}
        self.fetched: list[str] = []
        self.told_sizes: dict[str, int] = {}
        self.blocked: set[int] = set()
        self.open_queries: set[str] = set()
        self._changed = threading.Condition()
        self._closing, self._copies = False, 1
        self._faults: defaultdict[str, list[float | Exception]] = defaultdict(list)
        self._chats: dict[int, Json] = {}
        self._seen: Counter[int] = Counter()
        self._ids, self._update_ids = itertools.count(1), itertools.count(500)
        self._methods: dict[str, Callable[[Json], object]] = {
            "getMe": lambda _: BOT,
            "getUpdates": self._get_updates,
            "setWebhook": self._set_webhook,
            "deleteWebhook": lambda params: self._set_webhook(params | {"url": ""}),
            "getWebhookInfo": lambda params: WEBHOOK_INFO | {"url": self.webhook_url, "pending_update_count": len(self.pending)},
            "sendMessage": lambda params: self._send("sendMessage", params, checked_text(params, "text")),
            "sendDocument": lambda params: self._send("sendDocument", params, checked_text(params, "caption"), "document"),
            "sendPhoto": lambda params: self._send("sendPhoto", params, checked_text(params, "caption"), "photo"),
            "editMessageText": lambda params: self._edit(params, checked_text(params, "text")),
            "editMessageReplyMarkup": self._edit,
            "answerCallbackQuery": lambda params: self._answer_query(params["callback_query_id"]),
            "answerInlineQuery": self._answer_inline,
            "sendChatAction": lambda params: bool(self._reachable_chat(params)),
            "leaveChat": lambda params: bool(self._reachable_chat(params)),
            "getFile": self._get_file,
            "setMyCommands": self._set_commands,
            "getMyCommands": lambda params: self.commands.get(params.get("language_code", ""), []),
            "deleteMyCommands": lambda params: self.commands.pop(params.get("language_code", ""), []) is not None,
            "setMyDescription": lambda params: self._describe(params, "description", self.descriptions, 512),
            "setMyShortDescription": lambda params: self._describe(params, "short_description", self.short_descriptions, 120),
            "logOut": lambda params: True,
            "close": lambda params: True,
        }
        methods = Route("/bot{token}/{method}", self._serve_method, methods=["GET", "POST"])
        app = Starlette(routes=[methods, Route("/file/bot{token}/files/{file_id}", self._serve_file)])
        plain: Json = {"loop": "asyncio", "http": "h11", "ws": "none", "lifespan": "off", "log_config": None, "access_log": False}
        self._server = uvicorn.Server(uvicorn.Config(app, timeout_graceful_shutdown=2, **plain))
        self._workers = ThreadPoolExecutor(64)  # each long poll and each slow call holds one
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        server = threading.Thread(target=self._server.run, args=([listener],))
        self._threads = [server, threading.Thread(target=self._deliver)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._server.should_exit = True
        for thread in self._threads:
            thread.join()
        self._workers.shutdown()

    async def _serve_method(self, request: Request) -> Response:
        try:
            params = await read_params(request)
            path = request.path_params
            work = self._workers.submit(self._perform, path["token"], path["method"], params)
            result = await asyncio.wrap_future(work)
        except (ConnectionAbortedError, BrokenPipeError):
            for connection in self._server.server_state.connections:
                if isinstance(connection, H11Protocol) and connection.client == request.client:
                    connection.transport.abort()
            await asyncio.sleep(0)  # lets uvicorn notice, so that it drops the response below
            return Response()
        except Refused as refusal:
            extra: Json = {"parameters": {"retry_after": refusal.retry_after}} if refusal.retry_after is not None else {}
            body = {"ok": False, "error_code": refusal.status, "description": refusal.description} | extra
            return JSONResponse(body, refusal.status)
        return JSONResponse({"ok": True, "result": result})

    async def _serve_file(self, request: Request) -> Response:
        known = request.path_params["token"] == self.token and request.path_params["file_id"] in self.files
        self.fetched.append(request.path_params["file_id"])
        return Response(self.files[request.path_params["file_id"]][1]) if known else Response(status_code=404)

    def _perform(self, token: str, method: str, params: Json) -> object:
        if token != self.token:
            raise Refused("Unauthorized", 401)
        with self._changed:
            self.calls.append((method, params))
            fault = self._faults[method].pop(0) if self._faults[method] else 0.0
            if isinstance(fault, Exception) and not isinstance(fault, BrokenPipeError):
                raise fault
            if isinstance(fault, float) and fault:
                self._changed.wait_for(lambda: self._closing, fault)
            if method not in self._methods:
                raise Refused("Not Found: method not found", 404)
            result = self._methods[method](params)
            if isinstance(fault, BrokenPipeError):
                raise fault
            return result

    def _get_updates(self, params: Json) -> list[Json]:
        """Long polling: updates before `offset` are confirmed and dropped, the others wait until they are."""
        if self.webhook_url:
            remedy = "use deleteWebhook to delete the webhook first"
            raise Refused(f"Conflict: can't use getUpdates method while webhook is active; {remedy}", 409)
        self.allowed_updates = params.get("allowed_updates", self.allowed_updates)
        offset = params.get("offset", 0)
        self.pending = [update for update in self.pending if update["update_id"] >= offset] if offset >= 0 else self.pending[offset:]
        self._changed.wait_for(lambda: self.pending or self._closing or self.webhook_url, params.get("timeout", 0))
        if self.webhook_url:
            raise Refused("Conflict: terminated by setWebhook request", 409)
        return self.pending[: params.get("limit", 100)]

    def _set_webhook(self, params: Json) -> bool:
        self.webhook_url, self.webhook_secret = params.get("url", ""), params.get("secret_token", "")
        self.allowed_updates = params.get("allowed_updates", self.allowed_updates)
        if params.get("drop_pending_updates"):
            self.pending.clear()
        self._changed.notify_all()
        return True

    def _deliver(self) -> None:
        """Post updates to the webhook one by one, each again and again until it is answered with 200."""
        with httpx.Client(timeout=5, trust_env=False) as client:
            while True:
                with self._changed:
                    self._changed.wait_for(lambda: self._closing or (self.pending and self.webhook_url))
                    if self._closing:
                        return
                    update, url = self.pending[0], self.webhook_url
                    headers = {"X-Telegram-Bot-Api-Secret-Token": self.webhook_secret} if self.webhook_secret else {}
                    self.attempts[update["update_id"]] += 1
                try:
                    taken = client.post(url, json=update, headers=headers).status_code == 200
                except httpx.HTTPError:
                    taken = False
                with self._changed:
                    if not taken:
                        self._changed.wait_for(lambda: self._closing, WEBHOOK_RETRY_SECONDS)
                    elif update in self.pending:
                        self.pending.remove(update)

    def _reachable_chat(self, params: Json) -> int:
        if params["chat_id"] in self.blocked:
            raise Refused("Forbidden: bot was blocked by the user", 403)
        return int(params["chat_id"])

    def _message_json(self, message: SentMessage) -> Json:
        return message.json(self._chats.get(message.chat_id, {"id": message.chat_id, "type": "private"}))

    def _keep_file(self, file: File) -> Json:
        """Store a file for getFile; returns what every kind of media says of its file."""
        file_id = f"file{next(self._ids)}"
        self.files[file_id] = file
        return {"file_id": file_id, "file_unique_id": file_id, "file_size": len(file[1]), "width": 90, "height": 90}

    def _send(self, method: str, params: Json, text: tuple[str, str], media: str = "") -> Json:
        chat, buttons = self._reachable_chat(params), checked_buttons(params)
        message = SentMessage(chat, next(self._ids), *text, buttons, params.get("reply_parameters", {}).get("message_id"), method)
        message.prompt = checked_prompt(params)
        if media:
            sent = params[media]  # an upload, or the id of a file Telegram has
            message.file = self.files.get(sent, (sent, b"")) if isinstance(sent, str) else sent
            kept = self._keep_file(message.file)
            message.media = {media: [kept] if media == "photo" else kept}
        self.messages[chat].append(message)
        return self._message_json(message)

    def _edit(self, params: Json, text: tuple[str, str] | None = None) -> Json:
        chat, buttons = self._reachable_chat(params), checked_buttons(params)
        message = next((sent for sent in self.messages[chat] if sent.message_id == params.get("message_id")), None)
        if message is None:
            raise Refused("Bad Request: message to edit not found")
        plain, html = text or (message.text, message.html)
        if (html, buttons) == (message.html, message.buttons):
            raise Refused(f"Bad Request: {NOT_MODIFIED}")
        message.text, message.html, message.buttons = plain, html, buttons
        message.edits += 1
        return self._message_json(message)

    def _answer_query(self, query: str) -> bool:
        if query not in self.open_queries:
            raise Refused("Bad Request: query is too old and response timeout expired or query ID is invalid")
        return True

    def _answer_inline(self, params: Json) -> bool:
        for result in params["results"]:
            checked_buttons(result)
            if "input_message_content" in result:
                checked_text(result["input_message_content"], "message_text")
        return self._answer_query(params["inline_query_id"])

    def _get_file(self, params: Json) -> Json:
        file_id = params["file_id"]
        if file_id not in self.files:
            raise Refused("Bad Request: wrong file_id or the file is temporarily unavailable")
        size = len(self.files[file_id][1])
        if size > LARGEST_DOWNLOAD:
            raise Refused("Bad Request: file is too big")
        return {"file_id": file_id, "file_unique_id": file_id, "file_size": self.told_sizes.get(file_id, size), "file_path": f"files/{file_id}"}

    def _set_commands(self, params: Json) -> bool:
        for command in params["commands"]:
            for part, words, limit in (("command", "command", 32), ("description", "command description", 256)):
                if not command[part]:
                    raise Refused(f"Bad Request: {words} must be non-empty")
                if len(command[part]) > limit:
                    raise Refused(f"Bad Request: {words} length must not exceed {limit}")
            if not re.fullmatch("[a-z0-9_]+", command["command"]):
                raise Refused("Bad Request: BOT_COMMAND_INVALID")
        self.commands[params.get("language_code", "")] = params["commands"]
        return True

    def _describe(self, params: Json, name: str, kept: dict[str, str], limit: int) -> bool:
        if len(params.get(name, "")) > limit:
            raise Refused(f"Bad Request: {name.replace('_', ' ')} length must not exceed {limit}")
        kept[params.get("language_code", "")] = params.get(name, "")
        return True

    # What users do. Every action but `raw` marks what the bot sent so far as seen: `next_message` returns what comes after.

    def raw(self, update: Json) -> int:
        """Queue an update, unless it is of a kind the bot did not ask for. Returns its update_id."""
        with self._changed:
            update = {"update_id": next(self._update_ids)} | update
            if not self.allowed_updates or any(kind in update for kind in self.allowed_updates):
                self.pending += [update] * self._copies
                self._copies = 1
                self._changed.notify_all()
        return int(update["update_id"])

    def duplicate_next(self) -> None:
        """The next update comes twice, with one update_id, as it may with Telegram."""
        self._copies = 2

    def _write(self, content: Json, chat: int, user: User = USER, chat_type: str = "private", language_code: str = "id") -> int:
        """Queue a message from a user. Returns its message_id."""
        with self._changed:
            self._seen[chat] = len(self.messages[chat])
            about = {"first_name": user.first_name, "username": user.username} if chat_type == "private" else {"title": "Kantor Uji"}
            self._chats[chat] = {"id": chat, "type": chat_type} | about
            message: Json = {"message_id": next(self._ids), "date": int(time.time()), "chat": self._chats[chat]}
            message |= {"from": user.json(language_code)} | content
            self.raw({"edited_message" if "edit_date" in content else "message": message})
        return int(message["message_id"])

    def say(self, text: str, chat: int = CHAT, edit_of: int = 0, reply_to: SentMessage | None = None, forwarded: bool = False, **who: Any) -> int:
        """Write, or change an earlier message of the user (`edit_of`). Returns the message_id.

        `who`, here and below: user, chat_type ("private", "group" or "supergroup") and language_code.
        """
        content: Json = {"text": text, "entities": command_and_mentions(text)}
        if forwarded:
            content["forward_origin"] = {"type": "hidden_user", "date": int(time.time()), "sender_user_name": "Penerus Rahasia"}
        if reply_to:
            content["reply_to_message"] = self._message_json(reply_to)
        if edit_of:
            content |= {"message_id": edit_of, "edit_date": int(time.time())}
        return self._write(content, chat, **who)

    def send_photo(self, caption: str = "", chat: int = CHAT, **who: Any) -> int:
        return self._write({"photo": [self._keep_file(("photo.jpg", b"photo"))], "caption": caption}, chat, **who)

    def send_voice(self, chat: int = CHAT, **who: Any) -> int:
        return self._write({"voice": self._keep_file(("voice.ogg", b"voice")) | {"duration": 2}}, chat, **who)

    def send_sticker(self, chat: int = CHAT, **who: Any) -> int:
        sticker = self._keep_file(("sticker.webp", b"sticker")) | {"type": "regular", "is_animated": False, "is_video": False}
        return self._write({"sticker": sticker}, chat, **who)

    def send_document(
        self,
        name: str = "surat.pdf",
        content: bytes = b"%PDF",
        caption: str = "",
        chat: int = CHAT,
        said_size: int | None = None,
        told_size: int | None = None,
        forwarded: bool = False,
        **who: Any,
    ) -> int:
        """Send a file. `said_size` and `told_size` are lies about its bytes: in the message, and in the answer of getFile."""
        kept = self._keep_file((name, content)) | {"file_name": name}
        if said_size is not None:
            kept["file_size"] = said_size
        if told_size is not None:
            self.told_sizes[kept["file_id"]] = told_size
        origin: Json = {"type": "hidden_user", "date": int(time.time()), "sender_user_name": "Penerus Rahasia"}
        return self._write({"document": kept, "caption": caption} | ({"forward_origin": origin} if forwarded else {}), chat, **who)

    def channel_post(self, text: str, chat: int = -1001777) -> int:
        """A post in a channel the bot is in. Returns the update_id."""
        channel = {"id": chat, "type": "channel", "title": "Kanal Uji"}
        post = {"message_id": next(self._ids), "date": int(time.time()), "chat": channel, "sender_chat": channel, "text": text}
        return self.raw({"channel_post": post})

    def tap(self, message: SentMessage, text_or_data: str, user: User = USER) -> str:
        """Press the button with this data, or else the first with this in its text. Returns the callback query id."""
        with self._changed:
            buttons = [button for row in message.buttons for button in row if "callback_data" in button]
            fits = [button for button in buttons if button["callback_data"] == text_or_data]
            fits += [button for button in buttons if text_or_data in button["text"]]
            assert fits, f"no button {text_or_data!r} among {buttons}"
            message.edits_seen, self._seen[message.chat_id] = message.edits, len(self.messages[message.chat_id])
            query = {"id": self._new_query(), "from": user.json(), "chat_instance": "1", "data": fits[0]["callback_data"]}
            self.raw({"callback_query": query | {"message": self._message_json(message)}})
        return str(query["id"])

    def inline(self, query: str, user: User = USER) -> str:
        """Type «@TanyaNetralBot query» in some chat. Returns the query id."""
        query_id = self._new_query()
        self.raw({"inline_query": {"id": query_id, "from": user.json(), "query": query, "offset": "", "chat_type": "sender"}})
        return query_id

    def _new_query(self) -> str:
        query = f"query{next(self._ids)}"
        self.open_queries.add(query)
        return query

    # What goes wrong. Besides: add a chat to `blocked` and it has blocked the bot; discard an id from `open_queries` and it is too old.

    def fail(self, method: str, status: int, description: str, retry_after: int | None = None, times: int = 1) -> None:
        """The next calls of the method are refused and not performed."""
        self._faults[method] += [Refused(description, status, retry_after)] * times

    def slow(self, method: str, seconds: float, times: int = 1) -> None:
        """The next calls of the method are performed, but only after a wait."""
        self._faults[method] += [seconds] * times

    def drop(self, method: str, times: int = 1) -> None:
        """The next calls of the method are not performed; their connection is closed without an answer."""
        self._faults[method] += [ConnectionAbortedError()] * times

    def cut(self, method: str, times: int = 1) -> None:
        """The next calls of the method are performed, but the answer never arrives whole."""
        self._faults[method] += [BrokenPipeError()] * times

    # What the test sees.

    def wait_for(self, predicate: Callable[[], T], timeout: float = 5) -> T:
        """The first true value of the predicate, or a failed test."""
        deadline = time.monotonic() + timeout
        while not (value := predicate()):
            assert time.monotonic() < deadline, f"nothing within {timeout} s; last calls: {self.calls[-5:]}"
            time.sleep(0.01)
        return value

    def next_message(self, chat: int = CHAT, after: int | None = None, timeout: float = 5) -> SentMessage:
        """The message after the first `after` ones; without it, the next one not seen since the last action in the chat."""
        number = self._seen[chat] if after is None else after
        self.wait_for(lambda: len(self.messages[chat]) > number, timeout)
        self._seen[chat] = number + 1
        return self.messages[chat][number]

    def wait_edit(self, message: SentMessage, timeout: float = 5) -> SentMessage:
        """The message once it is edited after the last tap on it or the last wait for it."""
        self.wait_for(lambda: message.edits > message.edits_seen, timeout)
        message.edits_seen = message.edits
        return message

    def last(self, chat: int = CHAT) -> SentMessage:
        """The newest message of the bot in the chat."""
        return self.messages[chat][-1]
