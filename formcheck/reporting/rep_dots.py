"""A mark for every rep of a set, side by side, as HTML."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from markupsafe import Markup

from formcheck.engine.findings import Verdict
from formcheck.language import N_, _
from formcheck.reporting.rendering import render

_WORDS: Final[dict[Verdict, str]] = {
    "clean": N_("clean"),
    "mild": N_("slight fault"),
    "marked": N_("clear fault"),
    "not_assessed": N_("not assessed"),
}


def rep_dots(verdicts: Sequence[Verdict]) -> Markup:
    """The marks in order of the reps, with what they mean; "" for a set without reps."""
    if not verdicts:
        return Markup()
    counts = Counter(verdicts)
    return render(
        "dots.html",
        verdicts=verdicts,
        label=". ".join(
            _("Rep {n}: {verdict}").format(n=n, verdict=_(_WORDS[one]))
            for n, one in enumerate(verdicts, 1)
        ),
        kinds=[
            (kind, f"{_(words)}: {counts[kind]}") for kind, words in _WORDS.items() if counts[kind]
        ],
    )
