"""Hostile recordings: landmark files, videos and names, and places where a file should be."""

from __future__ import annotations

import io
import os
import shutil
import struct
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.fixtures import FOLDER

CLIP = FOLDER.parents[2] / "sample_videos" / "squat_side_good.mp4"
POSES = FOLDER / "squat-00.npz"

#: Makes what the case needs in an empty folder, and gives the commands: the last one counts.
Make = Callable[[Path], Sequence[Sequence[str]]]


@dataclass(frozen=True)
class Case:
    """One of them. refused: whether the command has to say no; None = either way."""

    kind: str
    name: str
    make: Make
    refused: bool | None = True


def recordings() -> Iterator[Case]:
    """Those that are analysed."""
    yield from _poses()
    yield from _videos()


def analyse(file: str, *more: str) -> list[str]:
    """The command that analyses a file."""
    return ["analyze", file, "--exercise", "squat", "-q", *more]


# ---------------------------------------------------------------------- landmark files


def _poses() -> Iterator[Case]:
    with np.load(POSES) as stored:
        good = dict(stored)
    count = len(good["time_s"])
    rng = np.random.default_rng(7)
    wild = {
        "nothing is wrong": {},
        "no person": {"landmarks_px": np.nan * good["landmarks_px"]},
        "a storm of NaN": {
            "landmarks_px": np.where(rng.random((count, 33, 1)) < 0.5, np.nan, good["landmarks_px"])
        },
        "teleports": {"landmarks_px": good["landmarks_px"] + rng.normal(0, 300, (count, 1, 1))},
        "huge landmarks": {"landmarks_px": good["landmarks_px"] * 1e30},
        "landmarks near the largest number": {"landmarks_px": np.full((count, 33, 3), 1e300)},
        "late": {"time_s": good["time_s"] + 1e9},
        "very late": {"time_s": good["time_s"] * 1e290},
        "a jump of a year": {"time_s": good["time_s"] + 3e7 * (np.arange(count) > count / 2)},
        "negative times": {"time_s": good["time_s"] - 1e6},
        "all at once": {"time_s": np.arange(count) * 1e-9},
        "a small picture": {"frame_size": np.array([2, 2])},
        "a huge picture": {"frame_size": np.array([1e9, 1e9])},
        "another shape of picture": {"frame_size": np.array([5, 90_000])},
        "one frame": {k: v[:1] for k, v in good.items() if k != "frame_size"},
    }
    for name, changed in wild.items():
        arrays = {**good, **changed}
        if name == "one frame":
            arrays = {"frame_size": good["frame_size"], **changed}
        for outputs in ((), ("--html", "r.html", "--json", "r.json"), ("--csv", "s.csv")):
            what = f"{name} {' '.join(outputs[::2])}".strip()
            yield Case("poses", what, _with_npz(arrays, outputs), None)
        if name in ("nothing is wrong", "a small picture", "a huge picture"):
            yield Case("poses", f"{name} --video", _with_npz(arrays, ("--video", "v.mp4")), None)
    bad = {
        "times that go back": {"time_s": good["time_s"][::-1]},
        "times of NaN": {"time_s": np.full(count, np.nan)},
        "infinite times": {"time_s": np.append(good["time_s"][:-1], np.inf)},
        "infinite landmarks": {"landmarks_px": np.full((count, 33, 3), np.inf)},
        "visibility of 7": {"visibility": np.full((count, 33), 7.0)},
        "a picture of nothing": {"frame_size": np.array([0, 0])},
        "a picture of NaN": {"frame_size": np.array([np.nan, 1])},
        "texts": {"landmarks_px": np.full((count, 33, 3), "x")},
        "complex numbers": {"landmarks_px": good["landmarks_px"] * 1j},
        "no frames": {k: v[:0] for k, v in good.items() if k != "frame_size"},
        "a scalar": {"time_s": np.array(1.0)},
        "pickled objects": {"time_s": np.array([None, {}], dtype=object)},
        "structured": {"time_s": np.zeros(count, [("a", "f8")])},
    }
    for name, changed in bad.items():
        yield Case("poses", name, _with_npz({**good, **changed}))
    for key in ("time_s", "landmarks_px", "visibility", "frame_size"):
        rest = {k: v for k, v in good.items() if k != key}
        yield Case("poses", f"without {key}", _with_npz(rest))
        yield Case("poses", f"{key} of another length", _with_npz({**good, key: good[key][:-1]}))
        yield Case("poses", f"{key} is a file of text", _with_member(key, b"hello"))
        header = b"\x93NUMPY\x01\x00v\x00{'descr': '<f8', 'fortran_order': False, 'shape': (%s,)}"
        many = (header % b"99999999999999").ljust(127) + b"\n"
        yield Case("poses", f"{key} claims to be endless", _with_member(key, many))
        odd = (header % b"1)+__import__('os'").ljust(127) + b"\n"
        yield Case("poses", f"{key} has code in its header", _with_member(key, odd))
    whole = POSES.read_bytes()
    for share in (0.0, 0.1, 0.5, 0.99):
        yield Case(
            "poses", f"cut at {share:.0%}", _with_bytes("a.npz", whole[: int(len(whole) * share)])
        )
    for number in range(12):
        spoiled = bytearray(whole)
        for at in rng.integers(0, len(whole), 40):
            spoiled[at] ^= int(rng.integers(1, 256))
        yield Case("poses", f"bytes changed, {number}", _with_bytes("a.npz", bytes(spoiled)), None)
    yield Case("poses", "zip with a password", _with_bytes("a.npz", _flagged(whole, 1)))
    yield Case("poses", "zip with an unknown method", _with_bytes("a.npz", _flagged(whole, 0, 99)))
    yield Case("poses", "LZMA that is none", _with_bytes("a.npz", _flagged(whole, 0, 14)))
    yield Case("poses", "unpacks to 8 GB", _bomb)


