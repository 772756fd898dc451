"""How somebody moved, summed up in a few dozen numbers: what an exercise is recognised by."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence

import numpy as np

from formcheck.engine.pose import FloatArray
from formcheck.engine.pose import Landmark as L
from formcheck.engine.sign import Measure

#: Features that tell where in the picture hips, feet and knees get to, and the one of how far
#: up and down the steadier foot does. No step is that high (trunk lengths): beyond it the
#: camera moved, and places say nothing.
PLACES, _STEADIER_FOOT_UP, CAMERA_MOVED = slice(0, 11), 5, 1.1
#: How far the hips and the lower foot go up, and, of the ankle that moves more, how far across
#: and up; how far the knee is bent that bends further, in 45 degrees.
_HIPS_UP, _LOWER_FOOT_UP, _ANKLES, _KNEES_BENT = 1, 2, (4, 6), 80
#: Seen from nearer to the front than this (sine of the azimuth) the picture shows how far the
#: feet are apart to the side, and whether they are on one level.
_FRONT = 0.3
#: How many numbers _evidence gives.
EVIDENCE = 4
#: At the turn the shoulders are among the lowest of so large a share of all looks.
_TURN_SHARE = 0.15


def features(xy: FloatArray, azimuth_deg: FloatArray, share: float) -> FloatArray:
    """(inputs of the model + EVIDENCE,) numbers of a whole set that do not tell left from right.

    xy: (T, 33, 2) in unforeshortened trunk lengths, NaN = not seen. azimuth_deg: (T,).
    share: of the looks, how many were in the group's second posture (RECLINED or
    STANDING, or seen from behind). Arms and speed take no part in what the model is
    given: people hold and do these as they like. The last are those of _evidence.
    """
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a landmark that was never seen
        out = np.array([*_moves(xy), *_shape(xy), *_seen_from(azimuth_deg), share])
        evidence = _evidence(xy, azimuth_deg)
    if out[_STEADIER_FOOT_UP] > CAMERA_MOVED:
        out[PLACES] = math.nan
    return np.concatenate([out, evidence])


def _evidence(xy: FloatArray, azimuth_deg: FloatArray) -> list[float]:
    """What two exercises differ in by their nature, trunk lengths; NaN = does not show.

    Hands below the knees and hips above them at the turn; feet apart to the side, and in
    height, from the front.
    """
    hip, knee, ankle, shoulder = _pairs(xy)
    height = (np.fmax(ankle[0], ankle[1]) - _mean(*shoulder))[:, 1]
    turn = height <= np.nanpercentile(height, 100 * _TURN_SHARE)
    knees = _mean(*knee)[turn, 1]
    hands = _mean(xy[:, L.LEFT_WRIST], xy[:, L.RIGHT_WRIST])[turn, 1] - knees
    hips = knees - _mean(*hip)[turn, 1]
    apart = np.nanmedian(np.abs(ankle[0] - ankle[1]), axis=0)
    if np.median(np.abs(np.sin(np.radians(azimuth_deg)))) > _FRONT:
        apart = np.full(2, math.nan)
    at_turn = [float(np.nanmedian(v)) if len(v) else math.nan for v in (hands, hips)]
    return [*at_turn, *map(float, apart)]


def _seen_from(azimuth_deg: FloatArray) -> list[float]:
    azimuth = np.radians(azimuth_deg)
    return [float(np.nanmedian(np.abs(np.sin(azimuth)))), float(np.nanmedian(np.cos(azimuth)))]


def _shape(xy: FloatArray) -> list[float]:
    """Postures: of lengths and angles the middle, and the ends of what they do mostly."""
    hip, knee, ankle, shoulder = _pairs(xy)
    hips, shoulders = _mean(*hip), _mean(*shoulder)
    trunk = shoulders - hips
    feet, knees = np.abs(ankle[0] - ankle[1]), np.abs(knee[0] - knee[1])
    flexion, fold = _flexions(xy)
    thigh = [_lean(k - h) for h, k in zip(hip, knee, strict=True)]
    shank = [_lean(a - k) for k, a in zip(knee, ankle, strict=True)]
    measures = [
        np.fmax(ankle[0][:, 1], ankle[1][:, 1]) - hips[:, 1],
        feet[:, 1],
        feet[:, 0],
        knees[:, 1],
        knees[:, 0],
        _lean(-trunk),
        np.hypot(trunk[:, 0], trunk[:, 1]),
        np.fmin(*flexion),
        np.fmax(*flexion),
        np.fmin(*thigh),
        np.fmax(*thigh),
        np.fmax(*shank),
        np.fmin(*fold),
        np.fmax(*fold),
        np.abs(hip[0] - hip[1])[:, 1],
    ]
    return [float(v) for v in np.nanpercentile(np.array(measures), (4, 50, 96), axis=1).ravel()]


def _moves(xy: FloatArray) -> list[float]:
    """What moves, how far, on one side or both, and what goes together with what."""
    hip, knee, ankle, shoulder = _pairs(xy)
    hips, shoulders = _mean(*hip), _mean(*shoulder)
    low = np.fmax(ankle[0][:, 1], ankle[1][:, 1])
    height = low - hips[:, 1]
    feet = np.abs(ankle[0] - ankle[1])
    flexion, fold = _flexions(xy)
    reach = [a[:, 1] - h[:, 1] for h, a in zip(hip, ankle, strict=True)]
    length = [np.hypot(*(a - h).T) for h, a in zip(hip, ankle, strict=True)]
    differences = [flexion[0] - flexion[1], ankle[0][:, 1] - ankle[1][:, 1]]
    differences += [fold[0] - fold[1], knee[0][:, 1] - knee[1][:, 1]]
    return [
        *(range_of(v) for v in (hips[:, 0], hips[:, 1], low)),
        *_ranges([a[:, 0] for a in ankle]),
        *_ranges([a[:, 1] for a in ankle]),
        *_ranges([k[:, 0] for k in knee]),
        *_ranges([k[:, 1] for k in knee]),
        *_ranges(flexion),
        *_ranges(fold),
        *(_both_ways(d - np.nanmedian(d)) for d in differences),
        *(_both_ways(d) for d in (differences[0], differences[1], differences[3])),
        _together(flexion[0], flexion[1], 0.1),
        _together(fold[0], fold[1], 0.1),
        _together(height, np.fmax(*flexion), 0.1),
        _together(np.fmax(*flexion), np.fmin(*fold), 0.1),
        _together(_lean(hips - shoulders), np.fmax(*flexion), 0.1),
        _together(feet[:, 1], height, 0.05),
        _together(feet[:, 0], height, 0.05),
        *_ranges(reach),
        _together(reach[0], reach[1], 0.05),
        *_ranges(length),
        _together(length[0], length[1], 0.05),
        _together(knee[0][:, 1] - hips[:, 1], knee[1][:, 1] - hips[:, 1], 0.05),
        range_of(shoulders[:, 0] - hips[:, 0]),
        range_of(shoulders[:, 1] - hips[:, 1]),
        _together(shoulders[:, 1], hips[:, 1], 0.05),
        *map(float, np.sort([np.nanmedian(low - a[:, 1]) for a in ankle])),
        range_of(_angle(shoulders - hips)),
    ]


def _pairs(xy: FloatArray) -> list[tuple[FloatArray, FloatArray]]:
    """Hips, knees, ankles and shoulders, each left and right (T, 2)."""
    joints = (L.LEFT_HIP, L.LEFT_KNEE, L.LEFT_ANKLE, L.LEFT_SHOULDER)
    return [(xy[:, joint], xy[:, joint + 1]) for joint in joints]


def _flexions(xy: FloatArray) -> tuple[list[FloatArray], list[FloatArray]]:
    """Of left and right leg, how far the knee is bent, and how open the hip is."""
    hip, knee, ankle, shoulder = _pairs(xy)
    flexion = [_between(k - h, a - k) for h, k, a in zip(hip, knee, ankle, strict=True)]
    fold = [4.0 - _between(h - s, k - h) for s, h, k in zip(shoulder, hip, knee, strict=True)]
    return flexion, fold


def _mean(a: FloatArray, b: FloatArray) -> FloatArray:
    """Halfway between two, either one where the other is NaN."""
    half: FloatArray = np.where(np.isnan(a), b, np.where(np.isnan(b), a, (a + b) / 2))
    return half


def _between(u: FloatArray, v: FloatArray) -> FloatArray:
    """Angle between two directions (T, 2), in units of 45 degrees."""
    cross = u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]
    angle: FloatArray = np.abs(np.degrees(np.arctan2(cross, (u * v).sum(axis=1)))) / 45
    return angle


def _angle(v: FloatArray) -> FloatArray:
    """Of a direction (T, 2) from the upright one, in units of 45 degrees."""
    angle: FloatArray = np.degrees(np.arctan2(v[:, 0], -v[:, 1])) / 45
    return angle


def _lean(v: FloatArray) -> FloatArray:
    """The same of a direction that points down, either way."""
    angle: FloatArray = np.degrees(np.arctan2(np.abs(v[:, 0]), v[:, 1])) / 45
    return angle


def range_of(v: FloatArray) -> float:
    """How far something moved, but for its rarest ends; NaN = hardly seen."""
    if np.isfinite(v).mean() < 0.5:
        return math.nan  # a leg seen now and then does not look as if it were still
    low, high = np.nanpercentile(v, (4, 96))
    return float(high - low)


def _ranges(pair: Sequence[FloatArray]) -> list[float]:
    """Of left and right, the one that moves less first."""
    return [float(v) for v in np.sort([range_of(v) for v in pair])]


def _both_ways(difference: FloatArray) -> float:
    """How far a difference of left and right goes in the direction it goes less."""
    low, high = np.nanpercentile(difference, (4, 96))
    return float(min(max(high, 0.0), max(-low, 0.0)))


def _together(a: FloatArray, b: FloatArray, noise: float) -> float:
    """Correlation of two, less when they move no more than the noise; NaN = hardly seen."""
    seen = np.isfinite(a) & np.isfinite(b)
    if seen.sum() < 8:
        return math.nan
    a, b = a[seen] - a[seen].mean(), b[seen] - b[seen].mean()
    spread = ((a * a).mean() + noise**2) * ((b * b).mean() + noise**2)
    return float((a * b).mean() / math.sqrt(spread))


def measures(summed: FloatArray) -> dict[Measure, float]:
    """What signs are looked for in, from features()."""
    hands, hips, apart, uneven = map(float, summed[-EVIDENCE:])
    with np.errstate(all="ignore"):
        foot, step = (
            np.array([np.hypot(*summed[[*_ANKLES]]), summed[_LOWER_FOOT_UP]]) / summed[_HIPS_UP]
        )
    return {
        "hands_below_knees": hands,
        "hips_above_knees": hips,
        "feet_apart": apart,
        "feet_uneven": uneven,
        "foot_follows": float(foot),
        "step": float(step),
        "knees_bent": 45 * float(summed[_KNEES_BENT]),
    }
