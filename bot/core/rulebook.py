"""The rulebook as a model: what a rule, a version, a source may hold. The one place where fields are named.

Field aliases are the Indonesian keys of the YAML; descriptions are the hover help in editors. Limits keep a card
readable in ten seconds on a phone. Knows nothing of files, search or Telegram.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints


class Verdict(StrEnum):
    """The word a card opens with, from most permissive to least; `konsultasi` and `info` allow nothing by themselves."""

    ALLOWED = "boleh"
    CONDITIONAL = "boleh-bersyarat"
    INFO = "info"
    CONSULT = "konsultasi"
    AVOID = "hindari"
    FORBIDDEN = "dilarang"

    @property
    def permits(self) -> bool:
        """True for the two verdicts on which a reader may act."""
        return self in (Verdict.ALLOWED, Verdict.CONDITIONAL)


class Severity(StrEnum):
    """Sanction tiers; their sentences stand in sanksi.yaml."""

    NONE = "tidak-ada"
    MORAL = "moral"
    MEDIUM = "sedang"
    MEDIUM_TO_SEVERE = "sedang-berat"
    SEVERE = "berat"
    DISHONOURABLE = "ptdh"


class Confidence(StrEnum):
    """How sure the compilers are of a text; anything below `tinggi` is said on the card."""

    HIGH = "tinggi"
    MEDIUM = "sedang"
    LOW = "rendah"


class SourceStatus(StrEnum):
    """`terbatas`: written for one past election, still the latest word; `dicabut`: must not carry a rule."""

    IN_FORCE = "berlaku"
    LIMITED = "terbatas"
    REPEALED = "dicabut"


def _day(value: object) -> object:
    if isinstance(value, str) and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        raise ValueError("tanggal ditulis tahun-bulan-hari, misalnya 2027-02-14")
    return value


def _repealed(value: object) -> object:
    return None if value == "dicabut" else value


Day = Annotated[date, BeforeValidator(_day)]
Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=36)]
SourceId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=60)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=120)]
Phrasing = Annotated[str, StringConstraints(min_length=3, max_length=300)]
LooseDay = Annotated[str, StringConstraints(pattern=r"^\d{4}(-\d{2}(-\d{2})?)?$")]
Text420 = Annotated[str, StringConstraints(min_length=1, max_length=420)]


class Entry(BaseModel):
    """Base of everything written in YAML: unknown keys are mistakes, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_by_name=True, validate_by_alias=True)


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


class Source(Entry):
    """One row of the register: a law, a circular, a statement, a news article."""

    id: SourceId
    kind: str = Field(alias="jenis", max_length=40)
    number: str = Field(alias="nomor", max_length=160, description="Nomor lengkap.")
    short: str | None = Field(None, alias="pendek", max_length=30, description="Nama di kartu, bila nomornya terlalu panjang.")
    title: str = Field(alias="judul", max_length=200)
    dated: LooseDay = Field(alias="tanggal")
    issuer: str = Field(alias="penerbit", max_length=100)
    status: SourceStatus
    replaced_by: SourceId | None = Field(None, alias="digantikan_oleh")
    confidence: Confidence = Field(alias="keyakinan")
    as_of: Day = Field(alias="data_per", description="Sampai kapan keadaannya diperiksa.")
    link: Annotated[str, StringConstraints(pattern=r"^https?://\S+$")] | None = Field(None, alias="tautan")
    note: str | None = Field(None, alias="catatan", max_length=300)


class Topic(Entry):
    """A group of rules in the menu."""

    id: Id
    name: str = Field(alias="nama", max_length=40)
    name_english: str = Field(alias="nama_inggris", max_length=40)
    about: str = Field(alias="keterangan", max_length=160)
    category: str | None = Field(None, alias="skb", max_length=200, description="Kategori Lampiran II SKB 2022, untuk tinjauan.")


class Tier(Entry):
    """The sentences of one sanction tier, by status."""

    name: str = Field(alias="nama", max_length=60)
    civil_servant: str = Field(alias="pns", max_length=300)
    candidate: str = Field(alias="cpns", max_length=300)
    contract: str = Field(alias="pppk", max_length=300)
    english: str = Field(alias="inggris", max_length=300)


