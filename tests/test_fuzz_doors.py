"""Nonsense by the thousand at the doors of Telegram: pressed buttons and the webhook. Each gets an answer, no fault, and nothing of it is logged.

The house is that of `fuzzing`.
"""

import json
from collections.abc import Iterator
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from bot.chat import render, taps
from bot.chat.selfcheck import SelfCheck
from bot.chat.taps import Tap
from bot.core.answer import compose
from bot.core.assembly import assemble
from bot.core.messages import Teller
from tests.conftest import NOW
from tests.emulator import CHAT, Json, SentMessage
from tests.fuzzing import ADMIN, DOCUMENTS, MARK, PIECES, STRANGER, House, fuzz, house

__all__ = ["house"]  # a fixture is found by its name here

# --- pressed buttons ---


def buttons_there_are() -> list[str]:
    """What the buttons of the small rulebook carry, every step of the self-check among them."""
    rulebook = assemble(DOCUMENTS).rulebook
    assert rulebook
    found: dict[str, None] = {"e:terbit:00000000:i": None, "e:buang:00000000:i": None, "e:lihat:00000000:i": None, "x:::iabcdefg": None}

    def note(*markups: Any) -> None:
        pressed = (str(button.callback_data) for markup in markups for row in markup.inline_keyboard for button in row if button.callback_data)
        found.update(dict.fromkeys(pressed))

    class Shelves:
        shelf = type("Shelf", (), {"rulebook": rulebook})

    for language in ("id", "en"):
        tell = Teller(rulebook, language)
        note(render.topics_buttons(rulebook, language == "en"), *(render.topic_buttons(rulebook.in_topic(t), t, 0, tell) for t in rulebook.topics))
        for rule in rulebook.rules.values():
            for branch in (None, *rule.branches):
                card = compose(rulebook, rule, NOW.date(), branch, language)
                assert card
                for feedback in ("ask", "why"):
                    note(render.card_buttons(card, tell, "abcdefg", rule, feedback=feedback))
    check, waiting = SelfCheck(Shelves, lambda: NOW, "https://uji"), ["q:::i"]
    while waiting and len(found) < 400:
        tap = Tap.parse(waiting.pop(0))
        assert tap
        shown = check._step(tap, Teller(rulebook, "id"))
        before = list(found)
        note(*([shown[1]] if shown else []))
        waiting += [data for data in list(found)[len(before) :] if data.startswith("q:")]
    return list(found)


REAL = buttons_there_are()


@st.composite
def data_of_buttons(draw: st.DrawFn) -> str:
    """What a button carries after somebody has tampered with it."""
    pieces = draw(st.sampled_from(REAL)).split(":")
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(pieces) - 1))
        match draw(st.sampled_from(("other", "text", "long", "insert", "cut", "more", "action"))):
            case "other":
                pieces[at] = draw(st.sampled_from(draw(st.sampled_from(REAL)).split(":")))
            case "text":
                pieces[at] = draw(st.text(max_size=8) | st.sampled_from(PIECES))
            case "long":
                pieces[-1] = draw(st.sampled_from("ie")) + draw(st.sampled_from(("x", "é", "\x00", "9"))) * draw(st.integers(1, 50))
            case "insert":
                column = draw(st.integers(0, len(pieces[at])))
                pieces[at] = pieces[at][:column] + draw(st.characters(exclude_categories=["Cs"])) + pieces[at][column:]
            case "cut":
                pieces[at] = pieces[at][draw(st.integers(0, 3)) : draw(st.integers(0, 40))]
            case "more":
                pieces.insert(at, "")
            case "action":
                pieces[0] = draw(st.sampled_from("kcdspox+-123Ttqe"))
    return ":".join(pieces).encode()[: taps.MAX_BYTES].decode(errors="ignore") or ":"


def test_there_are_buttons_of_every_kind() -> None:
    assert {data[0] for data in REAL} >= set("kcdsp+-123Ttqex")


