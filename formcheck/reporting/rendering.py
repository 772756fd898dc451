"""Fills the templates of the pages; whatever comes from outside is text in them, never markup."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from formcheck.language import _, language


def render(template: str, **values: Any) -> Markup:
    """A template of templates/ with these values in it, as markup that other pages take in."""
    return Markup(_environment().get_template(template).render(values))


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("formcheck.reporting"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {"_": _, "language": language}
    made.filters["px"] = lambda value: f"{value:.1f}"
    return made
