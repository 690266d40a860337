"""The self-check on the web: the same steps as in Telegram, as links that work without script; and the look-up of a receipt.

A sitting travels in the address as ids of rules, so that it can be printed and opened again; nothing of the asker is in it.
"""

from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bot.core.messages import Language, Teller, long_day
from bot.core.selfcheck import MAX_ACTIVITIES, Activity, Sitting, moment_on, rules_for, summary, topics_for
from bot.usecases.ports import Clock
from bot.usecases.receipts import Receipts
from bot.web.view import View


class SelfCheckPages:
    """The address /cek: with a code a receipt, with steps the next step, with activities their summary."""

    def __init__(self, receipts: Receipts, view: View, clock: Clock) -> None:
        self._receipts = receipts
        self._view = view
        self._clock = clock

    def routes(self) -> list[BaseRoute]:
        return [Route("/cek", self.check)]

    async def check(self, request: Request) -> Response:
        language: Language = "en" if request.query_params.get("bahasa") == "en" else "id"
        if "kode" in request.query_params:
            return await self._receipt(request.query_params["kode"][:40], language)
        rulebook, day = self._view.rulebook, self._clock().date()
        person = rulebook.people.get(request.query_params.get("siapa", ""))
        moment = rulebook.moments.get(request.query_params.get("masa", ""))
        topic = rulebook.topics.get(request.query_params.get("topik", ""))
        if person is None:
            return self._view.page("selfcheck.html", language, step="siapa", link=Linker(language))
        if moment is None:
            return self._view.page(
                "selfcheck.html", language, step="masa", person=person, today=moment_on(rulebook, day), link=Linker(language, person.id)
            )
        sitting = Sitting(person, moment)
        for name in request.query_params.getlist("k")[: 4 * MAX_ACTIVITIES]:
            sitting = sitting.having(_activity(name))
        link = Linker(language, sitting=sitting)
        if topic is not None:
            rules = rules_for(rulebook, person, topic.id, day)
            return self._view.page("selfcheck.html", language, step="hal", sitting=sitting, topic=topic, rules=rules, link=link)
        lines = summary(rulebook, sitting, day, language)
        if len(lines) < len(sitting.activities):
            raise HTTPException(404)  # a rule or a fact that is gone: better no summary than one with a hole
        if lines and "tambah" not in request.query_params:
            made = Teller(rulebook, language)("cek-kaki", tanggal=long_day(day, language), versi=rulebook.version)
            printing = "cetak" in request.query_params
            return self._view.page(
                "selfcheck.html",
                language,
                step="ringkasan",
                sitting=sitting,
                lines=lines,
                made=made,
                link=link,
                printing=printing,
                limit=MAX_ACTIVITIES,
            )
        topics = topics_for(rulebook, person, day)
        return self._view.page("selfcheck.html", language, step="kegiatan", sitting=sitting, topics=topics, link=link)

    async def _receipt(self, code: str, language: Language) -> Response:
        tell = Teller(self._view.rulebook, language)
        receipt = await self._receipts.look_up(code, language) if code else None
        if receipt is None:
            return self._view.page("receipt.html", language, shown=None, code=code, note=tell("cek-tak-ada") if code else "")
        note = tell("cek-kini" if receipt.is_current else "cek-dulu", tanggal=long_day(receipt.since, language))
        # The sections come from the live rulebook, so an old card is shown without them.
        shown = self._view.card(receipt.card) if receipt.is_current else {"card": receipt.card, "sections": []}
        return self._view.page("receipt.html", language, shown=shown, code=code, note=note)


class Linker:
    """Writes the address of a neighbouring step of one sitting."""

    def __init__(self, language: Language, person: str | None = None, sitting: Sitting | None = None) -> None:
        self._language = language
        self._person = sitting.person.id if sitting else person
        self._sitting = sitting

    def __call__(self, *, add: str = "", without: str = "", **changes: str) -> str:
        """`add` is a rule or `rule.branch`, `without` a rule to leave out; what else is named becomes a parameter."""
        sitting = self._sitting
        if sitting:
            sitting = (sitting.having(_activity(add)) if add else sitting).without(without)
        named = {"siapa": self._person, "masa": sitting.moment.id if sitting else None, **changes}
        pairs = [(key, value) for key, value in named.items() if value is not None]
        pairs += [("k", f"{a.rule}.{a.branch}" if a.branch else a.rule) for a in (sitting.activities if sitting else ())]
        return "/cek?" + urlencode([*pairs, ("bahasa", "en")] if self._language == "en" else pairs)


def _activity(name: str) -> Activity:
    rule, _, branch = name.partition(".")
    return Activity(rule, branch or None)