def _with_bytes(name: str, data: bytes, *more: str) -> Make:
    def make(folder: Path) -> list[list[str]]:
        (folder / name).write_bytes(data)
        return [analyse(name, *more)]

    return make


def _with_npz(arrays: dict[str, Any], outputs: Sequence[str] = ()) -> Make:
    def make(folder: Path) -> list[list[str]]:
        np.savez(folder / "a.npz", **arrays)
        return [analyse("a.npz", *outputs)]

    return make


def _with_member(key: str, data: bytes) -> Make:
    def make(folder: Path) -> list[list[str]]:
        with zipfile.ZipFile(POSES) as source, zipfile.ZipFile(folder / "a.npz", "w") as target:
            for name in source.namelist():
                target.writestr(name, data if name == f"{key}.npy" else source.read(name))
        return [analyse("a.npz")]

    return make


def _flagged(data: bytes, flags: int, method: int | None = None) -> bytes:
    """A zip whose entries claim these flags and this method of packing."""
    out = bytearray(data)
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = out.find(mark)
        while at >= 0:
            struct.pack_into("<H", out, at + place, flags)
            if method is not None:
                struct.pack_into("<H", out, at + place + 2, method)
            at = out.find(mark, at + 4)
    return bytes(out)


def _bomb(folder: Path) -> list[list[str]]:
    with zipfile.ZipFile(folder / "a.npz", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for key in ("time_s", "landmarks_px", "visibility", "frame_size"):
            with packed.open(f"{key}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array_header_1_0(
                    member, {"descr": "<f8", "fortran_order": False, "shape": (10**9,)}
                )
                for _ in range(2 if key != "time_s" else 1000):
                    member.write(bytes(8_000_000))
    return [analyse("a.npz")]


# ------------------------------------------------------------------------------ videos


def _videos() -> Iterator[Case]:
    whole = CLIP.read_bytes()
    rng = np.random.default_rng(11)
    for share in (0.0, 0.001, 0.01, 0.2):
        # Of one that is cut late some pictures are left.
        make = _with_bytes("a.mp4", whole[: int(len(whole) * share)])
        yield Case("video", f"cut at {share:.1%}", make, share < 0.1 or None)
    for number in range(10):
        spoiled = bytearray(whole[:2000] if number % 2 else whole)
        for at in rng.integers(0, min(len(spoiled), 2000), 60):
            spoiled[at] ^= int(rng.integers(1, 256))
        yield Case("video", f"header changed, {number}", _with_bytes("a.mp4", bytes(spoiled)), None)
    for name, data in {
        "text": b"hello\n" * 99,
        "noise": rng.bytes(100_000),
        "zeros": bytes(100_000),
        "html": b"<html><video src=x>",
        "playlist": b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n",
        "concat list": b"ffconcat version 1.0\nfile /etc/passwd\n",
        "subtitles": b"1\n00:00:01,000 --> 00:00:02,000\nhello\n",
        "zip": zipfile_of({"a.txt": b"x"}),
    }.items():
        for ending in ("mp4", "webm", "gif"):
            yield Case("video", f"{name} as {ending}", _with_bytes(f"a.{ending}", data))
    for told, inside in ((8, 8), (16_000, 16_000), (64, 16_000), (16_000, 64)):
        what = f"told to be {told} pixels wide, pictures of {inside}"
        yield Case("video", what, _filmed(told, inside), None if told == 8 else True)
    for name, make in places("mp4").items():
        yield Case("video", name, make)
    for name, make in places("npz").items():
        yield Case("poses", name, make)
    for odd in (b"\xff\xfe.npz", b"a\nb.npz", b"\x1b[31mred.npz", b"-x.npz", b" .npz"):
        yield Case("names", repr(odd), _named(odd), None)
        outputs = ("--json", "r.json", "--html", "r.html", "--reps-csv", "r.csv")
        yield Case("names", f"{odd!r} with outputs", _named(odd, *outputs), None)


def zipfile_of(files: dict[str, bytes]) -> bytes:
    """A zip with these files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for name, data in files.items():
            packed.writestr(name, data)
    return out.getvalue()


def _filmed(told: int, inside: int) -> Make:
    """A film whose file tells one size and whose only picture, a JPEG, claims another."""

    def make(folder: Path) -> list[list[str]]:
        import av
        import cv2

        jpeg = cv2.imencode(".jpg", np.zeros((64, 64, 3), np.uint8))[1].tobytes()
        at = jpeg.index(b"\xff\xc0") + 5
        claims = jpeg[:at] + struct.pack(">HH", inside, inside) + jpeg[at + 4 :]
        with av.open(str(folder / "a.mkv"), "w") as container:
            stream = container.add_stream("mjpeg", rate=25)
            stream.width = stream.height = told
            stream.pix_fmt = "yuvj420p"
            for number in range(3):
                packet = av.Packet(claims)
                packet.stream, packet.pts, packet.dts = stream, number, number
                packet.time_base = Fraction(1, 25)
                container.mux(packet)
        return [analyse("a.mkv")]

    return make


def _named(name: bytes, *more: str) -> Make:
    def make(folder: Path) -> list[list[str]]:
        shutil.copy(os.fsencode(POSES), os.path.join(os.fsencode(folder), name))
        file = os.fsdecode(name)
        return [analyse(f"./{file}" if file.startswith("-") else file, *more)]

    return make


def places(ending: str) -> dict[str, Make]:
    """What may stand where a file should."""

    def fifo(folder: Path) -> list[list[str]]:
        os.mkfifo(folder / f"a.{ending}")
        return [analyse(f"a.{ending}")]

    def device(folder: Path) -> list[list[str]]:
        (folder / f"a.{ending}").symlink_to("/dev/zero")
        return [analyse(f"a.{ending}")]

    def loop(folder: Path) -> list[list[str]]:
        (folder / f"a.{ending}").symlink_to(f"b.{ending}")
        (folder / f"b.{ending}").symlink_to(f"a.{ending}")
        return [analyse(f"a.{ending}")]

    def inside(folder: Path) -> list[list[str]]:
        (folder / "file").write_text("x")
        return [analyse(f"file/a.{ending}")]

    def a_folder(folder: Path) -> list[list[str]]:
        (folder / f"a.{ending}").mkdir()
        return [analyse(f"a.{ending}")]

    return {
        f"{ending}: a pipe that nobody fills": fifo,
        f"{ending}: a device without an end": device,
        f"{ending}: links in a circle": loop,
        f"{ending}: in a file instead of a folder": inside,
        f"{ending}: a folder": a_folder,
        f"{ending}: missing": lambda folder: [analyse(f"no.{ending}")],
        f"{ending}: nobody's home": lambda folder: [analyse(f"~nobody-at-all/a.{ending}")],
        f"{ending}: a name too long": lambda folder: [analyse("a" * 5000 + f".{ending}")],
        f"{ending}: nothing": lambda folder: [analyse("")],
    }
