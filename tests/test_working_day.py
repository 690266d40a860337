"""A working day of two HR admins, in a real browser at the width of a phone: the real program, some thirty real rules, one day told in order.

The whole rulebook is mended, previewed and published on the web in `test_editors_chat.py`.
"""

import asyncio
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select

from bot.app import clock
from bot.core.assembly import Documents
from bot.storage.database import open_engine
from bot.storage.staff import DatabaseStaff
from bot.usecases.access import LOCAL, Access
from tests.chromium import open_chromium, size, wait
from tests.program import ROOT, Program, running

pytestmark = pytest.mark.browser

VOTING = "asn-punya-hak-pilih"
VOTING_FILE = "aturan/hak-pilih.yaml"
QUESTION = "apakah ASN berhak memilih"
OLD_WORDS, NEW_WORDS, OTHER_WORDS = "Ya, Anda berhak memilih.", "Ya, Anda tetap berhak memilih.", "Ya, hak pilih Anda tetap ada."
NEXT_MONTH = (date.today().replace(day=1) + timedelta(days=32)).replace(day=1)  # noqa: DTZ011 - the program runs in the zone of this machine's date
SLIP = "boleh gak naik becak wisata bergambar jempol netral ke kantor"


@dataclass
class Desk:
    """A browser at work in the office."""

    browser: webdriver.Chrome
    url: str
    pictures: Path

    def open(self, path: str) -> "Desk":
        self.browser.get(self.url + path)
        return self.settled()

    def settled(self) -> "Desk":
        """Waits until the page is there and no preview is in the making, then holds it against what every page owes its readers."""
        wait(self.browser, 400).until(lambda b: b.execute_script(SETTLED))
        assert self.browser.execute_script(OWED) == [], self.browser.current_url
        return self

    @property
    def text(self) -> str:
        return self.one("main").text

    def one(self, selector: str) -> WebElement:
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector: str) -> list[WebElement]:
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def field(self, name: str) -> WebElement:
        """A field of a form, with whatever it is folded into opened as a person would."""
        field = self.browser.find_element(By.NAME, name)
        for fold in reversed(field.find_elements(By.XPATH, "ancestor::details[not(@open)]")):
            fold.find_element(By.TAG_NAME, "summary").send_keys(Keys.ENTER)
        return field

    def fill(self, **values: str) -> None:
        for name, value in values.items():
            self.put(name, value)

    def put(self, name: str, value: str) -> None:
        field = self.field(name)
        if field.tag_name == "select":
            Select(field).select_by_value(value)
        elif field.get_attribute("type") == "date":
            self.browser.execute_script("arguments[0].value = arguments[1]", field, value)  # how a date is typed depends on the machine's language
        else:
            field.clear()
            field.send_keys(value)

    def change(self, name: str, old: str, new: str) -> None:
        """Replaces a few words in a field."""
        before = str(self.field(name).get_attribute("value"))
        assert old in before
        self.put(name, before.replace(old, new, 1))

    def press(self, text: str) -> "Desk":
        """Goes to a button from the field before it with the Tab key, and presses it with Enter."""
        button = next(b for b in self.all("main button") if b.text == text)
        before: WebElement = self.browser.execute_script(BEFORE, button)
        self.browser.execute_script("arguments[0].focus()", before)
        ActionChains(self.browser).send_keys(Keys.TAB).perform()
        assert self.browser.switch_to.active_element == button, f"Tab does not lead to {text}"
        page = self.one("html")
        button.send_keys(Keys.ENTER)
        wait(self.browser, 60).until(lambda _: _gone(page))
        return self.settled()

    def follow(self, link: WebElement) -> "Desk":
        page = self.one("html")
        link.send_keys(Keys.ENTER)
        wait(self.browser, 60).until(lambda _: _gone(page))
        return self.settled()

    def picture(self, name: str) -> None:
        """The whole page, for people to look at."""
        height = int(self.browser.execute_script("return document.documentElement.scrollHeight"))
        self._size(min(height, 6000))
        assert self.browser.save_screenshot(str(self.pictures / f"{name}.png"))
        self._size(844)

    def _size(self, height: int) -> None:
        size(self.browser, 390, height)

    def diff(self) -> list[str]:
        """Every line that the shown diffs add or take away, with its file in front."""
        found = []
        for shown in self.all("details:has(pre.diff)"):
            self.browser.execute_script("arguments[0].open = true", shown)
            name = shown.find_element(By.TAG_NAME, "summary").text
            lines = str(shown.find_element(By.TAG_NAME, "pre").get_attribute("textContent")).split("\n")
            found += [f"{name} {line}" for line in lines if line.startswith(("+", "-")) and not line.startswith(("+++", "---"))]
        return found


