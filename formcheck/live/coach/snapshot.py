"""What there is to draw at one moment of a coached set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from formcheck.engine import events as ev
from formcheck.engine.findings import Verdict
from formcheck.engine.tempo_guide import GuideState
from formcheck.language import N_, _, ngettext
from formcheck.live.coach.setup_check import SetupState

_SIDES = {"left": N_("left side"), "right": N_("right side")}

Stage = Literal["setup", "countdown", "set", "done"]
EndReason = Literal["target", "still", "button", "left", "pain", ""]


@dataclass(frozen=True, slots=True)
class HoldState:
    """The running hold: seconds held, seconds without a posture fault, asked for, and left."""

    s: float
    clean_s: float
    target_s: float | None
    left_s: float | None
    paused: bool


@dataclass(frozen=True, slots=True)
class Callout:
    """A fault to draw at a joint (BlazePose index) right now."""

    id: str
    title: str
    joint: int
    cue: str
    severity: str


@dataclass(frozen=True, slots=True)
class CoachSnapshot:
    """All that a display needs at one moment; None or empty where there is nothing.

    time_s: capture time, seconds. held: share of the time the start position is to be
    held. reps: as they are counted aloud, of the side at work where each side has its
    own target. verdicts: of each rep of the set. angle_joints: three BlazePose indices, the
    angle is at the middle one. progress: 0 = rest .. 1 = target. letter: that is being drawn.
    """

    stage: Stage
    exercise_id: str
    exercise_name: str
    time_s: float
    setup: SetupState | None = None
    held: float = 0.0
    countdown: int | None = None
    reps: int = 0
    target: int | None = None
    partials: int = 0
    sides: dict[str, int] | None = None
    verdicts: tuple[Verdict, ...] = ()
    side: str | None = None
    angle_joints: tuple[int, int, int] | None = None
    angle_deg: float | None = None
    angle_name: str = ""
    phase: ev.Phase = "rest"
    phase_word: str = ""
    progress: float = 0.0
    hold: HoldState | None = None
    guide: GuideState | None = None
    callouts: tuple[Callout, ...] = ()
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
        angle = self.angle_joints and {
            "joints": list(self.angle_joints),
            "deg": None if self.angle_deg is None else round(self.angle_deg),
            "name": self.angle_name,
        }
        hold = self.hold and {
            "s": round(self.hold.s, 1),
            "clean_s": round(self.hold.clean_s, 1),
            "target_s": self.hold.target_s,
            "left_s": None if self.hold.left_s is None else round(self.hold.left_s, 1),
            "paused": self.hold.paused,
        }
        guide = self.guide and {
            "phase": self.guide.phase,
            "position": round(self.guide.position, 3),
            "left_s": round(self.guide.left_s, 1),
            "label": _(self.guide.label),
        }
        return {
            "stage": self.stage,
            "exercise": {"id": self.exercise_id, "name": self.exercise_name},
            "time_s": round(self.time_s, 3),
            "setup": setup,
            "countdown": self.countdown,
            "reps": self.reps,
            "target": self.target,
            "partials": self.partials,
            "sides": self.sides,
            "verdicts": list(self.verdicts),
            "side": self.side,
            "angle": angle,
            "phase": self.phase,
            "phase_word": self.phase_word,
            "progress": round(self.progress, 3),
            "hold": hold,
            "guide": guide,
            "callouts": [
                {
                    "id": c.id,
                    "title": c.title,
                    "joint": c.joint,
                    "cue": c.cue,
                    "severity": c.severity,
                }
                for c in self.callouts
            ],
            "person_seen": self.person_seen,
            "end_reason": self.end_reason,
            "letter": self.letter,
        }
