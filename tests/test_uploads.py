"""A file somebody sends in: which file of the rulebook it is, and how little of it is believed."""

import io
import struct
import zipfile

import pytest

from bot.core.reading import MAX_BYTES
from bot.usecases.library import pack
from bot.usecases.uploads import MAX_FILES, MAX_UPLOAD, documents_in
from tests.small import RULES, small_documents

LIVE = small_documents()
RAW = RULES.encode()


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip as any program would write it; a name may stand in it twice."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return out.getvalue()


# --- one .yaml ---


@pytest.mark.parametrize("name", ["kecil.yaml", "Kecil.YAML", "kecil.yml", "kecil (1).yaml", "kecil(12).yaml", "unduhan/kecil.yaml"])
def test_a_file_goes_where_a_file_of_its_name_stands(name: str) -> None:
    assert documents_in(name, b"apa saja", LIVE) == ({"aturan/kecil.yaml": b"apa saja"}, [])


@pytest.mark.parametrize(
    ("name", "path"), [("topik.yaml", "topik.yaml"), ("pesan.yml", "pesan.yaml"), ("cek.yaml", "cek.yaml"), ("kalender (2).yaml", "kalender.yaml")]
)
def test_the_files_there_are_one_of_are_known_by_their_name(name: str, path: str) -> None:
    assert documents_in(name, b"x", {}) == ({path: b"x"}, [])


@pytest.mark.parametrize(
    ("name", "text", "path"),
    [
        ("SE baru 2027.yaml", "topik: masa\naturan: []\n", "aturan/sebaru2027.yaml"),
        ("baru.yml", "aturan: []\n", "aturan/baru.yaml"),
        ("surat.yaml", "sumber: []\n", "sumber/surat.yaml"),
        ("tambahan.yaml", "uji: []\n", "uji/tambahan.yaml"),
        ("../../etc/passwd.yaml", "aturan: []\n", "aturan/passwd.yaml"),
        ("....yaml", "aturan: []\n", "aturan/baru.yaml"),
        ("a/..\\b\n<i>.yaml", "aturan: []\n", "aturan/bi.yaml"),
    ],
)
def test_a_new_file_goes_where_its_first_key_says_under_a_harmless_name(name: str, text: str, path: str) -> None:
    assert documents_in(name, text.encode(), LIVE) == ({path: text.encode()}, [])


def test_a_name_that_stands_in_two_folders_is_decided_by_the_first_key() -> None:
    live = {"aturan/masa.yaml": b"", "uji/masa.yaml": b""}
    assert list(documents_in("masa.yaml", b"uji: []\n", live)[0]) == ["uji/masa.yaml"]
    assert documents_in("masa.yaml", b"lain: []\n", live)[0] == {}


@pytest.mark.parametrize("text", ["", "halo", "- a\n", "lain: 1\n", "aturan: []\nsumber: []\n"])
def test_a_file_that_could_be_anything_is_asked_back(text: str) -> None:
    documents, problems = documents_in("entah.yaml", text.encode(), LIVE)
    assert documents == {}
    assert [problem.what for problem in problems] == ["Tidak jelas ini berkas buku aturan yang mana."]


def test_a_new_file_that_cannot_be_read_is_told_by_its_line_and_not_called_unknown() -> None:
    documents, problems = documents_in("entah.yaml", b"topik: masa\naturan: b: c\n", LIVE)
    assert documents == {}
    assert [(problem.file, problem.line) for problem in problems] == [("entah.yaml", 2)]


def test_a_known_file_with_mistakes_is_taken_so_that_all_of_them_are_found() -> None:
    assert documents_in("kecil.yaml", b"aturan: [\n", LIVE) == ({"aturan/kecil.yaml": b"aturan: [\n"}, [])


@pytest.mark.parametrize("name", ["surat.pdf", "aturan.docx", "aturan.xlsx", "yaml", "", "a.yaml.exe"])
def test_other_kinds_of_file_are_refused_by_name(name: str) -> None:
    documents, problems = documents_in(name, RAW, LIVE)
    assert documents == {}
    assert problems[0].what == "Jenis berkas ini tidak dikenal."


def test_the_limit_counts_bytes_as_sent() -> None:
    assert documents_in("kecil.yaml", b"#" * MAX_UPLOAD, LIVE)[1] == []
    documents, problems = documents_in("kecil.yaml", b"#" * (MAX_UPLOAD + 1), LIVE)
    assert documents == {}
    assert "4 MB" in problems[0].fix


# --- a zip ---


@pytest.mark.parametrize("around", ["", "knowledge/", "buku-aturan-1a2b3c4d/knowledge/", "buku aturan (1)/knowledge/"])
def test_a_zip_is_read_whatever_folder_stands_around_it(around: str) -> None:
    raw = zipped((f"{around}aturan/kecil.yaml", RAW), (f"{around}topik.yaml", b"topik: []\n"))
    assert documents_in("x.zip", raw, LIVE) == ({"aturan/kecil.yaml": RAW, "topik.yaml": b"topik: []\n"}, [])