@fuzz(500)
@given(data=data_of_buttons() | st.text(min_size=1, max_size=16), by=st.sampled_from((ADMIN, STRANGER)), in_group=st.booleans())
@example(data="k:suka-unggahan::i" + "x" * 46, by=STRANGER, in_group=False)
@example(data="o:suka-unggahan::i\x00", by=STRANGER, in_group=False)
async def test_whatever_a_button_carries_the_tap_is_answered_without_a_fault(house: House, data: str, by: int, in_group: bool) -> None:
    number, faults = next(house.numbers), house.faults()
    chat = -CHAT - number if in_group else CHAT + number
    message = SentMessage(chat, number, "apa saja", "apa saja", [[{"text": "x", "callback_data": data}]], None, "sendMessage")
    house.emulator.messages[chat].append(message)
    query = {"id": house.emulator._new_query(), "from": {"id": by, "is_bot": False, "first_name": MARK}, "chat_instance": "1", "data": data}
    query["message"] = message.json({"id": chat, "type": "supergroup" if in_group else "private"})
    assert await house.deliver(json.dumps({"update_id": number, "callback_query": query}).encode()) == 200
    answered = [params for method, params in house.emulator.calls if method == "answerCallbackQuery" and params["callback_query_id"] == query["id"]]
    assert len(answered) == 1
    assert house.faults() == faults, house.log.getvalue()
    house.assert_calm()


@fuzz(100)
@given(token=st.text(max_size=16) | st.sampled_from(("\x00", "x\x00", "\ud800")))
async def test_no_token_that_somebody_makes_up_keeps_rows_from_being_written(house: House, token: str) -> None:
    house.forget()
    asking = house.castle.product.asking
    assert not await asking.feedback(token, "suka")
    assert not await asking.chose(token, "bukan-semuanya")
    assert await asking.row(token) is None
    house.assert_calm(without=())


# --- the webhook ---

USER: Json = {"id": STRANGER, "is_bot": False, "first_name": MARK, "username": MARK, "language_code": "id"}
FRESH = -7
"""Stands for a number that was not there before."""
PRIVATE: Json = {"id": FRESH, "type": "private", "first_name": MARK}
MESSAGE: Json = {"message_id": 6, "date": 1_700_000_000, "chat": PRIVATE, "from": USER, "text": f"boleh gak like postingan paslon {MARK}?"}
OURS: Json = {**MESSAGE, "message_id": 5, "from": {"id": 42, "is_bot": True, "first_name": "Bot"}, "text": f"#0a1b2c3d {MARK}"}
BY_ADMIN: Json = {**MESSAGE, "from": {**USER, "id": ADMIN}}
MEMBER: Json = {"status": "left", "user": USER}
UPDATES: tuple[Json, ...] = (
    {"message": MESSAGE},
    {"message": {**BY_ADMIN, "text": f"/nama {MARK}", "entities": [{"type": "bot_command", "offset": 0, "length": 5}]}},
    {"message": {**MESSAGE, "text": f"/cek {MARK}", "entities": [{"type": "bot_command", "offset": 0, "length": 4}]}},
    {"message": {**MESSAGE, "reply_to_message": {**OURS, "reply_markup": {"inline_keyboard": [[{"text": "x", "callback_data": "d:hak-pilih::i"}]]}}}},
    {"message": {**BY_ADMIN, "reply_to_message": OURS}},
    {"message": {**BY_ADMIN, "text": None, "document": {"file_id": "f", "file_unique_id": "f", "file_name": f"{MARK}.yaml"}}},
    {"message": {**MESSAGE, "chat": {"id": -5, "type": "supergroup", "title": MARK}, "reply_to_message": OURS}},
    {"edited_message": {**MESSAGE, "edit_date": 1_700_000_001}},
    {"callback_query": {"id": "1", "from": USER, "chat_instance": "1", "data": "k:hak-pilih::i", "message": OURS}},
    {"inline_query": {"id": "1", "from": USER, "query": f"like postingan paslon {MARK}", "offset": ""}},
    {"channel_post": {**MESSAGE, "from": None}},
    {"my_chat_member": {"chat": PRIVATE, "from": USER, "date": 1, "old_chat_member": MEMBER, "new_chat_member": {**MEMBER, "status": MARK}}},
)
MORE = ("photo", "voice", "poll", "entities", "caption", "forward_origin", "via_bot", "reply_markup", MARK)
COMMANDS = (
    "/start",
    "/start hak-pilih",
    f"/start undang-{'x' * 32}",
    "/topik",
    "/privasi",
    "/nama \x00",
    "/kenapa boleh?",
    "/status",
    "/cek",
    "//",
    "/",
    " ",
)
NUMBERS = (0, -1, 1, FRESH, ADMIN, 2**31, 2**63, -(10**12), 10**40)
SCALARS = st.sampled_from(
    (None, True, *NUMBERS, 1.5, -1e308, float("nan"), float("inf"), "", MARK, "1", "\x00" + MARK, "\ud800" + MARK, "id", "/start")
)
JSON = st.recursive(
    SCALARS | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from((MARK, "id", "chat", "text")), inner, max_size=3),
    max_leaves=6,
)


