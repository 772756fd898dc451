"""Circuits: one set after the other, hands-free, from the first announcement to the last word."""