SETTLED = "return document.readyState === 'complete' && document.querySelector('footer') && !document.querySelector('meta[http-equiv=refresh]')"
OWED = """
const wrong = [], wide = document.documentElement.scrollWidth;
if (wide > 390) wrong.push('scrolls sideways: ' + wide + ' ' + [...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > 391)
  .slice(0, 3).map(e => e.outerHTML.slice(0, 120)));
for (const e of document.querySelectorAll('input:not([type=hidden]), select, textarea'))
  if (!e.labels.length && !e.ariaLabel) wrong.push('no label: ' + e.name);
for (const e of document.querySelectorAll('button')) if (!e.innerText.trim()) wrong.push('a button without words');
if (document.querySelector('nav.office') && document.querySelectorAll('h1').length !== 1) wrong.push('not one main heading');
const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
for (const id of new Set(ids.filter((id, i) => ids.indexOf(id) !== i))) wrong.push('id twice: ' + id);
if (document.querySelector('script')) wrong.push('a script');
return wrong;
"""
BEFORE = """
const all = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')]
  .filter(e => e.checkVisibility() && (e.type !== 'radio' || e.checked || !document.querySelector(`input[name="${CSS.escape(e.name)}"]:checked`)));
return all[all.indexOf(arguments[0]) - 1];
"""


def _gone(element: WebElement) -> bool:
    from selenium.common.exceptions import StaleElementReferenceException

    try:
        return not element.is_enabled()
    except StaleElementReferenceException:
        return True


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory, office_folder: Path) -> Iterator[Program]:
    with running(tmp_path_factory.mktemp("kantor"), start_in=office_folder) as program:
        yield program


def desk_at(program: Program, folder: Path) -> Desk:
    desk = Desk(open_chromium(folder / "profile"), program.url, folder)
    desk._size(844)
    return desk


