"""The parts of the pages that run in the browser, as Streamlit components.

Made once, in a module: the pages' scripts are run again and again.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from formcheck.web.assets import loader, text


def _component(name: str) -> Any:
    """The component of the files in this folder of the frontend."""
    return st.components.v2.component(
        f"formcheck_{name}",
        html=text(f"{name}/{name}.html"),
        css=text(f"{name}/{name}.css"),
        js=loader(f"{name}/{name}.js"),
    )


#: The coach.
COACH = _component("coach")
#: A set's annotated video beside its signal; what it shows is review_data's.
REVIEW = _component("review")
