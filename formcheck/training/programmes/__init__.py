"""Programmes: which exercises, how many, how slowly, and when to go on."""
