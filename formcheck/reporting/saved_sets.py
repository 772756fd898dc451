"""Finished sets on disk: a folder for each, with its report and its pictures.

    <folder>/2026-11-22_184512_squat/
        report.json   the report (formcheck/report.schema.json)
        set.json      when it was done and what was asked for
        trace.json    the counted signal over time, where it was kept
        pictures/*.jpg

A set is written under another name first and takes its own when it is complete: half a
set is never seen.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from formcheck.coached_set import FinishedSet as SavedSet
from formcheck.exercise import Prescription
from formcheck.history.database import DATA_ENV, data_folder
from formcheck.report import SetReport
from formcheck.reporting.report_reader import read_report
from formcheck.reporting.trace import Trace

__all__ = ["DATA_ENV", "SavedSet", "SavedSetError", "SavedSets", "SetOnDisk", "data_folder"]

_NAME: Final = re.compile(r"\d{4}-\d\d-\d\d_\d{6}_[a-z][a-z0-9_]*(?:-\d+)?")
_PICTURE: Final = re.compile(r"[a-z0-9_]{1,80}")
_UNFINISHED: Final = ".unfinished-"


class SavedSetError(Exception):
    """A set cannot be saved, read or deleted; the text says which and why."""


@dataclass(frozen=True, slots=True)
class SetOnDisk:
    """What the list of saved sets tells; problem: why it cannot be read, or ""."""

    id: str
    when: datetime
    exercise: str
    reps: int = 0
    partials: int = 0
    problem: str = ""


class SavedSets:
    """The finished sets in a folder (data_folder()/sets when none is given)."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = data_folder() / "sets" if folder is None else folder

    def save(
        self,
        report: SetReport,
        *,
        when: datetime,
        pictures: Mapping[str, bytes] | None = None,
        prescription: Prescription | None = None,
        trace: Trace | None = None,
    ) -> str:
        """Write a finished set; returns its id, under which load() finds it.

        when: the local time at which it was done. pictures: JPEG by stills.picture_id.
        """
        name = f"{when:%Y-%m-%d_%H%M%S}_{report.exercise}"
        asked = asdict(prescription or Prescription())
        about = {"when": when.isoformat(timespec="seconds"), "prescription": asked}
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            unfinished = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=self.folder))
            try:
                (unfinished / "report.json").write_text(report.to_json(), encoding="utf-8")
                (unfinished / "set.json").write_text(_json(about), encoding="utf-8")
                if trace is not None:
                    text = _json(trace.to_dict())
                    (unfinished / "trace.json").write_text(text, encoding="utf-8")
                (unfinished / "pictures").mkdir()
                for key, jpeg in (pictures or {}).items():
                    if not _PICTURE.fullmatch(key):
                        raise ValueError(f"{key!r} cannot name a picture")
                    (unfinished / "pictures" / f"{key}.jpg").write_bytes(jpeg)
                return _place(unfinished, self.folder, name)
            except BaseException:
                shutil.rmtree(unfinished, ignore_errors=True)
                raise
        except OSError as error:
            raise SavedSetError(
                f"The set could not be saved in {self.folder}: {error.strerror or error}. "
                f"Make room there, or name another folder with {DATA_ENV}."
            ) from None

    def list(self) -> tuple[SetOnDisk, ...]:
        """All sets, the newest first; one that cannot be read is named with its problem."""
        try:
            names = sorted((f.name for f in self.folder.iterdir() if f.is_dir()), reverse=True)
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise SavedSetError(
                f"The sets in {self.folder} cannot be listed: {error.strerror or error}."
            ) from None
        return tuple(self._about(name) for name in names if _NAME.fullmatch(name))

    def load(self, set_id: str) -> SavedSet:
        """Read a set; raises SavedSetError when there is none or it is damaged."""
        folder = self._folder_of(set_id)
        try:
            report = _read_report(folder)
            about = json.loads((folder / "set.json").read_text(encoding="utf-8"))
            kept = folder / "trace.json"
            trace = None
            if kept.exists():
                trace = Trace.from_dict(json.loads(kept.read_text(encoding="utf-8")))
            return SavedSet(
                id=set_id,
                when=datetime.fromisoformat(about["when"]),
                report=report,
                prescription=Prescription(**about["prescription"]),
                pictures={f.stem: f.read_bytes() for f in sorted(folder.glob("pictures/*.jpg"))},
                trace=trace,
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SavedSetError(f"The set {set_id} cannot be read: {_why(error)}.") from None

    def delete(self, set_id: str) -> None:
        """Remove a set for good; raises SavedSetError when there is none or it cannot be."""
        folder = self._folder_of(set_id)
        try:
            # Out of sight in one step: a set half deleted is not listed.
            gone = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=self.folder)) / set_id
            folder.rename(gone)
            shutil.rmtree(gone.parent)
        except OSError as error:
            raise SavedSetError(
                f"The set {set_id} cannot be deleted: {error.strerror or error}."
            ) from None

    def _folder_of(self, set_id: str) -> Path:
        # The id comes from a page's address: it must not lead out of the folder.
        folder = self.folder / set_id
        if not _NAME.fullmatch(set_id) or not folder.is_dir():
            raise SavedSetError(f"There is no saved set {set_id!r}.")
        return folder

    def _about(self, name: str) -> SetOnDisk:
        day, clock, exercise = name.split("_", 2)
        exercise = exercise.split("-")[0]
        try:
            when = datetime.strptime(f"{day} {clock}", "%Y-%m-%d %H%M%S")
        except ValueError:
            when = datetime.min
        try:
            report = _read_report(self.folder / name)
        except (OSError, ValueError) as error:
            return SetOnDisk(name, when, exercise, problem=f"It cannot be read: {_why(error)}.")
        return SetOnDisk(name, when, report.exercise, report.summary.reps, report.summary.partials)


def _place(unfinished: Path, folder: Path, name: str) -> str:
    """Give the complete set its name, or the next one when it is taken; returns it."""
    for number in range(1, 1000):
        free = name if number == 1 else f"{name}-{number}"
        if not (folder / free).exists():
            unfinished.rename(folder / free)
            return free
    raise OSError("there are too many sets of this second")


def _read_report(folder: Path) -> SetReport:
    return read_report(json.loads((folder / "report.json").read_text(encoding="utf-8")))


def _json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, allow_nan=False) + "\n"


def _why(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error)
    return text.rstrip(".")
