"""What must hold across the whole rulebook, one function an idea. Each yields Problems; none raises."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from bot.core.answer import MAX_CARD, compose, plain, rule_code
from bot.core.messages import REQUIRED, Language, placeholders
from bot.core.problem import Problem, did_you_mean
from bot.core.reading import Path, Reading
from bot.core.registers import Example, Source
from bot.core.rulebook import Branch, Rule, Rulebook
from bot.core.text import Lexicon, split
from bot.core.vocabulary import Severity, SourceStatus, Verdict

LANGUAGES: tuple[Language, ...] = ("id", "en")
COMPUTED_KINDS = ("acak", "terlalu-pendek", "terlalu-panjang", "bahasa-lain", "tidak-ada", "kosong")
"""Kinds of non-questions that are recognised by shape; di-luar.yaml must hold a reply for each."""


@dataclass(frozen=True, slots=True)
class Sites:
    """Where things stand: (file, path in the file, the thing)."""

    rules: list[tuple[Reading, Path, Rule]]
    sources: list[tuple[Reading, Path, Source]]
    examples: list[tuple[Reading, Path, Example]]
    singles: dict[str, Reading]


def run(rulebook: Rulebook, sites: Sites, *, broken: frozenset[str] = frozenset()) -> list[Problem]:
    """Every Problem of a rulebook. `broken` names kinds of files (`aturan`, `sumber`, `pesan.yaml` …) of which one could not be
    read or is missing: what stands in them is not called missing elsewhere.
    """
    found: list[Problem] = []
    for check, needs in CHECKS:
        if not needs & broken:
            found.extend(check(rulebook, sites))
    return found


def _ids(rulebook: Rulebook, sites: Sites) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    codes: dict[str, str] = {}
    for reading, path, rule in sites.rules:
        for name in (rule.id, *rule.aliases):
            place = f"{reading.file}:{reading.place(path)[0]}"
            if name in seen:
                yield reading.problem(
                    (*path, "id"), f"Id `{name}` sudah dipakai di {seen[name]}.", "Pakai id lain; id yang sudah terbit tidak diganti."
                )
            seen.setdefault(name, place)
        code = rule_code(rule.id)
        if codes.setdefault(code, rule.id) != rule.id:
            yield reading.problem((*path, "id"), f"Kode kartu `{code}` sama dengan aturan `{codes[code]}`.", "Pilih id lain untuk aturan yang baru.")
        for i, branch in enumerate(rule.branches):
            if [b.id for b in rule.branches].index(branch.id) != i:
                yield reading.problem((*path, "cabang", i, "id"), f"Id cabang `{branch.id}` dipakai dua kali.", "Ganti salah satunya.")
    known: dict[str, str] = {}
    for reading, path, source in sites.sources:
        if source.id in known:
            yield reading.problem((*path, "id"), f"Sumber `{source.id}` sudah ada di {known[source.id]}.", "Hapus salah satunya.")
        known.setdefault(source.id, reading.file)


def _topics(rulebook: Rulebook, sites: Sites) -> Iterator[Problem]:
    told: set[str] = set()
    for reading, _, rule in sites.rules:
        if rule.topic not in rulebook.topics:
            what = f"Topik `{rule.topic}` tidak ada di topik.yaml." + did_you_mean(rule.topic, set(rulebook.topics))
            if reading.file not in told:
                yield reading.problem(("topik",), what, "Pakai id yang ada, atau tambahkan topiknya.")
            told.add(reading.file)


def _citations(rulebook: Rulebook, sites: Sites) -> Iterator[Problem]:
    for reading, path, rule in sites.rules:
        for start, version in rule.versions.items():
            if version is None:
                continue
            here = (*path, "versi", start.isoformat())
            cited = [((*here, "dasar", i, "sumber"), c.source) for i, c in enumerate(version.basis)]
            cited += [((*here, "pandangan", i, "sumber"), p.source) for i, p in enumerate(version.positions)]
            cited += [((*here, "artikel", i, "sumber"), a.source) for i, a in enumerate(version.articles)]
            for place, name in cited:
                source = rulebook.sources.get(name)
                if source is None:
                    what = f"Sumber `{name}` tidak ada di register." + did_you_mean(name, set(rulebook.sources))
                    yield reading.problem(place, what, "Pakai id yang ada di sumber/, atau daftarkan dulu sumbernya.")
                elif source.status is SourceStatus.REPEALED and "dasar" in place and version is list(rule.versions.values())[-1]:
                    instead = f" Sudah digantikan `{source.replaced_by}`." if source.replaced_by else ""
                    fix = "Ganti dasarnya, atau tambahkan versi baru mulai tanggal pencabutannya."
                    yield reading.problem(place, f"Sumber `{name}` sudah dicabut.{instead}", fix)


def _register(rulebook: Rulebook, sites: Sites) -> Iterator[Problem]:
    for reading, path, source in sites.sources:
        if source.replaced_by and source.replaced_by not in rulebook.sources:
            what = f"Sumber pengganti `{source.replaced_by}` tidak ada." + did_you_mean(source.replaced_by, set(rulebook.sources))
            yield reading.problem((*path, "digantikan_oleh"), what, "Daftarkan penggantinya.")
        if source.replaced_by and source.status is not SourceStatus.REPEALED:
            yield reading.problem((*path, "status"), "Sumber ini punya pengganti tetapi statusnya bukan `dicabut`.", "Ubah status menjadi dicabut.")


def _verdicts(rulebook: Rulebook, sites: Sites) -> Iterator[Problem]:
    for reading, path, rule in sites.rules:
        for start, version in rule.versions.items():
            if version is None:
                continue
            here = (*path, "versi", start.isoformat())
            if version.verdict is Verdict.AVOID and version.avoid_because is None:
                yield reading.problem((*here, "putusan"), "`hindari` tanpa `sebab_hindari`.", "Tulis sebab_hindari: diperdebatkan atau kesimpulan.")
            if version.verdict is not Verdict.AVOID and version.avoid_because:
                yield reading.problem((*here, "sebab_hindari"), "`sebab_hindari` hanya untuk putusan hindari.", "Hapus, atau ubah putusannya.")
            if version.avoid_because == "diperdebatkan" and len(version.positions) < 2:
                fix = "Tambahkan pandangan, atau tulis sebab_hindari: kesimpulan."
                yield reading.problem((*here, "pandangan"), "Disebut diperdebatkan, tetapi kurang dari dua pandangan.", fix)
            if version.verdict is Verdict.AVOID and not version.safe_course:
                yield reading.problem((*here, "jalan_aman"), "Putusan hindari harus menyebut jalan yang aman.", "Isi `jalan_aman`.")
            if version.confidence != "tinggi" and not version.confidence_note:
                yield reading.problem((*here, "keyakinan"), "Keyakinan bukan tinggi, tetapi sebabnya tidak ditulis.", "Isi `catatan_keyakinan`.")
            if (
                version.verdict.permits
                and version.sanction
                and version.sanction.after is not Severity.NONE
                and not (version.forbidden_if or rule.branches)
            ):
                fix = "Tulis `tidak_boleh_bila`, atau hapus sanksinya."
                yield reading.problem((*here, "sanksi"), "Putusan membolehkan, tetapi ada sanksi tanpa batas yang disebut.", fix)


def _links(rulebook: Rulebook, sites: Sites) -> Iterator[Problem]:
    names = {name for rule in rulebook.rules.values() for name in (rule.id, *rule.aliases)}
    for reading, path, rule in sites.rules:
        for i, name in enumerate(rule.related):
            if name not in names:
                yield reading.problem((*path, "terkait", i), f"Aturan `{name}` tidak ada." + did_you_mean(name, names), "Betulkan atau hapus.")
        for i, branch in enumerate(rule.branches):
            here = (*path, "cabang", i)
            if branch.see is None:
                continue
            target = rulebook.resolve(branch.see)
            if target is None:
                yield reading.problem((*here, "lihat"), f"Aturan `{branch.see}` tidak ada." + did_you_mean(branch.see, names), "Betulkan atau hapus.")
            elif target.id == rule.id:
                yield reading.problem((*here, "lihat"), "Cabang menunjuk aturannya sendiri.", "Hapus `lihat`.")


def _phrasings(rulebook: Rulebook, sites: Sites) -> Iterator[Problem]:
    seen: dict[str, tuple[str, str]] = {}
    for reading, path, rule in sites.rules:
        lines: list[tuple[Path, str, str]] = [((*path, "frasa", i), text, rule.id) for i, text in enumerate(rule.phrasings)]
        lines += [((*path, "frasa_inggris", i), text, rule.id) for i, text in enumerate(rule.phrasings_english)]
        for b, branch in enumerate(rule.branches):
            lines += [((*path, "cabang", b, "frasa", i), text, branch.see or rule.id) for i, text in enumerate(branch.phrasings)]
        for place, text, target in lines:
            key = " ".join(split(text))
            if not key:
                yield reading.problem(place, "Frasa ini tidak memuat satu kata pun.", "Tulis kalimat yang dipakai orang.")
            elif key in seen and seen[key][1] != target:
                fix = "Bedakan kalimatnya; satu kalimat hanya boleh menunjuk satu aturan."
                yield reading.problem(place, f"Frasa yang sama sudah ada di {seen[key][0]}.", fix)
            seen.setdefault(key, (f"{reading.file}:{reading.place(place)[0]}", target))


def _reachable(rulebook: Rulebook, sites: Sites) -> Iterator[Problem]:
    lexicon = Lexicon(rulebook.glossary, (text for _, _, rule in sites.rules for text in rule.phrasings))
    for reading, path, rule in sites.rules:
        if not any(lexicon.read(text).content for text in rule.phrasings):
            fix = "Tambahkan frasa yang menyebut kegiatannya."
            yield reading.problem((*path, "frasa"), "Aturan ini tidak dapat ditemukan: semua frasanya hanya kata umum.", fix)


def _dates(rulebook: Rulebook, sites: Sites) -> Iterator[Problem]:
    for reading, path, rule in sites.rules:
        if rule.review_due <= rule.reviewed:
            yield reading.problem((*path, "tinjau_lagi"), "Tanggal tinjau berikutnya tidak sesudah tanggal tinjau.", "Beri tanggal sesudahnya.")
        starts = list(rule.versions)
        if starts != sorted(starts):
            yield reading.problem((*path, "versi"), "Tanggal versi tidak berurutan.", "Urutkan dari yang lama ke yang baru.")
        if starts and rule.versions[starts[0]] is None:
            yield reading.problem((*path, "versi"), "Versi pertama tidak boleh `dicabut`.", "Tulis isi aturannya sebelum mencabut.")
        for start in starts:
            if not 2004 <= start.year <= 2045:
                yield reading.problem((*path, "versi", start.isoformat()), f"Tahun {start.year} tidak wajar.", "Periksa tahunnya.")
    for election in rulebook.elections:
        for stage in election.stages:
            if stage.last < stage.first:
                reading = sites.singles["kalender.yaml"]
                yield reading.problem(("pemilihan",), f"Tahap `{stage.name}` berakhir sebelum mulai.", "Tukar tanggalnya.")


def _cards(rulebook: Rulebook, sites: Sites) -> Iterator[Problem]:
    if not rulebook.messages.keys() >= REQUIRED.keys() or not rulebook.tiers.keys() >= set(Severity):
        return  # told by _messages and _tables; a card cannot be composed without its words
    for reading, path, rule in sites.rules:
        if any(c.source not in rulebook.sources for v in rule.versions.values() if v for c in v.basis):
            continue  # told by _citations; a card cannot be composed without its sources
        views: list[tuple[Path, date, Branch | None]] = [
            ((*path, "versi", start.isoformat()), start, None) for start, v in rule.versions.items() if v
        ]
        newest = views[-1][1] if views else rule.reviewed
        views += [((*path, "cabang", i), newest, branch) for i, branch in enumerate(rule.branches)]
        for place, day, branch in views:
            for language in LANGUAGES:
                card = compose(rulebook, rule, day, branch, language)
                if card and len(plain(card)) > MAX_CARD:
                    what = f"Kartu ({language}) terlalu panjang: {len(plain(card))} huruf, paling banyak {MAX_CARD}."
                    yield reading.problem(place, what, "Persingkat jawab atau daftar syaratnya.")


def _messages(rulebook: Rulebook, sites: Sites) -> Iterator[Problem]:
    reading = sites.singles["pesan.yaml"]
    for key, names in REQUIRED.items():
        message = rulebook.messages.get(key)
        if message is None:
            yield reading.problem(("pesan",), f"Kalimat `{key}` belum ada.", "Kembalikan dari versi sebelumnya.")
            continue
        for language, text in (("id", message.indonesian), ("en", message.english)):
            if placeholders(text) != names:
                wanted = ", ".join(f"{{{name}}}" for name in sorted(names)) or "tanpa {kurung}"
                yield reading.problem(("pesan", key, language), f"Kata dalam kurung di `{key}` tidak cocok.", f"Pakai persis: {wanted}.")
            left = re.sub(r"<(b|i)>[^<]*</\1>", "", text)
            if "<" in left or ">" in left:
                yield reading.problem(
                    ("pesan", key, language), f"Tanda <…> di `{key}` tidak berpasangan atau tidak dikenal.", "Pakai hanya <b>…</b> dan <i>…</i>."
                )
    for key in rulebook.messages:
        if key not in REQUIRED:
            what = f"Kalimat `{key}` tidak pernah tampil." + did_you_mean(key, set(REQUIRED))
            yield reading.problem(("pesan", key), what, "Betulkan namanya atau hapus.", warning=True)


def _tables(rulebook: Rulebook, sites: Sites) -> Iterator[Problem]:
    for severity in Severity:
        if severity not in rulebook.tiers:
            yield sites.singles["sanksi.yaml"].problem(("tingkat",), f"Tingkat `{severity}` belum ada.", "Tambahkan kalimatnya.")
    for kind in COMPUTED_KINDS:
        if kind not in rulebook.outside:
            yield sites.singles["di-luar.yaml"].problem(("jenis",), f"Jenis `{kind}` belum ada.", "Tambahkan jawabannya.")


def _self_check(rulebook: Rulebook, sites: Sites) -> Iterator[Problem]:
    for i, moment in enumerate(rulebook.moments.values()):
        if moment.rule and rulebook.resolve(moment.rule) is None:
            what = f"Aturan `{moment.rule}` tidak ada." + did_you_mean(moment.rule, set(rulebook.rules))
            yield sites.singles["cek.yaml"].problem(("masa", i, "aturan"), what, "Betulkan id aturannya, atau hapus barisnya.", warning=True)


def _glossary(rulebook: Rulebook, sites: Sites) -> Iterator[Problem]:
    reading = sites.singles["glosarium.yaml"]
    targets: dict[str, str] = {}
    words = {" ".join(split(term.word)) for term in rulebook.glossary.terms}
    for i, term in enumerate(rulebook.glossary.terms):
        for j, form in enumerate(term.forms):
            key = " ".join(split(form))
            place: Path = ("istilah", i, "bentuk", j)
            if key in targets and targets[key] != term.word:
                yield reading.problem(place, f"`{form}` sudah menunjuk ke `{targets[key]}`.", "Satu bentuk hanya boleh punya satu kata baku.")
            elif key in words and key != " ".join(split(term.word)):
                yield reading.problem(place, f"`{form}` juga kata baku di baris lain.", "Gabungkan kedua barisnya.")
            targets.setdefault(key, term.word)


def _examples(rulebook: Rulebook, sites: Sites) -> Iterator[Problem]:
    indexed = {" ".join(split(text)) for rule in rulebook.rules.values() for text in (*rule.phrasings, *rule.phrasings_english)}
    indexed |= {" ".join(split(text)) for rule in rulebook.rules.values() for branch in rule.branches for text in branch.phrasings}
    twice = Counter(_key(example.question) for _, _, example in sites.examples)
    for reading, path, example in sites.examples:
        key = _key(example.question)
        for i, name in enumerate(example.rules):
            if rulebook.resolve(name) is None:
                what = f"Aturan `{name}` tidak ada." + did_you_mean(name, set(rulebook.rules))
                yield reading.problem((*path, "aturan", i), what, "Betulkan id aturannya.")
        if example.kind and example.kind not in rulebook.outside:
            what = f"Jenis `{example.kind}` tidak ada di di-luar.yaml." + did_you_mean(example.kind, set(rulebook.outside))
            yield reading.problem((*path, "di_luar"), what, "Betulkan jenisnya.")
        if not example.kind and not example.rules and not example.verdict:
            yield reading.problem(path, "Contoh ini tidak menyebut apa yang diharapkan.", "Isi `aturan`, `putusan`, atau `di_luar`.")
        if key in indexed:
            yield reading.problem((*path, "tanya"), "Pertanyaan uji ini sama dengan frasa yang diindeks.", "Tulis dengan kata lain.", warning=True)
        elif twice[key] > 1:
            yield reading.problem((*path, "tanya"), "Pertanyaan uji ini ditulis dua kali.", "Hapus salah satunya.", warning=True)


def _key(question: str) -> str:
    """A question without its typing; one in another script, which has no words here, as it stands."""
    return " ".join(split(question)) or question


_Check = Callable[[Rulebook, Sites], Iterator[Problem]]
CHECKS: tuple[tuple[_Check, frozenset[str]], ...] = (
    (_ids, frozenset()),
    (_topics, frozenset({"topik.yaml"})),
    (_citations, frozenset({"sumber"})),
    (_register, frozenset({"sumber"})),
    (_verdicts, frozenset()),
    (_links, frozenset({"aturan"})),
    (_phrasings, frozenset()),
    (_reachable, frozenset({"glosarium.yaml"})),
    (_dates, frozenset({"kalender.yaml"})),
    (_cards, frozenset({"pesan.yaml", "sanksi.yaml", "sumber"})),
    (_messages, frozenset({"pesan.yaml"})),
    (_tables, frozenset({"sanksi.yaml", "di-luar.yaml"})),
    (_self_check, frozenset({"aturan", "cek.yaml"})),
    (_glossary, frozenset({"glosarium.yaml"})),
    (_examples, frozenset({"aturan", "di-luar.yaml"})),
)
"""Each check with the kinds of files without which it would only repeat that they are missing."""
