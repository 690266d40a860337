"""A rulebook of three rules, as documents that a test can change a line of."""

import re
from pathlib import Path

KNOWLEDGE = Path(__file__).parent.parent / "knowledge"

RULES = """\
topik: media-sosial
aturan:
  - id: suka-unggahan
    judul: Menyukai unggahan calon
    judul_inggris: Liking a candidate's post
    frasa:
      - boleh gak like postingan paslon
      - apakah ASN boleh menyukai unggahan calon
      - kepencet like foto cabup di IG kena sanksi gak
    frasa_inggris:
      - can I like a candidate post
    untuk: [pns, pppk]
    versi:
      2026-01-02:
        putusan: dilarang
        jawab: Jangan menyukai unggahan calon.
        contoh: Bu Sari menekan suka, lalu dilaporkan.
        dasar:
          - sumber: skb-2022
            pasal: Lampiran II huruf A angka 4
            isi: larangan suka
        sanksi:
          sebelum_penetapan: moral
          sesudah_penetapan: berat
        inggris: Do not like a candidate's posts.
        keyakinan: tinggi
    cabang:
      - id: kpu
        bila: unggahan milik KPU
        tombol: Akun KPU
        putusan: boleh
        jawab: Boleh, akun KPU bukan akun pemenangan.
        inggris: Allowed, it is not a campaign account.
        frasa:
          - like postingan akun resmi KPU boleh gak
          - menyukai unggahan KPU tentang jadwal pemilu
    ditinjau: 2026-11-21
    tinjau_lagi: 2027-06-30
    peninjau: Tim penyusun
  - id: hadir-kampanye
    alias: [datang-kampanye]
    judul: Hadir di kampanye
    judul_inggris: Attending a rally
    frasa:
      - boleh gak datang ke kampanye
      - bolehkah PNS hadir di rapat umum calon
      - nonton kampanye di lapangan kena sanksi tidak
    untuk: [pns, pppk]
    versi:
      2026-01-02:
        putusan: hindari
        sebab_hindari: diperdebatkan
        jawab: Sebaiknya jangan datang.
        dasar:
          - sumber: pp-94-2021
            pasal: Ps. 5 huruf n angka 1
        pandangan:
          - siapa: Mendagri
            kapan: 2024-07-09
            wewenang: nasional
            arah: membolehkan
            kata: boleh hadir pasif
            sumber: tito-karnavian-2024-07-09
          - siapa: Bawaslu RI
            kapan: 2024-10-30
            wewenang: nasional
            arah: melarang
            kata: kehadiran dinilai dukungan
            sumber: se-bawaslu-111-2024
        jalan_aman: Simak siaran debat.
        inggris: Better not attend.
        keyakinan: tinggi
    terkait: [suka-unggahan]
    ditinjau: 2026-11-21
    tinjau_lagi: 2027-06-30
    peninjau: Tim penyusun
  - id: hak-pilih
    judul: Memilih di TPS
    judul_inggris: Voting
    frasa:
      - apakah ASN boleh mencoblos di TPS
      - PNS punya hak pilih gak
      - boleh gak nyoblos pas pemilu
    untuk: [pns, pppk]
    versi:
      2026-01-02:
        putusan: boleh
        jawab: Boleh, rahasiakan pilihan Anda.
        dasar:
          - sumber: uu-7-2017
            pasal: Ps. 198
        inggris: Yes, and keep it secret.
        keyakinan: tinggi
    ditinjau: 2026-11-21
    tinjau_lagi: 2027-06-30
    peninjau: Tim penyusun
"""


FEW = 15


def with_few_phrasings(outside: bytes) -> bytes:
    """di-luar.yaml with no more than the first few phrasings of each kind: there are thousands, and each load reads them all."""
    return re.sub(rb"^(    frasa:\n(?:      - .*\n){,%d})(?:      - .*\n)*" % FEW, rb"\1", outside, flags=re.MULTILINE)


def small_documents() -> dict[str, bytes]:
    """Three rules with the real register, messages and glossary, and some of what is no question."""
    real = ("sumber/hukum.yaml", "sumber/pernyataan.yaml", "sumber/berita.yaml", "topik.yaml", "sanksi.yaml")
    real += ("glosarium.yaml", "kalender.yaml", "pesan.yaml", "di-luar.yaml")
    documents = {name: (KNOWLEDGE / name).read_bytes() for name in real}
    documents["di-luar.yaml"] = with_few_phrasings(documents["di-luar.yaml"])
    documents["aturan/kecil.yaml"] = RULES.encode()
    return documents


def with_rules(old: str, new: str) -> dict[str, bytes]:
    """The small rulebook with one text of its rule file replaced; the text must be there exactly once."""
    assert RULES.count(old) == 1, f"{old!r} stands {RULES.count(old)} times"
    documents = small_documents()
    documents["aturan/kecil.yaml"] = RULES.replace(old, new).encode()
    return documents