@pytest.fixture(scope="module")
def ada(program: Program, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The admin who started the program, with the link it printed."""
    desk = desk_at(program, tmp_path_factory.mktemp("ada"))
    printed = re.search(r"Masuk sebagai admin: (\S+)", program.output())
    assert printed
    desk.browser.get(printed[1])
    desk.settled().press("Masuk")
    yield desk
    desk.browser.quit()


@pytest.fixture(scope="module")
def budi(program: Program, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A colleague whom the first admin invited."""

    async def link() -> str:
        engine = open_engine(f"sqlite+aiosqlite:///{program.database}")
        try:
            access = Access(DatabaseStaff(engine), frozenset({LOCAL}), frozenset(), clock)
            host = await access.member(LOCAL)
            assert host
            guest = await access.accept(await access.invite(host, "admin"), "b" * 24)
            assert guest
            return await access.login_code(await access.rename(guest, "Budi") or guest)
        finally:
            await engine.dispose()

    desk = desk_at(program, tmp_path_factory.mktemp("budi"))
    desk.browser.get(f"{program.url}/masuk/{asyncio.run(link())}")
    desk.settled().press("Masuk")
    yield desk
    desk.browser.quit()


def asked(desk: Desk, question: str = QUESTION) -> str:
    """What the public page answers."""
    desk.open("/").put("tanya", question)
    return desk.press("Tanya").text


def tried(desk: Desk, question: str, day: date) -> str:
    """What "Coba tanya" answers on a day."""
    desk.open("/kelola/coba").fill(tanya=question, hari=day.isoformat())
    desk.press("Tanya")
    if "sedang disiapkan" in desk.text:
        desk.open("/kelola/rancangan")
        return tried(desk, question, day)
    return desk.text


def published(desk: Desk, reason: str) -> str:
    """Publishes the draft on the page; the number of the edition."""
    desk.put("alasan", reason)
    desk.press("Terbitkan")
    said = re.search(r"Terbit: edisi (\d+)", desk.text)
    assert said, desk.text[:500]
    return said[1]


def upload(desk: Desk, path: Path) -> None:
    desk.open("/kelola/rancangan").field("berkas").send_keys(str(path))
    desk.press("Jadikan rancangan")


def problems(desk: Desk) -> dict[str, str]:
    """Place → everything said there, with the line itself, as the draft page shows the errors."""
    found: dict[str, str] = {}
    for item in desk.all("li.galat"):
        place = item.find_element(By.TAG_NAME, "code").text
        found[place] = found.get(place, "") + item.text
    return found


def test_a_wording_is_mended_previewed_and_in_the_next_answer(ada: Desk) -> None:
    assert "Buku aturan" in ada.text
    assert OLD_WORDS in asked(ada)
    ada.open("/kelola").put("cari", "hak pilih")
    ada.press("Cari").picture("01-aturan")
    ada.follow(next(link for link in ada.all("main li a") if link.text == "Hak pilih ASN"))
    ada.picture("02-formulir")
    ada.change("versi/2026-01-02/jawab", OLD_WORDS, NEW_WORDS)
    ada.press("Simpan ke rancangan")
    assert "Tersimpan di rancangan Anda" in ada.text
    assert NEW_WORDS in ada.one(".card").text, "the card as it will be"
    assert OLD_WORDS in asked(ada), "a draft does not serve"
    ada.open("/kelola/rancangan").picture("03-rancangan")
    assert re.search(r"Jawaban yang berubah: 0 dari \d{3} pertanyaan", ada.text), "the flip report"
    assert "versi 2026-01-02: jawab" in ada.text, "what changed in which rule"
    removed, added = ada.diff()
    assert removed == f"{VOTING_FILE} -        jawab: {OLD_WORDS}" + removed.split(OLD_WORDS)[1]
    assert added == removed.replace(" -", " +", 1).replace(OLD_WORDS, NEW_WORDS), "one line of one file, and only these words of it"
    ada.put("alasan", "    ")
    ada.press("Terbitkan")
    assert "Tulis alasannya dulu" in ada.text
    published(ada, "Kalimat pembuka diperjelas")
    ada.picture("04-terbit")
    assert NEW_WORDS in asked(ada)


def test_a_rule_from_a_new_circular_starts_next_month(ada: Desk) -> None:
    ada.open("/kelola/berkas").follow(next(link for link in ada.all("main a") if link.text == "sumber/hukum.yaml"))
    ada.follow(next(link for link in ada.all("main a") if link.text == "Tambah")).picture("05-sumber-baru")
    ada.fill(id="se-uji-7-2026", jenis="surat edaran", nomor="SE Uji 7/2026", judul="Kendaraan wisata bergambar", tanggal="2026-11-20")
    ada.fill(penerbit="Kementerian Uji", status="berlaku", keyakinan="tinggi", data_per="2026-11-21")
    ada.press("Simpan ke rancangan")
    assert "Tersimpan" in ada.text
    ada.open("/kelola").one("main details summary").send_keys(Keys.ENTER)
    ada.follow(next(link for link in ada.all("main details a") if link.text == VOTING_FILE))
    ada.press("Simpan ke rancangan")
    ada.picture("06-aturan-kosong")
    assert "Isi dulu `id`" in ada.text, "nothing without a name is saved, or nobody could find it again"
    assert "se-uji-7-2026" in {option.get_attribute("value") for option in ada.all("#daftar-sumber option")}, "offered before it is published"
    ada.fill(
        id="naik-becak-wisata",
        judul="Naik becak wisata bergambar",
        judul_inggris="Riding a decorated pedicab",
        frasa=f"{SLIP}\nnaik becak hias gambar jempol ke kantor",
    )
    ada.fill(untuk="pns\ncpns\npppk", ditinjau="2026-11-21", tinjau_lagi="2027-06-30", peninjau="Tim penyusun")
    new = "versi/+"
    for name, value in {
        "#kunci": NEXT_MONTH.isoformat(),
        "putusan": "boleh",
        "jawab": "Boleh naik becak wisata, asal gambarnya bukan milik peserta pemilihan.",
        "dasar/0/sumber": "se-uji-7-2026",
        "inggris": "You may ride a decorated pedicab.",
        "keyakinan": "tinggi",
    }.items():
        ada.put(f"{new}/{name}", value)
    ada.press("Simpan ke rancangan")
    ada.picture("07-aturan-baru")
    assert "Tersimpan" in ada.text, ada.text
    assert not ada.all(".salah"), [wrong.text for wrong in ada.all(".salah")]
    ada.open("/kelola/rancangan").picture("08-rancangan-aturan-baru")
    assert "Naik becak wisata bergambar (baru)" in ada.text
    assert {line.split(" ")[0] for line in ada.diff()} == {"sumber/hukum.yaml", VOTING_FILE}
    assert not [line for line in ada.diff() if re.match(r"\S+ -", line)], "nothing that was there is touched"
    published(ada, "SE Uji 7/2026")
    assert "Boleh naik becak wisata" not in asked(ada, SLIP), "not before its day"
    assert "Boleh naik becak wisata" not in tried(ada, SLIP, NEXT_MONTH - timedelta(days=1))
    assert "Boleh naik becak wisata" in tried(ada, SLIP, NEXT_MONTH)
    ada.picture("09-coba")


def test_a_law_is_repealed_and_every_rule_that_stands_on_it_is_named(ada: Desk, some: Documents) -> None:
    law = "pp-49-2018"
    ada.open("/kelola/berkas/sumber/hukum.yaml").put("cari", law)
    ada.press("Cari").follow(next(link for link in ada.all("main li a") if link.text == law))
    ada.fill(status="dicabut", digantikan_oleh="uu-20-2023")
    ada.press("Simpan ke rancangan").open("/kelola/rancangan").picture("10-dicabut")
    expected = dict(standing_on(some, law))
    assert len(expected) > 3
    shown = problems(ada)
    assert shown.keys() == expected.keys()
    for place, (rule, line) in expected.items():
        assert {law, "uu-20-2023", rule, line} <= {word for word in (law, "uu-20-2023", rule, line) if word in shown[place]}, shown[place]
    assert not ada.all("#alasan"), "errors block"
    place, (rule, _) = next(iter(expected.items()))
    ada.follow(next(link for link in ada.all("li.galat a") if link.text == place)).picture("11-masalah-di-formulir")
    assert f"butir={rule}" in ada.browser.current_url
    assert law in ada.one(".salah").text, "said beside the field"
    ada.open("/kelola/rancangan").press("Buang rancangan ini").open("/kelola/rancangan")
    assert "Tidak ada perubahan yang menunggu" in ada.text


def standing_on(documents: Documents, law: str) -> Iterator[tuple[str, tuple[str, str]]]:
    """Place → rule and line of every rule whose newest wording stands on a law."""
    for file in sorted(name for name in documents if name.startswith("aturan/")):
        rule, part = "", ""
        for number, line in enumerate(documents[file].decode().splitlines(), 1):
            if found := re.match(r"  - id: (\S+)", line):
                rule = found[1]
            part = line.strip() if re.match(r"        \w+:", line) else part
            if part == "dasar:" and line.strip() == f"- sumber: {law}":
                yield f"{file}:{number}", (rule, line.strip())


class Spoilt:
    """The rulebook with mistakes in it, and where each must be found."""

    def __init__(self, documents: Documents) -> None:
        self.documents = documents
        self.files: dict[str, str] = {}
        self.mistakes: list[tuple[str, str, str]] = []

    def put(self, file: str, entry: str, old: str, new: str, word: str, *, at: str = "") -> None:
        """Replaces the first match of a pattern behind an entry's head. The Problem must stand at the changed line, or at `at`, and say `word`."""
        text = self.files.get(file) or self.documents[file].decode()
        found = re.compile(old, re.MULTILINE).search(text, text.index(entry))
        assert found, f"{old} is not behind {entry}"
        text = text[: found.start()] + new + text[found.end() :]
        self.files[file] = text
        last = found.start() + len(new) - 1
        self.mistakes.append((file, at or text[text.rfind("\n", 0, last) + 1 : text.find("\n", last)], word))

    def places(self) -> list[tuple[str, str, str]]:
        """(file:line, the line, the word) of every mistake."""
        found = []
        for file, line, word in self.mistakes:
            lines = self.files[file].split("\n")
            assert lines.count(line) == 1, f"{line!r} stands {lines.count(line)} times in {file}"
            found.append((f"{file}:{lines.index(line) + 1}", line.strip(), word))
        return found

    def save(self, path: Path) -> Path:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in self.files.items():
                archive.writestr(f"knowledge/{name}", text)
        return path


def test_a_file_with_twenty_different_mistakes_is_told_each_with_its_line(ada: Desk, some: Documents, tmp_path: Path) -> None:
    many = Spoilt(some)
    many.put("aturan/masa.yaml", "aturan:", "^    judul: ", "\tjudul: tab ", "tab")
    many.put("aturan/uang-barang.yaml", "aturan:", "^    judul: .*$", '    judul: "petik yang tidak ditutup', "tidak ditutup")
    many.put("aturan/foto-gestur.yaml", "aturan:", "^    judul: .*$", "    judul: *rujukan", "rujukan")
    many.put("aturan/keluarga.yaml", "aturan:", "^    judul: .*$", "    judul: &jangkar Keluarga", "jangkar")
    many.put("aturan/rapat-partai.yaml", "aturan:", "^    judul: .*$", "    judul: !!python/name:os.system Rapat", "tidak dipakai")
    many.put("aturan/pencalonan.yaml", "aturan:", "^    judul: .*$", "    judul: huruf \x07 kendali", "tidak terlihat")
    shape, rules = VOTING_FILE, rules_of(some[VOTING_FILE])
    many.put(shape, rules[0], "^    untuk: .*$", "    untuk: [pns, pppk]\n    untuk: [pns, pppk, ganda]", "dua kali")
    many.put(shape, rules[0], "^    judul: ", "    judull: ", "Maksud Anda `judul`")
    many.put(shape, rules[0], "^        putusan: .*$", "        putusan: bolehh", "Maksud Anda `boleh`")
    many.put(shape, rules[1], "^    ditinjau: .*$", "    ditinjau: 2026-02-30", "bukan tanggal")
    many.put(shape, rules[1], "^    peninjau: .*\n", "", "`peninjau` belum ada", at=rules[1])
    many.put(shape, rules[2], "^        jawab: .*$", f"        jawab: {'panjang sekali ' * 40}", "terlalu panjang")
    many.put(shape, rules[3], rules[3], "  - id: Id_Yang Keliru", "tidak sesuai")
    many.put(shape, rules[4], "^    untuk: .*$", "    untuk: pns saja", "harus berupa daftar")
    many.put(shape, rules[5], "^    frasa:\\n(      - .*\\n)*      - .*$", "    frasa: []", "kosong")
    sense, rules = "aturan/umum.yaml", rules_of(some["aturan/umum.yaml"])
    many.put(sense, "topik:", "^topik: .*$", "topik: topik-yang-tidak-ada", "tidak ada di topik.yaml")
    many.put(sense, rules[0], "^          - sumber: .*$", "          - sumber: uu-yang-tidak-ada", "tidak ada di register")
    many.put(sense, rules[1], "^        putusan: .*$", "        putusan: hindari  # tanpa sebab", "sebab_hindari")
    many.put(sense, rules[3], rules[3], f"{rules[2]}  # lagi", "sudah dipakai")
    many.put(sense, rules[0], "^    tinjau_lagi: .*$", "    tinjau_lagi: 2020-01-01", "tidak sesudah")
    many.put(sense, rules[1], "^    frasa:$", "    frasa:\n      - '!!!'", "tidak memuat satu kata")
    many.put("glosarium.yaml", "istilah:", "jenis: singkatan", "jenis: singkatann", "Maksud Anda `singkatan`")
    many.put("pesan.yaml", "pesan:", "[{]jumlah[}] berkas berubah", "{jmlah} berkas berubah", "dalam kurung")
    upload(ada, many.save(tmp_path / "dua-puluh.zip"))
    ada.picture("12-dua-puluh")
    shown = problems(ada)
    missing = [(place, line, word) for place, line, word in many.places() if word not in shown.get(place, "") or line[:150] not in shown[place]]
    assert missing == []
    assert len(shown) <= len(many.mistakes) + 2, "one slip does not drown the reader in what only follows from it"
    links = Spoilt(some)
    links.files = {file: some[file].decode() for file in many.files}
    rules = rules_of(some[shape])
    links.put(shape, rules[0], "^        lihat: .*$", "        lihat: aturan-yang-tidak-ada", "tidak ada")
    links.put(shape, rules[1], "^    terkait: .*$", "    terkait: [golputt]", "tidak ada")
    links.put("sumber/hukum.yaml", "id: uu-20-2023", "^    tautan: .*$", "    tautan: kronologi.id/tanpa-awalan", "https://")
    links.put("kalender.yaml", "pemilihan:", r"mulai: [\d-]+", "mulai: 2027-13-01", "bukan tanggal")
    upload(ada, links.save(tmp_path / "tautan.zip"))
    shown = problems(ada)
    assert [(place, line, word) for place, line, word in links.places() if word not in shown.get(place, "") or line[:150] not in shown[place]] == []
    ada.press("Buang rancangan ini")


def rules_of(content: bytes) -> list[str]:
    """The lines at which the rules of a file begin."""
    return re.findall(r"^  - id: \S+$", content.decode(), re.MULTILINE)


def test_the_same_admin_in_two_windows_loses_neither_wording(ada: Desk) -> None:
    form = f"/kelola/isi/{VOTING_FILE}?di=aturan&butir=golput"
    ada.open(form)
    first = ada.browser.current_window_handle
    ada.browser.switch_to.new_window("tab")
    ada._size(844)
    ada.open(form).change("peninjau", "Tim penyusun", "Biro Hukum")
    ada.press("Simpan ke rancangan")
    ada.browser.close()
    ada.browser.switch_to.window(first)
    ada.change("peninjau", "Tim penyusun", "Biro SDM")
    ada.press("Simpan ke rancangan")
    assert "sudah mengubah butir ini" in ada.text
    theirs, ours = (shown.text for shown in ada.all(".notice pre"))
    assert theirs.startswith("Biro Hukum"), "both are seen"
    assert ours.startswith("Biro SDM")
    assert str(ada.field("peninjau").get_attribute("value")).startswith("Biro SDM")
    ada.picture("13-didahului-diri-sendiri")
    ada.press("Simpan ke rancangan")
    assert "Tersimpan" in ada.text, "now knowingly"
    ada.browser.get(f"{ada.url}/kelola/rancangan")
    ada.press("Buang rancangan ini")  # while the preview is still in the making


def test_two_admins_change_one_line_and_the_second_sees_both(ada: Desk, budi: Desk) -> None:
    form = f"/kelola/isi/{VOTING_FILE}?di=aturan&butir={VOTING}"
    for desk, words in ((ada, OTHER_WORDS), (budi, "Ya, Anda boleh memilih.")):
        desk.open(form).change("versi/2026-01-02/jawab", NEW_WORDS, words)
        desk.press("Simpan ke rancangan")
        desk.open("/kelola/rancangan")
    assert "Rancangan lain" in budi.text
    published(budi, "Kalimat Budi")
    ada.put("alasan", "Kalimat Ada")
    ada.press("Terbitkan")
    assert "juga diubah orang lain" in ada.text
    assert "Ya, Anda boleh memilih." in asked(ada), "what was published stands"
    ada.open("/kelola/rancangan").picture("14-bentrok")
    conflict = ada.one(".conflict").text
    assert all(words in conflict for words in (NEW_WORDS, OTHER_WORDS, "Ya, Anda boleh memilih."))
    ada.open(form).change("judul", "Hak pilih ASN", "Hak pilih pegawai")
    ada.press("Simpan ke rancangan")
    assert "Putuskan dulu" in ada.text
    assert ada.field("judul").get_attribute("value") == "Hak pilih pegawai", "what was typed is not lost"
    ada.open("/kelola/rancangan").one(".conflict input[value=kita]").send_keys(Keys.SPACE)
    ada.press("Simpan pilihan")
    assert not ada.all(".conflict")
    removed, added = ada.diff()
    assert "Ya, Anda boleh memilih." in removed
    assert OTHER_WORDS in added


def test_a_publication_that_somebody_overtook_must_be_looked_at_again(ada: Desk, budi: Desk) -> None:
    budi.open("/kelola/rancangan")
    budi.follow(next(link for link in budi.all("main li a") if link.text == "Admin lokal"))
    published(budi, "Menerbitkan rancangan rekan")
    ada.put("alasan", "Terlambat")
    ada.press("Terbitkan")
    assert "sudah tidak ada" in ada.text
    assert OTHER_WORDS in asked(ada)


def export(program: Program, folder: Path) -> dict[str, bytes]:
    """What `python -m bot export` writes of the live version."""
    variables = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "DATABASE_URL": f"sqlite:///{program.database}"}
    subprocess.run([sys.executable, "-m", "bot", "export", str(folder)], cwd=ROOT, env=variables, check=True, timeout=60, capture_output=True)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_export_differs_from_the_folder_in_the_changed_lines_only(program: Program, some: Documents, tmp_path: Path) -> None:
    written = export(program, tmp_path / "keluar")
    assert {name for name in written | some if written.get(name) != some.get(name)} == {VOTING_FILE, "sumber/hukum.yaml"}
    assert written["sumber/hukum.yaml"].startswith(some["sumber/hukum.yaml"]), "the new source stands behind all others"
    before, after = some[VOTING_FILE].decode().splitlines(), written[VOTING_FILE].decode().splitlines()
    assert [(i, old.replace(OLD_WORDS, OTHER_WORDS)) for i, old in enumerate(before)] == [(i, after[i]) for i in range(len(before))]
    assert after[len(before)] == "  - id: naik-becak-wisata"


