"""A programme as a piece of a link, for who is to follow it, and back."""

from __future__ import annotations

import base64
import binascii
import zlib
from typing import Final
from urllib.parse import parse_qs, urlsplit

from formcheck.language import _
from formcheck.training.programmes.programme import Programme
from formcheck.training.programmes.reading import (
    MOST_BYTES,
    ProgrammeError,
    read_programme,
    write_programme,
)

#: The name of the piece in the address.
PARAMETER: Final = "programme"
_NAME: Final = "programme.yaml"


def link(programme: Programme, page: str = "http://localhost:8501/programme") -> str:
    """The address that opens a programme. page: where the programmes are."""
    return f"{page.partition('?')[0]}?{PARAMETER}={packed(programme)}"


def packed(programme: Programme) -> str:
    """The programme in letters, digits, - and _."""
    data = zlib.compress(write_programme(programme).encode(), 9)
    return base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")


def unpacked(text: str) -> Programme:
    """What packed made, or all of a link. Raises ProgrammeError, whatever the text is."""
    try:
        piece = parse_qs(urlsplit(text.strip()).query).get(PARAMETER, [text.strip()])[0]
        data = base64.b64decode(piece + "=" * (-len(piece) % 4), altchars=b"-_", validate=True)
        unpacking = zlib.decompressobj()
        unzipped = unpacking.decompress(data, MOST_BYTES + 1)
        if not unpacking.eof and len(unzipped) <= MOST_BYTES:
            raise ValueError
    except (ValueError, binascii.Error, zlib.error):
        raise ProgrammeError(
            _("This link is not whole: ask for it again, or for a file.")
        ) from None
    return read_programme(unzipped, _NAME)
