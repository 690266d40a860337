"""The guided self-check: a few taps to the same cards, several activities, one summary."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bot.chat.selfcheck import Book, address
from bot.chat.taps import MAX_BYTES, SELF_CHECK, Tap
from bot.core.rulebook import Rulebook
from bot.core.selfcheck import MAX_ACTIVITIES, Activity, Sitting, moment_on, rules_for, summary, topics_for
from bot.usecases.library import Library
from tests.conftest import NOW
from tests.emulator import Emulator
from tests.program import Program, running
from tests.test_web import log, updates, web  # noqa: F401 - fixtures

TODAY = NOW.date()


@pytest.fixture
def rulebook(library: Library) -> Rulebook:
    return library.shelf.rulebook


def sitting_of(rulebook: Rulebook, person: str, moment: str, *names: str) -> Sitting:
    activities = [Activity(rule, branch or None) for rule, _, branch in (name.partition(".") for name in names)]
    sitting = Sitting(rulebook.people[person], rulebook.moments[moment])
    for activity in activities:
        sitting = sitting.having(activity)
    return sitting


def test_every_rule_is_reached_by_somebody(rulebook: Rulebook) -> None:
    reached = {rule.id for person in rulebook.people.values() for topic in rulebook.topics for rule in rules_for(rulebook, person, topic, TODAY)}
    assert set(rulebook.rules) - reached == set()


def test_a_village_head_is_not_offered_what_binds_only_civil_servants(rulebook: Rulebook) -> None:
    other = rulebook.people["lain"]
    offered = {rule.id for topic in topics_for(rulebook, other, TODAY) for rule in rules_for(rulebook, other, topic.id, TODAY)}
    assert "kades-perangkat-desa" in offered
    assert "tugas-belajar-cuti-cltn" not in offered


def test_the_sanction_follows_status_and_stage(rulebook: Rulebook) -> None:
    def threat(person: str, moment: str) -> str:
        return summary(rulebook, sitting_of(rulebook, person, moment, "like-komentar-share"), TODAY)[0].sanction

    assert "moral" in threat("pns", "belum").lower()
    assert "berat" in threat("pns", "kampanye").lower()
    assert "perjanjian kerja" in threat("pppk", "kampanye").lower()
    assert threat("lain", "kampanye") == ""


def test_a_fact_chosen_later_replaces_the_rule_and_changes_the_verdict(rulebook: Rulebook) -> None:
    rule = next(rule for rule in rulebook.rules.values() if any(branch.verdict != rule.version_on(TODAY).verdict for branch in rule.branches))  # type: ignore[union-attr]
    branch = next(branch for branch in rule.branches if branch.verdict != rule.version_on(TODAY).verdict)  # type: ignore[union-attr]
    sitting = sitting_of(rulebook, "pns", "kampanye", rule.id, f"{rule.id}.{branch.id}")
    lines = summary(rulebook, sitting, TODAY)
    assert [line.card.verdict for line in lines] == [branch.verdict]


def test_today_is_outside_all_stages_and_debate_week_is_campaign(rulebook: Rulebook) -> None:
    outside, campaign = moment_on(rulebook, TODAY), moment_on(rulebook, rulebook.elections[0].stages[2].first)
    assert outside is not None
    assert campaign is not None
    assert (outside.id, campaign.id) == ("luar", "kampanye")


def test_a_full_sitting_fits_a_button_and_comes_back_whole(rulebook: Rulebook) -> None:
    book = Book(rulebook)
    with_facts = [f"{rule.id}.{rule.branches[-1].id}" for rule in rulebook.rules.values() if rule.branches][-MAX_ACTIVITIES - 2 :]
    sitting = sitting_of(rulebook, "pppk", "tenang", *with_facts)
    assert len(sitting.activities) == MAX_ACTIVITIES
    data = Tap(SELF_CHECK, book.pack(sitting=sitting), "rz9", english=True).data()
    assert len(data.encode()) <= MAX_BYTES
    parsed = Tap.parse(data)
    assert parsed is not None
    assert book.unpack(parsed.rule) == sitting


@pytest.mark.parametrize("forged", ["", "zzzzz00", "{v}", "{v}9", "{v}00zz0", "{v}00000x", "{v}0", "{v}00-00", "{v}00" + "000" * 20])
def test_a_forged_or_outdated_button_is_refused(rulebook: Rulebook, forged: str) -> None:
    assert Book(rulebook).unpack(forged.replace("{v}", rulebook.version[:5])) is None


async def test_the_web_leads_to_a_printable_summary_without_script(web: httpx.AsyncClient) -> None:  # noqa: F811
    page = await web.get("/cek")
    for wanted in ("siapa=pppk", "masa=kampanye", "topik=media-sosial", "k=like-komentar-share"):
        link = next(href for href in re.findall(r'href="(/cek[^"]*)"', page.text) if wanted in href)
        page = await web.get(link.replace("&amp;", "&"))
    assert page.text.count("<article") == 1
    more = next(href for href in re.findall(r'href="(/cek[^"]*)"', page.text) if "tambah" in href).replace("&amp;", "&")
    page = await web.get(more.replace("tambah=1", "k=dengar-visi-misi"))
    assert page.text.count("<article") == 2
    printed = next(href for href in re.findall(r'href="(/cek[^"]*)"', page.text) if "cetak" in href).replace("&amp;", "&")
    assert 'class="cetak"' in (await web.get(printed)).text
    assert "script" not in page.text


@pytest.mark.parametrize("query", ["siapa=x", "siapa=pns&masa=x", "siapa=pns&masa=luar&topik=x", "siapa=%00&masa=%F0"])
async def test_a_strange_step_starts_again(web: httpx.AsyncClient, query: str) -> None:  # noqa: F811
    assert (await web.get(f"/cek?{query}")).status_code == 200


async def test_a_summary_with_a_rule_that_is_gone_is_no_summary(web: httpx.AsyncClient) -> None:  # noqa: F811
    assert (await web.get("/cek?siapa=pns&masa=luar&k=tidak-pernah-ada")).status_code == 404


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory, office_folder: Path) -> Iterator[tuple[Emulator, Program]]:
    with Emulator() as emulator, running(tmp_path_factory.mktemp("cek"), emulator, start_in=office_folder) as program:
        yield emulator, program


def test_four_taps_lead_to_a_card_and_two_activities_to_a_summary(bot: tuple[Emulator, Program], some_library: Library) -> None:
    (emulator, _), rulebook = bot, some_library.shelf.rulebook
    emulator.say("/cek", chat=700_100_200_900)
    message = emulator.next_message(700_100_200_900)

    def tap(label: str) -> None:
        before = message.text, str(message.buttons)
        emulator.tap(message, label)
        emulator.wait_for(lambda: (message.text, str(message.buttons)) != before)

    for label in ("PPPK", "Masa tenang", "Media sosial dan grup", rulebook.rules["like-komentar-share"].title):
        tap(label)
    assert "DILARANG" in message.text.splitlines()[0]
    assert "PPPK" in message.text
    tap("Kegiatan lain")
    tap("Hak pilih")
    tap(rulebook.in_topic("hak-pilih")[0].title)
    tap("Ringkasan (2)")
    assert re.findall(r"^\d\.", message.text, re.MULTILINE) == ["1.", "2."]
    tap("Mulai lagi")
    assert len(message.buttons) == len(rulebook.people)


def test_the_address_of_a_summary_holds_ids_of_rules_only(rulebook: Rulebook) -> None:
    sitting = sitting_of(rulebook, "pns", "luar", "like-komentar-share", "dengar-visi-misi")
    assert address(sitting, "id") == "siapa=pns&masa=luar&k=like-komentar-share&k=dengar-visi-misi"


def test_the_working_folder_of_the_program_holds_no_trace_of_the_taps(bot: tuple[Emulator, Program]) -> None:
    _, program = bot
    assert program.query("SELECT count(*) FROM questions") == [(0,)]
    assert "700100200900" not in program.output()
    assert b"700100200900" not in Path(program.database).read_bytes()
