"""The rulebook as a model: what a rule, a version, a source may hold. The lines of its registers are in `registers`.

Field aliases are the Indonesian keys of the YAML; descriptions are the hover help in editors. Limits keep a card
readable in ten seconds on a phone. Knows nothing of files, search or Telegram.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from bot.core.registers import Election, Example, Message, Moment, OutsideKind, Person, Source, Stage, Term, Tier, Topic
from bot.core.vocabulary import Confidence, Day, Entry, Id, Line, LooseDay, Phrasing, Severity, SourceId, Text420, Verdict


def _repealed(value: object) -> object:
    return None if value == "dicabut" else value


class Citation(Entry):
    """One leg a version stands on: instrument, article, what it says."""

    source: SourceId = Field(alias="sumber", description="Nama sumber di folder sumber/.")
    article: str | None = Field(None, alias="pasal", max_length=120, description="Pasal, ayat, huruf, angka.")
    says: str | None = Field(None, alias="isi", max_length=120, description="Isi singkatnya, dengan kata sendiri.")


class Sanction(Entry):
    """What threatens, by stage; the sentences per status (PNS, CPNS, PPPK) come from sanksi.yaml."""

    before: Severity = Field(alias="sebelum_penetapan", description="Sebelum KPU menetapkan calon.")
    after: Severity = Field(alias="sesudah_penetapan", description="Sesudah KPU menetapkan calon.")
    criminal: str | None = Field(None, alias="pidana", max_length=220, description="Ancaman pidana dengan pasalnya.")
    note: str | None = Field(None, alias="catatan", max_length=160)


class Position(Entry):
    """Who says what, when, with which authority. Shown when authorities disagree."""

    who: str = Field(alias="siapa", max_length=100)
    when: LooseDay = Field(alias="kapan", description="Tahun, tahun-bulan, atau tahun-bulan-hari.")
    authority: Literal["nasional", "daerah", "pengadilan", "bukan-pejabat"] = Field(alias="wewenang")
    direction: Literal["membolehkan", "melarang", "menjelaskan"] = Field(alias="arah")
    says: str = Field(alias="kata", max_length=180)
    source: SourceId = Field(alias="sumber")


class ArticleSupport(Entry):
    """A news article that supports the rule, by paragraph (non-empty lines counted from 1)."""

    source: SourceId = Field(alias="sumber")
    paragraph: int = Field(alias="paragraf", ge=1, le=200)
    says: str = Field(alias="isi", max_length=120)


class Version(Entry):
    """The wording of a rule from one day on."""

    verdict: Verdict = Field(alias="putusan", description="boleh | boleh-bersyarat | hindari | dilarang | konsultasi | info")
    avoid_because: Literal["diperdebatkan", "kesimpulan"] | None = Field(
        None, alias="sebab_hindari", description="Wajib bila hindari: diperdebatkan antarlembaga, atau kesimpulan tanpa teks tegas."
    )
    answer: Text420 = Field(alias="jawab", description="Jawaban sepuluh detik; mulai dengan apa yang harus dilakukan.")
    allowed_if: Annotated[tuple[Line, ...], Field(max_length=3)] = Field((), alias="boleh_bila")
    forbidden_if: Annotated[tuple[Line, ...], Field(max_length=3)] = Field((), alias="tidak_boleh_bila")
    example: str | None = Field(None, alias="contoh", max_length=320, description="Satu contoh tanpa nama nyata.")
    basis: Annotated[tuple[Citation, ...], Field(min_length=1, max_length=5)] = Field(alias="dasar")
    sanction: Sanction | None = Field(None, alias="sanksi")
    positions: Annotated[tuple[Position, ...], Field(max_length=8)] = Field((), alias="pandangan")
    safe_course: str | None = Field(None, alias="jalan_aman", max_length=160, description="Langkah yang aman menurut semua pihak.")
    articles: tuple[ArticleSupport, ...] = Field((), alias="artikel")
    english: Text420 = Field(alias="inggris", description="Inti jawaban dalam bahasa Inggris.")
    confidence: Confidence = Field(alias="keyakinan")
    confidence_note: str | None = Field(None, alias="catatan_keyakinan", max_length=160)


class Branch(Entry):
    """A decisive fact that changes the verdict."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=16)]
    when: str = Field(alias="bila", max_length=90, description="Fakta penentunya.")
    button: str = Field(alias="tombol", max_length=30, description="Tulisan tombolnya.")
    verdict: Verdict = Field(alias="putusan")
    avoid_because: Literal["diperdebatkan", "kesimpulan"] | None = Field(None, alias="sebab_hindari")
    answer: str = Field(alias="jawab", max_length=260, description="Satu kalimat.")
    english: str = Field(alias="inggris", max_length=260)
    see: Id | None = Field(None, alias="lihat", description="Aturan lain yang menjawab lengkap.")
    sanction: Sanction | None = Field(None, alias="sanksi", description="Hanya bila berbeda dari sanksi aturannya.")
    phrasings: Annotated[tuple[Phrasing, ...], Field(min_length=1)] = Field(alias="frasa")


