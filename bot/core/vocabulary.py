"""The words of the rulebook's fields: verdicts, tiers, states, and what a day, an id or a line may look like."""

import re
from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints


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
