"""What a live connection coaches: a set or a circuit of them, kept as it is done."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from formcheck.capture.received import PoseReceiver
from formcheck.engine.exercises import EXERCISES
from formcheck.history import HistoryError, SetStart, new_id
from formcheck.history.recorder import Recorder
from formcheck.history.rows import now
from formcheck.history.settings import load_settings, save_settings
from formcheck.language import N_
from formcheck.live.circuit import circuit_events as ev
from formcheck.live.circuit.player import CircuitPlayer
from formcheck.live.clock import CaptureClock
from formcheck.live.coached_set import CoachedSet
from formcheck.training.programmes.plan import PlannedSet, still_to_do
from formcheck.web.tab_session import CircuitNow, Setup, TabSession

#: The page is told of a finished set when it is kept; for so long that is waited for.
_PATIENCE_S: Final = 2.0


class CircuitOverError(Exception):
    """Nothing is left of the circuit that is asked for; the text says what to do."""


class CoachingRun:
    """What is coached; it outlives a broken connection.

    What is done goes to the history at once, each rep the moment it is counted. A circuit
    that is there already is gone on with where it stopped. on_problem: takes sentences about what
    went wrong, also from other threads; it may be set anew. Raises CircuitOverError.
    """

    def __init__(self, tab: TabSession, setup: Setup, on_problem: Callable[[str], None]) -> None:
        self.setup = setup
        self.on_problem = on_problem
        self._tab = tab
        self._recorder: Recorder | None = None
        self._sets: dict[int, SetStart] = {}
        self._planned: PlannedSet | None = None
        #: From the page's clock to the coach's; it goes on when the page is loaded anew.
        self.clock = CaptureClock()
        #: Whom it follows where the page finds the poses; it outlives a broken connection, too.
        self.receiver = PoseReceiver()
        if setup.plan:
            left = self._left()
            if not left:
                raise CircuitOverError(N_("This round is over. Start the camera for the next one."))
            self.player = CircuitPlayer(
                left, title=setup.title, pain=setup.pain, camera=load_settings().camera
            )
        else:
            alone = PlannedSet(0, setup.exercise, setup.prescription, setup.both_sides)
            self.player = CircuitPlayer([alone], pain=setup.pain, alone=True)
        tab.circuit = CircuitNow(setup.circuit_id)

    def is_for(self, setup: Setup) -> bool:
        """Whether this is what is asked for; the model may be another one."""
        return replace(setup, model=self.setup.model) == self.setup

    def goes_on(self, setup: Setup) -> bool:
        """Whether starting the camera anew goes on with this: with a circuit that is not over."""
        return bool(setup.plan) and self.is_for(setup) and not self._tab.circuit.over

    @property
    def in_set(self) -> bool:
        """Whether a set is under way: more than set up, and not over."""
        on = self.player.running
        return on is not None and on.coach.stage != "setup"

    @property
    def is_behind(self) -> bool:
        """Whether something has happened that keep() is to keep."""
        return self.player.has_events or self._begins

    @property
    def _begins(self) -> bool:
        """Whether a set has begun that is not in the history."""
        on, planned = self.player.running, self._planned
        if on is None or planned is None or on.coach.set_started_s is None:
            return False
        return planned.position not in self._sets

    def keep(self) -> Iterator[str]:
        """Keep what has happened since the last call.

        Gives the ids of what the page has something new to show of: sets, the circuit.
        """
        for event in self.player.take_events():
            match event:
                case ev.SetBegun(_, planned):
                    self._planned = planned
                    _remember_room(planned)
                case ev.RepDone(position, rep):
                    self._keeper.rep(self._begun(position).id, rep)
                case ev.SetEnded(position, coached, end_reason):
                    yield self._finish(position, coached, end_reason)
                case ev.SetSkipped(position) if self.setup.plan:
                    self._follow()
                    self._keeper.skip(self.setup.circuit_id, position)
                case ev.PainAnswered(position, hurts, where, level) if position in self._sets:
                    self._keeper.pain(self._sets[position].id, hurts, where, level)
                    if self._tab.circuit.over or not self.setup.plan:
                        self.flush()
                        yield self._sets[position].id
                case ev.CircuitEnded(reason):
                    yield from self._end(reason)
        if self._begins and self._planned is not None:
            self._begun(self._planned.position)

    def flush(self) -> bool:
        """Wait a moment until the history has it all; whether it has."""
        return self._recorder is None or self._recorder.flush(_PATIENCE_S)

    def give_up(self) -> None:
        """It is not gone on with: a set that is on stays in the history as broken off."""
        recorder, self._recorder = self._recorder, None
        if recorder is not None:
            recorder.close()
        begun = self._sets.get(self._planned.position) if self._planned else None
        if begun is None or self.player.running is None or self._tab.history is None:
            return
        # One without an attempt is not there; one that cannot be reached ends by its silence.
        with contextlib.suppress(HistoryError):
            self._tab.history.mark_broken_off(begun.id)

    def _left(self) -> tuple[PlannedSet, ...]:
        """What is left of the circuit, by what the history has of it."""
        plan, circuit_id = self.setup.plan, self.setup.circuit_id
        past = self._tab.history
        if past is None:
            return plan
        try:
            whose = self.setup.profile_id
            known = past.circuit(circuit_id)
            if known is None:
                return plan
            return still_to_do(plan, past.sets(whose, circuit_id=circuit_id), known.skipped)
        except HistoryError as error:
            self.on_problem(str(error))
            return plan

    @property
    def _keeper(self) -> Recorder:
        """The recorder, from the first thing that is to be kept."""
        if self._recorder is None:
            self._recorder = Recorder(on_problem=lambda text: self.on_problem(text))
        return self._recorder

    def _begun(self, position: int) -> SetStart:
        """The set at this place of the plan, begun in the history the first time."""
        if position in self._sets:
            return self._sets[position]
        assert self._planned is not None
        setup, planned = self.setup, self._planned
        begun = self._sets[position] = SetStart(
            new_id(),
            setup.profile_id,
            planned.exercise,
            planned.prescription,
            both_sides=planned.both_sides,
            circuit_id=setup.circuit_id if setup.plan else None,
            position=position if setup.plan else None,
        )
        if setup.plan:
            self._follow()
        self._keeper.begin(begun)
        return begun

    def _finish(self, position: int, coached: CoachedSet, end_reason: str) -> str:
        begun = self._sets.get(position)
        when = now() if begun is None else begun.when
        done = coached.finish(source_name=self.setup.source_name, when=when)
        done = replace(done, id=new_id() if begun is None else begun.id)
        if begun is not None:
            duration_s = coached.coach.duration_s
            self._keeper.finish(done.id, done, end_reason=end_reason, duration_s=duration_s)
            self.flush()
        if not self.setup.plan or done.report.reps or done.report.partials:
            self._tab.add_finished(done)
        return done.id

    def _follow(self) -> None:
        """The circuit is on: from its first set it is in the history."""
        setup = self.setup
        if self._tab.circuit.begun:
            return
        if setup.enrolment is not None:
            self._keeper.begin_circuit(setup.circuit_id, setup.enrolment, when=now())
        self._tab.circuit = CircuitNow(setup.circuit_id, begun=True)

    def _end(self, reason: str) -> Iterator[str]:
        circuit = self._tab.circuit
        if circuit.begun:
            self._keeper.end_circuit(circuit.id, reason)
            self.flush()
        self._tab.circuit = replace(circuit, over=True)
        yield circuit.id


def _remember_room(planned: PlannedSet) -> None:
    spot = EXERCISES[planned.exercise].camera.spot
    if spot != load_settings().camera:
        save_settings(camera=spot)
