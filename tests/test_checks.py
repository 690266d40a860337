"""Content mistakes: one broken rulebook for each, and the Problem stands on the right line."""

import pytest

from bot.core.assembly import assemble
from bot.core.problem import Problem
from tests.small import small_documents, with_rules


def only_problem(documents: dict[str, bytes]) -> Problem:
    problems = assemble(documents).problems
    assert len(problems) == 1, "\n".join(map(str, problems))
    return problems[0]


def line_of(text: str, rules: str) -> int:
    return rules[: rules.index(text)].count("\n") + 1


def test_the_small_rulebook_is_clean() -> None:
    assembly = assemble(small_documents())
    assert assembly.problems == ()
    assert assembly.rulebook is not None


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("putusan: dilarang", "putusan: dilarng", "dilarng"),
        ("judul: Hadir di kampanye", "judl: Hadir di kampanye", "judl"),
        ("id: suka-unggahan", "id: Suka Unggahan", "Suka Unggahan"),
        ("        jawab: Jangan menyukai unggahan calon.\n", "", "2026-01-02:\n        putusan: dilarang"),
        ("pasal: Lampiran II huruf A angka 4", "pasal: " + "x" * 130, "xxx"),
        ("            isi: larangan suka", "            sumbr: x", "sumbr"),
        ("      2026-01-02:\n        putusan: hindari", "      2026-02-30:\n        putusan: hindari", "2026-02-30"),
        ("      2026-01-02:\n        putusan: hindari", "      kemarin:\n        putusan: hindari", "kemarin"),
        ("sumber: uu-7-2017", "sumber: uu-7-2071", "uu-7-2071"),
        ("sumber: uu-7-2017", "sumber: uu-5-2014", "uu-5-2014"),
        ("        sebab_hindari: diperdebatkan\n", "", "putusan: hindari"),
        ("        jalan_aman: Simak siaran debat.\n", "", "2026-01-02:\n        putusan: hindari"),
        ("terkait: [suka-unggahan]", "terkait: [suka-ungahan]", "suka-ungahan"),
        ("alias: [datang-kampanye]", "alias: [hak-pilih]", "id: hak-pilih"),
        ("      - PNS punya hak pilih gak\n", "      - boleh gak datang ke kampanye!\n", "boleh gak datang ke kampanye!"),
        ("      - PNS punya hak pilih gak\n", "      - '???'\n", "'???'"),
        ("topik: media-sosial", "topik: medsos", "medsos"),
        ("sebelum_penetapan: moral", "sebelum_penetapan: ringan", "ringan"),
        ("wewenang: nasional\n            arah: membolehkan", "wewenang: pusat\n            arah: membolehkan", "pusat"),
        (
            "untuk: [pns, pppk]\n    versi:\n      2026-01-02:\n        putusan: boleh\n",
            "untuk: []\n    versi:\n      2026-01-02:\n        putusan: boleh\n",
            "[]",
        ),
        ("        jawab: Boleh, rahasiakan pilihan Anda.", "        jawab: " + "Boleh sekali. " * 40, "Boleh sekali"),
    ],
)
def test_a_mistake_is_found_on_its_line(old: str, new: str, where: str) -> None:
    documents = with_rules(old, new)
    problem = only_problem(documents)
    rules = documents["aturan/kecil.yaml"].decode()
    assert problem.line == line_of(where, rules), str(problem)
    assert problem.severity == "galat"


def test_a_misspelt_key_names_the_one_that_is_near() -> None:
    problems = assemble(with_rules("        inggris: Better not attend.", "        ingris: Better not attend.")).problems
    assert any("Maksud Anda `inggris`" in problem.what for problem in problems)


