"""Programmes: which exercises, how many, how slowly, and when to go on."""

from formcheck.programmes.plan import PlannedSet
from formcheck.programmes.programme import Item, Phase, Programme

__all__ = ["Item", "Phase", "PlannedSet", "Programme"]
