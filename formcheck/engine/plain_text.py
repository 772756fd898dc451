"""Text from outside, without what a terminal or a file would take for more than text."""

from __future__ import annotations

import re
from typing import Final

#: Control characters (a terminal obeys them) and halves of characters (UTF-8 has none).
_NO_TEXT: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def plain_text(text: str) -> str:
    """The text with a mark in place of each character that is none; tabs and lines stay."""
    return _NO_TEXT.sub("\N{REPLACEMENT CHARACTER}", text)