class Term(Entry):
    """One line of the glossary: words people use, and the word the rulebook uses for them."""

    word: str = Field(alias="kata", max_length=60, description="Kata baku yang dipakai aturan.")
    forms: Annotated[tuple[str, ...], Field(min_length=1)] = Field(alias="bentuk", description="Singkatan, bahasa gaul, daerah, atau Inggris.")
    kind: Literal["singkatan", "gaul", "daerah", "inggris", "sinonim", "salah-ketik"] = Field(alias="jenis")


StageKind = Literal["pra-penetapan", "pasca-penetapan", "kampanye", "masa-tenang", "pemungutan", "pasca"]


class Stage(Entry):
    """A span of days in an election."""

    name: str = Field(alias="nama", max_length=80)
    kind: StageKind = Field(alias="jenis")
    first: Day = Field(alias="mulai")
    last: Day = Field(alias="sampai")


class Election(Entry):
    """An election and its stages."""

    id: Id
    name: str = Field(alias="nama", max_length=80)
    stages: Annotated[tuple[Stage, ...], Field(min_length=1)] = Field(alias="tahap")
    note: str | None = Field(None, alias="catatan", max_length=300)


class Person(Entry):
    """Who somebody is, as the first step of the self-check asks."""

    id: Id
    name: str = Field(alias="nama", max_length=50)
    name_english: str = Field(alias="nama_inggris", max_length=50)
    covers: Annotated[tuple[str, ...], Field(min_length=1)] = Field(alias="untuk", description="Aturan untuk siapa saja yang ditawarkan.")
    tier: Literal["pns", "cpns", "pppk"] | None = Field(None, alias="tingkat", description="Kalimat sanksi siapa; kosong bila bukan ASN.")


class Moment(Entry):
    """When something happens, as the second step of the self-check asks."""

    id: Id
    name: str = Field(alias="nama", max_length=50)
    name_english: str = Field(alias="nama_inggris", max_length=50)
    penalty: Literal["sebelum", "sesudah"] = Field(alias="sanksi", description="Sanksi sebelum atau sesudah KPU menetapkan calon.")
    kinds: tuple[StageKind, ...] = Field((), alias="jenis", description="Jenis tahap di kalender yang berarti masa ini.")
    rule: Id | None = Field(None, alias="aturan", description="Aturan tentang masa itu sendiri.")


class Message(Entry):
    """A fixed sentence of the bot, and where it shows."""

    shows: str = Field(alias="tampil", max_length=120)
    indonesian: str = Field(alias="id", min_length=1, max_length=3000)
    english: str = Field(alias="en", min_length=1, max_length=3000)


class Example(Entry):
    """A question and what must come of it; never put into the index."""

    question: str = Field(alias="tanya", min_length=1, max_length=1500)
    rules: tuple[Id, ...] = Field((), alias="aturan", description="Aturan yang benar; lebih dari satu bila semuanya tepat.")
    branch: str | None = Field(None, alias="cabang")
    verdict: Verdict | None = Field(None, alias="putusan")
    kind: str | None = Field(None, alias="di_luar", description="Jenis di luar cakupan, bila bukan soal netralitas.")
    register_: str | None = Field(None, alias="ragam", description="baku | santai | salah-ketik | cerita | inggris | daerah")
    pair: str | None = Field(None, alias="pasangan", description="Nama pasangan nyaris sama.")


class OutsideKind(Entry):
    """Something people write that is not a question this rulebook answers, and what the bot says instead."""

    id: Id
    name: str = Field(alias="nama", max_length=60)
    reply: str = Field(alias="jawab", max_length=700)
    reply_english: str = Field(alias="jawab_inggris", max_length=700)
    phrasings: tuple[Annotated[str, StringConstraints(min_length=1, max_length=240)], ...] = Field(
        (), alias="frasa", description="Kosong untuk jenis yang dikenali dari bentuknya (terlalu pendek, acak, …)."
    )


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
