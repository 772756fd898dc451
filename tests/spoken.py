"""A set that is made up moment by moment, and what is said in it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from formcheck.engine import events as ev
from formcheck.engine.exercise import Prescription
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.report import Fault, NotAssessed, Rep, View
from formcheck.live.coach.set_voice import SetVoice
from formcheck.live.coach.tally import Tally
from formcheck.live.coach.voice import Voice

STEP_S = 1 / 15


def snapshot(time_s=0.0, **changed):
    at_rest = ev.Snapshot(
        time_s=time_s,
        phase="rest",
        reps=0,
        partials=0,
        primary_deg=10.0,
        primary_landmarks=(23, 25, 27),
        progress=0.0,
        hold_s=0.0,
        hold_clean_s=0.0,
        hold_paused=False,
        callouts=(),
        view=View("unknown", None, "unknown"),
        person_seen=True,
    )
    return replace(at_rest, **changed)


def fault(fault_id, severity="mild", exercise="squat"):
    cues = {rule.id: rule.cue for rule in EXERCISES[exercise].faults}
    return Fault(fault_id, "both", severity, 1.0, "deg", 0.0, cues.get(fault_id, "Cue."), 25)


def rep(start_s, end_s, *faults, side="both", not_assessed=()):
    return Rep(
        1,
        side,
        start_s,
        (start_s + end_s) / 2,
        end_s,
        0.0,
        0.0,
        1.0,
        1.0,
        90.0,
        90.0,
        tuple(faults),
        tuple(NotAssessed(n, "hidden", "Turn.") for n in not_assessed),
    )


@dataclass
class Set:
    """A set played in front of a SetVoice: time passes, events come, words are kept."""

    exercise: str = "squat"
    prescription: Prescription = field(default_factory=Prescription)
    both_sides: bool = True
    now: float = 0.0

    def __post_init__(self):
        exercise = EXERCISES[self.exercise]
        each_side = self.both_sides and exercise.unilateral
        self.voice = Voice()
        self.tally = Tally(self.prescription.reps, each_side=each_side)
        self.talk = SetVoice(exercise, self.prescription, self.tally, self.voice)
        self.said = []

    def frame(self, *events, **changed):
        self.now += STEP_S
        self.talk.hear(self.now, events, snapshot(self.now, **changed))
        self.said += self.voice.step(self.now, self.talk.free_s)

    def wait(self, seconds, **changed):
        for _ in range(round(seconds / STEP_S)):
            self.frame(**changed)

    def rep(self, *faults, seconds=3.0, pause_s=3.0, side="both", partial=False, **options):
        start_s = self.now
        self.wait(seconds / 2, phase="outbound", progress=0.5)
        self.wait(seconds / 2, phase="inbound", progress=0.3)
        done = rep(start_s, self.now, *faults, side=side, **options)
        kind = ev.PartialCompleted if partial else ev.RepCompleted
        self.frame(kind(self.now, done))
        self.wait(pause_s)

    def texts(self, *kinds):
        return [u.text for u in self.said if not kinds or u.kind in kinds]


# -------------------------------------------------------------------- holds


def hold(played, asked_s, *, pause=None, fault_id="overextension"):
    """A hold of asked_s clean seconds; pause: (after, for) seconds."""
    played.wait(1.0, phase="outbound", progress=0.8)
    played.frame(ev.HoldStarted(played.now - 0.4), phase="hold", hold_s=0.4, hold_clean_s=0.4)
    clean = 0.4
    while clean < asked_s + 0.3:
        if pause and clean >= pause[0]:
            cue = "Stop at the straight line; keep the ribs down."
            on = ev.FaultOn(played.now, fault_id, "both", "marked", cue, 23)
            paused = ev.HoldPaused(played.now, fault_id, cue)
            values = {"phase": "hold", "hold_s": clean, "hold_clean_s": clean}
            played.frame(on, paused, **values, hold_paused=True)
            played.wait(pause[1], **values, hold_paused=True)
            off = ev.FaultOff(played.now, fault_id), ev.HoldResumed(played.now)
            played.frame(*off, **values)
            pause = None
        clean += STEP_S
        played.frame(phase="hold", hold_s=clean, hold_clean_s=clean)
    played.frame(ev.HoldEnded(played.now, clean), phase="inbound")
    played.wait(1.0, phase="inbound")
    played.frame(ev.RepCompleted(played.now, rep(0, played.now)))
    played.wait(1.0)
