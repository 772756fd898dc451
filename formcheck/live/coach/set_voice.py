"""What there is to say during a set: its events turned into lines for the voice."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from statistics import median

from formcheck.engine import events as ev
from formcheck.engine.exercise import Exercise, Prescription
from formcheck.engine.findings import importance
from formcheck.engine.report import DropReason, Rep, Severity, Side
from formcheck.engine.tempo_guide import GuideState
from formcheck.language import N_, _, ngettext
from formcheck.live.coach.early_count import EarlyCount
from formcheck.live.coach.hold_voice import HoldVoice
from formcheck.live.coach.letter_voice import LetterVoice
from formcheck.live.coach.tally import Tally
from formcheck.live.coach.voice import (
    Manner,
    Rank,
    Voice,
    amount,
    called,
    duration_s,
    in_words,
    short_form,
)

#: The same cue not more often than this, seconds, and not in two reps in a row.
COOL_DOWN_S = 6.0
#: A cue that did not find its turn within this is out of place, seconds.
CUE_WAITS_S = 4.0
#: What may still be said on the way back, where a count is due at any moment, seconds.
A_WORD_S = 0.7
#: Nothing could be measured of someone who is there for this long, seconds; while getting
#: into place; and again.
UNMEASURED_S, IN_PLACE_S, UNMEASURED_AGAIN_S = 6.0, 18.0, 15.0
#: Another person in place of the one who was followed is told not more often than this, seconds.
CHANGED_AGAIN_S = 10.0
#: Before somebody else is told of it is waited, for whether they take the place, and for a quiet
#: moment, seconds.
JOINED_S, QUIET_WITHIN_S = 1.0, 10.0

# How they are said: what is lost of somebody, and found again; numbers, sides, and what to change.
_GONE = Manner("lost", Rank.LOST, 2, interrupt=True, tone="fault")
_BACK = Manner("lost", Rank.FOUND, 3, tone="ready")
_TROUBLE = Manner("lost", Rank.LOST, 3, tone="fault")
_CHANGED = Manner("lost", Rank.LOST, 5, tone="fault")
_COMPANY = Manner("company", Rank.INFO, 10, tone="ready")
_NUMBER = Manner("count", Rank.COUNT, interrupt=True, tone="count")
_LAST = Manner("info", Rank.INFO, 1.5)
_SWITCH = Manner("side", Rank.SIDE, 4, tone="ready")
_SIDE = Manner("side", Rank.SIDE, 3, tone="ready")
_NOT_COUNTED = Manner("info", Rank.PARTIAL, 3, tone="fault")
_PRAISED = Manner("praise", Rank.PRAISE, 3)
_CUE = Manner("fault", Rank.CUE, CUE_WAITS_S, tone="fault")
_TURN = Manner("hold", Rank.HOLD, 0.4, tone="hold")
_SECOND = Manner("hold", Rank.INFO, 0.4, tone="tick")

#: A condition, in any language.
_IF = r"\b(if|si)\b"
#: What is said of a movement that was lost, by why it was.
_LOST: dict[DropReason, str] = {
    "stream": N_("I lost the picture. Repeat that rep."),
    "unseen": N_("I lost sight of you. Repeat that rep."),
}
_JOINED = N_("I see someone else. Keep going, I'm following you.")
_PRAISE = (N_("Better."), N_("Yes, like that."), N_("That's it."))
_SIDE_GO = {"left": N_("Left side: go."), "right": N_("Right side: go.")}
# Both legs in turn: a number alone would not say of which leg it is.
_COUNTED_ON = {"left": N_("Left: {number}."), "right": N_("Right: {number}.")}


@dataclass(slots=True)
class _Told:
    """A cue that was given: when, and for which rep (partial ones too) of which side."""

    time_s: float
    rep: int
    side: Side | None
    corrected: bool = False


class SetVoice:
    """Decides what is worth saying in a set; the Voice decides when it is said."""

    def __init__(
        self, exercise: Exercise, prescription: Prescription, tally: Tally, voice: Voice
    ) -> None:
        self._tally = tally
        self._voice = voice
        self._exercise = exercise
        self._way_out, way_back = exercise.primary.swapped(("up", "down"))
        self._release = _("And up.") if way_back == "up" else _("And lower.")
        self._tempo_s = {"up": prescription.concentric_s, "down": prescription.eccentric_s}
        self._hold: HoldVoice | LetterVoice
        if exercise.timed and prescription.letters and prescription.hold_s:
            self._hold = LetterVoice(prescription.letters, prescription.hold_s, voice)
        else:
            self._hold = HoldVoice(prescription.hold_s, self._release, voice)
        self._early = EarlyCount(exercise, prescription.hold_s)
        self._counted_early = self._taken_back = False
        self._told: dict[str, _Told] = {}
        self._concluded = 0
        self._spoke_for = 0
        self._waiting = (99, 99)
        self._praised = 0
        self._partials = 0
        self._lost_said = False
        self._lengths: list[float] = []
        self._phase: ev.Phase = "rest"
        self._out_since_s = math.nan
        self._guide: GuideState | None = None
        self._second = 1
        self._last_side: Side | None = None
        self._other_since_s = math.nan
        self._await: Side | None = None
        self._measured_s = self._changed_s = self._joined_s = math.nan
        self._callouts: tuple[ev.Callout, ...] = ()
        self._saying: ev.Callout | None = None
        self._saying_until_s = -math.inf

    def hear(
        self,
        now: float,
        events: Iterable[ev.Event],
        snapshot: ev.Snapshot,
        guide: GuideState | None = None,
    ) -> None:
        """Take what a frame brought. snapshot: its holds are those of the whole rep."""
        if snapshot.phase != "rest" and self._phase == "rest":
            self._out_since_s = now
            self._counted_early = False
        self._phase, self._callouts = snapshot.phase, snapshot.callouts
        for event in events:
            self._take(now, event)
        self._hold.follow(now, snapshot)
        if self._early.update(now, snapshot):
            self._counted_early = True
            side = snapshot.working_side
            self._count(now, self._tally.number(side) + 1, side)
        self._pace(now, snapshot, guide)
        self._other_side(now, snapshot)
        self._sight(now, snapshot)
        self._company(now)

    def joined(self, now: float) -> None:
        """Somebody else is in the picture, and is not followed."""
        # That there are two was told when the one became the other.
        if not now - self._changed_s < CHANGED_AGAIN_S:
            self._joined_s = now

    def missed(self) -> None:
        """No pictures came for a while: what was seen last says nothing about now."""
        self._measured_s = math.nan

    @property
    def free_s(self) -> float:
        """How long a line may be that begins now: until a count or a tick is due."""
        return A_WORD_S if self._phase == "inbound" else self._hold.free_s

    @property
    def letter(self) -> str | None:
        """The letter that is being drawn."""
        return self._hold.letter

    @property
    def counts(self) -> bool:
        """Whether the rep that is over counts: not a stand with letters still to draw."""
        return self._hold.finished

    # ------------------------------------------------------------------ events

    def _take(self, now: float, event: ev.Event) -> None:
        match event:
            case ev.RepCompleted(rep=rep):
                self._rep(now, rep)
            case ev.RepTakenBack(rep=rep):
                self._tally.take_back(rep.side)
                self._taken_back = True
            case ev.PartialCompleted():
                self._partial(now)
            case ev.AttemptDropped(dropped=dropped):
                self._dropped(now, dropped.reason)
            case ev.FaultOn(fault_id=name, severity=severity, cue=cue, landmark=joint):
                if self._time_for(now, cue):
                    self._cue(now, _fault(name, severity, cue, joint), None, self._concluded + 1)
            case ev.HoldPaused(fault_id=name, cue=cue):
                if self._hold.counting:
                    joint = next((c.landmark for c in self._callouts if c.fault_id == name), 0)
                    fault = _fault(name, "marked", cue, joint)
                    self._cue(now, fault, None, self._concluded + 1)
            case _:
                self._person(now, event)
        self._hold.take(now, event)

    def _person(self, now: float, event: ev.Event) -> None:
        match event:
            case ev.PersonLost():
                self._voice.drop("fault", "praise", "hold", "info", "side")
                self._lost_said = True
                self._voice.say(_("I can't see you."), _GONE, now)
            case ev.PersonFound() if self._lost_said:
                self._lost_said = False
                self._voice.say(_("I can see you again."), _BACK, now)
            case ev.PersonChanged() if not now - self._changed_s < CHANGED_AGAIN_S:
                self._told.clear()
                self._changed_s, self._joined_s = now, math.nan
                self._voice.say(_("Only one person in the picture, please."), _CHANGED, now)

    # -------------------------------------------------------------------- reps

    def _rep(self, now: float, rep: Rep) -> None:
        self._concluded += 1
        self._phase = "rest"
        self._lengths = [*self._lengths[-2:], rep.end_s - rep.start_s]
        if not self.counts:
            self._tally.leave_out(rep.side)
            self._go_on_drawing(now)
            return
        number = self._tally.add(rep.side)
        if not self._counted_early:
            self._count(now, number, rep.side)
        self._counted_early = False
        self._last_side = rep.side
        if self._tally.done:
            return
        if self._tally.to_switch:
            self._switch(now)
            return
        self._await = None
        self._correct(now, rep)
        for fault in sorted(rep.faults, key=lambda f: importance(f.id, self._exercise, f.severity)):
            shown = _fault(fault.id, fault.severity, fault.cue, fault.landmark)
            if self._cue(now, shown, rep.side, self._concluded):
                return
        if self._tally.left_to_do(rep.side) == 1 and number > 2:
            self._voice.say(_("Last one."), _LAST, now)

    def _go_on_drawing(self, now: float) -> None:
        assert isinstance(self._hold, LetterVoice)
        text = _("Lift your foot again and go on with {letter}.").format(
            letter=self._hold.broken_off
        )
        self._voice.drop("fault", "praise", "hold", "info")
        self._voice.say(text, _SIDE, now)

    def _count(self, now: float, number: int, side: Side | None = None) -> None:
        if isinstance(self._hold, LetterVoice) and self._tally.target == 1:
            # Its last letter has told that the stand is over.
            return
        word, text = in_words(number), called(number)
        if self._tally.each_side and side in _COUNTED_ON and self._last_side not in (None, side):
            text = _(_COUNTED_ON[side]).format(number=word)
        elif self._hold.asked:
            # Its seconds are counted, too.
            text = _("That's {number}.").format(number=word)
        if self._taken_back:
            # The rep by which that is known was counted as well: the number stays.
            text = f"{_('One early rep only went halfway.')} {text}"
            self._taken_back = False
        # Of two that were done before the set began only the last number is said.
        self._voice.drop("count", "fault", "praise", "hold", "info")
        self._voice.say(text, _NUMBER, now)

    def _switch(self, now: float) -> None:
        side = self._tally.side
        assert side is not None
        text = _("Switch sides.")
        if self._tally.number(side):
            text = more_on(side, self._tally.left_to_do(side) or 0)
        self._await, self._other_since_s = side, math.nan
        self._voice.say(text, _SWITCH, now)

    def _other_side(self, now: float, snapshot: ev.Snapshot) -> None:
        """Say that the other side can begin, to someone who does not look."""
        if self._await is None:
            return
        ready = (
            snapshot.working_side == self._await
            and self._phase == "rest"
            and snapshot.primary_deg is not None
        )
        if not ready:
            self._other_since_s = math.nan
        elif math.isnan(self._other_since_s):
            self._other_since_s = now
        elif now - self._other_since_s >= 1.5:
            self._voice.say(_(_SIDE_GO[self._await]), _SIDE, now)
            self._await = None

    def _partial(self, now: float) -> None:
        self._concluded += 1
        self._phase = "rest"
        self._counted_early = False
        # Turning over may look like a short attempt.
        if self._await is not None:
            return
        self._partials += 1
        if self._partials % 2:
            self._voice.say(_("A bit further. That one didn't count."), _NOT_COUNTED, now)

    def _dropped(self, now: float, reason: DropReason) -> None:
        """Only what is nobody's fault is spoken of: who walks or sits down knows."""
        self._phase = "rest"
        self._counted_early = False
        if reason in _LOST:
            self._voice.drop("fault", "praise", "hold", "info", "side")
            self._voice.say(_(_LOST[reason]), _TROUBLE, now)

    def _correct(self, now: float, rep: Rep) -> None:
        """Praise when what was spoken of is not there any more, where it would show."""
        there = {f.id for f in rep.faults} | {n.id for n in rep.not_assessed}
        for fault_id, told in self._told.items():
            if told.corrected or fault_id in there or told.rep >= self._concluded:
                continue
            if told.side not in (None, rep.side):
                continue
            told.corrected = True
            praise = _PRAISE[self._praised % len(_PRAISE)]
            self._praised += 1
            self._voice.say(_(praise), _PRAISED, now)
            return

    # -------------------------------------------------------------------- cues

    def saying(self, now: float) -> ev.Callout | None:
        """The fault of which is being spoken, so that it is the one that is shown, too."""
        return self._saying if now < self._saying_until_s else None

    def _cue(self, now: float, fault: ev.Callout, side: Side | None, rep: int) -> bool:
        """Have a cue said for this rep, if it may be; whether one now waits for its turn."""
        fault_id = fault.fault_id
        told = self._told.get(fault_id)
        if told is not None and (rep - told.rep < 2 or now - told.time_s < COOL_DOWN_S):
            return False
        if self._spoke_for == rep:
            return False
        weight = importance(fault_id, self._exercise, fault.severity)
        if self._voice.waits("fault") and self._waiting <= weight:
            return True
        self._voice.drop("fault")
        self._waiting = weight
        on_begin = partial(self._has_told, fault, rep, side)
        self._voice.say(self._fitting(fault.cue), _CUE, now, on_begin)
        return True

    def _has_told(self, fault: ev.Callout, rep: int, side: Side | None, now: float) -> None:
        self._told[fault.fault_id] = _Told(now, rep, side)
        self._spoke_for = rep
        self._saying, self._saying_until_s = fault, now + duration_s(self._fitting(fault.cue))

    def _fitting(self, cue: str) -> str:
        """As much of a cue as can be said before the next number comes."""
        short = short_form(_(cue))
        quick = self._lengths and duration_s(short) > median(self._lengths)
        # A condition is never left out: it is there for safety.
        if quick and not re.search(_IF, short, re.IGNORECASE):
            return short_form(short.split(",")[0])
        return short

    def _time_for(self, now: float, cue: str) -> bool:
        """Whether a cue can be said before the rep ends."""
        if self._hold.counting or (self._hold.asked and self._phase == "outbound"):
            return True
        if not self._lengths:
            return False
        left_s = median(self._lengths) - (now - self._out_since_s)
        return left_s > duration_s(short_form(_(cue))) + 0.3

    # ------------------------------------------------------------- all the time

    def _pace(self, now: float, snapshot: ev.Snapshot, guide: GuideState | None) -> None:
        """Tick the seconds of an asked tempo, and say when to turn where no hold does."""
        before, self._guide = self._guide, guide
        if guide is None or before is None:
            return
        person_is_back = snapshot.phase in ("inbound", "rest")
        if guide.phase != before.phase:
            self._second = 1
            if {before.phase, guide.phase} == {"up", "down"} and not person_is_back:
                if not self._hold.asked:
                    self._voice.say(self._release, _TURN, now)
                return
        asked = self._tempo_s.get(guide.phase)
        on_the_way_out = guide.phase == self._way_out
        if not asked or (on_the_way_out and person_is_back):
            return
        second = int(asked - guide.left_s) + 1
        if self._second < second <= asked:
            self._second = second
            # Without a word: numbers are for reps, and for what is left of a hold.
            self._voice.say("", _SECOND, now)

    def _sight(self, now: float, snapshot: ev.Snapshot) -> None:
        """Somebody who is there, but of whom nothing can be counted, has to know."""
        measured = snapshot.primary_deg is not None
        if measured or not snapshot.person_seen or math.isnan(self._measured_s):
            self._measured_s = now
        getting_in_place = self._await is not None or not self._concluded
        patience = IN_PLACE_S if getting_in_place else UNMEASURED_S
        if now - self._measured_s > patience:
            self._measured_s = now + UNMEASURED_AGAIN_S - patience
            text = _("I can't count from this angle. Check your position.")
            self._voice.say(text, _TROUBLE, now)

    def _company(self, now: float) -> None:
        """Tell of somebody else when there is time: it matters less than a number."""
        if math.isnan(self._joined_s) or self._voice.waits():
            return
        waited_s = now - self._joined_s
        if waited_s < JOINED_S:
            return
        if waited_s > QUIET_WITHIN_S or self._phase == "rest" or self._time_for(now, _JOINED):
            self._joined_s = math.nan
            self._voice.say(_(_JOINED), _COMPANY, now)


def more_on(side: Side, number: int) -> str:
    """How many reps are left on this side."""
    if side == "left":
        text = ngettext("One more on the left.", "{n} more on the left.", number)
    else:
        text = ngettext("One more on the right.", "{n} more on the right.", number)
    return text.format(n=amount(number).capitalize())


def _fault(name: str, severity: Severity, cue: str, joint: int) -> ev.Callout:
    return ev.Callout(name, severity, cue, joint, math.nan, "")
