"""The self-check by taps. The whole sitting travels in the buttons, so any process serves any tap and nothing is kept."""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from telegram import InlineKeyboardButton as Button
from telegram import InlineKeyboardMarkup, Message, Update
from telegram.error import BadRequest

from bot.chat import render, taps
from bot.chat.courtesy import Context, language_of_user
from bot.chat.sending import edit, is_expected, send
from bot.chat.taps import Tap
from bot.core.messages import Teller, long_day
from bot.core.registers import Moment, Person, Topic
from bot.core.rulebook import Rule, Rulebook
from bot.core.selfcheck import MAX_ACTIVITIES, Activity, Sitting, line_for, moment_on, rules_for, summary, topics_for
from bot.usecases.library import Library
from bot.usecases.ports import Clock

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
NONE = "-"
VERSION = 5
"""Letters of the rulebook's version in a button: positions in the lists below only hold for the rulebook they were made from."""

MOMENTS, TOPICS, RULES, CARD, SUMMARY = "m", "t", "r", "a", "s"


@dataclass(frozen=True, slots=True)
class Book:
    """The lists that a button's positions count in."""

    rulebook: Rulebook

    def pack(self, person: int | None = None, sitting: Sitting | None = None) -> str:
        """Version, person, moment, and three letters an activity."""
        start = self.rulebook.version[:VERSION]
        if sitting is None:
            return start + (DIGITS[person] if person is not None else "")
        who = DIGITS[list(self.rulebook.people).index(sitting.person.id)]
        when = DIGITS[list(self.rulebook.moments).index(sitting.moment.id)]
        return start + who + when + "".join(self._activity(activity) for activity in sitting.activities)

    def unpack(self, packed: str) -> Sitting | None:
        """What `pack` wrote from this very rulebook; None for anything else."""
        people, moments = list(self.rulebook.people.values()), list(self.rulebook.moments.values())
        body = packed.removeprefix(self.rulebook.version[:VERSION])
        if body == packed or len(body) < 2 or len(body) % 3 != 2:
            return None
        who, when = DIGITS.find(body[0]), DIGITS.find(body[1])
        if not 0 <= who < len(people) or not 0 <= when < len(moments):
            return None
        found = [self._read(body[at : at + 3]) for at in range(2, len(body), 3)]
        activities = tuple(activity for activity in found if activity)
        return Sitting(people[who], moments[when], activities) if len(activities) == len(found) <= MAX_ACTIVITIES else None

    def _activity(self, activity: Activity) -> str:
        at = list(self.rulebook.rules).index(activity.rule)
        names = [branch.id for branch in self.rulebook.rules[activity.rule].branches]
        return DIGITS[at // 36] + DIGITS[at % 36] + (DIGITS[names.index(activity.branch)] if activity.branch else NONE)

    def _read(self, three: str) -> Activity | None:
        rules = list(self.rulebook.rules.values())
        high, low, fact = DIGITS.find(three[0]), DIGITS.find(three[1]), DIGITS.find(three[2])
        if high < 0 or low < 0 or (fact < 0 and three[2] != NONE) or high * 36 + low >= len(rules):
            return None
        rule = rules[high * 36 + low]
        if fact >= len(rule.branches):
            return None
        return Activity(rule.id, rule.branches[fact].id if fact >= 0 else None)


class SelfCheck:
    """The command and the handler for its taps."""

    def __init__(self, library: Library, clock: Clock, public_url: str | None) -> None:
        self._library = library
        self._clock = clock
        self._public_url = public_url

    async def on_command(self, update: Update, context: Context) -> None:
        message = update.message
        if message is not None:
            await send(context.bot, message.chat_id, *self._people(Teller(self._library.shelf.rulebook, language_of_user(update))))

    async def on_tap(self, update: Update, context: Context) -> None:
        query = update.callback_query
        if query is None:
            return
        tap, message = Tap.parse(query.data or ""), query.message
        rulebook = self._library.shelf.rulebook
        tell = Teller(rulebook, "en" if tap and tap.english else "id")
        shown = self._step(tap, tell) if tap and isinstance(message, Message) else None
        try:
            if shown and isinstance(message, Message):
                await edit(context.bot, message.chat_id, message.message_id, *shown)
        finally:
            try:
                await query.answer(None if shown else tell("cek-usang"))
            except BadRequest as error:
                if not is_expected(error):
                    raise

    def _step(self, tap: Tap, tell: Teller) -> tuple[str, InlineKeyboardMarkup] | None:
        """What a tap leads to; None when it is from another rulebook, or from nobody's button."""
        book = Book(self._library.shelf.rulebook)
        step, where = tap.branch[:1], tap.branch[1:]
        if step == "":
            return self._people(tell)
        if step == MOMENTS:
            person = DIGITS.find(tap.rule[VERSION:] or "?")
            known = tap.rule[:VERSION] == book.rulebook.version[:VERSION] and 0 <= person < len(book.rulebook.people)
            return self._moments(book, person, tell) if known else None
        sitting = book.unpack(tap.rule)
        if sitting is None:
            return None
        if step == TOPICS:
            return self._topics(book, sitting, tell)
        if step == RULES and len(where) == 2:
            return self._rules(book, sitting, DIGITS.find(where[0]), DIGITS.find(where[1]), tell)
        if step == CARD and sitting.activities:
            return self._card(book, sitting, tell)
        if step == SUMMARY and sitting.activities:
            return self._summary(book, sitting, tell)
        return None

    def _people(self, tell: Teller) -> tuple[str, InlineKeyboardMarkup]:
        book = Book(self._library.shelf.rulebook)
        rows = [
            [_button(p.name_english if tell.language == "en" else p.name, book.pack(i), MOMENTS, tell)]
            for i, p in enumerate(book.rulebook.people.values())
        ]
        return _text(tell, tell("cek-langkah-siapa"), tell("cek-kosong")), InlineKeyboardMarkup(rows)

    def _moments(self, book: Book, person: int, tell: Teller) -> tuple[str, InlineKeyboardMarkup]:
        who = list(book.rulebook.people.values())[person]
        moments = list(book.rulebook.moments.values())
        rows = [[_button(_name(moment, tell), book.pack(sitting=Sitting(who, moment)), TOPICS, tell)] for moment in moments]
        today = moment_on(book.rulebook, self._clock().date())
        note = tell("cek-hari-ini", masa=_name(today, tell)) if today else ""
        return _text(tell, tell("cek-langkah-masa"), note), InlineKeyboardMarkup([*rows, _again(tell)])

    def _topics(self, book: Book, sitting: Sitting, tell: Teller) -> tuple[str, InlineKeyboardMarkup]:
        everything = list(book.rulebook.topics)
        packed = book.pack(sitting=sitting)
        buttons = [
            _button(_name(topic, tell), packed, f"{RULES}{DIGITS[everything.index(topic.id)]}0", tell)
            for topic in topics_for(book.rulebook, sitting.person, self._clock().date())
        ]
        rows = [buttons[at : at + 2] for at in range(0, len(buttons), 2)]
        about = book.rulebook.resolve(sitting.moment.rule) if sitting.moment.rule else None
        if about and not sitting.activities:
            label = tell("cek-tentang-masa", judul=_title(about, tell))
            rows.append([render.button(label, taps.CARD, about.id, english=tell.language == "en")])
        if sitting.activities:
            rows.append([_button(tell("cek-ringkasan", jumlah=len(sitting.activities)), packed, SUMMARY, tell)])
        return _text(tell, tell("cek-langkah-kegiatan"), _who(sitting, tell)), InlineKeyboardMarkup([*rows, _again(tell)])

    def _rules(self, book: Book, sitting: Sitting, topic_at: int, page: int, tell: Teller) -> tuple[str, InlineKeyboardMarkup] | None:
        topics = list(book.rulebook.topics.values())
        if not 0 <= topic_at < len(topics) or page < 0:
            return None
        topic = topics[topic_at]
        rules = rules_for(book.rulebook, sitting.person, topic.id, self._clock().date())
        shown = rules[page * render.PER_PAGE : (page + 1) * render.PER_PAGE]
        if not shown:
            return None
        rows = [[_button(_title(rule, tell), book.pack(sitting=sitting.having(Activity(rule.id))), CARD, tell)] for rule in shown]
        packed, turns = book.pack(sitting=sitting), []
        if page > 0:
            turns.append(_button(tell("tombol-sebelum"), packed, f"{RULES}{DIGITS[topic_at]}{DIGITS[page - 1]}", tell))
        if (page + 1) * render.PER_PAGE < len(rules):
            turns.append(_button(tell("tombol-lanjut"), packed, f"{RULES}{DIGITS[topic_at]}{DIGITS[page + 1]}", tell))
        rows += [turns] if turns else []
        rows.append([_button(tell("tombol-topik"), packed, TOPICS, tell)])
        return _text(tell, tell("cek-langkah-hal", topik=_name(topic, tell)), _who(sitting, tell)), InlineKeyboardMarkup(rows)

    def _card(self, book: Book, sitting: Sitting, tell: Teller) -> tuple[str, InlineKeyboardMarkup] | None:
        """The card of the activity chosen last, with its facts to choose from."""
        activity = sitting.activities[-1]
        line = line_for(book.rulebook, sitting, activity, self._clock().date(), tell.language)
        if line is None:
            return None
        rows = [
            [_button(tell("tombol-cabang", fakta=c.text), book.pack(sitting=sitting.having(Activity(c.rule, c.branch))), CARD, tell)]
            for c in line.card.branches[: render.MAX_BRANCHES]
        ]
        if activity.branch:
            rows.append([_button(tell("tombol-kembali"), book.pack(sitting=sitting.having(Activity(activity.rule))), CARD, tell)])
        packed = book.pack(sitting=sitting)
        full = render.button(tell("cek-kartu"), taps.CARD, activity.rule, activity.branch or "", english=tell.language == "en")
        rows.append([_button(tell("cek-tambah"), packed, TOPICS, tell), full])
        rows.append([_button(tell("cek-ringkasan", jumlah=len(sitting.activities)), packed, SUMMARY, tell)])
        note = "\n".join(part for part in (line.sanction, _who(sitting, tell)) if part)
        return render.card_html(line.card, note), InlineKeyboardMarkup(rows)

    def _summary(self, book: Book, sitting: Sitting, tell: Teller) -> tuple[str, InlineKeyboardMarkup]:
        day = self._clock().date()
        lines = summary(book.rulebook, sitting, day, tell.language)
        head = [f"<b>{html.escape(tell('cek-ringkasan-judul', jumlah=len(lines)))}</b>", html.escape(_who(sitting, tell))]
        foot = f"\n\n<i>{html.escape(tell('cek-kaki', tanggal=long_day(day, tell.language), versi=book.rulebook.version))}</i>"
        body = "\n".join(head)
        for number, line in enumerate(lines, 1):
            piece = [f"\n\n<b>{number}. {html.escape(line.card.headline)}</b>", f"<i>{html.escape(line.card.title)}</i>"]
            if line.card.fact:
                piece.append(f"<u>{html.escape(line.card.fact)}</u>")
            piece += [html.escape(text) for text in (line.answer, line.sanction, line.card.code) if text]
            if len(body) + len("\n".join(piece)) + len(foot) > render.MAX_TEXT:
                body += "\n\n…"
                break
            body += "\n".join(piece)
        rows = [[_button(tell("cek-tambah"), book.pack(sitting=sitting), TOPICS, tell)]]
        if self._public_url:
            rows.append([Button(tell("cek-cetak"), url=f"{self._public_url}/cek?{address(sitting, tell.language)}&cetak")])
        return body + foot, InlineKeyboardMarkup([*rows, _again(tell)])


def address(sitting: Sitting, language: str) -> str:
    """The sitting as the query of a web address: ids of rules, nothing of the asker."""
    chosen = [("k", f"{a.rule}.{a.branch}" if a.branch else a.rule) for a in sitting.activities]
    spoken = [("bahasa", "en")] if language == "en" else []
    return urlencode([("siapa", sitting.person.id), ("masa", sitting.moment.id), *chosen, *spoken])


def _button(text: str, packed: str, step: str, tell: Teller) -> Button:
    return render.button(text, taps.SELF_CHECK, packed, step, english=tell.language == "en")


def _again(tell: Teller) -> Sequence[Button]:
    return [_button(tell("cek-ulang"), "", "", tell)]


def _text(tell: Teller, step: str, note: str) -> str:
    lines = [f"<b>{html.escape(tell('cek-mandiri'))}</b>", html.escape(step)]
    return "\n".join([*lines, "", html.escape(note)] if note else lines)


def _who(sitting: Sitting, tell: Teller) -> str:
    return tell("cek-siapa-label", siapa=_name(sitting.person, tell), masa=_name(sitting.moment, tell))


def _name(thing: Person | Moment | Topic, tell: Teller) -> str:
    return thing.name_english if tell.language == "en" else thing.name


def _title(rule: Rule, tell: Teller) -> str:
    return rule.title_english if tell.language == "en" else rule.title
