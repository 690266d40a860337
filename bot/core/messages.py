"""The fixed sentences: which there must be, and how one is said. The sentences themselves stand in pesan.yaml."""

import re
from collections.abc import Mapping
from typing import Literal

from bot.core.rulebook import Message

Language = Literal["id", "en"]

_PLACEHOLDER = re.compile(r"{(\w+)}")

REQUIRED: dict[str, frozenset[str]] = {
    "putusan-boleh": frozenset(),
    "putusan-boleh-bersyarat": frozenset(),
    "putusan-hindari": frozenset(),
    "putusan-dilarang": frozenset(),
    "putusan-konsultasi": frozenset(),
    "putusan-info": frozenset(),
    "putusan-kedaluwarsa": frozenset(),
    "kedaluwarsa": frozenset({"putusan", "tanggal"}),
    "sumber-dicabut": frozenset({"putusan"}),
    "hindari-diperdebatkan": frozenset(),
    "hindari-kesimpulan": frozenset(),
    "keyakinan-sedang": frozenset({"catatan"}),
    "keyakinan-rendah": frozenset({"catatan"}),
    "karena-fakta": frozenset({"fakta"}),
    "label-boleh-bila": frozenset(),
    "label-tidak-boleh-bila": frozenset(),
    "label-jalan-aman": frozenset(),
    "label-contoh": frozenset(),
    "label-dasar": frozenset(),
    "label-sebelum": frozenset(),
    "label-sesudah": frozenset(),
    "label-pidana": frozenset(),
    "label-pandangan": frozenset(),
    "label-artikel": frozenset(),
    "label-untuk": frozenset(),
    "label-catatan": frozenset(),
    "label-data-per": frozenset({"tanggal"}),
    "kaki-kartu": frozenset({"kode", "peninjau", "tanggal"}),
    "sanksi-tidak-ada": frozenset(),
    "tahap-hari-ini": frozenset({"tahap"}),
    "tahap-tidak-ada": frozenset(),
    "sanksi-sama": frozenset(),
    "status-dicabut": frozenset(),
    "status-terbatas": frozenset(),
    "status-berlaku": frozenset(),
    "hanya-indonesia": frozenset(),
    "tombol-contoh": frozenset(),
    "tombol-dasar": frozenset(),
    "tombol-sanksi": frozenset(),
    "tombol-pandangan": frozenset(),
    "tombol-kembali": frozenset(),
    "tombol-suka": frozenset(),
    "tombol-tidak-suka": frozenset(),
    "tombol-salah": frozenset(),
    "tombol-kurang-jelas": frozenset(),
    "tombol-beda-kasus": frozenset(),
    "tombol-bukan-semuanya": frozenset(),
    "tombol-topik": frozenset(),
    "tombol-lanjut": frozenset(),
    "tombol-sebelum": frozenset(),
    "tombol-pribadi": frozenset(),
    "tombol-cabang": frozenset({"fakta"}),
    "tombol-terkait": frozenset({"judul"}),
    "mulai": frozenset(),
    "bantuan": frozenset(),
    "privasi": frozenset(),
    "privasi-kolom": frozenset(),
    "privasi-kosong": frozenset(),
    "kontak": frozenset(),
    "sumber-judul": frozenset({"tanggal"}),
    "topik-judul": frozenset(),
    "topik-isi": frozenset({"halaman", "jumlah", "topik"}),
    "tanya-kosong": frozenset(),
    "maksud-anda": frozenset(),
    "bukan-semuanya": frozenset(),
    "juga-dekat": frozenset({"judul"}),
    "banyak-soal": frozenset({"jumlah"}),
    "terlalu-banyak-soal": frozenset({"jumlah"}),
    "tersamar": frozenset(),
    "alasan": frozenset(),
    "terima-kasih": frozenset(),
    "masukan-hilang": frozenset(),
    "perintah-asing": frozenset(),
    "terusan": frozenset(),
    "tombol-lama": frozenset(),
    "teks-saja": frozenset(),
    "pelan": frozenset(),
    "gagal": frozenset({"kode"}),
    "grup": frozenset(),
    "inline-judul": frozenset({"judul", "putusan"}),
    "profil-singkat": frozenset(),
    "profil": frozenset(),
    "perintah-start": frozenset(),
    "perintah-topik": frozenset(),
    "perintah-tanya": frozenset(),
    "perintah-bantuan": frozenset(),
    "perintah-help": frozenset(),
    "perintah-privasi": frozenset(),
    "perintah-privacy": frozenset(),
    "perintah-sumber": frozenset(),
    "perintah-kontak": frozenset(),
    "web-judul": frozenset(),
    "web-ajakan": frozenset(),
    "web-label": frozenset(),
    "web-contoh": frozenset(),
    "web-tombol": frozenset(),
    "web-anonim": frozenset(),
    "web-topik": frozenset(),
    "web-cabang": frozenset(),
    "web-terkait": frozenset(),
    "web-cetak": frozenset(),
    "web-tautan": frozenset(),
    "web-lompat": frozenset(),
    "web-kembali": frozenset(),
    "web-tak-ada": frozenset(),
    "web-galat": frozenset(),
    "web-terlalu-besar": frozenset(),
    "web-masukan": frozenset(),
    "web-versi": frozenset({"jumlah", "versi"}),
    "web-privasi": frozenset(),
    "web-sumber": frozenset(),
    "web-bantuan": frozenset(),
    "web-kontak": frozenset(),
}
"""Every sentence the code says → the words it fills in. A message outside this list is never shown."""


def placeholders(text: str) -> frozenset[str]:
    """The {words} of a sentence."""
    return frozenset(_PLACEHOLDER.findall(text))


def say(messages: Mapping[str, Message], key: str, language: Language = "id", **values: object) -> str:
    """One sentence, filled in. Values are put in as they are: escaping is the edge's work."""
    message = messages[key]
    text = message.english if language == "en" else message.indonesian
    # Not str.format: a brace in a value or an attribute path in a sentence must stay plain text.
    return _PLACEHOLDER.sub(lambda match: str(values[match[1]]) if match[1] in values else match[0], text)