class Rule(Entry):
    """One situation people ask about: how they ask, what holds from which day, what changes the verdict."""

    id: Id
    aliases: tuple[Id, ...] = Field((), alias="alias", description="Nama lama yang masih dikenali.")
    title: str = Field(alias="judul", max_length=80, description="Pokok soal tanpa putusan.")
    title_english: str = Field(alias="judul_inggris", max_length=90)
    phrasings: Annotated[tuple[Phrasing, ...], Field(min_length=1)] = Field(alias="frasa", description="Cara orang menanyakannya.")
    phrasings_english: tuple[Phrasing, ...] = Field((), alias="frasa_inggris")
    keywords: tuple[str, ...] = Field((), alias="kata_kunci")
    covers: Annotated[tuple[str, ...], Field(min_length=1)] = Field(alias="untuk", description="Siapa yang terikat: pns, cpns, pppk, …")
    versions: Annotated[dict[Day, Annotated[Version | None, BeforeValidator(_repealed)]], Field(min_length=1)] = Field(
        alias="versi", description="Isi menurut tanggal mulai berlaku; `dicabut` mengakhirinya."
    )
    branches: tuple[Branch, ...] = Field((), alias="cabang")
    related: Annotated[tuple[Id, ...], Field(max_length=6)] = Field((), alias="terkait")
    reviewed: Day = Field(alias="ditinjau")
    review_due: Day = Field(alias="tinjau_lagi")
    reviewer: str = Field(alias="peninjau", max_length=120)
    topic: Id = Field("", alias="topik", description="Diisi sendiri dari kepala berkas.")

    def start_on(self, day: date) -> date | None:
        """The start date of the version in force on a day; None before the first."""
        return max((start for start in self.versions if start <= day), default=None)

    def version_on(self, day: date) -> Version | None:
        """The wording in force on a day; None before the first date and after a repeal."""
        start = self.start_on(day)
        return self.versions[start] if start else None

    def branch(self, branch_id: str) -> Branch | None:
        """The branch of that id, if there is one."""
        return next((branch for branch in self.branches if branch.id == branch_id), None)


class RuleFile(Entry):
    """aturan/*.yaml"""

    topic: Id = Field(alias="topik")
    rules: tuple[Rule, ...] = Field(alias="aturan")


class SourceFile(Entry):
    """sumber/*.yaml"""

    sources: tuple[Source, ...] = Field(alias="sumber")


class TopicFile(Entry):
    """topik.yaml"""

    topics: tuple[Topic, ...] = Field(alias="topik")


class SanctionFile(Entry):
    """sanksi.yaml"""

    tiers: dict[Severity, Tier] = Field(alias="tingkat")


class GlossaryFile(Entry):
    """glosarium.yaml"""

    terms: tuple[Term, ...] = Field(alias="istilah")
    plain_words: tuple[str, ...] = Field(alias="kata_umum", description="Kata yang tidak menentukan pokok soal.")
    question_words: tuple[str, ...] = Field(alias="kata_tanya", description="Kata yang menanyakan izin atau akibat, bukan pokok soal.")
    political_words: tuple[str, ...] = Field(alias="kata_politik", description="Kata yang menandai bahwa pertanyaan menyangkut pemilihan.")


class CalendarFile(Entry):
    """kalender.yaml"""

    elections: tuple[Election, ...] = Field(alias="pemilihan")


class SelfCheckFile(Entry):
    """cek.yaml"""

    people: tuple[Person, ...] = Field(alias="siapa")
    moments: tuple[Moment, ...] = Field(alias="masa")


class MessageFile(Entry):
    """pesan.yaml"""

    messages: dict[str, Message] = Field(alias="pesan")


class OutsideFile(Entry):
    """di-luar.yaml"""

    kinds: tuple[OutsideKind, ...] = Field(alias="jenis")


class ExampleFile(Entry):
    """uji/*.yaml"""

    examples: tuple[Example, ...] = Field(alias="uji")


@dataclass(frozen=True, slots=True)
class Notice:
    """The notice board: what an office says above every card, and what it has switched off for now."""

    banner: str = ""
    banner_english: str = ""
    paused: frozenset[str] = frozenset()
    closed: bool = False

    def pauses(self, rule_id: str) -> bool:
        """True when this rule must not be answered at present."""
        return self.closed or rule_id in self.paused


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Everything the bot knows, checked. `version` is a short hash of the documents it was made from."""

    rules: Mapping[str, Rule]
    sources: Mapping[str, Source]
    topics: Mapping[str, Topic]
    tiers: Mapping[Severity, Tier]
    glossary: GlossaryFile
    elections: tuple[Election, ...]
    messages: Mapping[str, Message]
    outside: Mapping[str, OutsideKind]
    people: Mapping[str, Person]
    moments: Mapping[str, Moment]
    version: str
    notice: Notice = Notice()

    def resolve(self, rule_id: str) -> Rule | None:
        """The rule of that id or of that alias."""
        return self.rules.get(rule_id) or next((rule for rule in self.rules.values() if rule_id in rule.aliases), None)

    def in_topic(self, topic_id: str) -> list[Rule]:
        """The rules of a topic, in the order of the files."""
        return [rule for rule in self.rules.values() if rule.topic == topic_id]

    def stages_on(self, day: date) -> list[tuple[Election, Stage]]:
        """The election stages a day lies in; empty outside all of them."""
        return [(e, s) for e in self.elections for s in e.stages if s.first <= day <= s.last]
