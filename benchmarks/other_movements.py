"""Movements that are none of the exercises formcheck knows, of a stick figure.

    landmarks_m, time_s = perform("lunge", rng)

What must not be named is taught with these (train_recognition.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from formcheck.engine.pose import LANDMARK_COUNT
from formcheck.engine.pose import Landmark as L

Array = np.ndarray
#: Metres, before a person's own proportions.
_LENGTHS = {"thigh": 0.42, "shank": 0.40, "trunk": 0.50, "hips": 0.10, "shoulders": 0.175}
FPS = 12.0


def stick(size: Mapping[str, float], count: int, **angles: Any) -> Array:
    """(T, 33, 3) metres, x to the person's right, y ahead, z up; NaN = not modelled.

    Degrees in the room, numbers or (T,): trunk_ahead, trunk_aside; of each leg
    flex_l, flex_r (thigh ahead of the vertical), aside_l, aside_r (leg outward),
    knee_l, knee_r (flexion). legs_aside: both legs to the person's right. up, x, y: metres
    added; the lowest ankle is on the floor. lying: the whole body on its left (-1) or
    right (1) side.
    """

    def get(name: str) -> Array:
        out: Array = np.zeros(count) + np.asarray(angles.get(name, 0.0), float)
        return out

    def rad(name: str) -> Array:
        angle: Array = np.radians(get(name))
        return angle

    def along(ahead: Array, aside: Array) -> Array:
        return np.stack(
            [np.sin(aside), np.sin(ahead) * np.cos(aside), np.cos(ahead) * np.cos(aside)], axis=1
        )

    out = np.full((count, LANDMARK_COUNT, 3), np.nan)
    trunk = along(rad("trunk_ahead"), rad("trunk_aside"))
    across = np.stack(
        [np.cos(rad("trunk_aside")), np.zeros(count), -np.sin(rad("trunk_aside"))], axis=1
    )
    for side, sign, s in ((0, -1.0, "l"), (1, 1.0, "r")):
        hip = sign * size["hips"] * across
        shoulder = size["trunk"] * trunk + sign * size["shoulders"] * across
        aside = sign * rad(f"aside_{s}") + rad("legs_aside")
        thigh = along(rad(f"flex_{s}"), aside) * [1.0, 1.0, -1.0]
        shank = along(rad(f"flex_{s}") - rad(f"knee_{s}"), aside) * [1.0, 1.0, -1.0]
        knee = hip + size["thigh"] * thigh
        ankle = knee + size["shank"] * shank
        for joint, at in (
            (L.LEFT_HIP, hip),
            (L.LEFT_SHOULDER, shoulder),
            (L.LEFT_KNEE, knee),
            (L.LEFT_ANKLE, ankle),
            (L.LEFT_HEEL, ankle + [0.0, -0.05, -0.06]),
            (L.LEFT_FOOT_INDEX, ankle + [0.03 * sign, 0.16, -0.07]),
            (L.LEFT_EAR, size["trunk"] * trunk * 1.45 + sign * 0.075 * across),
        ):
            out[:, joint + side] = at
    out[:, L.NOSE] = size["trunk"] * trunk * 1.45 + [0.0, 0.1, 0.0]
    low = np.nanmin(out[:, [L.LEFT_ANKLE, L.RIGHT_ANKLE], 2], axis=1)
    out += np.stack([get("x"), get("y"), get("up") - low + 0.08], axis=1)[:, None]
    lying = float(angles.get("lying", 0.0))
    if lying:
        x, y, z = np.moveaxis(out, 2, 0)
        out = np.stack([lying * z, y, -lying * x], axis=2)
    return out


class _Beat:
    """Efforts over time, 0 to 1: one after the other, on one side, or on both in turn."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.period_s = float(np.exp(rng.uniform(np.log(0.8), np.log(5.0))))
        self.time_s = np.arange(0.0, max(4.0, self.period_s * rng.uniform(2, 7)), 1 / FPS)
        self.phase = self.time_s / self.period_s
        self.both = (1 - np.cos(2 * np.pi * self.phase)) / 2
        odd = (self.phase.astype(int) % 2).astype(float)
        if rng.random() < 0.5:
            odd = 1 - odd
        self.left, self.right = self.both * odd, self.both * (1 - odd)

    def any_side(self) -> tuple[Array, Array]:
        """Efforts of a left and a right leg: in turn, or of one alone."""
        kind = self.rng.random()
        if kind < 0.5:
            return self.left, self.right
        none = np.zeros_like(self.both)
        return (self.both, none) if kind < 0.75 else (none, self.both)


def _split_squat(b: _Beat, u: Callable[..., float]) -> dict[str, Any]:
    e, front = b.both, "lr"[int(b.rng.integers(2))]
    back = "r" if front == "l" else "l"
    return {
        f"flex_{front}": u(15, 30) + e * u(40, 65),
        f"knee_{front}": u(5, 25) + e * u(60, 80),
        f"flex_{back}": u(-30, -15) + e * u(5, 20),
        f"knee_{back}": u(5, 25) + e * u(50, 85),
        "trunk_ahead": u(0, 15),
    }