def test_all_mistakes_are_told_in_one_run() -> None:
    documents = with_rules("putusan: dilarang", "putusan: dilarng")
    documents["topik.yaml"] = documents["topik.yaml"].replace(b"nama: Keluarga,", b"nma: Keluarga,")
    documents["pesan.yaml"] = documents["pesan.yaml"].replace(b"  mulai:", b"\tmulai:")
    assert {problem.file for problem in assemble(documents).problems} == {"aturan/kecil.yaml", "topik.yaml", "pesan.yaml"}


def test_a_missing_message_and_a_lost_placeholder_are_problems() -> None:
    documents = small_documents()
    documents["pesan.yaml"] = documents["pesan.yaml"].replace(b"(kode {kode})", b"(kode)")
    problem = only_problem(documents)
    assert "{kode}" in problem.fix


def test_a_glossary_form_that_means_two_words_is_a_problem() -> None:
    documents = small_documents()
    documents["glosarium.yaml"] = (
        documents["glosarium.yaml"].replace(b"bentuk: [vote", b"bentuk: [like, vote").replace(b"bentuk: [nyoblos,", b"bentuk: [like, nyoblos,")
    )
    assert "like" in only_problem(documents).what


def test_an_overlong_card_is_a_problem() -> None:
    long = "\n".join(f"          - {'syarat yang panjang sekali ' * 4}{i}" for i in range(3))
    documents = with_rules(
        "        jawab: Sebaiknya jangan datang.\n",
        f"        jawab: {'Sebaiknya jangan. ' * 22}\n        boleh_bila:\n{long}\n        tidak_boleh_bila:\n{long}\n",
    )
    assert "terlalu panjang" in only_problem(documents).what


def test_an_unknown_file_is_a_warning_with_the_nearest_name() -> None:
    documents = small_documents()
    documents["glosarim.yaml"] = b"a: 1\n"
    problem = only_problem(documents)
    assert problem.severity == "peringatan"
    assert "glosarium.yaml" in problem.what


@pytest.mark.parametrize("name", ["topik.yaml", "pesan.yaml", "glosarium.yaml", "sanksi.yaml", "kalender.yaml", "di-luar.yaml"])
def test_a_missing_file_is_a_problem_not_a_crash(name: str) -> None:
    documents = small_documents()
    del documents[name]
    assert any(problem.file == name for problem in assemble(documents).errors)


def test_an_example_that_repeats_a_phrasing_is_a_warning() -> None:
    documents = small_documents()
    documents["uji/soal.yaml"] = b"uji:\n  - tanya: Boleh gak, datang ke kampanye?\n    aturan: [hadir-kampanye]\n"
    assert only_problem(documents).severity == "peringatan"


def test_a_document_full_of_other_shapes_is_told_and_not_raised() -> None:
    for value in (b"aturan: 3\ntopik: x\n", b"- 1\n- 2\n", b"teks saja\n", b"topik: x\naturan:\n  - 1\n  - [a]\n", b"topik: {}\naturan: {}\n"):
        documents = small_documents()
        documents["aturan/lain.yaml"] = value
        assert any(problem.file == "aturan/lain.yaml" for problem in assemble(documents).errors)


def test_the_annotated_sample_is_a_valid_rule(documents: dict[str, bytes]) -> None:
    from tests.small import KNOWLEDGE

    together = {**documents, "aturan/contoh.yaml": (KNOWLEDGE / "contoh-aturan.yaml").read_bytes()}
    assert [problem for problem in assemble(together).errors if problem.file == "aturan/contoh.yaml"] == []


def test_a_broken_file_does_not_hide_mistakes_in_good_ones() -> None:
    documents = with_rules("sumber: uu-7-2017", "sumber: uu-7-2071")
    documents["glosarium.yaml"] = b""
    documents["pesan.yaml"] = documents["pesan.yaml"].replace(b"  mulai:", b"  mulaai:")
    told = {(problem.file, problem.severity) for problem in assemble(documents).problems}
    assert told >= {("glosarium.yaml", "galat"), ("aturan/kecil.yaml", "galat"), ("pesan.yaml", "galat")}
