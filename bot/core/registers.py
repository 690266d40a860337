"""What stands beside the rules: sources, topics, sanction tiers, terms, stages, fixed sentences, examples. One class a line of a register."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from bot.core.vocabulary import Confidence, Day, Entry, Id, LooseDay, SourceId, SourceStatus, Verdict

StageKind = Literal["pra-penetapan", "pasca-penetapan", "kampanye", "masa-tenang", "pemungutan", "pasca"]


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