def _lunge(b: _Beat, u: Callable[..., float]) -> dict[str, Any]:
    left, right = b.any_side()
    flex, knee, back, back_knee = u(50, 90), u(60, 100), u(0, 25), u(50, 95)
    up = u(40, 90) * float(b.rng.random() < 0.4)  # the knee is lifted between two lunges
    rise = np.maximum(-np.cos(4 * np.pi * b.phase), 0) * (np.abs(left) + np.abs(right) < 0.5)
    return {
        "flex_l": left * flex - right * back + up * rise * (left > 0),
        "knee_l": left * knee + right * back_knee + up * rise * (left > 0),
        "flex_r": right * flex - left * back + up * rise * (right > 0),
        "knee_r": right * knee + left * back_knee + up * rise * (right > 0),
        "trunk_ahead": u(0, 15) + u(0, 15) * b.both,
    }


def _side_lunge(b: _Beat, u: Callable[..., float]) -> dict[str, Any]:
    left, right = b.any_side()
    out, knee = u(20, 40), u(60, 100)
    return {
        "aside_l": u(3, 6) + out * (left + right),
        "aside_r": u(3, 6) + out * (left + right),
        "knee_l": left * knee,
        "knee_r": right * knee,
        "flex_l": left * knee * 0.6,
        "flex_r": right * knee * 0.6,
        "trunk_ahead": b.both * u(5, 40),
    }


def _jacks(b: _Beat, u: Callable[..., float]) -> dict[str, Any]:
    out = u(15, 30)
    return {
        "aside_l": 4 + out * b.both,
        "aside_r": 4 + out * b.both,
        "up": u(0.03, 0.15) * np.abs(np.sin(2 * np.pi * b.phase)),
        "knee_l": u(0, 15) + u(0, 20) * np.abs(np.cos(2 * np.pi * b.phase)),
        "knee_r": u(0, 15) + u(0, 20) * np.abs(np.cos(2 * np.pi * b.phase)),
    }


def _march(b: _Beat, u: Callable[..., float]) -> dict[str, Any]:
    flex, knee = u(35, 100), u(40, 110)
    return {
        "flex_l": b.left * flex,
        "flex_r": b.right * flex,
        "knee_l": b.left * knee,
        "knee_r": b.right * knee,
        "trunk_ahead": u(-5, 10),
    }


def _heel_kicks(b: _Beat, u: Callable[..., float]) -> dict[str, Any]:
    left, right = b.any_side()
    knee = u(60, 120)
    return {"knee_l": left * knee, "knee_r": right * knee, "trunk_ahead": u(-5, 20)}


def _walk(b: _Beat, u: Callable[..., float]) -> dict[str, Any]:
    swing = np.sin(2 * np.pi * b.phase)
    reach, bend = u(15, 30), u(35, 65)
    turn = np.cos(2 * np.pi * b.phase)
    speed = u(0.3, 1.2) * float(b.rng.random() < 0.5)
    there = np.abs((b.time_s / 4) % 2 - 1) * 4
    return {
        "flex_l": reach * swing,
        "flex_r": -reach * swing,
        "knee_l": 5 + bend * np.maximum(turn, 0),
        "knee_r": 5 + bend * np.maximum(-turn, 0),
        "y": speed * there,
        "trunk_ahead": u(0, 12),
    }


def _shuffle(b: _Beat, u: Callable[..., float]) -> dict[str, Any]:
    out, knee = u(8, 25), u(10, 50)
    there = np.abs((b.time_s / u(1.5, 4)) % 2 - 1)
    return {
        "aside_l": 5 + out * b.both,
        "aside_r": 5 + out * b.both,
        "knee_l": knee + b.left * u(5, 30),
        "knee_r": knee + b.right * u(5, 30),
        "flex_l": 0.5 * knee,
        "flex_r": 0.5 * knee,
        "x": there * u(0.8, 3.0),
        "up": u(0.0, 0.08) * b.both,
        "trunk_ahead": u(0, 30),
    }


def _leg_raise(b: _Beat, u: Callable[..., float]) -> dict[str, Any]:
    left, right = b.any_side()
    way = int(b.rng.integers(3))
    size = (u(25, 80), u(-45, -20), u(20, 50))[way]
    name = "aside" if way == 2 else "flex"
    lean = u(0, 15) * b.both
    return {
        f"{name}_l": left * size,
        f"{name}_r": right * size,
        "knee_l": left * u(0, 20),
        "knee_r": right * u(0, 20),
        "trunk_ahead": lean if way == 1 else -0.5 * lean,
        "trunk_aside": (right - left) * -u(0, 12) if way == 2 else 0.0,
    }


