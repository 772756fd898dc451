"""What an entry of a history from elsewhere must be, checked before anything of it is written.

Reading is lenient, so that one damaged row hides nothing else; taking in is not: what could
not be read afterwards, or not be exported again, is refused with its place.
"""

from __future__ import annotations

import base64
import io
import json
import math
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from PIL import Image
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from formcheck.engine.plain_text import plain_text
from formcheck.history.rows import moment
from formcheck.training.programmes.programme import Programme

#: A still is as large as the film it was taken from.
_MOST_PIXELS: Final = 50_000_000
_MOST_PICTURES: Final = 200
#: Of a rep that is kept: more would be no movement but a film.
_MOST_MOMENTS: Final = 1000


def strict_json(text: str) -> Any:
    """The data of a JSON text, finite numbers only. Raises ValueError or RecursionError."""
    return json.loads(text, parse_constant=_finite, parse_float=_finite)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is no number")
    return number


def checked(entry: Any) -> dict[str, Any]:
    """The entry, its texts plain. Raises ValueError with what is wrong where."""
    kind = entry.get("kind") if isinstance(entry, Mapping) else None
    if not isinstance(kind, str) or kind not in _KINDS:
        raise ValueError("it is of no known kind")
    try:
        _KINDS[kind].model_validate(entry)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise ValueError(f"{place}: {first['msg'].removeprefix('Value error, ')}") from None
    return {key: _plain(value) for key, value in entry.items()}


def _plain(value: Any) -> Any:
    """The value without what a terminal would obey, in whatever text of it."""
    if isinstance(value, str):
        return plain_text(value)
    if isinstance(value, Mapping):
        return {_plain(key): _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


def _moment(text: str) -> str:
    moment(text)
    return text


def _jpeg(text: str) -> str:
    try:
        with Image.open(io.BytesIO(base64.b64decode(text, validate=True)), "r", ["JPEG"]) as shown:
            if shown.width * shown.height <= _MOST_PIXELS:
                return text
    except (OSError, ValueError, Image.DecompressionBombError):
        pass
    raise ValueError("this is no picture")


class _Entry(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", allow_inf_nan=False)


_Id = Annotated[str, Field(pattern=r"^[0-9A-Za-z]{32}$")]
_Moment = Annotated[str, AfterValidator(_moment)]
_Word = Annotated[str, Field(max_length=200)]
_Text = Annotated[str, Field(max_length=20_000)]
_Count = Annotated[int, Field(ge=0, le=100_000)]
_Seconds = Annotated[float, Field(ge=0, le=1e7)]
_Number = Annotated[float, Field(ge=-1e9, le=1e9)]
_Ten = Annotated[int, Field(ge=0, le=10)]
_Jpeg = Annotated[str, AfterValidator(_jpeg)]


class _Programme(_Entry):
    data: Annotated[dict[str, Any], AfterValidator(Programme.from_dict)]


class _Profile(_Entry):
    id: _Id
    name: _Word
    created: _Moment


class _Enrolment(_Entry):
    id: _Id
    profile: _Id
    programme: dict[str, Any] | None
    phase: _Count
    begun: _Moment
    phase_since: _Moment
    ended: _Moment | None


class _Circuit(_Entry):
    id: _Id
    profile: _Id
    enrolment: _Id
    phase: _Count
    begun: _Moment
    skipped: list[_Count] | None
    ended: _Moment | None
    end_reason: _Word
    effort: _Ten | None


class _Prescription(_Entry):
    reps: _Count | None = None
    concentric_s: _Seconds | None = None
    hold_s: _Seconds | None = None
    eccentric_s: _Seconds | None = None
    letters: _Count | None = None


class _KeptRep(_Entry):
    rep: _Count
    frame_size: Annotated[list[_Count], Field(min_length=2, max_length=2)]
    time_s: Annotated[list[_Number], Field(max_length=_MOST_MOMENTS)]
    points_px: Annotated[
        list[Annotated[list[_Number | None], Field(min_length=66, max_length=66)]],
        Field(max_length=_MOST_MOMENTS),
    ]


class _Trace(_Entry):
    title: _Word
    unit: _Word
    time_s: list[_Number]
    value: list[_Number | None]
    holds: list[Annotated[list[_Number], Field(min_length=2, max_length=2)]] = []
    best: Annotated[list[_KeptRep], Field(max_length=2)] = []


class _Set(_Entry):
    id: _Id
    profile: _Id
    exercise: _Word
    when: _Moment
    source: Literal["live", "video"]
    prescription: _Prescription
    both_sides: bool
    circuit: _Id | None
    position: _Count | None
    # What is in them is asked by who reads reports.
    attempts: list[dict[str, Any]]
    report: dict[str, Any] | None
    trace: _Trace | None
    pictures: Annotated[dict[_Word, _Jpeg], Field(max_length=_MOST_PICTURES)]
    ended: _Moment | None
    end_reason: _Word
    duration_s: _Seconds
    pain: bool | None
    pain_level: _Ten | None
    note: _Text
    clock_doubt: bool
    formcheck: _Word = ""


_KINDS: Final[dict[str, type[_Entry]]] = {
    "programme": _Programme,
    "profile": _Profile,
    "enrolment": _Enrolment,
    "circuit": _Circuit,
    "set": _Set,
}