def test_what_download_gives_comes_back_as_it_was() -> None:
    raw = pack({f"knowledge/{name}": content for name, content in LIVE.items()})
    assert documents_in("buku-aturan-00000000.zip", raw, LIVE) == (LIVE, [])


def test_what_lies_beside_the_rulebook_and_what_a_computer_adds_is_left_aside() -> None:
    extra = ("_skema/aturan.json", "README.md", "PERUBAHAN.md", "contoh-aturan.yaml", ".DS_Store", "aturan/.DS_Store", "aturan/Thumbs.db")
    raw = zipped(("aturan/kecil.yaml", RAW), *((f"knowledge/{name}", b"x") for name in extra), ("__MACOSX/knowledge/._topik.yaml", b"x"))
    assert documents_in("x.zip", raw, LIVE) == ({"aturan/kecil.yaml": RAW}, [])


@pytest.mark.parametrize(
    "path",
    [
        "../topik.yaml",
        "../../etc/passwd",
        "../knowledge/topik.yaml",
        "/etc/cron.d/x.yaml",
        "C:\\x.yaml",
        "aturan/../../x.yaml",
        "aturan/lebih/dalam.yaml",
        "lain/x.yaml",
        "aturan/x.txt",
        "aturan/x\ny.yaml",
        "aturan.yaml",
    ],
)
def test_a_path_that_is_no_file_of_the_rulebook_is_refused_and_the_rest_is_told_too(path: str) -> None:
    documents, problems = documents_in("x.zip", zipped((path, b"x"), ("aturan/kecil.yaml", RAW), ("lagi.txt", b"x")), LIVE)
    assert list(documents) == ["aturan/kecil.yaml"]
    assert [problem.what for problem in problems] == ["Berkas ini bukan bagian buku aturan."] * 2


def test_two_files_for_one_place_are_not_silently_one() -> None:
    _, problems = documents_in("x.zip", zipped(("aturan/a.yaml", b"1"), ("knowledge/aturan/a.yaml", b"2")), LIVE)
    assert [problem.what for problem in problems] == ["Berkas ini ada dua kali di dalam zip."]


def test_an_empty_zip_is_told() -> None:
    assert documents_in("x.zip", zipped(), LIVE)[1][0].what == "Zip ini kosong."
    assert documents_in("x.zip", zipped(("README.md", b"x")), LIVE)[1][0].what == "Zip ini kosong."


def test_a_zip_of_too_many_files_is_refused_before_any_is_opened() -> None:
    raw = zipped(*((f"aturan/{number}.yaml", b"x") for number in range(MAX_FILES + 1)))
    documents, problems = documents_in("x.zip", raw, LIVE)
    assert documents == {}
    assert str(MAX_FILES) in problems[0].fix


@pytest.mark.parametrize(("files", "size"), [(1, MAX_BYTES + 1), (1, 300_000_000), (40, MAX_BYTES)])
def test_a_zip_that_swells_is_refused(files: int, size: int) -> None:
    content = bytes(size)
    raw = zipped(*((f"aturan/{number}.yaml", content) for number in range(files)))
    assert len(raw) < MAX_UPLOAD
    documents, problems = documents_in("x.zip", raw, LIVE)
    assert documents == {}
    assert [problem.what for problem in problems] == ["Isi zip terlalu besar."]


def test_a_size_in_a_header_is_not_believed() -> None:
    raw = zipped(("aturan/kecil.yaml", bytes(MAX_BYTES * 3)))
    lying = raw.replace(struct.pack("<L", MAX_BYTES * 3), struct.pack("<L", 10))
    assert lying != raw
    documents, problems = documents_in("x.zip", lying, LIVE)
    assert len(documents.get("aturan/kecil.yaml", b"")) <= MAX_BYTES
    assert problems


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_a_damaged_zip_is_told_wherever_the_damage_is(method: int) -> None:
    whole = zipped(("aturan/kecil.yaml", RAW), method=method)
    for at in range(0, len(whole), 7):
        broken = whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :]
        documents, problems = documents_in("x.zip", broken, LIVE)
        assert problems or list(documents.values()) == [RAW]


@pytest.mark.parametrize("raw", [b"", b"PK\x03\x04", b"bukan zip", RAW, bytes(1000)])
def test_what_is_no_zip_is_told(raw: bytes) -> None:
    documents, problems = documents_in("x.zip", raw, LIVE)
    assert documents == {}
    assert "tidak dapat dibuka" in problems[0].what


def test_a_zip_under_a_password_is_told() -> None:
    raw = bytearray(zipped(("aturan/kecil.yaml", RAW)))
    raw[6] |= 1  # the sign of encryption, in the file's own header and in the list at the end
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    documents, problems = documents_in("x.zip", bytes(raw), LIVE)
    assert documents == {}
    assert "kata sandi" in problems[0].fix
