"""The quality of a recording: from where and how well a set was seen, and what was missed."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import replace

from formcheck.engine.camera import SEEN_FROM
from formcheck.engine.exercise import Exercise, StartPosture
from formcheck.engine.plausibility import TrunkJumps
from formcheck.engine.pose import PoseFrame
from formcheck.engine.report import Posture, Source, View
from formcheck.engine.signals import SIGNALS
from formcheck.engine.view import (
    RECLINED,
    SIDE_LYING_LEFT,
    SIDE_LYING_RIGHT,
    STANDING,
    SUPINE,
    ViewTracker,
    facing_of,
)
from formcheck.language import N_

#: The postures of view.py in which an exercise's posture is done.
POSTURES: dict[StartPosture, tuple[Posture, ...]] = {
    "standing": (STANDING,),
    "supine": (SUPINE,),
    # At the top of a hip thrust the trunk is as level as that of someone on the floor.
    "reclined": (RECLINED, SUPINE),
    "side_lying": (SIDE_LYING_LEFT, SIDE_LYING_RIGHT),
}
POSTURE_WORDS = {
    "standing": N_("standing"),
    "supine": N_("lying on your back"),
    "reclined": N_("with the upper back on a bench"),
    "side_lying": N_("lying on your side"),
}

#: From this share of jumps of the trunk on, the landmarks are not those of one body: people who
#: are alone and not hidden have 3% at most, also in fast squats.
MANY_JUMPS = 0.05
#: Who lay on the side for so long could have been followed, seconds.
LAY_S = 2.0


class RecordingQuality:
    """Adds up over a set what the report says of the recording itself."""

    def __init__(self, exercise: Exercise) -> None:
        self._exercise = exercise
        self.first_s = self.last_s = math.nan
        self._frames = self._frames_with_pose = 0
        self._in_place_frames = self._unseen_frames = 0
        self._stood_s = [0.0, 0.0]
        self._frame_size = (0, 0)
        self._posture_time: defaultdict[Posture, float] = defaultdict(float)
        self._uncountable: defaultdict[str, float] = defaultdict(float)
        self._azimuth_sum: defaultdict[Posture, list[float]] = defaultdict(lambda: [0.0, 0.0])
        self._changes = self._crowded_frames = self._followed_frames = 0
        self._trunk = TrunkJumps()

    def frame(self, pose: PoseFrame) -> None:
        """Another frame came in."""
        time_s = pose.time_s
        self._frames += 1
        self._frames_with_pose += pose.has_person
        self._crowded_frames += pose.people > 1
        self._followed_frames += pose.trunk_motion is not None
        self._trunk.look(pose)
        if math.isnan(self.first_s):
            self.first_s = time_s
        self.last_s = time_s
        self._frame_size = pose.frame_size

    def person_changed(self) -> None:
        """Another person took the place of the one who was followed."""
        self._changes += 1

    def seen(self, tracker: ViewTracker, elapsed: float, *, countable: bool) -> None:
        """The person was seen for this long, from where the exercise can be counted or not."""
        posture = tracker.posture
        self._posture_time[posture] += elapsed
        azimuth = tracker.azimuth_deg
        if azimuth is not None:
            east_north = self._azimuth_sum[posture]
            east_north[0] += elapsed * math.cos(math.radians(azimuth))
            east_north[1] += elapsed * math.sin(math.radians(azimuth))
        self._uncountable[tracker.view_class] += elapsed * (not countable)

    def in_position(self, measured: bool, working: int, stood_s: float) -> None:
        """A frame in position; stood_s: of it, for how long it was told which leg works."""
        self._in_place_frames += 1
        self._unseen_frames += not measured
        self._stood_s[working] += stood_s

    def source(self, known: Source | None) -> Source:
        """What was measured of the recording, and of what is known of it from elsewhere."""
        if known is None:
            duration = self.last_s - self.first_s if self._frames > 1 else 0.0
            fps = (self._frames - 1) / duration if duration > 0 else 0.0
            known = Source(
                name="",
                width=self._frame_size[0],
                height=self._frame_size[1],
                fps=fps,
                duration_s=duration + (1 / fps if fps else 0.0),
                frames=0,
                frames_with_pose=0,
            )
        return replace(known, frames=self._frames, frames_with_pose=self._frames_with_pose)

    def view(self, last: View) -> View:
        """How the camera saw the person for most of the set."""
        wanted = POSTURES[self._exercise.posture]
        times = self._posture_time
        posture: Posture = max(
            (p for p in times if p in wanted and times[p] >= 1.0),
            key=lambda p: times[p],
            default=max(times, key=lambda p: times[p], default="unknown"),
        )
        east, north = self._azimuth_sum[posture]
        if east == 0 and north == 0:
            return replace(last, posture=posture)
        azimuth = math.degrees(math.atan2(north, east))
        return View(posture, azimuth, facing_of(posture, azimuth))

    def notes(self, view: View, *, any_reps: bool) -> list[str]:
        """Sentences on what kept the set from being measured as it should."""
        return [
            *self._where_and_how(view, any_reps),
            *self._how_long_it_stood(),
            *self._what_was_followed(),
            *self._who_was_seen(),
        ]

    def _where_and_how(self, view: View, any_reps: bool) -> list[str]:
        exercise, out = self._exercise, []
        if self._frames_with_pose == 0:
            out.append(N_("Nobody was found in the picture."))
        elif view.posture not in POSTURES[exercise.posture] and not any_reps:
            words = N_(
                "This exercise is done {posture}, but the person in the picture was not seen in "
                "that position."
            )
            if self._crowded_frames > 0.25 * self._frames:
                words = N_(
                    "This exercise is done {posture}, but of the two people in the picture neither "
                    "was seen so: where they are close together they are taken for one. Have the "
                    "other one step out of it, or to the side."
                )
            out.append(words.format(posture=POSTURE_WORDS[exercise.posture]))
        elif self._crowded_frames > 0.25 * self._frames and not any_reps:
            out.append(
                N_(
                    "Two people are in the picture, and the one who was followed did no rep. Have "
                    "the other one step out of it, or to the side."
                )
            )
        from_where, for_s = max(
            self._uncountable.items(), key=lambda item: item[1], default=("", 0.0)
        )
        if for_s > 0.25 * (self.last_s - self.first_s) and from_where in SEEN_FROM:
            out.append(
                N_(
                    "The camera saw you from {view}, from where this exercise cannot be counted. "
                    "{setup}"
                ).format(view=SEEN_FROM[from_where], setup=exercise.setup)
            )
        return out

    def _how_long_it_stood(self) -> list[str]:
        if not self._exercise.timed_stand or sum(self._stood_s) < 1.0:
            return []
        legs = (N_("{seconds:.0f} s on the left leg"), N_("{seconds:.0f} s on the right leg"))
        stood = [
            leg.format(seconds=seconds)
            for leg, seconds in zip(legs, self._stood_s, strict=True)
            if seconds >= 1.0
        ]
        return [N_("Stood {stood} in the whole set.").format(stood=", ".join(stood))]

    def _what_was_followed(self) -> list[str]:
        lay_s = sum(self._posture_time[one] for one in POSTURES["side_lying"])
        looked_for = self._exercise.roll_movement is not None and lay_s >= LAY_S
        if not looked_for or self._followed_frames:
            return []
        return [
            N_(
                "Only landmarks came, not how the clothes over hips and waist move: rolling hips "
                "are not assessed from landmarks alone, except a large roll seen from above."
            )
        ]

    def _who_was_seen(self) -> list[str]:
        out = []
        if self._changes:
            out.append(
                N_(
                    "Two people were in the picture, and whom to follow changed {times}; counting "
                    "went on with the new one. Have the other one step out of it."
                ).format(times=_times(self._changes))
            )
        if self._trunk.share > MANY_JUMPS:
            out.append(
                N_(
                    "Shoulders and hips were seen to jump as no body does, as when two people are "
                    "taken for one or something hides the trunk: counts and faults may be wrong. "
                    "Be alone in the picture, with nothing in front of you."
                )
            )
        if self._unseen_frames > 0.25 * self._in_place_frames > 0:
            joints = ", ".join(SIGNALS[self._exercise.primary.signal].landmarks)
            out.append(
                N_(
                    "What is counted ({joints}) was hidden in {share:.0f}% of the frames, so reps "
                    "may be missing: clear the view of the whole body."
                ).format(joints=joints, share=100 * self._unseen_frames / self._in_place_frames)
            )
        missing = 1 - self._frames_with_pose / self._frames if self._frames else 0.0
        if 0.1 < missing < 1:
            words = N_("Nobody was seen in {share:.0f}% of the frames.")
            out.append(words.format(share=100 * missing))
        return out


def _times(number: int) -> str:
    return N_("once") if number == 1 else N_("{n} times").format(n=number)