def test_the_notice_board_speaks_on_the_public_card_at_once(ada: Desk) -> None:
    ada.open("/kelola/papan").fill(spanduk="Aturan sedang diperbarui.", dijeda=VOTING)
    ada.press("Simpan").picture("17-papan")
    shown = asked(ada)
    ada.picture("18-jawaban-dijeda")
    assert "Aturan sedang diperbarui." in shown
    assert OTHER_WORDS not in shown, "the rule is switched off"


def test_yesterday_is_restored_from_the_history_while_a_rule_is_off(program: Program, ada: Desk, some: Documents, tmp_path: Path) -> None:
    ada.open("/kelola/riwayat").picture("15-riwayat")
    assert all(words in ada.text for words in ("Budi: Kalimat Budi", "SE Uji 7/2026", "Kalimat pembuka diperjelas"))
    ada.follow(ada.all("main ol a")[-1]).press("Jadikan rancangan lagi (memulihkan)")
    ada.picture("16-pulihkan")
    assert "Naik becak wisata bergambar (hilang)" in ada.text
    assert "→" not in ada.one("main ul").text, "a rule that is switched off for the moment is no change of the rulebook"
    published(ada, "Kembali ke kemarin")
    ada.open("/kelola/papan").fill(spanduk="", dijeda="")
    ada.press("Simpan")
    shown = asked(ada)
    assert OLD_WORDS in shown
    assert "Aturan sedang diperbarui." not in shown
    written = export(program, tmp_path / "kemarin")
    assert written == some, "byte for byte"


@pytest.mark.parametrize(
    "path", ["", "/berkas", "/teks/topik.yaml", "/rancangan", "/coba", "/riwayat", "/riwayat/1", "/papan", "/staf", "/jejak", "/saya"]
)
def test_every_other_page_fits_the_phone_too(ada: Desk, path: str) -> None:
    ada.open(f"/kelola{path}").picture(f"20-kelola{path.replace('/', '-')}")
    assert ada.one("nav.office a")
