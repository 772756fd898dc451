"""What a programme is: phases of exercises with their doses, as data."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    ValidationInfo,
    field_validator,
    model_validator,
)

from formcheck.engine.exercise import Prescription
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.plain_text import plain_text
from formcheck.language import N_, _, listed

#: How many letters there are, and the usual seconds for each.
ALPHABET: Final = 26
LETTER_S: Final = 2.5
#: What to do when it hurts: [S1]'s rule, in our words.
PAIN: Final = N_(
    "These exercises should be free of pain. Stop when one hurts; a physiotherapist can check "
    "how you do it, or give you an easier form of it."
)

# Strict: a bool or a text is not taken for a number.
_Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Seconds = Annotated[_Number, Field(gt=0, le=600)]
Rest = Annotated[_Number, Field(ge=0, le=600)]
Rounds = Annotated[StrictInt, Field(ge=1, le=20)]
Name = Annotated[str, Field(min_length=1, max_length=120), AfterValidator(plain_text)]
Text = Annotated[str, Field(max_length=2000), AfterValidator(plain_text)]


def suggestion(word: str, known: Iterable[str]) -> str:
    """The text "; did you mean 'clamshell'?" where a known word is near, else ""."""
    near = difflib.get_close_matches(word.lower(), list(known), n=1)
    return _("; did you mean {name!r}?").format(name=near[0]) if near else ""


class _Data(BaseModel):
    """Read-only data, checked when it is made.

    `ours` names the fields that formcheck filled in because the source says nothing. It may
    be given as a mapping: then its values are those of the fields. That is how the file of a
    programme keeps the source's numbers and formcheck's apart.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    @model_validator(mode="before")
    @classmethod
    def _gathered(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        ours = data.get("ours")
        if isinstance(ours, Mapping):
            for name in ours:
                if name in data:
                    words = _("{name!r} is given twice: under 'ours' and beside it")
                    raise ValueError(words.format(name=name))
            # Of a name that is unknown it is enough to hear so once.
            data = {**data, **ours, "ours": [name for name in ours if name in cls.model_fields]}
        return cls._completed(data)

    @classmethod
    def _completed(cls, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """The data with what follows from the rest of it."""
        return data

    @field_validator("ours", check_fields=False)
    @classmethod
    def _of_fields(cls, names: frozenset[str]) -> frozenset[str]:
        for name in sorted(names):
            # Without an exercise, items or a name there is nothing that could be filled in.
            if name not in cls.model_fields or name in ("ours", "exercise", "items", "name"):
                raise ValueError(_("{name!r} cannot be under 'ours'").format(name=name))
        return names

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON types, without what was left out when it was made."""
        data: dict[str, Any] = _ordered(self.model_dump(mode="json", exclude_unset=True))
        return data


def _ordered(data: Any) -> Any:
    """With every set of names in order: the same programme gives the same text."""
    if isinstance(data, dict):
        return {k: sorted(v) if k == "ours" else _ordered(v) for k, v in data.items()}
    return [_ordered(one) for one in data] if isinstance(data, list) else data


def _lettered() -> tuple[str, ...]:
    """The exercises whose dose is letters."""
    return tuple(exercise.id for exercise in EXERCISES.values() if exercise.lettered)


class Item(_Data):
    """One exercise of a phase and how much of it.

    reps: of each side where per_side; steps to each side in a band walk. per_side: left out,
    it is so where one leg works at a time; False there = one leg only. Times in seconds;
    None or 0 = as one likes. letters, letter_s: how many letters of the alphabet are drawn
    on each leg and how long each takes: the dose of single-leg ABCs, which have no reps.
    how: how it is done here, where there is more than one way. ours: names of the fields
    that formcheck filled in; the others are the source's.
    """

    exercise: str
    reps: Annotated[StrictInt, Field(ge=1, le=100)] = 10
    per_side: StrictBool = False
    sets: Annotated[StrictInt, Field(ge=1, le=10)] = 1
    concentric_s: Seconds | None = None
    hold_s: Seconds | None = None
    eccentric_s: Seconds | None = None
    letters: Annotated[StrictInt, Field(ge=1, le=ALPHABET)] | None = None
    letter_s: Annotated[_Number, Field(ge=1, le=20)] | None = None
    how: Annotated[str, Field(max_length=300), AfterValidator(plain_text)] = ""
    ours: frozenset[str] = frozenset()

    @classmethod
    def _completed(cls, data: Mapping[str, Any]) -> Mapping[str, Any]:
        name = data.get("exercise")
        exercise = EXERCISES.get(name) if isinstance(name, str) else None
        if exercise is None:
            return data
        follows: dict[str, Any] = {"per_side": True} if exercise.unilateral else {}
        if exercise.lettered and data.get("letters") is None:
            follows["letters"] = ALPHABET
            data = {key: value for key, value in data.items() if key != "letters"}
        return {**follows, **data}

    @field_validator("exercise")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in EXERCISES:
            words = _("there is no exercise {name!r}").format(name=name)
            raise ValueError(words + suggestion(name, EXERCISES))
        return name

    @field_validator("reps", "concentric_s", "hold_s", "eccentric_s")
    @classmethod
    def _counted(cls, value: float | None, info: ValidationInfo) -> float | None:
        exercise = info.data.get("exercise")
        other = value is not None and (info.field_name, value) != ("reps", 1)
        if other and exercise in _lettered():
            raise ValueError(
                _(
                    "{exercise} is counted in letters: leave {field!r} out, and "
                    "give 'letters' and 'letter_s'"
                ).format(exercise=exercise, field=info.field_name)
            )
        return value

    @field_validator("concentric_s", "hold_s", "eccentric_s", mode="before")
    @classmethod
    def _none(cls, value: Any) -> Any:
        return None if value == 0 and not isinstance(value, bool) else value

    @field_validator("letters", "letter_s")
    @classmethod
    def _lettered(cls, value: float | None, info: ValidationInfo) -> float | None:
        exercise = info.data.get("exercise")
        if value is not None and exercise is not None and exercise not in _lettered():
            words = _("{field!r} is only for {only}, not for {exercise}")
            only = listed(_lettered())
            raise ValueError(words.format(field=info.field_name, only=only, exercise=exercise))
        return value

    @field_validator("per_side")
    @classmethod
    def _sided(cls, value: bool, info: ValidationInfo) -> bool:
        exercise = EXERCISES.get(info.data.get("exercise", ""))
        if value and exercise is not None and not exercise.unilateral:
            words = _("both legs work at once in {exercise}: leave 'per_side' out")
            raise ValueError(words.format(exercise=exercise.id))
        return value

    @property
    def prescription(self) -> Prescription:
        """What one set of it asks for. Letters are one stand on each leg."""
        if self.letters is not None:
            hold_s = self.letters * (self.letter_s or LETTER_S)
            return Prescription(reps=1, hold_s=hold_s, letters=self.letters)
        # The steps of a walk are counted through, whichever way they go.
        both = self.per_side and EXERCISES[self.exercise].travels
        return Prescription(
            reps=2 * self.reps if both else self.reps,
            concentric_s=self.concentric_s,
            hold_s=self.hold_s,
            eccentric_s=self.eccentric_s,
        )


class Phase(_Data):
    """One phase: its exercises in order, and when to go on to the next.

    rounds_per_day: (least, most) rounds a day; in a file also one number. rest_s: between
    exercises. round_rest_s: at least so long between two rounds done one after the other;
    None = nothing is said. move_on: when the source says to go on, in our words. ours: as
    in Item.
    """

    name: Name
    items: Annotated[tuple[Item, ...], Field(min_length=1, max_length=30)]
    rounds_per_day: tuple[Rounds, Rounds] = (1, 1)
    rest_s: Rest = 0.0
    round_rest_s: Rest | None = None
    move_on: Text = ""
    ours: frozenset[str] = frozenset()

    @field_validator("rounds_per_day", mode="before")
    @classmethod
    def _as_many(cls, value: Any) -> Any:
        return (value, value) if isinstance(value, int) else value

    @field_validator("rounds_per_day")
    @classmethod
    def _rising(cls, value: tuple[int, int]) -> tuple[int, int]:
        if value[0] > value[1]:
            raise ValueError(_("'rounds_per_day' goes from the least to the most, like [2, 3]"))
        return value


class Programme(_Data):
    """A programme. source: where its numbers come from. pain: what to say when it hurts."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,79}$")]
    name: Name
    summary: Text = ""
    source: Text = ""
    pain: Text = ""
    phases: Annotated[tuple[Phase, ...], Field(min_length=1, max_length=12)]

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Programme:
        """Back from to_dict; raises ValueError."""
        return cls.model_validate(data)
