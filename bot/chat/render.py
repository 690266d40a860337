"""Answers as Telegram shows them: HTML that its parser accepts, and the buttons below. Escapes everything it did not write."""

from collections.abc import Iterable, Sequence
from html import escape

from telegram import InlineKeyboardButton as Button
from telegram import InlineKeyboardMarkup

from bot.chat import taps
from bot.chat.taps import Tap
from bot.core.answer import Card
from bot.core.messages import Teller
from bot.core.rulebook import Rule, Rulebook
from bot.core.sections import Block, Section
from bot.usecases.ask import Option, Part

PER_PAGE = 8
MAX_BRANCHES = 8
MAX_RELATED = 2
MAX_TEXT = 4000
MAX_BUTTON = 60

SECTION_TAPS: dict[str, Section] = {taps.EXAMPLE: "contoh", taps.BASIS: "dasar", taps.SANCTION: "sanksi", taps.POSITIONS: "pandangan"}


def card_html(card: Card, note: str = "") -> str:
    """A card as Telegram HTML."""
    lines = [f"<blockquote>{escape(card.banner)}</blockquote>"] if card.banner else []
    lines += [f"<b>{escape(card.headline)}</b>", f"<i>{escape(card.title)}</i>"]
    if card.fact:
        lines.append(f"<u>{escape(card.fact)}</u>")
    lines.append("")
    lines.extend(block_html(block) for block in card.blocks)
    lines += ["", f"<i>{escape(card.footer)}</i>"]
    if note:
        lines += ["", escape(note)]
    return "\n".join(lines)


def section_html(card: Card, blocks: Sequence[Block]) -> str:
    """One section under the card's headline, cut to what a message holds."""
    head = f"<b>{escape(card.headline)}</b>\n<i>{escape(card.title)} ({card.code})</i>\n"
    body = ""
    for block in blocks:
        piece = "\n" + block_html(block) + "\n"
        if len(head) + len(body) + len(piece) > MAX_TEXT:
            body += "\n…"
            break
        body += piece
    return head + body


def block_html(block: Block) -> str:
    """One block as Telegram HTML."""
    if block.bullets:
        return "\n".join([f"<b>{escape(block.label)}</b>", *(f"• {escape(line)}" for line in block.lines)])
    text = escape("\n".join(block.lines))
    return f"<b>{escape(block.label)}:</b> {text}" if block.label else text


def card_buttons(card: Card, tell: Teller, token: str = "", runner_up: Rule | None = None, *, feedback: str = "ask") -> InlineKeyboardMarkup:
    """The buttons under a card. `feedback` is `ask`, `why` (after a thumb down) or `done`."""
    branch, english = card.branch or "", card.language == "en"
    names = {"contoh": taps.EXAMPLE, "dasar": taps.BASIS, "sanksi": taps.SANCTION, "pandangan": taps.POSITIONS}
    sections = [button(tell(f"tombol-{name}"), names[name], card.rule, branch, token, english=english) for name in card.sections]
    rows = _pairs(sections)
    if card.branch:
        rows.append([button(tell("tombol-kembali"), taps.CARD, card.rule, "", token, english=english)])
    rows += _pairs(
        button(tell("tombol-cabang", fakta=c.text), taps.CARD, c.rule, c.branch or "", token, english=english) for c in card.branches[:MAX_BRANCHES]
    )
    if runner_up:
        title = runner_up.title_english if card.language == "en" else runner_up.title
        rows.append([button(tell("juga-dekat", judul=title), taps.CARD, runner_up.id, "", token, english=english)])
    rows += [[button(tell("tombol-terkait", judul=c.text), taps.CARD, c.rule, "", token, english=english)] for c in card.related[:MAX_RELATED]]
    if token and feedback == "ask":
        likes = ((taps.LIKE, "tombol-suka"), (taps.DISLIKE, "tombol-tidak-suka"))
        rows.append([button(tell(key), action, card.rule, branch, token, english=english) for action, key in likes])
    elif token and feedback == "why":
        reasons = ((taps.WRONG, "tombol-salah"), (taps.UNCLEAR, "tombol-kurang-jelas"), (taps.OTHER_CASE, "tombol-beda-kasus"))
        rows += [[button(tell(key), action, card.rule, branch, token, english=english)] for action, key in reasons]
    return InlineKeyboardMarkup(rows)


def section_buttons(card: Card, tell: Teller, token: str) -> InlineKeyboardMarkup:
    """The way back from a section."""
    return InlineKeyboardMarkup([[button(tell("tombol-kembali"), taps.CARD, card.rule, card.branch or "", token, english=card.language == "en")]])