def _donkey_kick(b: _Beat, u: Callable[..., float]) -> dict[str, Any]:
    left, right = b.any_side()
    size, knee = u(50, 95), u(60, 90)
    return {
        "trunk_ahead": u(75, 100),
        "flex_l": u(-5, 20) - left * size,
        "flex_r": u(-5, 20) - right * size,
        "knee_l": 90 + left * (knee - 90),
        "knee_r": 90 + right * (knee - 90),
    }


def _dip(b: _Beat, u: Callable[..., float]) -> dict[str, Any]:
    knee, rest = u(10, 90), u(45, 75)
    flex = rest + b.both * u(15, 35)
    drop = b.both * u(15, 40) * float(knee > 30)
    return {
        "trunk_ahead": u(-15, 10),
        "flex_l": flex,
        "flex_r": flex,
        "knee_l": knee + drop,
        "knee_r": knee + drop,
    }


def _side_plank(b: _Beat, u: Callable[..., float]) -> dict[str, Any]:
    way = float(b.rng.choice([-1.0, 1.0]))
    dip = b.both * u(0, 20)
    knee = u(0, 10) if b.rng.random() < 0.7 else u(70, 95)
    return {
        "trunk_aside": way * (u(60, 80) + dip),
        "legs_aside": -way * (u(75, 95) - dip),
        "knee_l": knee,
        "knee_r": knee,
    }


def _stand(b: _Beat, u: Callable[..., float]) -> dict[str, Any]:
    return {
        "trunk_ahead": u(-5, 10) + u(0, 12) * b.both,
        "trunk_aside": u(0, 35) * (b.left - b.right),
        "up": u(0, 0.1) * b.both,
        "x": u(0.0, 0.08) * (b.left - b.right),
    }


def _on_back(b: _Beat, u: Callable[..., float]) -> dict[str, Any]:
    way = int(b.rng.integers(3))
    left, right = (b.both, b.both) if b.rng.random() < 0.4 else b.any_side()
    if way == 0:  # legs lifted straight
        size, knee = u(40, 90), u(0, 25)
        return {
            "trunk_ahead": -90,
            "flex_l": 92 + left * size,
            "flex_r": 92 + right * size,
            "knee_l": knee,
            "knee_r": knee,
        }
    if way == 1:  # sitting up
        return {
            "trunk_ahead": -90 + b.both * u(25, 95),
            "flex_l": u(125, 140),
            "flex_r": u(125, 140),
            "knee_l": u(80, 100),
            "knee_r": u(80, 100),
        }
    return {  # legs drawn up and stretched
        "trunk_ahead": u(-90, -70),
        "flex_l": 180 - left * u(50, 80),
        "flex_r": 180 - right * u(50, 80),
        "knee_l": 90 - left * u(40, 85),
        "knee_r": 90 - right * u(40, 85),
    }


def _face_down(b: _Beat, u: Callable[..., float]) -> dict[str, Any]:
    left, right = b.any_side() if b.rng.random() < 0.5 else (b.both * 0, b.both * 0)
    lean = u(65, 85) + b.both * u(0, 25)
    return {
        "trunk_ahead": lean,
        "flex_l": -lean + left * u(60, 130),
        "flex_r": -lean + right * u(60, 130),
        "knee_l": left * u(60, 110),
        "knee_r": right * u(60, 110),
    }


def _leg_swing_lying(b: _Beat, u: Callable[..., float]) -> dict[str, Any]:
    lying = float(b.rng.choice([-1.0, 1.0]))
    upper, lower = ("l", "r") if lying > 0 else ("r", "l")
    reach = u(30, 80)
    return {
        "lying": lying,
        f"flex_{upper}": reach * (b.both - u(0, 0.4)),
        f"knee_{upper}": b.both * u(0, 100),
        f"aside_{upper}": u(0, 10),
        f"flex_{lower}": u(0, 20),
        f"knee_{lower}": u(0, 40),
    }


MOVEMENTS: dict[str, Callable[[_Beat, Callable[..., float]], dict[str, Any]]] = {
    "split_squat": _split_squat,
    "lunge": _lunge,
    "side_lunge": _side_lunge,
    "jumping_jacks": _jacks,
    "marching": _march,
    "heel_kicks": _heel_kicks,
    "walking": _walk,
    "side_shuffle": _shuffle,
    "standing_leg_raise": _leg_raise,
    "donkey_kick": _donkey_kick,
    "dip": _dip,
    "side_plank": _side_plank,
    "standing": _stand,
    "on_the_back": _on_back,
    "face_down": _face_down,
    "lying_leg_swing": _leg_swing_lying,
}


def perform(movement: str, rng: np.random.Generator) -> tuple[Array, Array]:
    """(T, 33, 3) metres and (T,) seconds of one person doing it in one way, drawn at random."""
    size = {name: length * rng.uniform(0.88, 1.12) for name, length in _LENGTHS.items()}
    beat = _Beat(rng)
    angles = MOVEMENTS[movement](beat, lambda low, high: float(rng.uniform(low, high)))
    sway = rng.standard_normal(2) * 0.01
    out = stick(size, len(beat.time_s), **angles)
    return out + np.append(sway, 0.0), beat.time_s
