"""Leads through a circuit, set after set, hands-free: what comes next, the breaks, the sets.

It knows no camera, no clock and no browser: time is that of the pictures.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Literal

from formcheck.engine.events import PartialCompleted, RepCompleted
from formcheck.engine.exercise import WantedPosture
from formcheck.engine.pose import PoseFrame
from formcheck.language import N_, _
from formcheck.live.circuit import circuit_events as ev
from formcheck.live.circuit.camera_move import CameraMove
from formcheck.live.circuit.course import Course
from formcheck.live.clock import GAP_S
from formcheck.live.coach import Coach
from formcheck.live.coach.announce import PAIN_QUESTION, break_words, named
from formcheck.live.coach.company import Company
from formcheck.live.coach.gesture import RaisedArm
from formcheck.live.coach.interval import AT_ONCE, Interval
from formcheck.live.coach.snapshot import CoachSnapshot
from formcheck.live.coach.voice import Utterance, Voice, duration_s
from formcheck.live.coached_set import CoachedSet
from formcheck.training.programmes.plan import PlannedSet
from formcheck.training.programmes.programme import PAIN

Stage = Literal["break", "set", "paused", "pain", "over"]

_AFTER_PAIN = N_("Raise an arm to end the round, or press End. Skip leaves out this exercise.")
_SIGNED = N_("Paused. Raise an arm again to end. To go on, do your next rep.")


class CircuitPlayer:
    """Leads one person through planned sets, one after the other.

    sets: at least one (ValueError). title: said at the beginning. pain: what to say when it
    hurts. alone: one set by itself: no announcement, no break, no question, no CircuitEnded.
    camera: the spot (Placement.spot) where it stands, "" = unknown.

    running: the set that is on, from its set-up to its end, also while it is paused.
    """

    def __init__(
        self,
        sets: Sequence[PlannedSet],
        *,
        title: str = "",
        pain: str = PAIN,
        alone: bool = False,
        camera: str = "",
    ) -> None:
        if not sets:
            raise ValueError("A circuit needs at least one set.")
        self._course = Course(sets[:1] if alone else sets, camera)
        # While the camera is being moved, the rest waits.
        self._move: CameraMove | None = None
        self._title = _(title)
        self._pain = _(pain or PAIN)
        self._alone = alone
        self._stage: Stage = "break"
        self._held: Stage = "break"
        self._hurt = self._where = ""
        self._level: int | None = None
        self._end_reason = ""
        self._arm = RaisedArm()
        # Paused by a raised arm: the next rep goes on.
        self._signed = False
        self._now_s = math.nan
        self._voice = Voice()
        self._said = 0
        self._events: list[ev.CircuitEvent] = []
        self._seen = False
        self._reps = 0
        # Time zero of the running (or last) set on the circuit's clock, seconds.
        self._origin_s = math.nan
        self._paused_s = math.nan
        self._goes_on = False
        self._last: CoachedSet | None = None
        # A set that is over and still has its last words to say.
        self._leaving: CoachedSet | None = None
        # The set that is over, until the next one begins, and whether it is asked if it hurt.
        self._behind: int | None = None
        self._ask = False
        self.running: CoachedSet | None = None
        self._interval = Interval(self._voice)
        self._company = Company()
        if alone:
            self._begin_set()
        else:
            self._introduce()

    # ------------------------------------------------------------------ input

    def push(
        self, pose: PoseFrame, light: float | None, jpeg: Callable[[], bytes]
    ) -> tuple[Utterance, ...]:
        """Take the next frame; what is to be said now.

        light: mean brightness of the picture, 0..255. jpeg: gives the unmirrored picture,
        asked for only when it is kept. Times only grow. Utterances' ids go on over
        the whole circuit.
        """
        self._now_s = pose.time_s
        self._seen = pose.has_person
        if math.isnan(self._origin_s):
            self._origin_s = pose.time_s
        if self._arm.update(pose):
            self._take_sign()
        if self._stage == "paused" and self._signed:
            self._watch(pose)
        if self._stage == "set":
            said = self._coach(pose, light, jpeg)
        else:
            said = self._lead_on(pose, light, jpeg)
        out = []
        for utterance in said:
            self._said += 1
            out.append(replace(utterance, id=self._said))
        return tuple(out)

    def do(self, command: str) -> None:
        """A button: start end pause resume skip pain no_pain stop; others are ignored.

        start: the set now, or no more break. placed: the camera is. end: of the set. skip: the
        break, else what is left of the exercise. stop: of the circuit. After pain also
        "where:Left knee", "level:6".
        """
        what, detail = command.partition(":")[::2]
        if what in ("where", "level") and self._hurt:
            self._tell_of_pain(what, detail)
            return
        act = {
            "start": self._start,
            "placed": self._placed,
            "end": self._end,
            "pause": self._pause,
            "resume": self._resume,
            "skip": self._skip,
            "pain": self._hurts,
            "no_pain": self._does_not_hurt,
            "stop": self._stop,
        }.get(command)
        if act is None or (self._stage == "over" and command not in ("pain", "no_pain")):
            return
        if self._stage == "paused" and command in ("start", "end", "skip", "pain", "stop"):
            self._unhold()
        act()

    @property
    def has_events(self) -> bool:
        """Whether take_events would give any."""
        return bool(self._events)

    def take_events(self) -> tuple[ev.CircuitEvent, ...]:
        """What happened since the last call."""
        events, self._events = tuple(self._events), []
        return events

    # -------------------------------------------------------------- the sets

    def _coach(
        self, pose: PoseFrame, light: float | None, jpeg: Callable[[], bytes]
    ) -> tuple[Utterance, ...]:
        """A frame of the running set; what its coach says."""
        assert self.running is not None
        coached = self.running
        said = self._push(coached, pose, light, jpeg)
        self._note_reps(coached)
        if coached.coach.stage == "done":
            self._set_ended()
            self._introduce()
        return said

    def _note_reps(self, coached: CoachedSet) -> None:
        for event in coached.coach.events:
            if isinstance(event, RepCompleted | PartialCompleted):
                self._events.append(ev.RepDone(self._course.planned.position, event.rep))

    def _push(
        self,
        coached: CoachedSet,
        pose: PoseFrame,
        light: float | None,
        jpeg: Callable[[], bytes],
    ) -> tuple[Utterance, ...]:
        """A frame in the set's own time: what it says, in the circuit's."""
        now = self._now_s
        self._pass_over_the_pause()
        origin_s = self._origin_s
        said = coached.push(replace(pose, time_s=now - origin_s), light, jpeg)
        out = tuple(
            replace(u, time_s=u.time_s + origin_s, expires_s=u.expires_s + origin_s) for u in said
        )
        for u in out:
            self._voice.busy_until_s = max(u.time_s, now) + duration_s(u.text)
        return out

    def _pass_over_the_pause(self) -> None:
        """A pause is no time of the set; what was before it is not continued."""
        if self._goes_on:
            self._goes_on = False
            self._origin_s += self._now_s - self._paused_s - 2 * GAP_S

    def _begin_set(self) -> None:
        course = self._course
        planned = course.planned
        course.states[course.at] = "now"
        course.camera = course.exercise.camera.spot
        self._move = None
        self._leaving = self._behind = None
        self._ask = self._goes_on = False
        self._origin_s = self._now_s
        self.running = self._last = CoachedSet(
            course.exercise,
            planned.prescription,
            both_sides=planned.both_sides,
            done=planned.done,
        )
        self.running.coach.company = self._company
        self._stage = "set"
        self._events.append(ev.SetBegun(planned.position, planned))

    def _set_ended(self) -> None:
        """What there is to keep of a set that is over, however that came."""
        assert self.running is not None
        course, coach = self._course, self.running.coach
        position = course.planned.position
        self._leaving, self.running = self.running, None
        self._events.append(ev.SetEnded(position, self._leaving, coach.end_reason))
        self._reps += coach.reps
        if coach.end_reason == "target":
            course.states[course.at] = "done"
        elif coach.attempts:
            course.states[course.at] = "stopped"
        else:
            course.states[course.at] = "skipped"
            self._events.append(ev.SetSkipped(position))
        if coach.set_started_s is not None:
            self._behind, self._ask = course.at, not self._alone

    def _leave_out(self, exercise: str, *, also_later: bool) -> None:
        left_out = self._course.leave_out(exercise, also_later=also_later)
        self._events += [ev.SetSkipped(position) for position in left_out]

    def _introduce(self) -> None:
        """Go on to what comes after a set, or to the first one: tell what it is."""
        if self._alone:
            self._stage = "over"
            return
        course = self._course
        sentences = [_(PAIN_QUESTION)] if self._ask else []
        following = course.following()
        if following is None:
            self._circuit_over("done", sentences)
            return
        self._stage, course.at = "break", following
        at_end, break_s = "", None
        if course.untouched:
            sentences += [f"{self._title}."] if self._title else []
        elif course.planned.break_s:
            # Nobody is tired yet at the beginning.
            break_s = course.planned.break_s
            sentences.append(break_words(break_s))
            at_end = _("Rest over: {exercise}.").format(exercise=named(course.exercise))
        if course.moves_camera and not course.untouched:
            self._move = CameraMove()
        sentences += course.announced()
        self._interval = Interval(self._voice, sentences, break_s=break_s, at_end=at_end)

    def _circuit_over(self, reason: ev.EndReason, sentences: Sequence[str] = ()) -> None:
        self._stage, self._end_reason = "over", reason
        self._events.append(ev.CircuitEnded(reason))
        last = self._course.summary(self._reps)
        self._interval = Interval(self._voice, [*sentences, last])

    # ------------------------------------------------------------ a raised arm

    def _take_sign(self) -> None:
        """An arm was held up: pause and ask; then end; where it was asked if it hurt, it does."""
        if self._ask and self._stage in ("break", "over"):
            self._hurts()
        elif self._stage in ("set", "break"):
            self._pause()
            self._signed = True
            self._say_now(_(_SIGNED))
        elif self._stage in ("paused", "pain"):
            self.do("stop")

    def _watch(self, pose: PoseFrame) -> None:
        """A frame of the pause: whoever does a rep goes on."""
        if self.running is None:
            return
        self._pass_over_the_pause()
        self._paused_s = self._now_s
        if self.running.coach.watch(replace(pose, time_s=self._now_s - self._origin_s)):
            self._stage, self._signed = "set", False
            self._voice.drop()
            self._note_reps(self.running)

    # ------------------------------------------------------ between the sets

    def _lead_on(
        self, pose: PoseFrame, light: float | None, jpeg: Callable[[], bytes]
    ) -> tuple[Utterance, ...]:
        """A frame while no set is on; what is said."""
        now = self._now_s
        if self._leaving is not None:
            said = self._push(self._leaving, pose, light, jpeg)
            if not self._leaving.coach.has_words:
                self._leaving = None
            return said
        if self._move is not None and self._stage == "break":
            self._move.update(pose)
            if self._move.placed:
                self._placed()
        if self._stage != "paused":
            self._interval.waits = self._move is not None
            self._interval.update(now)
            if self._stage == "break" and self._interval.over:
                self._begin_set()
                return self._coach(pose, light, jpeg)
        return tuple(
            replace(u, expires_s=math.inf) if u.kind == "info" else u for u in self._voice.step(now)
        )

    # --------------------------------------------------------------- commands

    def _start(self) -> None:
        if self.running is not None:
            self.running.coach.start()
        elif self._stage == "break":
            self._skip()

    def _placed(self) -> None:
        self._move = None

    def _end(self) -> None:
        if self.running is not None:
            self.running.coach.end()
            self._set_ended()
            self._introduce()

    def _skip(self) -> None:
        if self._stage == "break":
            self._leaving = self._move = None
            self._interval.skip(_("Now: {exercise}.").format(exercise=named(self._course.exercise)))
        elif self._stage == "pain":
            self._leave_out(self._hurt, also_later=True)
            self._introduce()
        elif self.running is not None and not self._alone:
            self.running.coach.end()
            self._set_ended()
            self._leave_out(self._course.exercise.id, also_later=False)
            self._introduce()

    def _stop(self) -> None:
        hurts, signed = self._stage == "pain", self._signed
        if self.running is not None:
            self.running.coach.end()
            self._set_ended()
        if not self._alone:
            ask = [_(PAIN_QUESTION)] if self._ask and signed else []
            self._circuit_over("pain" if hurts else "stopped", ask)
            return
        self._stage, self._ask = "over", signed and self._behind is not None
        self._interval = Interval(self._voice, [_(PAIN_QUESTION)] if self._ask else [])

    def _pause(self) -> None:
        if self._stage not in ("set", "break"):
            return
        self._held, self._stage = self._stage, "paused"
        self._paused_s, self._signed = self._now_s, False
        self._leaving = None
        if self.running is not None:
            self.running.coach.pause()
        else:
            self._interval.stand_still(self._paused_s)
        self._say_now(_("Paused."))

    def _resume(self) -> None:
        if self._stage == "paused":
            self._unhold()
            if self.running is not None:
                self.running.coach.go_on(_("Resuming."))
            else:
                self._say_now(_("Resuming."))

    def _unhold(self) -> None:
        self._stage = self._held
        self._voice.drop()
        if self.running is not None:
            self._goes_on = True
        else:
            self._interval.go_on(self._now_s - self._paused_s)

    def _hurts(self) -> None:
        """It hurts: in a set, or afterwards. From then on nothing goes on by itself."""
        in_set = self.running is not None
        self._where, self._level = "", None
        if self.running is not None:
            self._hurt = self._course.exercise.id
            self.running.coach.end("pain", self._pain)
            self._set_ended()
        elif self._stage != "pain":
            at = self._course.at if self._behind is None else self._behind
            self._hurt = self._course.sets[at].exercise
        self._answer(hurts=True)
        if self._alone or self._stage == "over":
            self._stage = "over"
            if not in_set:
                self._interval.put_first(self._pain)
            return
        words = [_(_AFTER_PAIN)] if in_set else [self._pain, _(_AFTER_PAIN)]
        self._stage = "pain"
        self._interval = Interval(self._voice, words, interrupt=not in_set)

    def _does_not_hurt(self) -> None:
        self._hurt = ""
        self._answer(hurts=False)

    def _tell_of_pain(self, what: str, detail: str) -> None:
        """Where it hurts, or how much."""
        if what == "where":
            self._where = detail[:40]
        elif detail.isdecimal() and int(detail) <= 10:
            self._level = int(detail)
        self._answer(hurts=True)

    def _answer(self, *, hurts: bool) -> None:
        if self._behind is not None:
            position = self._course.sets[self._behind].position
            self._events.append(ev.PainAnswered(position, hurts, self._where, self._level))
            self._interval.forget(_(PAIN_QUESTION))
            self._ask = False

    def _say_now(self, text: str) -> None:
        self._voice.drop()
        self._voice.say(text, AT_ONCE)

    # ------------------------------------------------------------- to be shown

    @property
    def coach(self) -> Coach | None:
        """That of the set that is on, or was last; None before the first."""
        return None if self._last is None else self._last.coach

    @property
    def posture(self) -> WantedPosture:
        """In which the exercise that is on is done (Exercise.posture); "" between two sets."""
        return "" if self.running is None else self.running.coach.exercise.posture

    @property
    def stage(self) -> str:
        """break, paused, pain or over; while a set is on its coach's: setup, countdown, set."""
        if self._stage == "set" and self.running is not None:
            return self.running.coach.stage
        return "done" if self._alone and self._stage == "over" else self._stage

    def snapshot_dict(self) -> dict[str, Any]:
        """All that a display needs, as JSON has it; before the first frame, too."""
        if self._last is not None:
            shown = self._last.coach.snapshot.to_dict()
        else:
            shown = CoachSnapshot("setup", self._course.exercise).to_dict()
        shown |= {
            "stage": self.stage,
            "time_s": 0.0 if math.isnan(self._now_s) else round(self._now_s, 3),
            "person_seen": shown["person_seen"] if self.running else self._seen,
            "letter": shown.get("letter"),
            "arm_up": self._arm.begun,
            "pain": {
                "ask": self._ask,
                "hurts": bool(self._hurt),
                "keeps": self._behind is not None,
                "text": self._pain,
                "where": self._where,
                "level": self._level,
            },
            "circuit": None if self._alone else self._circuit_dict(),
        }
        return shown

    def _circuit_dict(self) -> dict[str, Any]:
        on_break = self._stage in ("break", "paused") and self.running is None
        left = self._interval.break_left_s if on_break else None
        return {
            "title": self._title,
            "stage": self._stage,
            **self._course.to_dict(but=self._hurt if self._stage == "pain" else ""),
            "break_left_s": None if left is None else round(left, 1),
            "moving_camera": self._move is not None,
            "end_reason": self._end_reason,
        }
