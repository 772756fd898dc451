"""What the page sends in bytes: pictures, and poses that it found itself. Little endian.

    header   u8 kind (PICTURE or POSE), 3 bytes 0, u32 seq, f64 capture time (ms, page's clock)
    PICTURE  a JPEG
    POSE     u16 width, u16 height, u8 people, u8 looked, u8 light (0..255), u8 flags,
             f32 ms that the page needed, then for each of the people 33 x (x, y, z, visibility)
             f32 in shares of the picture and 33 x (x, y, z) f32 metres, and with flag MOTION
             u32 run and 4 x (dx, dy, error, texture) f32 of the trunk's motion (NaN = lost),
             and with flag PICTURED the picture itself for the report, a JPEG, to the end

The first of the people is the tracked one, unless the flag UNTRACKED says that there is none.
LITE and HEAVY tell which model found them, else it was full. looked: 0 = the tracked one alone,
1 = all that are in the picture, 2 = all that are in it with the parts blanked that the server
named. With the flag KEPT a message was kept while the connection was away, and answers no
request.
"""

from __future__ import annotations

import struct
from typing import Final

PICTURE: Final = 1
POSE: Final = 2
HEADER: Final = struct.Struct("<B3xId")
POSE_HEADER: Final = struct.Struct("<HHBBBBf")
#: Bits of a pose message's flags.
MOTION, UNTRACKED, KEPT, LITE, HEAVY, PICTURED = 1, 2, 4, 8, 16, 32
MOST_PEOPLE: Final = 5
PERSON_BYTES: Final = 33 * 7 * 4
MOTION_BYTES: Final = 4 + 4 * 4 * 4
#: The largest picture that comes with a pose: a set may keep hundreds. Most have 20 to 60 kB.
MAX_PICTURED_BYTES: Final = 300_000
#: The largest pose message.
MAX_POSE_BYTES: Final = (
    HEADER.size + POSE_HEADER.size + MOST_PEOPLE * PERSON_BYTES + MOTION_BYTES + MAX_PICTURED_BYTES
)
_FLAGS_AT: Final = HEADER.size + 7


def is_kept(data: bytes) -> bool:
    """Whether a pose message was kept while the connection was away."""
    return len(data) > _FLAGS_AT and bool(data[_FLAGS_AT] & KEPT)
