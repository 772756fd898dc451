"""The roll of the pelvis of somebody lying on the side, and what else only a model tells.

What tells it is how far clothes and skin over the lower trunk have moved in the picture
(roll_from_motion; measured where the pictures are, see TrunkMotion). Where there are no
pictures, what a small fitted model makes of the landmarks may still tell a large one.

    model = SideLyingModel.load()
    now = model.estimate(rest_px, frame.landmarks_px, posture, "opening")
    now.roll_deg, now.roll_uncertainty_deg

The pose model's hip points slide over the body when the pelvis rolls, each body
part's in its own way, so that no single length or angle in the picture tells the
roll; the pattern of all of them does. The model is a handful of tiny networks (some
thousand weights), fitted by benchmarks/train_roll.py to films of virtual people and
checked on people and cameras it had not seen: docs/pelvic_rotation.md says how well.

Every value is the change since the rest before the repetition, and each comes with
a standard error for this very picture. Pure numpy; load() reads the weights once.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Final, Literal, Self

import numpy as np
from numpy.typing import NDArray

from formcheck.engine.pose import LANDMARK_COUNT, TRUNK_BANDS, FloatArray, PoseFrame, TrunkMotion
from formcheck.engine.pose import Landmark as L
from formcheck.engine.report import Posture
from formcheck.engine.signals import Body
from formcheck.engine.view import SIDE_LYING_LEFT, SIDE_LYING_RIGHT
from formcheck.engine.weights import load

#: The model was fitted to these two movements.
Kind = Literal["opening", "lift"]
#: Signals that hold what it reads.
ROLL, ROLL_ERROR = "pelvic_rotation", "pelvic_rotation_uncertainty"
READ_BY_MODEL: Final = frozenset({ROLL, ROLL_ERROR, "lift_since_rest"})

#: Cameras from which the landmarks tell a roll at all: how far above the
#: horizontal, and how far aside of straight before the belly (docs/pelvic_rotation.md).
ELEVATION_MIN_DEG: Final = 20.0
AZIMUTH_MAX_DEG: Final = 30.0
#: A swing forward that reads more than this is one of 20 degrees or more, of which the
#: model sees a third; it then also sees too little of the lift.
SWING_MAX_DEG: Final = 5.0
#: Rest before a repetition whose landmarks are its baseline, seconds.
REST_S: Final = 1.0
#: Fewer frames of it than this are no baseline.
REST_FRAMES: Final = 3
#: The last of the rest is what the trunk's motion is counted from, seconds: somebody may
#: have shifted just before.
MOTION_REST_S: Final = 0.5

#: Fewer bands of the trunk (TRUNK_BANDS) than this tell nothing.
_LEAST_BANDS: Final = 2
#: The bands that cover the pelvis.
_PELVIS: Final = (0, 1)
#: A hand that has gone so far since rest, as one on the thigh does, takes its arm along, and an
#: arm so near to the middle of a band hides it (trunk lengths).
_HAND_GONE: Final = 0.09
_ARM_NEAR: Final = 0.3
_ARMS: Final = (
    (L.LEFT_SHOULDER, L.LEFT_ELBOW, L.LEFT_WRIST),
    (L.RIGHT_SHOULDER, L.RIGHT_ELBOW, L.RIGHT_WRIST),
)
#: A band of whose fine detail less than this share is texture (TrunkMotion) tells nothing: what
#: moves there, or stays, is the shading of bare cloth.
_TEXTURE: Final = 0.25
#: A band less certain than this (trunk lengths) is lost.
_LOST: Final = 0.05
#: Degrees of roll per trunk length moved. The half thickness of a pelvis is about a
#: quarter of the trunk; less shows, because cloth and flesh slide and the waist follows in
#: part. Seen on films: 150 to 800 (docs/pelvic_rotation.md).
ROLL_PER_TRUNK: Final = 400.0
#: The least reading that a roll is told from, degrees.
LEAST_DEG: Final = 9.0
#: What the motion reads wrong of a pelvis at rest, degrees, and as a share of the reading.
MOTION_ERROR_DEG: Final = 2.5
MOTION_ERROR_SHARE: Final = 0.3
#: Standard deviation of when something happened, as a share of the time in which it may have.
SHIFT_SPREAD: Final = 12**-0.5
#: Standard error of the fitted model on people unlike those it was fitted to, degrees,
#: beside the one it states: films by another renderer read 0-3 where 28 is true.
MODEL_ERROR_DEG: Final = 15.0

#: Landmarks the model needs; where one is missing it says nothing.
NEEDED: Final[tuple[L, ...]] = (
    L.NOSE, L.LEFT_EAR, L.RIGHT_EAR, L.LEFT_SHOULDER, L.RIGHT_SHOULDER,
    L.LEFT_HIP, L.RIGHT_HIP, L.LEFT_KNEE, L.RIGHT_KNEE, L.LEFT_ANKLE, L.RIGHT_ANKLE,
    L.LEFT_FOOT_INDEX, L.RIGHT_FOOT_INDEX,
)  # fmt: skip
#: What the networks give out, in this order; each has a standard error.
OUTPUTS: Final = ("roll_deg", "primary_deg", "hip_flexion_deg", "elevation_deg", "azimuth_deg")

#: Least and largest logarithm of a standard error, in the units of the networks.
LOG_SIGMA: Final = (-2.3, 1.0)

_KINDS: Final[dict[Kind, float]] = {"opening": 1.0, "lift": 0.0}
#: How far a number may lie outside of what the training films showed, as a share of
#: the span seen there, before the model says nothing.
_BEYOND_MAX: Final = 0.15


def _swapped() -> NDArray[np.intp]:
    order = np.arange(LANDMARK_COUNT)
    pairs = [(1, 4), (2, 5), (3, 6), (7, 8), (9, 10), *((i, i + 1) for i in range(11, 33, 2))]
    for left, right in pairs:
        order[left], order[right] = right, left
    return order


_SWAPPED: Final = _swapped()


def features(rest_px: FloatArray, now_px: FloatArray, posture: Posture, kind: Kind) -> FloatArray:
    """The numbers the model looks at, (..., 54), NaN where a landmark is missing.

    rest_px, now_px: (..., 33, 2) or (..., 33, 3) pixels of the upright picture, y down;
        at rest before the repetition (median over about a second) and now.
    posture: "side_lying_left" (on the left side, the right leg works) or
        "side_lying_right". kind: whether the knee opens or the leg is lifted.

    The picture is mirrored so that the left leg is the upper one, moved to the middle
    of the hips at rest, turned so that the trunk at rest lies level, and measured in
    lengths of the trunk and the lower leg at rest. Then come, for every landmark of
    NEEDED, how it moved since rest (x, y) and where it was at rest (x, y), the turn
    of the trunk in radians and the kind.
    """
    rest, now = rest_px[..., :2], now_px[..., :2]
    if posture == "side_lying_left":
        flip = np.array([-1.0, 1.0])
        rest, now = rest[..., _SWAPPED, :] * flip, now[..., _SWAPPED, :] * flip
    elif posture != "side_lying_right":
        raise ValueError(f"posture must be side_lying_left or side_lying_right, not {posture!r}")
    rest, now = np.broadcast_arrays(rest, now)
    hips = 0.5 * (rest[..., L.LEFT_HIP, :] + rest[..., L.RIGHT_HIP, :])
    down = hips - 0.5 * (rest[..., L.LEFT_SHOULDER, :] + rest[..., L.RIGHT_SHOULDER, :])
    hip, knee, ankle = (rest[..., i, :] for i in (L.RIGHT_HIP, L.RIGHT_KNEE, L.RIGHT_ANKLE))
    size = _length(down) + _length(knee - hip) + _length(ankle - knee)
    size = np.where(size > 0, size, np.nan) / 2.6
    turn = np.arctan2(down[..., 1], down[..., 0])
    cos, sin = np.cos(turn)[..., None] / size[..., None], np.sin(turn)[..., None] / size[..., None]

    def level(points: FloatArray) -> FloatArray:
        moved = points[..., list(NEEDED), :] - hips[..., None, :]
        x, y = moved[..., 0], moved[..., 1]
        return np.stack([cos * x + sin * y, cos * y - sin * x], axis=-1)

    before, after = level(rest), level(now)
    flat = (*before.shape[:-2], -1)
    own = np.broadcast_to(_KINDS[kind], turn.shape)
    return np.concatenate(
        [(after - before).reshape(flat), before.reshape(flat), turn[..., None], own[..., None]],
        axis=-1,
    )


def _length(v: FloatArray) -> FloatArray:
    return np.asarray(np.hypot(v[..., 0], v[..., 1]), np.float64)


@dataclass(frozen=True, slots=True)
class SideLyingEstimate:
    """One moment of a repetition on the side, in degrees; NaN = cannot be told.

    roll_deg: pelvis about its long axis since rest, + = upper hip backward.
    primary_deg: clamshell: turn of the upper knee about the hip-ankle line since rest,
        + = opening. Side leg lift: upper leg against the trunk since rest, + = up.
    hip_flexion_deg: the upper leg's swing forward since rest; 0 in the clamshell.
    elevation_deg, azimuth_deg: where the camera stands: above the horizontal, and
        aside of straight before the belly, + = towards the feet.
    roll_uncertainty_deg: standard error of the roll, as calibrated on virtual people and
        cameras that the model had not seen.
    """

    roll_deg: float
    roll_uncertainty_deg: float
    primary_deg: float
    hip_flexion_deg: float
    elevation_deg: float
    azimuth_deg: float


class SideLyingModel:
    """The fitted networks. Make it with load(); it keeps no state between frames."""

    def __init__(self, weights: Mapping[str, NDArray[Any]]) -> None:
        self._mean = weights["mean"].astype(np.float32)
        self._spread = weights["spread"].astype(np.float32)
        self._low = weights["low"].astype(np.float32)
        self._high = weights["high"].astype(np.float32)
        self._scale = weights["scale"].astype(np.float64)
        # One factor per kind (lift, opening) and output: how much too sure of
        # themselves the networks were of people they had not seen.
        self._calibration = weights["calibration"].astype(np.float64)
        self._layers = [
            (weights[f"w{i}"].astype(np.float32), weights[f"b{i}"].astype(np.float32))
            for i in range(3)
        ]

    @classmethod
    def load(cls) -> Self:
        """The weights that come with the package."""
        return cls(load("side_lying"))

    def estimate(
        self, rest_px: FloatArray, now_px: FloatArray, posture: Posture, kind: Kind
    ) -> SideLyingEstimate:
        """One frame: (33, 2) or (33, 3) pixels at rest and now (see features).

        NaN when a landmark is missing or the picture is unlike all training films.
        """
        values, errors = self.predict(features(rest_px, now_px, posture, kind)[None])
        roll, *others = values[0].tolist()
        return SideLyingEstimate(roll, float(errors[0, 0]), *others)

    def predict(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """(n, 5) values and standard errors (see OUTPUTS) for (n, 54) features.

        Rows of NaN where nothing can be said.
        """
        mean, spread = self.raw(x)
        kind = (x[:, -1] > 0.5).astype(int)
        error = spread * self._calibration[kind]
        unknown = ~np.isfinite(x).all(axis=1) | (self.beyond(x) > _BEYOND_MAX)
        mean[unknown], error[unknown] = np.nan, np.nan
        return mean, error

    def beyond(self, x: FloatArray) -> FloatArray:
        """(n,) how far the most unusual feature lies outside the training films' range."""
        over = np.maximum(self._low - x, x - self._high) / (self._high - self._low)
        return np.asarray(np.nan_to_num(over, nan=0.0).max(axis=1), np.float64)

    def raw(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """(n, 5) values and standard errors of the networks together, not calibrated."""
        z: NDArray[Any] = ((x - self._mean) / self._spread).astype(np.float32)
        # (networks, n, units): all networks at once
        a: NDArray[Any] = np.broadcast_to(z, (len(self._layers[0][0]), *z.shape))
        for i, (w, b) in enumerate(self._layers):
            a = a @ w + b[:, None, :]
            if i < 2:
                a = a / (1.0 + np.exp(-np.clip(a, -30.0, 30.0)))
        count = len(OUTPUTS)
        value = a[..., :count].astype(np.float64)
        sigma = np.exp(np.clip(a[..., count:].astype(np.float64), *LOG_SIGMA))
        # Where the networks disagree, the data did not decide.
        spread = np.sqrt((sigma**2).mean(axis=0) + value.var(axis=0))
        return value.mean(axis=0) * self._scale, spread * self._scale


def roll_from_motion(
    rest: TrunkMotion, now: TrunkMotion | None, rest_px: FloatArray, now_px: FloatArray
) -> tuple[float, float]:
    """Degrees the pelvis has rolled since rest, + = upper hip backward, and the standard error.

    rest_px, now_px: (33, 2) or more columns at rest and now, of somebody seen from the front.
    NaN, NaN when the motion was not followed from rest to now.
    """
    if now is None or now.run != rest.run:
        return math.nan, math.nan
    hips = rest_px[[L.LEFT_HIP, L.RIGHT_HIP], :2].mean(axis=0)
    axis = rest_px[[L.LEFT_SHOULDER, L.RIGHT_SHOULDER], :2].mean(axis=0) - hips
    trunk_px = math.hypot(*axis)
    # What faces the camera moves up in the picture when the upper hip goes back.
    up = np.array([axis[1], -axis[0]]) * math.copysign(1.0 / trunk_px**2, axis[0])
    moved = (now.moved_px - rest.moved_px) @ up
    # Errors grow along a run: what was there at rest is in both.
    error = np.sqrt(np.abs(now.error_px**2 - rest.error_px**2)) / trunk_px
    bands = hips + np.multiply.outer(TRUNK_BANDS, axis)
    seen = (error < _LOST) & ~(now.texture < _TEXTURE)
    seen &= ~_behind_moving_arm(bands, rest_px, now_px, trunk_px)
    if np.count_nonzero(seen) < _LEAST_BANDS:
        return math.nan, math.nan
    moved, error = moved[seen], error[seen]
    # Trousers pulled by the thigh move one band; a pelvis takes the waist with it, or, where
    # the shoulders stay, turns against it: the second largest motion is what counts.
    # (Of the others the one that says so most surely.)
    most, *others = np.argsort(-np.abs(moved))
    second = max(others, key=lambda i: abs(moved[i]) - 0.5 * error[i])
    size = ROLL_PER_TRUNK * abs(float(moved[second]))
    apart = ROLL_PER_TRUNK * abs(float(moved[most])) - size
    # Over the pelvis one band that moves alone leaves open whether it lies still; over the waist
    # it is a breath.
    apart *= 0.5 if size >= LEAST_DEG else float(np.flatnonzero(seen)[most] in _PELVIS)
    vague = math.hypot(ROLL_PER_TRUNK * float(error[second]), apart)
    # Which way, the band nearest to the hips tells best.
    roll = math.copysign(size, moved[0])
    return roll, math.hypot(MOTION_ERROR_DEG, MOTION_ERROR_SHARE * roll, vague)


def _behind_moving_arm(
    points: FloatArray, rest_px: FloatArray, now_px: FloatArray, trunk_px: float
) -> NDArray[np.bool_]:
    """(n,) which of the (n, 2) points an arm may hide whose hand goes along, as with the thigh."""
    hidden = np.zeros(len(points), bool)
    for *arm, hand in _ARMS:
        if not math.dist(rest_px[hand, :2], now_px[hand, :2]) > _HAND_GONE * trunk_px:
            continue
        for px in (rest_px[:, :2], now_px[:, :2]):
            for begin, end in pairwise((*arm, hand)):
                along, off = px[end] - px[begin], points - px[begin]
                share = np.clip(off @ along / (along @ along), 0.0, 1.0)
                away = np.hypot(*(off - share[:, None] * along).T)
                hidden |= away < _ARM_NEAR * trunk_px
    return hidden


def turned_back(
    signals: Mapping[str, FloatArray], time_s: FloatArray, start_s: float, end_s: float
) -> dict[str, FloatArray]:
    """The signals (n,) of an attempt that is over, the roll without what was none.

    A pelvis that rolls with the leg comes back with it. What clearly has not is another way of
    lying, or of the clothes: it is taken off in proportion to time, and as nobody knows when it
    came, its spread over the attempt is doubt. Where the end was not followed nothing changes.
    """
    known = dict(signals)
    if ROLL not in known or ROLL_ERROR not in known:
        return known
    roll, error = known[ROLL], known[ROLL_ERROR]
    after = (time_s >= end_s) & np.isfinite(roll)
    left = float(np.median(roll[after])) if after.any() else 0.0
    if after.any() and abs(left) > np.median(error[after]):
        share = np.clip((time_s - start_s) / (end_s - start_s), 0.0, 1.0)
        known[ROLL] = roll - share * left
        known[ROLL_ERROR] = np.hypot(error, SHIFT_SPREAD * left)
    return known


class RollGauge:
    """Keeps what was seen at rest, and reads into each Body what has changed since.

    kind: the movement; None when nothing is to be read.
    """

    def __init__(self, kind: Kind | None) -> None:
        self._kind = kind
        self._model = SideLyingModel.load() if kind is not None else None
        self._recent: deque[PoseFrame] = deque()
        self._rest: FloatArray | None = None
        self._rest_motion: TrunkMotion | None = None
        self._begin_s = math.nan
        self._model_judges = False
        #: Camera's elevation as seen at rest before this repetition, NaN when unknown.
        self.elevation_deg = math.nan

    def fill(self, body: Body, frame: PoseFrame, begin_s: float) -> None:
        """Write roll_deg, roll_uncertainty_deg and lift_deg into a body.

        begin_s: when the repetition under way began, NaN at rest. The roll stays NaN where
        neither motion nor landmarks show it, the lift where the leg seems to swing forward.
        """
        if self._model is None or self._kind is None:
            return
        if begin_s != begin_s:
            self._recent.append(frame)
            while self._recent[0].time_s < frame.time_s - 3 * REST_S:
                self._recent.popleft()
            self._begin_s = math.nan
            return
        if begin_s != self._begin_s:
            self._begin_s = begin_s
            self._take_rest(begin_s, body.posture)
        on_side = body.posture in (SIDE_LYING_LEFT, SIDE_LYING_RIGHT)
        if self._rest is None or not on_side:
            return
        now = self._model.estimate(self._rest, frame.landmarks_px, body.posture, self._kind)
        if now.hip_flexion_deg <= SWING_MAX_DEG:
            body.lift_deg = now.primary_deg
        read = math.nan, math.nan
        if frame.people > 1:
            pass  # a helper's hands on the hip move as it does, and the landmarks may be theirs
        elif self._rest_motion is not None:
            at = self._rest, frame.landmarks_px
            read = roll_from_motion(self._rest_motion, frame.trunk_motion, *at)
        elif frame.trunk_motion is None and self._model_judges:
            # Never beside pictures: they would be drawn towards the 0 that it reads of strangers.
            read = now.roll_deg, math.hypot(now.roll_uncertainty_deg, MODEL_ERROR_DEG)
        body.roll_deg, body.roll_uncertainty_deg = read

    def _take_rest(self, begin_s: float, posture: Posture) -> None:
        calm = [f for f in self._recent if begin_s - REST_S <= f.time_s <= begin_s + 0.1]
        self._recent.clear()
        if len(calm) < REST_FRAMES or posture not in (SIDE_LYING_LEFT, SIDE_LYING_RIGHT):
            # Out again at once: the rest before still holds.
            return
        self._rest = np.median(np.stack([f.landmarks_px[:, :2] for f in calm]), axis=0)
        self._rest_motion = _at_rest([f for f in calm if f.time_s >= begin_s - MOTION_REST_S])
        assert self._model is not None and self._kind is not None
        still = self._model.estimate(self._rest, self._rest, posture, self._kind)
        self.elevation_deg = still.elevation_deg
        self._model_judges = (
            still.elevation_deg >= ELEVATION_MIN_DEG and abs(still.azimuth_deg) <= AZIMUTH_MAX_DEG
        )


def _at_rest(frames: list[PoseFrame]) -> TrunkMotion | None:
    """Where the trunk lay in the last run of these frames, None when it was not followed."""
    followed = [f.trunk_motion for f in frames if f.trunk_motion is not None]
    if not followed:
        return None
    last = followed[-1]
    same = np.stack([m.moved_px for m in followed if m.run == last.run])
    return replace(last, moved_px=np.median(same, axis=0))