def _paths(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield (*path, key)
        yield from _paths(inner, (*path, key))


@st.composite
def updates(draw: st.DrawFn) -> Json:
    """An update with a few values that Telegram would not send."""
    update: Json = json.loads(json.dumps({"update_id": FRESH, **draw(st.sampled_from(UPDATES))}))
    for _ in range(draw(st.integers(0, 3))):
        *path, last = draw(st.sampled_from(list(_paths(update)) or [("update_id",)]))
        box = update
        for step in path:
            box = box[step]
        how = draw(st.sampled_from(("like", "like", "like", "any", "other")))
        if how == "like" and isinstance(box[last], str):
            box[last] = draw(st.text(max_size=30) | st.lists(st.sampled_from(PIECES), max_size=9).map(" ".join) | st.sampled_from(COMMANDS))
        elif how == "like" and isinstance(box[last], int):
            box[last] = draw(st.integers() | st.sampled_from(NUMBERS))
        elif how != "other":
            box[last] = draw(JSON)
        elif isinstance(box, dict):
            del box[last]
            box[draw(st.sampled_from(MORE))] = draw(JSON)
    return update


def _numbered(value: Any, number: int) -> Any:
    if isinstance(value, dict):
        return {key: _numbered(inner, number) for key, inner in value.items()}
    if isinstance(value, list):
        return [_numbered(inner, number) for inner in value]
    return number if value == FRESH and not isinstance(value, bool) else value


def nested(levels: int) -> Json:
    update = dict(MESSAGE)
    for _ in range(levels):
        update = {**MESSAGE, "reply_to_message": update}
    return {"update_id": FRESH, "message": update}


@fuzz(500)
@given(update=st.one_of(updates(), updates(), updates(), JSON))
@example(update=nested(250))
@example(update={"update_id": MARK, "message": MESSAGE})
@example(update={"update_id": [MARK], "message": MESSAGE})
@example(update={"update_id": 1.5, "message": MESSAGE})
@example(update={"update_id": FRESH, "message": {**MESSAGE, "date": 10**40}})
async def test_whatever_an_update_holds_the_webhook_answers_and_logs_nothing_of_it(house: House, update: Any) -> None:
    number = 10_000_000 + next(house.numbers)
    status = await house.deliver(json.dumps(_numbered(update, number)).encode())
    assert status in (200, 400, 413, 503), house.log.getvalue()
    house.assert_calm(without=(MARK, str(STRANGER), str(number)))


@fuzz(100)
@given(body=st.binary(max_size=300) | st.text(max_size=100).map(lambda text: json.dumps({MARK: text})[:-1].encode()))
@example(body=b'{"update_id":' + b"9" * 5000 + b"}")
@example(body=b"[" * 100_000)
@example(body=b'{"a":' * 100_000)
@example(body=b" " * 1_100_000)
@example(body=b"")
async def test_whatever_bytes_come_the_webhook_answers_and_logs_nothing_of_them(house: House, body: bytes) -> None:
    status = await house.deliver(body)
    assert status in (200, 400, 413, 503)
    house.assert_calm()
