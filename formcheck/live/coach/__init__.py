"""The live coach: frames in, words to say and things to draw out, a report at the end.

It knows no camera, no clock and no browser: time is that of the frames.
"""

from formcheck.live.coach.lead import Coach
from formcheck.live.coach.setup_check import SetupCheck
from formcheck.live.coach.snapshot import CoachSnapshot
from formcheck.live.coach.voice import Utterance

__all__ = ["Coach", "CoachSnapshot", "SetupCheck", "Utterance"]
