"""The live coach: from setting up to the report, hands-free, frame by frame."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from formcheck.engine import events as ev
from formcheck.engine.exercise import Exercise, Prescription
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.findings import Verdict, importance, verdict
from formcheck.engine.pose import PoseFrame
from formcheck.engine.recognition import Recognizer
from formcheck.engine.report import SetReport, Side
from formcheck.engine.session import SetSession, Step
from formcheck.engine.tempo_guide import GuideState, TempoGuide
from formcheck.language import _
from formcheck.live.clock import GAP_S
from formcheck.live.coach.announce import many_reps
from formcheck.live.coach.company import Company
from formcheck.live.coach.ending import Stillness
from formcheck.live.coach.lead_in import LeadIn
from formcheck.live.coach.set_voice import SetVoice
from formcheck.live.coach.snapshot import CoachSnapshot, EndReason, Stage
from formcheck.live.coach.tally import Tally
from formcheck.live.coach.voice import Manner, Rank, Utterance, Voice, in_words

#: After so many reps it is told, once, that they look like another exercise.
DOUBT_AFTER = 3
_GO = Manner("countdown", Rank.TICK, 1, interrupt=True, tone="ready")
_GOES_ON = Manner("info", Rank.INFO)
_SOON_OVER = Manner("info", Rank.SIDE, 3, tone="end")
_DOUBT = Manner("lost", Rank.SIDE, 4, tone="fault")
_END = Manner("end", Rank.COUNT, tone="end")


class Coach:
    """Leads one person through one set of one exercise. push() every frame: times only grow.

    exercise: an id of EXERCISES (KeyError for an unknown one) or an Exercise.
    prescription: what is asked for; the exercise's own when None.
    both_sides: where one leg works at a time, each is to do the reps asked for.
    done: reps that were done before, by side: they are counted on from.
    on_step: called with every measured step, as SetSession does.

    events: what happened in the set at the last push.
    stage goes from "setup" (and "countdown", from which it may go back) to "set" to "done".
    """

    def __init__(
        self,
        exercise: str | Exercise,
        prescription: Prescription | None = None,
        *,
        both_sides: bool = True,
        done: Mapping[Side, int] | None = None,
        on_step: Callable[[Step], None] | None = None,
    ) -> None:
        self.exercise = EXERCISES[exercise] if isinstance(exercise, str) else exercise
        self.prescription = prescription or self.exercise.prescription
        self.stage: Stage = "setup"
        self.end_reason: EndReason = ""
        self.set_started_s: float | None = None
        self.events: tuple[ev.Event, ...] = ()
        self._on_step = on_step
        self._session: SetSession | None = None
        self._report: SetReport | None = None
        # Who chose the exercise may have picked another than is done.
        self._recognizer = Recognizer()
        # Steps of a walk are counted through: how many each way depends on the room.
        each_side = both_sides and self.exercise.each_side
        self._tally = Tally(self.prescription.reps, each_side=each_side, done=done)
        self._voice = Voice()
        self._set_voice = SetVoice(self.exercise, self.prescription, self._tally, self._voice)
        self._guide = TempoGuide(self.prescription, self.exercise.primary)
        self._stillness = Stillness()
        #: Whether others in the picture were told of: one for all sets of a circuit.
        self.company = Company()
        self._now_s = math.nan
        self._lead_in = self._new_lead_in()
        self._lasted_s = 0.0
        self._since_s = math.nan
        self._held_before = (0.0, 0.0)
        self._hold_now = (0.0, 0.0)
        self._seen = False
        self._verdicts: list[Verdict] = []
        #: The running set as of the last frame, with all of a hold that was resumed.
        self.moment: ev.Snapshot | None = None
        self._guide_state: GuideState | None = None

    # ------------------------------------------------------------------ input

    def push(self, frame: PoseFrame, light: float | None = None) -> tuple[Utterance, ...]:
        """Take the next frame; what is to be said now.

        light: mean brightness of the picture, 0..255, None = unknown. Go on pushing once the
        set is done: the last words come then.
        """
        missed_s = frame.time_s - self._now_s
        gap = missed_s > GAP_S
        # Without pictures the set stands still.
        self._since_s += missed_s if gap else 0.0
        self._now_s = frame.time_s
        self._seen = frame.has_person
        self.events = ()
        if self.stage in ("setup", "countdown"):
            begins = self._lead_in.push(frame, light, gap)
            self.stage = self._lead_in.stage
            if begins:
                self._begin()
                if self._lead_in.by_moving:
                    self._take_up(frame)
        elif self.stage == "set":
            self._follow(frame, gap)
        free_s = self._set_voice.free_s if self.stage == "set" else math.inf
        return self._voice.step(frame.time_s, free_s)

    def start(self) -> None:
        """Begin the set now, whatever is left of the set-up."""
        if self.stage in ("setup", "countdown"):
            self._begin()

    def pause(self) -> None:
        """Hold the set: it will begin with the set-up again, and then the same set goes on.

        What waits to be said is forgotten. Push no frame until it is to go on.
        """
        if self.stage == "done":
            return
        self._stop_the_clock()
        self.stage, self.events = "setup", ()
        self.moment = self._guide_state = None
        self._voice.drop()
        self._stillness.start_over()
        self._lead_in = self._new_lead_in()

    def watch(self, frame: PoseFrame) -> bool:
        """A frame of a pause: whether the person has gone on, by a rep, and so the set does."""
        gap = frame.time_s - self._now_s > GAP_S
        self._now_s, self._seen, self.events = frame.time_s, frame.has_person, ()
        if self.stage == "done" or not self._lead_in.watch(frame, gap):
            return False
        self._begin()
        self._take_up(frame)
        return True

    def go_on(self, words: str) -> None:
        """Go on after a pause, and say so in these words."""
        if self.stage != "done":
            self._voice.say(words, _GOES_ON)

    def end(self, reason: EndReason = "button", words: str = "") -> None:
        """The set is over; words: what to say then in place of the usual."""
        if self.stage != "done":
            self._finish(reason, words)

    def finish(self, source_name: str = "webcam") -> SetReport:
        """The report: of the whole set once it is done, else ends it here."""
        if self._report is None:
            self._finish("target" if self._tally.done else self.end_reason)
        assert self._report is not None
        source = replace(self._report.source, name=source_name)
        return replace(self._report, source=source)

    @property
    def reps(self) -> int:
        """Reps counted in this set, without those that were done before."""
        return self._tally.added

    @property
    def duration_s(self) -> float:
        """How long the set has lasted, without its pauses."""
        running = not math.isnan(self._since_s)
        return self._lasted_s + (self._now_s - self._since_s if running else 0.0)

    @property
    def attempts(self) -> bool:
        """Whether there was a rep, or an attempt at one."""
        return bool(self._report and (self._report.reps or self._report.partials))

    @property
    def has_words(self) -> bool:
        """Whether something waits to be said."""
        return self._voice.waits()

    # ---------------------------------------------------------- its beginning

    def _new_lead_in(self) -> LeadIn:
        return LeadIn(self.exercise, self._voice, self._new_session)

    def _new_session(self, on_step: Callable[[Step], None] | None = None) -> SetSession:
        return SetSession(self.exercise, prescription=self.prescription, on_step=on_step)

    def _begin(self) -> None:
        """Begin the set, or go on with it after a pause: it has to see where the person rests."""
        self._session = self._session or self._new_session(self._on_step)
        opening = self._lead_in.opening
        pushed: list[ev.Event] = []
        for f in opening:
            pushed += self._session.push(f)
            if self._lead_in.by_moving:
                self._recognize()
        self.stage = "set"
        if self.set_started_s is None and not math.isnan(self._now_s):
            self.set_started_s = self._now_s
        self._voice.drop()
        if self._lead_in.by_moving:
            self.events = tuple(
                e
                for e in pushed
                if isinstance(e, ev.RepCompleted | ev.RepTakenBack | ev.HoldStarted)
            )
            begun = [e.rep.start_s for e in self.events if isinstance(e, ev.RepCompleted)]
            self._since_s = min([*begun, self._now_s])
            return
        # Begun by a button before the first frame, it is said with that.
        self._voice.say(_("Go."), _GO, self._now_s)

    # -------------------------------------------------------------------- set

    def _follow(self, frame: PoseFrame, gap: bool) -> None:
        assert self._session is not None
        if self.set_started_s is None:
            self.set_started_s = frame.time_s
        if math.isnan(self._since_s):
            self._since_s = frame.time_s
        if gap:
            self._stillness.start_over()
            self._set_voice.missed()
        self.events = tuple(self._session.push(frame))
        self._recognize()
        self._take_up(frame)

    def _recognize(self) -> None:
        """Take what the session has measured for recognition, too."""
        assert self._session is not None
        for pose in self._session.measured:
            self._recognizer.take(pose)

    def _take_up(self, frame: PoseFrame) -> None:
        """Have said what has happened, and see whether the set is over."""
        assert self._session is not None
        now, events = frame.time_s, self.events
        seen = self._with_whole_hold(events, self._session.snapshot)
        self.moment = seen
        self._guide_state = self._guide.update(now, seen)
        if self.company.is_news(now, frame.people):
            self._set_voice.joined(now)
        self._set_voice.hear(now, events, seen, self._guide_state)
        self._doubt(now, events)
        for event in events:
            if isinstance(event, ev.RepCompleted):
                self._verdicts.append(verdict(event.rep, self.exercise))
            elif isinstance(event, ev.RepTakenBack):
                del self._verdicts[event.rep.index - 1]
        if self._tally.done:
            self._when_said(now)
            return
        if any(isinstance(e, ev.PersonChanged) for e in events):
            self._stillness.start_over()
        at_rest = seen.phase == "rest"
        ending = self._stillness.update(frame, at_rest=at_rest, longer=self._tally.to_switch)
        if not self._tally.seen:
            return
        if ending == "soon":
            text = _("Finished? I'll end the set. Move to go on.")
            self._voice.say(text, _SOON_OVER, now)
        elif ending is not None:
            self._finish(ending)

    def _doubt(self, now: float, events: Sequence[ev.Event]) -> None:
        """Say once that this looks like another exercise."""
        if any(isinstance(e, ev.RepCompleted) and e.rep.index == DOUBT_AFTER for e in events):
            doubt = self._recognizer.result().doubt(self.exercise)
            if doubt:
                self._voice.say(_(doubt), _DOUBT, now)

    def _stop_the_clock(self) -> None:
        self._lasted_s, self._since_s = self.duration_s, math.nan

    def _when_said(self, now: float) -> None:
        """At the target: the end comes after the last number."""
        if self._voice.waits("count") or now < self._voice.busy_until_s:
            return
        self._finish("target")

    def _with_whole_hold(self, events: Sequence[ev.Event], seen: ev.Snapshot) -> ev.Snapshot:
        """The snapshot with all that was held in this rep: a hold may be left and resumed."""
        if seen.phase == "rest":
            self._held_before = self._hold_now = (0.0, 0.0)
            return seen
        if any(isinstance(e, ev.HoldEnded) for e in events):
            self._held_before = self._hold_now
        held, clean = self._held_before
        self._hold_now = held + seen.hold_s, clean + seen.hold_clean_s
        return replace(seen, hold_s=self._hold_now[0], hold_clean_s=self._hold_now[1])

    def _finish(self, reason: EndReason, words: str = "") -> None:
        session = self._session or self._new_session()
        report = session.finish(both_sides=self._tally.each_side)
        against = self._recognizer.result().against(self.exercise)
        self._report = replace(report, notes=(*filter(None, (against,)), *report.notes))
        self._stop_the_clock()
        # One that was on its way back counts.
        for rep in self._report.reps[self._tally.seen :]:
            if self._set_voice.counts:
                self._tally.add(rep.side)
        if reason == "button" and self._tally.done:
            reason = "target"
        self.stage, self.end_reason = "done", reason
        self._voice.drop()
        if self._session is not None or words:
            # Whenever the next frame comes: nothing is said after it.
            self._voice.say(words or self._last_words(), _END._replace(interrupt=bool(words)))

    def _last_words(self) -> str:
        if self.end_reason == "target":
            return _("That's the set. Well done.")
        if self.prescription.letters:
            return _("The set is over.")
        sides = self._tally.sides
        if self._tally.each_side and sides["left"] != sides["right"]:
            both = {side: in_words(number) for side, number in sides.items()}
            done = _("{left} on the left, {right} on the right").format(**both)
        else:
            done = many_reps(self._tally.total)
        return _("The set is over: {done}.").format(done=done)

    # ---------------------------------------------------------------- drawing

    @property
    def snapshot(self) -> CoachSnapshot:
        """What to draw, as of the last frame."""
        tally, seen, lead_in = self._tally, self.moment, self._lead_in
        in_setup = self.stage in ("setup", "countdown")
        side = tally.side if self.exercise.unilateral else None
        reps = tally.number(side) if tally.each_side and side else tally.total
        running = seen if self.stage == "set" else None
        if running is not None:
            running = replace(running, callouts=self._callouts(running))
        return CoachSnapshot(
            stage=self.stage,
            exercise=self.exercise,
            time_s=0.0 if math.isnan(self._now_s) else self._now_s,
            setup=lead_in.state if in_setup else None,
            held=lead_in.held if in_setup else 0.0,
            countdown=lead_in.countdown if in_setup else None,
            reps=reps,
            target=tally.target,
            partials=0 if seen is None else seen.partials,
            sides=tally.sides or None if self.exercise.unilateral else None,
            verdicts=tuple(self._verdicts),
            side=side,
            moment=running,
            hold_s=self.prescription.hold_s,
            guide=self._guide_state if running else None,
            person_seen=running.person_seen if running else self._seen,
            end_reason=self.end_reason,
            letter=self._set_voice.letter if running else None,
        )

    def _callouts(self, seen: ev.Snapshot) -> tuple[ev.Callout, ...]:
        """What is drawn at the joints: first what is being said, then as it would be said."""
        said = self._set_voice.saying(self._now_s)
        shown = [*seen.callouts]
        if said is not None and said.fault_id not in [c.fault_id for c in shown]:
            shown.append(said)
        shown.sort(key=lambda c: importance(c.fault_id, self.exercise, c.severity))
        if said is not None:
            shown.sort(key=lambda c: c.fault_id != said.fault_id)
        return tuple(shown)
