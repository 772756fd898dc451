"""What could not be written to the history yet: files that wait in a folder beside it.

A file for each set and each circuit, named by its id. They are imported at the next
opening of the history; importing one twice is importing it once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from formcheck.capture.files import regular, replacing
from formcheck.history.database import data_folder
from formcheck.history.entry_checks import strict_json
from formcheck.history.errors import HistoryError
from formcheck.history.facade import History
from formcheck.history.kept_set import KeptSet
from formcheck.history.rows import DAMAGE
from formcheck.language import N_
from formcheck.training.records import FIRST_NAME, Enrolment

SCHEMA: Final = "formcheck.unsaved/1"


@dataclass(slots=True)
class KeptCircuit:
    """What is to be noted of a circuit: positions skipped, and how and when it ended.

    of, begun: the round of whom it is, and when it began, where it may not be in the history
    yet: (profile id, enrolment id, phase).
    """

    id: str
    of: tuple[str, str, int] | None = None
    begun: datetime | None = None
    skipped: list[int] = field(default_factory=list)
    end_reason: str | None = None
    ended: datetime | None = None

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON types."""
        return {
            "id": self.id,
            "of": self.of and list(self.of),
            "begun": self.begun and self.begun.isoformat(timespec="milliseconds"),
            "skipped": self.skipped,
            "end_reason": self.end_reason,
            "ended": self.ended and self.ended.isoformat(timespec="milliseconds"),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> KeptCircuit:
        """Back from to_dict; raises ValueError, KeyError or TypeError."""
        begun, ended = (
            None if data[name] is None else datetime.fromisoformat(data[name])
            for name in ("begun", "ended")
        )
        of = None
        if data["of"] is not None:
            profile_id, enrolment_id, phase = data["of"]
            of = (str(profile_id), str(enrolment_id), int(phase))
        skipped = [int(position) for position in data["skipped"]]
        return cls(data["id"], of, begun, skipped, data["end_reason"], ended)


def unsaved_folder() -> Path:
    """Where they wait."""
    return data_folder() / "unsaved"


def spool(kept: KeptSet | KeptCircuit, folder: Path) -> Path:
    """Write the file of a set or circuit, all of it or nothing; raises OSError."""
    kind = "set" if isinstance(kept, KeptSet) else "circuit"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{kept.id}.json"
    data = {"schema": SCHEMA, kind: kept.to_dict()}
    with replacing(file, mode=0o600, sync=True) as made:
        made.write_text(json.dumps(data, allow_nan=False), encoding="utf-8")
    return file


def import_unsaved(history: History, folder: Path | None = None) -> tuple[str, ...]:
    """Write what waits in the folder to the history, and remove its files.

    folder: None = unsaved_folder(). Returns a sentence for each file that cannot be taken
    in; it is left where it is. Raises HistoryError when the history cannot be written now.
    """
    problems = []
    for file in _files(unsaved_folder() if folder is None else folder):
        try:
            kept = _read(file)
            if kept is None:
                continue
            if isinstance(kept, KeptSet) and not kept.start.profile_id:
                # Nobody could be looked up when it was done: the first person did it.
                people = history.profiles() or (history.add_profile(FIRST_NAME),)
                kept.start = replace(kept.start, profile_id=people[0].id)
            write(history, kept, late=True)
            file.unlink(missing_ok=True)
        except HistoryError as error:
            if error.passing:
                raise
            problems.append(
                N_("{file} could not be taken into the history and was left: {why}").format(
                    file=file, why=error
                )
            )
        except OSError as error:
            problems.append(
                N_("{file} cannot be read or removed: {why}.").format(
                    file=file, why=error.strerror or error
                )
            )
        except DAMAGE as error:
            problems.append(
                f"{file} was kept for the history but is damaged ({_short(error)}); "
                "it was left where it is."
            )
    return tuple(problems)


def forget_unsaved(profile_id: str | None = None) -> None:
    """Remove, for good, what waits of a person's sets, or everything. Raises HistoryError."""
    for file in _files(unsaved_folder()):
        try:
            if profile_id is not None and not _is_of(file, profile_id):
                continue
            file.unlink(missing_ok=True)
        except OSError as error:
            raise HistoryError(
                N_("{file} cannot be deleted: {why}. Delete it by hand.").format(
                    file=file, why=error.strerror or error
                )
            ) from None


def write(
    history: History, kept: KeptSet | KeptCircuit, *, begun: bool = False, late: bool = False
) -> None:
    """Bring the history up to what is kept; twice is once. Raises HistoryError.

    begun: the set is known to be there. late: as of History.begin_set.
    """
    if isinstance(kept, KeptCircuit):
        _write_circuit(history, kept)
        return
    if not begun and not history.has_set(kept.id):
        if kept.empty:
            return  # an answer about a set that was deleted meanwhile
        history.begin_set(
            replace(kept.start, circuit_id=_known_circuit(history, kept.start.circuit_id)),
            late=late,
            # In one go: a set without an attempt is never there, not even for a moment.
            first=None if kept.finished else kept.attempts[0],
        )
    if kept.finished is not None:
        history.finish_set(
            kept.id,
            kept.finished,
            end_reason=kept.end_reason,
            duration_s=kept.duration_s,
            when=kept.ended,
        )
    for rep in kept.attempts if kept.finished is None else ():
        history.add_rep(kept.id, rep, when=kept.start.when if late else None)
    if kept.pain is not None:
        history.answer_pain(kept.id, kept.pain, kept.pain_level)
    if kept.note:
        history.note(kept.id, kept.note)


def _known_circuit(history: History, circuit_id: str | None) -> str | None:
    """The circuit, unless it was deleted meanwhile: the set is kept all the same."""
    return circuit_id if circuit_id and history.circuit(circuit_id) else None


def _write_circuit(history: History, kept: KeptCircuit) -> None:
    if kept.of is not None and kept.begun is not None:
        profile_id, enrolment_id, phase = kept.of
        history.begin_circuit(
            Enrolment(enrolment_id, profile_id, {}, phase, kept.begun, kept.begun),
            when=kept.begun,
            circuit_id=kept.id,
        )
    elif _known_circuit(history, kept.id) is None:
        return  # it was deleted meanwhile
    for position in kept.skipped:
        history.skip(kept.id, position)
    if kept.end_reason is not None:
        history.end_circuit(kept.id, kept.end_reason, when=kept.ended)


def _files(folder: Path) -> Iterator[Path]:
    # The oldest first: sets are numbered in the order in which they come.
    try:
        found = [(f.stat().st_mtime_ns, f) for f in folder.glob("*.json")]
    except OSError:
        return
    yield from (file for _, file in sorted(found))


def _read(file: Path) -> KeptSet | KeptCircuit | None:
    """What the file keeps; None when another window has just taken it in."""
    try:
        regular(file)
        data = strict_json(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        raise ValueError(f"it is not of the form {SCHEMA}")
    if "set" in data:
        return KeptSet.from_dict(data["set"])
    return KeptCircuit.from_dict(data["circuit"])


def _is_of(file: Path, profile_id: str) -> bool:
    try:
        kept = _read(file)
    except DAMAGE:
        return False
    return isinstance(kept, KeptSet) and kept.start.profile_id == profile_id


def _short(error: Exception) -> str:
    return (str(error) or type(error).__name__).rstrip(".")
