"""Somebody in front of the coach: figures and rendered people, and what they hear."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import figure
import numpy as np
import pytest

from formcheck.capture.pose_file import PoseFile
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.pose import empty_frame
from formcheck.engine.session import SetSession
from formcheck.live.coach import Coach

FPS = 15
REP = (1.0, 1.5, 0.5, 1.5, 0.8)
#: Long enough for the set-up, holding still and the countdown.
LEAD_S = 7.0
POSES = {
    "squat": lambda e, **kw: figure.squat(120 * e, **kw),
    "glute_bridge": lambda e, **kw: figure.bridge(130 + 46 * e, **kw),
    "clamshell": lambda e, **kw: figure.clamshell(32 * e, **kw),
}
AZIMUTH = {"squat": 90.0, "glute_bridge": 90.0, "clamshell": 0.0}
RENDERED = sorted((Path(__file__).parent / "data" / "rendered").glob("*.npz"))


def film(exercise, reps, *, lead_s=LEAD_S, tail_s=2.0, **how):
    """Frames of a figure that fills the picture as a person should."""

    def pose(effort, index=0):
        return POSES[exercise](effort, **how)

    camera = {"azimuth_deg": AZIMUTH[exercise]}
    flat = figure.project(pose(0.0), px_per_m=1.0, center=(0, 0), **camera)[:, :2]
    low, high = np.nanmin(flat, axis=0), np.nanmax(flat, axis=0)
    scale = min(330.0, *(0.75 * np.array(figure.SIZE) / (high - low)))
    center = tuple(np.array([320, 260]) - scale * (low + high) / 2)
    camera |= {"px_per_m": scale, "center": center}
    return list(figure.film(pose, reps, fps=FPS, lead_s=lead_s, tail_s=tail_s, **camera))


def one_after_the_other(*films):
    out, begin_s = [], 0.0
    for frames in films:
        out += [replace(f, time_s=begin_s + f.time_s - frames[0].time_s) for f in frames]
        begin_s = out[-1].time_s + 1 / FPS
    return out


def nobody(seconds):
    return [empty_frame(i / FPS, figure.SIZE) for i in range(round(seconds * FPS))]


class Played:
    """A coach that was shown frames: what it said and how its stages followed."""

    def __init__(self, exercise, frames=(), prescription=None, *, start=False, **options):
        self.coach = Coach(exercise, prescription, **options)
        self.said, self.stages, self.snapshots = [], ["setup"], []
        self.events = []
        if start:
            self.coach.start()
            self._note()
        self.show(frames)

    def show(self, frames):
        for frame in frames:
            self.said += self.coach.push(frame)
            self.events += self.coach.events
            self.snapshots.append(self.coach.snapshot)
            self._note()
        return self

    def _note(self):
        if self.coach.stage != self.stages[-1]:
            self.stages.append(self.coach.stage)

    def texts(self, *kinds):
        return [u.text for u in self.said if not kinds or u.kind in kinds]

    def at(self, text):
        return next(u.time_s for u in self.said if u.text == text)


# ----------------------------------------------------------- on rendered people


def exercise_of(path):
    return re.sub(r"^(tuning-)?(.*)-\d+$", r"\2", path.stem)


def asked_of(path):
    """What the exercise asks for; letters are not called here, where the stands are short."""
    return replace(EXERCISES[exercise_of(path)].prescription, letters=None)


@cache
def reps_alone(path):
    """The reps of a film that nobody coaches."""
    session = SetSession(exercise_of(path), prescription=asked_of(path))
    for frame in PoseFile(path):
        session.push(frame)
    return session.finish().reps


@pytest.fixture(scope="module")
def rendered():
    return {
        path: Played(exercise_of(path), PoseFile(path), asked_of(path), start=True)
        for path in RENDERED
    }
