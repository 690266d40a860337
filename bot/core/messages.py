"""The fixed sentences: which there must be, and how one is said. The sentences themselves stand in pesan.yaml."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Literal

from bot.core.registers import Message
from bot.core.rulebook import Rulebook

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
    "putusan-dijeda": frozenset(),
    "dijeda": frozenset(),
    "bot-ditutup": frozenset(),
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
    "cek-judul": frozenset(),
    "cek-kosong": frozenset(),
    "cek-tombol": frozenset(),
    "cek-tak-ada": frozenset(),
    "cek-kini": frozenset({"tanggal"}),
    "cek-dulu": frozenset({"tanggal"}),
    "cek-mandiri": frozenset(),
    "cek-langkah-siapa": frozenset(),
    "cek-langkah-masa": frozenset(),
    "cek-langkah-kegiatan": frozenset(),
    "cek-langkah-hal": frozenset({"topik"}),
    "cek-hari-ini": frozenset({"masa"}),
    "cek-sanksi": frozenset({"sanksi"}),
    "cek-tambah": frozenset(),
    "cek-ringkasan": frozenset({"jumlah"}),
    "cek-ringkasan-judul": frozenset({"jumlah"}),
    "cek-ulang": frozenset(),
    "cek-kartu": frozenset(),
    "cek-cetak": frozenset(),
    "cek-hapus": frozenset(),
    "cek-kaki": frozenset({"tanggal", "versi"}),
    "cek-siapa-label": frozenset({"masa", "siapa"}),
    "cek-tentang-masa": frozenset({"judul"}),
    "cek-usang": frozenset(),
    "cek-penuh": frozenset({"jumlah"}),
    "perintah-cek": frozenset(),
    "perintah-bantuan": frozenset(),
    "perintah-help": frozenset(),
    "perintah-privasi": frozenset(),
    "perintah-privacy": frozenset(),
    "perintah-sumber": frozenset(),
    "perintah-kontak": frozenset(),
    "staf-masuk": frozenset({"tautan"}),
    "staf-undang": frozenset({"peran", "tautan"}),
    "staf-undang-cara": frozenset(),
    "staf-diterima": frozenset({"peran"}),
    "staf-undangan-basi": frozenset(),
    "staf-nama": frozenset({"nama"}),
    "staf-nama-cara": frozenset(),
    "staf-kenapa-cara": frozenset(),
    "status": frozenset(
        {"keadaan", "versi", "aturan", "lama", "memori", "telegram", "dijawab", "tanya", "tolak", "waktu", "menunggu", "hilang", "gangguan"}
    ),
    "status-baik": frozenset(),
    "peran-admin": frozenset(),
    "peran-peninjau": frozenset(),
    "kenapa-jawab": frozenset({"aturan", "keyakinan"}),
    "kenapa-tanya-putusan": frozenset({"pilihan", "putusan"}),
    "kenapa-tanya-aturan": frozenset({"pilihan"}),
    "kenapa-diam": frozenset({"jenis", "keyakinan"}),
    "kenapa-bentuk": frozenset({"jenis"}),
    "kenapa-kata": frozenset({"kata"}),
    "kenapa-cakupan": frozenset({"cakupan"}),
    "kenapa-penentu": frozenset({"kata"}),
    "kenapa-asing": frozenset({"kata"}),
    "kenapa-ejaan": frozenset({"kata"}),
    "kenapa-kedua": frozenset({"aturan", "bagian", "jarak"}),
    "kenapa-luar": frozenset({"bagian"}),
    "kenapa-calon": frozenset(),
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
    "perbarui": frozenset({"tautan"}),
    "perbarui-menunggu": frozenset({"jumlah"}),
    "unggah-terlalu-besar": frozenset({"batas"}),
    "unggah-ditolak": frozenset(),
    "unggah-diperiksa": frozenset(),
    "rancangan-dibuang": frozenset(),
    "pratinjau-galat": frozenset({"jumlah"}),
    "pratinjau-judul": frozenset({"aturan", "berkas"}),
    "pratinjau-balik": frozenset({"jumlah", "soal"}),
    "pratinjau-peringatan": frozenset({"jumlah"}),
    "tombol-terbitkan": frozenset(),
    "tombol-pratinjau": frozenset(),
    "tombol-buang": frozenset(),
    "tombol-buka-web": frozenset(),
    "alasan-tanya": frozenset({"kode"}),
    "alasan-contoh": frozenset(),
    "diterbitkan": frozenset({"nomor", "versi"}),
    "menunggu-persetujuan": frozenset({"ada", "perlu"}),
    "tolak-alasan": frozenset(),
    "tolak-berubah": frozenset(),
    "tolak-bentrok": frozenset(),
    "tolak-masalah": frozenset(),
    "tolak-sama": frozenset(),
    "tolak-didahului": frozenset(),
    "tolak-tidak-ada": frozenset(),
    "laporan-judul": frozenset({"mulai", "sampai"}),
    "laporan-questions": frozenset(),
    "laporan-answered": frozenset(),
    "laporan-clarified": frozenset(),
    "laporan-declined": frozenset(),
    "laporan-disliked": frozenset(),
    "laporan-sebelum": frozenset({"jumlah"}),
    "laporan-aturan": frozenset(),
    "laporan-kaki": frozenset(),
    "laporan-kosong": frozenset(),
    "laporan-cara": frozenset(),
    "laporan-senin": frozenset(),
    "laporan-senin-tidak-bisa": frozenset(),
    "laporan-berhenti": frozenset(),
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


class Teller:
    """The fixed sentences of a rulebook in one language."""

    def __init__(self, rulebook: Rulebook, language: Language) -> None:
        self._messages = rulebook.messages
        self.language: Language = language

    def __call__(self, key: str, **values: object) -> str:
        return say(self._messages, key, self.language, **values)


_MONTHS = "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember".split()


def long_day(day: date, language: Language = "id") -> str:
    """`21 November 2026`, as people write it."""
    return f"{day.day} {day:%B} {day.year}" if language == "en" else f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
