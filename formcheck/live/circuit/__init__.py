"""Circuits: one set after the other, hands-free, from the first announcement to the last word."""

from formcheck.live.circuit.circuit_events import (
    CircuitEnded,
    CircuitEvent,
    PainAnswered,
    RepDone,
    SetBegun,
    SetEnded,
    SetSkipped,
)
from formcheck.live.circuit.player import CircuitPlayer

__all__ = [
    "CircuitEnded",
    "CircuitEvent",
    "CircuitPlayer",
    "PainAnswered",
    "RepDone",
    "SetBegun",
    "SetEnded",
    "SetSkipped",
]
