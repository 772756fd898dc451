"""Programmes: which exercises, how many, how slowly, and when to go on."""

from formcheck.training.programmes.plan import (
    PlannedSet,
    circuit_s,
    dose,
    dose_words,
    from_to,
    plan_circuit,
    still_to_do,
)
from formcheck.training.programmes.programme import PAIN, Item, Phase, Programme
from formcheck.training.programmes.reading import (
    ProgrammeError,
    check_programme,
    read_own,
    read_programme,
    read_programme_file,
    write_programme,
)
from formcheck.training.programmes.sending import link, unpacked
from formcheck.training.programmes.shipped import PROGRAMMES

__all__ = [
    "PAIN",
    "PROGRAMMES",
    "Item",
    "Phase",
    "PlannedSet",
    "Programme",
    "ProgrammeError",
    "check_programme",
    "circuit_s",
    "dose",
    "dose_words",
    "from_to",
    "link",
    "plan_circuit",
    "read_own",
    "read_programme",
    "read_programme_file",
    "still_to_do",
    "unpacked",
    "write_programme",
]
