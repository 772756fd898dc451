"""Inputs that nobody should send, and what the program makes of them.

    python -m benchmarks.hostile                   # every case
    python -m benchmarks.hostile --kind import     # those of one kind
    python -m benchmarks.hostile --every 12        # every twelfth, for a quick look
    python -m benchmarks.hostile --named pipe NaN  # those whose name holds one of these

Each case is a command with a file, a folder or a setting that is damaged, endless, huge or
made to harm. It has to end within 30 s and 1 GB, without a traceback, with an exit code of
its own, and to say what is wrong in words. What is made of it afterwards is asked, too: a
history that took something in can still be listed, exported and emptied.

The inputs are made from the landmark files of the tests and a sample clip. A case runs in a
process that was forked from this one, so that the libraries are loaded only once.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import shutil
import signal
import struct
import sys
import tempfile
import time
import traceback
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.fixtures import FOLDER

MOST_S, MOST_MB = 30.0, 1024.0
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


@dataclass(frozen=True)
class Outcome:
    """How a command ended. code: None = it was ended for taking too long."""

    code: int | None
    out: str
    err: str
    seconds: float
    peak_mb: float

    def problem(self, refused: bool | None) -> str:
        """What was wrong with it; "" = nothing."""
        if self.code is None:
            return f"no end after {self.seconds:.0f} s"
        if "Traceback" in self.err:
            return f"traceback: {self.err.strip().splitlines()[-1][:160]}"
        if self.code not in (0, 1, 2):
            return f"exit code {self.code}"
        if self.peak_mb > MOST_MB:
            return f"{self.peak_mb:.0f} MB"
        if refused is True and self.code == 0:
            return "taken as good"
        if refused is False and self.code:
            return f"refused: {self.err.strip()[:160]}"
        if self.code and not self.err.strip():
            return "refused without a word"
        if "\x1b" in self.out + self.err:
            return "an escape sequence reached the terminal"
        return ""


def run(command: Sequence[str], folder: Path) -> Outcome:
    """Run a command of formcheck in a forked process, with a home of its own in the folder."""
    out, err = folder / ".out", folder / ".err"
    began = time.monotonic()
    child = os.fork()
    if not child:
        _be_formcheck(command, folder, out, err)
    code, peak_mb = None, 0.0
    while time.monotonic() - began < MOST_S:
        pid, status, used = os.wait4(child, os.WNOHANG)
        if pid:
            code, peak_mb = os.waitstatus_to_exitcode(status), used.ru_maxrss / 1024
            break
        time.sleep(0.01)
    else:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    seconds = time.monotonic() - began
    texts = [file.read_text(encoding="utf-8", errors="replace") for file in (out, err)]
    return Outcome(code, texts[0], texts[1], seconds, peak_mb)


def _be_formcheck(command: Sequence[str], folder: Path, out: Path, err: Path) -> None:
    """In the child: never comes back."""
    code = 70
    try:
        places: tuple[str | Path, ...] = (os.devnull, out, err)
        for number, file in enumerate(places):
            flags = os.O_RDONLY if not number else os.O_WRONLY | os.O_CREAT | os.O_TRUNC
            os.dup2(os.open(file, flags, 0o600), number)
        sys.stdin, sys.stdout, sys.stderr = (open(n, "rw"[n > 0], closefd=False) for n in range(3))  # noqa: SIM115
        os.chdir(folder)
        for name in ("CONFIG", "DATA"):
            os.environ[f"FORMCHECK_{name}"] = str(folder / name.lower())
        os.environ.pop("FORMCHECK_DATABASE", None)
        from formcheck.cli import main

        code = main(list(command))
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


# --------------------------------------------------------------------------- the cases


def cases() -> list[Case]:
    """All of them, in the order in which they are run."""
    return [*_poses(), *_videos(), *_programmes(), *_imports(), *_outputs(), *_own_files()]


def _analyse(file: str, *more: str) -> list[str]:
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
        return [_analyse(name, *more)]

    return make


def _with_npz(arrays: dict[str, Any], outputs: Sequence[str] = ()) -> Make:
    def make(folder: Path) -> list[list[str]]:
        np.savez(folder / "a.npz", **arrays)
        return [_analyse("a.npz", *outputs)]

    return make


def _with_member(key: str, data: bytes) -> Make:
    def make(folder: Path) -> list[list[str]]:
        with zipfile.ZipFile(POSES) as source, zipfile.ZipFile(folder / "a.npz", "w") as target:
            for name in source.namelist():
                target.writestr(name, data if name == f"{key}.npy" else source.read(name))
        return [_analyse("a.npz")]

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
    return [_analyse("a.npz")]


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
    for name, make in _places("mp4").items():
        yield Case("video", name, make)
    for name, make in _places("npz").items():
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
        return [_analyse("a.mkv")]

    return make


def _named(name: bytes, *more: str) -> Make:
    def make(folder: Path) -> list[list[str]]:
        shutil.copy(os.fsencode(POSES), os.path.join(os.fsencode(folder), name))
        file = os.fsdecode(name)
        return [_analyse(f"./{file}" if file.startswith("-") else file, *more)]

    return make


def _places(ending: str) -> dict[str, Make]:
    """What may stand where a file should."""

    def fifo(folder: Path) -> list[list[str]]:
        os.mkfifo(folder / f"a.{ending}")
        return [_analyse(f"a.{ending}")]

    def device(folder: Path) -> list[list[str]]:
        (folder / f"a.{ending}").symlink_to("/dev/zero")
        return [_analyse(f"a.{ending}")]

    def loop(folder: Path) -> list[list[str]]:
        (folder / f"a.{ending}").symlink_to(f"b.{ending}")
        (folder / f"b.{ending}").symlink_to(f"a.{ending}")
        return [_analyse(f"a.{ending}")]

    def inside(folder: Path) -> list[list[str]]:
        (folder / "file").write_text("x")
        return [_analyse(f"file/a.{ending}")]

    def a_folder(folder: Path) -> list[list[str]]:
        (folder / f"a.{ending}").mkdir()
        return [_analyse(f"a.{ending}")]

    return {
        f"{ending}: a pipe that nobody fills": fifo,
        f"{ending}: a device without an end": device,
        f"{ending}: links in a circle": loop,
        f"{ending}: in a file instead of a folder": inside,
        f"{ending}: a folder": a_folder,
        f"{ending}: missing": lambda folder: [_analyse(f"no.{ending}")],
        f"{ending}: nobody's home": lambda folder: [_analyse(f"~nobody-at-all/a.{ending}")],
        f"{ending}: a name too long": lambda folder: [_analyse("a" * 5000 + f".{ending}")],
        f"{ending}: nothing": lambda folder: [_analyse("")],
    }


# -------------------------------------------------------------------------- programmes

_GOOD = "id: mine\nname: Mine\nphases:\n  - name: One\n    items:\n      - exercise: squat\n"


def _programmes() -> Iterator[Case]:
    texts: dict[str, str | bytes] = {
        "empty": "",
        "an equals sign": "=",
        "equals as a value": _GOOD.replace("Mine", "="),
        "a merge key": _GOOD + "<<: x\n",
        "5,000 digits": _GOOD + f"        reps: {'9' * 5000}\n",
        "an infinite hold": _GOOD + "        hold_s: .inf\n",
        "a hold of NaN": _GOOD + "        hold_s: .nan\n",
        "a month of 13": _GOOD.replace("Mine", "2026-13-45"),
        "base 60": _GOOD + "        reps: 1:30:00\n",
        "binary": _GOOD.replace("Mine", "!!binary aGk="),
        "python": "!!python/object/apply:os.system ['true']",
        "an alias": "a: &a [1]\nb: *a\n",
        "a bomb of aliases": "a: &a [x,x]\n"
        + "".join(
            f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)},*{chr(97 + n)}]\n" for n in range(20)
        ),
        "nested lists": "[" * 4000,
        "nested mappings": "{a: " * 4000,
        "nested by indents": "".join(" " * n + f"a{n}:\n" for n in range(200)),
        "many keys": "".join(f"k{n}: {n}\n" for n in range(5000)),
        "much text": "name: " + "x" * 200_000,
        "tabs": _GOOD.replace("  ", "\t"),
        "two documents": _GOOD + "---\n" + _GOOD,
        "no mapping": "- 1\n- 2\n",
        "an open quote": 'name: "x',
        "Latin-1": "name: \xe4".encode("latin-1"),
        "UTF-16": _GOOD.encode("utf-16"),
        "UTF-32": _GOOD.encode("utf-32"),
        "zeros": bytes(1000),
        "control characters": b"name: \x01\x02\x1b[31m\n",
        "a lone surrogate": b"name: \xed\xa0\x80\n",
        "binary noise": np.random.default_rng(3).bytes(4000),
        "a thousand phases": _GOOD.partition("  - name")[0] + "  - {name: a, items: []}\n" * 1000,
        "a huge id": _GOOD.replace("mine", "m" * 5000),
        "an id that is a path": _GOOD.replace("mine", "../../etc"),
        "an unknown exercise": _GOOD.replace("squat", "x" * 300),
        "wrong types": _GOOD.replace("Mine", "[1, {a: b}]"),
        "null everywhere": "id:\nname:\nphases:\n",
        "a comment of escapes": "# \x1b]0;x\x07\n" + _GOOD,
    }
    for name, text in texts.items():
        data = text if isinstance(text, bytes) else text.encode()
        yield Case("programme", name, _programme_file(data, "validate"))
    escapes = _GOOD.replace("Mine", '"\\e[31mred\\e]0;x\\a"')
    for command in ("show", "start", "validate"):
        make = _programme_file(escapes.encode(), command)
        yield Case("programme", f"escape sequences in a name: {command}", make, None)
    for name, place in _places("yaml").items():
        yield Case("programme", name, _instead(place, "programme", "validate"))


def _programme_file(data: bytes, command: str) -> Make:
    def make(folder: Path) -> list[list[str]]:
        (folder / "a.yaml").write_bytes(data)
        more = [["today"], ["programme", "list"]] if command == "start" else []
        return [["programme", command, "a.yaml"], *more]

    return make


def _instead(make: Make, *command: str) -> Make:
    """The same place for another command."""

    def other(folder: Path) -> list[list[str]]:
        return [[*command, make(folder)[0][1]]]

    return other


# ----------------------------------------------------------------------------- imports

#: What nobody exports: each is put into each field.
_NASTY: tuple[tuple[str, str], ...] = (
    ("NaN", "NaN"),
    ("an infinite number", "1e999"),
    ("a huge number", "9" * 30),
    ("a negative one", "-7"),
    ("a text", '"x"'),
    ("an escape", '"\\u001b[31mred"'),
    ("null", "null"),
    ("a list", "[[1]]"),
    ("a mapping", '{"a": {"b": 1}}'),
    ("an old moment", '"0001-01-01T00:00:00+23:59"'),
    ("a late moment", '"9999-12-31T23:59:59-23:59"'),
)


def _imports() -> Iterator[Case]:
    lines = _exported()
    places = [
        (number, key)
        for number, line in enumerate(lines)
        for key in json.loads(line)
        if key != "kind"
    ]
    for number, key in places:
        kind = json.loads(lines[number])["kind"]
        for what, value in _NASTY:
            entry = json.loads(lines[number])
            entry[key] = "@"
            spoiled = list(lines)
            spoiled[number] = json.dumps(entry).replace('"@"', value)
            yield Case("import", f"{kind}.{key}: {what}", _import(_history(spoiled)), None)
    report = next(n for n, line in enumerate(lines) if json.loads(line).get("report"))
    for key in ("rom_deg", "start_s", "faults", "side", "severity", "value", "reps", "exercise"):
        for what, value in _NASTY:
            spoiled = list(lines)
            spoiled[report] = _replaced(lines[report], key, value)
            yield Case("import", f"report's {key}: {what}", _import(_history(spoiled)), None)
    whole = _history(lines)
    for name, text in {
        "nothing is wrong": whole,
        "cut": whole[: len(whole) // 2],
        "nested": whole.replace('"kind"', f'"x": {"[" * 100_000}, "kind"', 1),
        "no history": '{"a": 1}',
        "a list": "[]",
        "twice": whole.replace("\n]}", ",\n" + lines[0] + "\n]}"),
        "out of order": _history(lines[::-1]),
        "of a later version": whole.replace("history/1", "history/9"),
        "empty": "",
    }.items():
        good = False if name in ("nothing is wrong", "twice") else None
        yield Case("import", name, _import(text), good)
    for name, make in _places("json").items():
        yield Case("import", name, _instead(make, "history", "import"))


def _exported() -> list[str]:
    """The entries of the history that the tests begin with, a line of JSON each."""
    from datetime import date

    from formcheck.history import History
    from formcheck.history.export import json_lines
    from formcheck.history.sample_history import seed

    with tempfile.TemporaryDirectory() as folder:
        history = History(f"sqlite:///{folder}/h.db")
        seed(history, date(2026, 3, 2))
        lines = list(json_lines(history))[1:-1]
        history.close()
    found: dict[str, str] = {}
    for line in lines:
        bare = line.removeprefix(",\n")
        entry = json.loads(bare)
        found.setdefault(f"{entry['kind']}{bool(entry.get('report'))}", bare)
    kept = list(found.values())
    known = {entry["id"] for entry in map(json.loads, kept) if "id" in entry}
    for number, line in enumerate(kept):
        entry = json.loads(line)
        if entry.get("circuit") not in known:
            kept[number] = json.dumps({**entry, "circuit": None}) if "circuit" in entry else line
    return kept


def _replaced(line: str, key: str, value: str) -> str:
    before, found, after = line.partition(f'"{key}": ')
    if not found:
        return line
    _, end = json.JSONDecoder().raw_decode(after)
    return before + found + value + after[end:]


def _history(lines: Sequence[str]) -> str:
    head = '{"schema": "formcheck.history/1", "formcheck": "0", "written": "", "entries": [\n'
    return head + ",\n".join(lines) + "\n]}\n"


def _import(text: str) -> Make:
    def make(folder: Path) -> list[list[str]]:
        (folder / "a.json").write_text(text, encoding="utf-8")
        return [
            ["history", "import", "a.json"],
            ["profiles"],
            ["today"],
            ["history"],
            ["history", "export", "b.json"],
        ]

    return make


# ----------------------------------------------------------------------------- outputs


def _outputs() -> Iterator[Case]:
    def poses(*more: str) -> Make:
        def make(folder: Path) -> list[list[str]]:
            shutil.copy(POSES, folder / "a.npz")
            (folder / "data").mkdir()
            return [_analyse("a.npz", *more)]

        return make

    def linked(folder: Path) -> list[list[str]]:
        (folder / "x.json").write_text("{}")
        os.link(folder / "x.json", folder / "x.csv")
        return list(map(list, poses("--json", "x.json", "--reps-csv", "x.csv")(folder)))

    def over_history(folder: Path) -> list[list[str]]:
        poses()(folder)
        return [["profiles", "add", "Ann"], _analyse("a.npz", "--json", "data/history.db")]

    def over_itself(folder: Path) -> list[list[str]]:
        poses()(folder)
        os.link(folder / "a.npz", folder / "b.npz")
        return [_analyse("a.npz", "--poses", "b.npz")]

    yield Case("output", "two names of one file", linked)
    yield Case("output", "over the history", over_history)
    yield Case("output", "over the recording", over_itself)
    for option in ("--json", "--html", "--reps-csv", "--csv", "--poses"):
        ending = {"--poses": "npz"}.get(option, "txt")
        for name, path in {
            "a full device": "/dev/full",
            "a folder": "data",
            "a folder that is not there": f"no/where.{ending}",
            "nobody's home": f"~nobody-at-all/a.{ending}",
            "a name too long": "a" * 300 + f".{ending}",
            "nothing": "",
        }.items():
            yield Case("output", f"{option}: {name}", poses(option, path))


# --------------------------------------------------------------------- the program's own


def _own_files() -> Iterator[Case]:
    texts = {
        "empty": "",
        "nested": "[" * 200_000,
        "digits": f'{{"units": {"9" * 5000}}}',
        "no mapping": "[1]",
        "wrong types": '{"units": [], "model": {}, "profile": 1}',
        "noise": np.random.default_rng(5).bytes(500).decode("latin-1"),
    }
    for name, text in texts.items():
        for file in ("config/settings.json", "data/unsaved/a.json"):
            for command in (["today"], ["profiles"], ["history"]):
                what = f"{file}: {name}: {' '.join(command)}"
                yield Case("own file", what, _own(file, text, command), None)
    for name, make in _places("json").items():
        yield Case("own file", f"settings, {name}", _settings_at(make), None)


def _own(file: str, text: str, command: list[str]) -> Make:
    def make(folder: Path) -> list[list[str]]:
        (folder / file).parent.mkdir(parents=True)
        (folder / file).write_text(text, encoding="utf-8")
        return [["profiles", "add", "Ann"], command]

    return make


def _settings_at(place: Make) -> Make:
    def make(folder: Path) -> list[list[str]]:
        file = folder / place(folder)[0][1]
        (folder / "config").mkdir()
        with contextlib.suppress(OSError):
            (folder / "config" / "settings.json").symlink_to(file)
        return [["profiles"]]

    return make


# ------------------------------------------------------------------------------ running


def tried(case: Case) -> str:
    """Run a case; what is wrong with how it ended, "" = nothing."""
    folder = Path(tempfile.mkdtemp(prefix="formcheck-hostile-"))
    try:
        commands = case.make(folder)
        for number, command in enumerate(commands):
            first = number == 0 or case.kind == "output"
            refused = case.refused if first else False
            if case.kind in ("output", "own file"):
                refused = case.refused if number == len(commands) - 1 else False
            elif number and case.kind != "import":
                refused = None
            outcome = run(command, folder)
            if problem := outcome.problem(refused):
                return f"{' '.join(command)[:60]}: {problem}"
        return ""
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def warm() -> None:
    """Load what the cases need, once for all of them."""
    import formcheck.capture.frames
    import formcheck.cli.programme_text
    import formcheck.history.importing
    import formcheck.recordings.analysis
    import formcheck.reporting.html_report  # noqa: F401


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kind", help="only those of this kind")
    parser.add_argument("--named", nargs="+", default=[""], metavar="TEXT", help="only such names")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="every N-th of each kind")
    options = parser.parse_args(argv)
    warm()
    seen: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    done: Counter[str] = Counter()
    for case in cases():
        if options.kind and case.kind != options.kind:
            continue
        if not any(text in case.name for text in options.named):
            continue
        seen[case.kind] += 1
        if (seen[case.kind] - 1) % options.every:
            continue
        done[case.kind] += 1
        if problem := tried(case):
            wrong[case.kind] += 1
            print(f"{case.kind}: {case.name}: {problem}", flush=True)
    for kind, count in done.items():
        print(f"{kind:10} {count:4} cases, {wrong[kind]} wrong")
    print(f"{'all':10} {sum(done.values()):4} cases, {sum(wrong.values())} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
