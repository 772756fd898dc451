"""What there is to draw at one moment of a coached set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from formcheck.engine import events as ev
from formcheck.engine.exercise import Exercise
from formcheck.engine.findings import Verdict, title_of
from formcheck.engine.tempo_guide import GuideState, left_s
from formcheck.language import N_, _, ngettext
from formcheck.live.coach.setup_check import SetupState

_SIDES = {"left": N_("left side"), "right": N_("right side")}

Stage = Literal["setup", "countdown", "set", "done"]
EndReason = Literal["target", "still", "button", "left", "pain", ""]


@dataclass(frozen=True, slots=True)
class CoachSnapshot:
    """All that a display needs at one moment; None or empty where there is nothing.

    time_s: capture time, seconds. held: share of the time the start position is to be held.
    reps: as they are counted aloud, of the side at work where each side has its own target.
    verdicts: of each rep of the set. moment: the set while it runs, its callouts in the order in
    which they matter now. hold_s: that is asked for. letter: that is being drawn.
    """

    stage: Stage
    exercise: Exercise
    time_s: float = 0.0
    setup: SetupState | None = None
    held: float = 0.0
    countdown: int | None = None
    reps: int = 0
    target: int | None = None
    partials: int = 0
    sides: dict[str, int] | None = None
    verdicts: tuple[Verdict, ...] = ()
    side: str | None = None
    moment: ev.Snapshot | None = None
    hold_s: float | None = None
    guide: GuideState | None = None
    person_seen: bool = False
    end_reason: EndReason = ""
    letter: str | None = None

    @property
    def count_words(self) -> tuple[str, ...]:
        """What stands beside the count: of how many, on which side, and the partials."""
        words = [ngettext("rep", "reps", self.reps)]
        if self.target is not None:
            words = [_("of {target}").format(target=self.target)]
        if self.side in _SIDES:
            words.append(_(_SIDES[self.side]))
        if self.partials:
            words.append(
                ngettext("+{n} partial", "+{n} partial", self.partials).format(n=self.partials)
            )
        return tuple(words)

    @property
    def note(self) -> str:
        """The one thing to show while no rep is counted: what to do, or what was done."""
        if self.countdown is not None:
            return str(self.countdown)
        if self.setup is not None:
            going = self.setup.ready and self.setup.in_start_position
            return _("Hold still") if going else self.setup.say or ""
        if self.stage != "done":
            return ""
        reps = sum(self.sides.values()) if self.sides else self.reps
        return ngettext("Set done: 1 rep", "Set done: {n} reps", reps).format(n=reps)

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it: rounded numbers, None where something is absent."""
        setup = self.setup and {
            "checks": [{"id": c.id, "state": c.state, "text": c.text} for c in self.setup.checks],
            "ready": self.setup.ready,
            "held": round(self.held, 2),
            "say": self.setup.say,
        }
        guide = self.guide and {
            "phase": self.guide.phase,
            "position": round(self.guide.position, 3),
            "left_s": round(self.guide.left_s, 1),
            "label": _(self.guide.label),
        }
        return {
            "stage": self.stage,
            "exercise": {"id": self.exercise.id, "name": _(self.exercise.name)},
            "time_s": round(self.time_s, 3),
            "setup": setup,
            "countdown": self.countdown,
            "reps": self.reps,
            "target": self.target,
            "partials": self.partials,
            "sides": self.sides,
            "verdicts": list(self.verdicts),
            "side": self.side,
            "guide": guide,
            **self._moment_dict(),
            "person_seen": self.person_seen,
            "end_reason": self.end_reason,
            "letter": self.letter,
        }

    def _moment_dict(self) -> dict[str, Any]:
        """What moves: the counted angle, the phase, the hold and the faults that are on."""
        moment = self.moment
        if moment is None:
            nothing = {"angle": None, "phase": "rest", "phase_word": "", "progress": 0.0}
            return nothing | {"hold": None, "callouts": []}
        angle = moment.primary_deg is not None and {
            "joints": list(moment.primary_landmarks),
            "deg": round(moment.primary_deg),
            "name": _(moment.angle_name),
        }
        left = None if self.hold_s is None else round(left_s(self.hold_s, moment), 1)
        hold = moment.phase == "hold" and {
            "s": round(moment.hold_s, 1),
            "clean_s": round(moment.hold_clean_s, 1),
            "target_s": self.hold_s,
            "left_s": left,
            "paused": moment.hold_paused,
        }
        return {
            "angle": angle or None,
            "phase": moment.phase,
            "phase_word": _(moment.phase_word),
            "progress": round(moment.progress, 3),
            "hold": hold or None,
            "callouts": [
                {
                    "id": callout.fault_id,
                    "title": _(title_of(callout.fault_id, self.exercise)),
                    "joint": callout.landmark,
                    "cue": _(callout.cue),
                    "severity": callout.severity,
                }
                for callout in moment.callouts
            ],
        }