def option_buttons(options: Sequence[Option], tell: Teller, token: str) -> InlineKeyboardMarkup:
    """ "Maksud Anda …?": one button a rule, and the way out."""
    english = tell.language == "en"
    rows = [[button(option.title, taps.OPTION, option.rule, option.branch or "", token, english=english)] for option in options]
    rows.append([button(tell("tombol-bukan-semuanya"), taps.NONE_OF_THESE, token=token, english=english)])
    return InlineKeyboardMarkup(rows)


def parts_html(parts: Sequence[Part], tell: Teller, unanswered: int = 0) -> str:
    """Several questions: a short answer each."""
    lines = [escape(tell("banyak-soal", jumlah=len(parts)))]
    for number, part in enumerate(parts, 1):
        lines.append("")
        if part.card:
            lines.append(f"<b>{number}. {escape(part.card.headline)}</b>")
            lines.append(f"<i>{escape(part.card.title)}</i>")
            lines.append(escape(part.card.blocks[0].lines[0]))
        elif part.options:
            lines.append(f"<b>{number}.</b> {escape(tell('maksud-anda'))}")
        else:
            lines.append(f"<b>{number}.</b> {escape(part.reply)}")
    if unanswered:
        lines += ["", escape(tell("terlalu-banyak-soal", jumlah=unanswered))]
    return "\n".join(lines)


def parts_buttons(parts: Sequence[Part], *, english: bool) -> InlineKeyboardMarkup:
    """A button to the whole card of each part, or to each rule that may be meant."""
    rows = []
    for number, part in enumerate(parts, 1):
        if part.card:
            rows.append([button(f"{number}. {part.card.title}", taps.CARD, part.card.rule, part.card.branch or "", part.row.token, english=english)])
        rows += [[button(f"{number}. {o.title}", taps.OPTION, o.rule, o.branch or "", part.row.token, english=english)] for o in part.options]
    return InlineKeyboardMarkup(rows)


def to_topics(tell: Teller) -> InlineKeyboardMarkup:
    """The way to all topics, under whatever has no card."""
    return InlineKeyboardMarkup([[button(tell("tombol-topik"), taps.TOPICS, english=tell.language == "en")]])


def for_group(text: str, buttons: InlineKeyboardMarkup | None, tell: Teller, username: str) -> tuple[str, InlineKeyboardMarkup]:
    """What a group sees: the same, said to be general, with the way to ask in private."""
    link = Button(tell("tombol-pribadi"), url=f"https://t.me/{username}?start=grup")
    return f"{text}\n\n{escape(tell('grup'))}", InlineKeyboardMarkup([*(buttons.inline_keyboard if buttons else ()), (link,)])


def topics_buttons(rulebook: Rulebook, english: bool) -> InlineKeyboardMarkup:
    """All topics that hold rules."""
    topics = [topic for topic in rulebook.topics.values() if rulebook.in_topic(topic.id)]
    return InlineKeyboardMarkup(_pairs(button(t.name_english if english else t.name, taps.TOPIC, t.id, "0", english=english) for t in topics))


def topic_buttons(rules: Sequence[Rule], topic: str, page: int, tell: Teller) -> InlineKeyboardMarkup:
    """One page of a topic's rules."""
    english = tell.language == "en"
    shown = rules[page * PER_PAGE : (page + 1) * PER_PAGE]
    rows = [[button(r.title_english if english else r.title, taps.CARD, r.id, english=english)] for r in shown]
    turns = []
    if page > 0:
        turns.append(button(tell("tombol-sebelum"), taps.TOPIC, topic, str(page - 1), english=english))
    if (page + 1) * PER_PAGE < len(rules):
        turns.append(button(tell("tombol-lanjut"), taps.TOPIC, topic, str(page + 1), english=english))
    if turns:
        rows.append(turns)
    rows.append([button(tell("tombol-topik"), taps.TOPICS, english=english)])
    return InlineKeyboardMarkup(rows)


def button(text: str, action: str, rule: str = "", branch: str = "", token: str = "", *, english: bool = False) -> Button:
    """One button; its words are cut where Telegram would cut them."""
    shown = text if len(text) <= MAX_BUTTON else text[: MAX_BUTTON - 1] + "…"
    return Button(shown, callback_data=Tap(action, rule, branch, token, english).data())


def _pairs(buttons: Iterable[Button]) -> list[list[Button]]:
    """Two to a row, or one when its words need the width of the phone."""
    rows: list[list[Button]] = []
    for button in buttons:
        if rows and len(rows[-1]) == 1 and len(rows[-1][0].text) <= 20 and len(button.text) <= 20:
            rows[-1].append(button)
        else:
            rows.append([button])
    return rows
