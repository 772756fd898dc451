"""What a bug report needs: versions, the model, cameras, codecs, permissions.

Home folders are written as ~, so that the text can be posted as it is.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, Any, Final

from formcheck import __version__
from formcheck.capture.models import store
from formcheck.capture.models.runtime import RUNTIME_ENV, cached_runtime
from formcheck.capture.silence import silent_stderr
from formcheck.language import _

_PACKAGES: Final = (
    "mediapipe",
    "numpy",
    "av",
    "pillow",
    "rich",
    "platformdirs",
    "flatbuffers",
    "jinja2",
    "streamlit",
    "sqlalchemy",
    "alembic",
    "pydantic",
)
# Each of these brings the module cv2; only one may.
_CV2_PACKAGES: Final = (
    "opencv-python",
    "opencv-contrib-python",
    "opencv-python-headless",
    "opencv-contrib-python-headless",
)
_DECODERS: Final = ("h264", "hevc", "vp8", "vp9", "av1", "mpeg4", "mjpeg", "gif")
_ENCODER: Final = "libx264"
_CAMERAS: Final = 4


def examine() -> dict[str, Any]:
    """Everything found, as plain JSON types; "problems" lists what stops formcheck."""
    problems: list[str] = []
    notes: list[str] = []
    return {
        "formcheck": __version__,
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": _("{system}, {n} processors").format(
            system=platform.platform(), n=os.cpu_count()
        ),
        "packages": _packages(problems, notes),
        "models": _models(),
        "runtime": _runtime(),
        "codecs": _codecs(problems),
        "cameras": _cameras(problems),
        "window": window_problem() or _("can be opened"),
        "writable": _writable(problems),
        "history": _history(problems, notes),
        "notes": notes,
        "problems": problems,
    }


def print_findings(findings: dict[str, Any], file: IO[str]) -> None:
    """The findings as lines of text."""

    def line(name: str, text: object) -> None:
        print(f"{name:<22} {text}", file=file)

    line("formcheck", findings["formcheck"])
    line("python", findings["python"])
    line(_("system"), findings["system"])
    for name, version in findings["packages"].items():
        line(name, version or _("not installed"))
    for name, state in findings["models"].items():
        line(_("model {name}").format(name=name), state)
    line(_("runtime for a page"), findings["runtime"])
    line(_("can read"), ", ".join(k for k, v in findings["codecs"]["decoders"].items() if v))
    missing = [k for k, v in findings["codecs"]["decoders"].items() if not v]
    if missing:
        line(_("cannot read"), ", ".join(missing))
    line(_("can write H.264"), _("yes") if findings["codecs"]["h264_encoder"] else _("no"))
    line(_("cameras"), ", ".join(findings["cameras"]) or _("none found"))
    line(_("window"), findings["window"])
    for place, able in findings["writable"].items():
        line(_("can write to") if able else _("CANNOT write to"), place)
    for what, told in findings["history"].items():
        words = _("history") if what == "where" else _("history, {what}").format(what=_(what))
        line(words, _(told) if isinstance(told, str) else told)
    for note in findings["notes"]:
        line(_("note"), _(note))
    for problem in findings["problems"]:
        line(_("PROBLEM"), _(problem))
    if not findings["problems"]:
        line(_("result"), _("no problem found"))


def window_problem() -> str:
    """Why no window can be opened on this desktop; "" where one can."""
    # Qt ends the process when it cannot reach the display: let it end another one.
    probe = (sys.executable, "-c", "import cv2; cv2.namedWindow('formcheck')")
    if subprocess.run(probe, capture_output=True, check=False).returncode == 0:
        return ""
    display = os.environ.get("DISPLAY")
    return (
        _("the display {display} cannot be used").format(display=display)
        if display
        else _("there is no display")
    )


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _packages(problems: list[str], notes: list[str]) -> dict[str, str | None]:
    found = {name: _version(name) for name in _PACKAGES}
    providers = {name: version for name in _CV2_PACKAGES if (version := _version(name))}
    found |= providers
    if len(providers) > 1:
        notes.append(
            _(
                "{names} both bring the module cv2; whichever was installed last is "
                "used. It works while their versions are equal; to keep one, uninstall "
                "both and install opencv-python again."
            ).format(names=" and ".join(providers))
        )
    for module, package in (("mediapipe", "mediapipe"), ("cv2", "opencv-python"), ("av", "av")):
        try:
            __import__(module)
        except Exception as error:  # a broken install can fail in any way
            problems.append(
                _("{module} cannot be imported ({name}: {error}); install {package} again.").format(
                    module=module, name=type(error).__name__, error=error, package=package
                )
            )
    return found


def _models() -> dict[str, str]:
    states: dict[str, str] = {}
    if pointed := os.environ.get(store.MODEL_ENV):
        states[f"({store.MODEL_ENV})"] = _short(Path(pointed))
    for name in store.model_variants():
        states[name] = _("not fetched yet (comes on first use)")
        for file in store.cache_files(name):
            try:
                if not file.exists():
                    continue
                good = store.is_model(file, name)
            except OSError as error:
                states[name] = f"{_short(file)}: {error.strerror or error}"
                continue
            if good:
                states[name] = _("ready ({place})").format(place=_short(file))
                break
            states[name] = _("damaged, will be fetched again ({place})").format(place=_short(file))
    return states


def _runtime() -> str:
    if pointed := os.environ.get(RUNTIME_ENV):
        return f"({RUNTIME_ENV}) {_short(Path(pointed))}"
    there = cached_runtime()
    if there is None:
        return _("not fetched yet (comes on first use)")
    return _("ready ({place})").format(place=_short(there.wasm))


def _codecs(problems: list[str]) -> dict[str, Any]:
    try:
        import av
    except Exception:  # told by _packages
        return {"decoders": dict.fromkeys(_DECODERS, False), "h264_encoder": False}

    def there(name: str, mode: Any) -> bool:
        try:
            av.codec.Codec(name, mode)
        except ValueError:  # av.codec.codec.UnknownCodecError is one
            return False
        return True

    encoder = there(_ENCODER, "w")
    if not encoder:
        problems.append(
            _("PyAV was built without {encoder}: --video cannot be written.").format(
                encoder=_ENCODER
            )
        )
    return {
        "decoders": {name: there(name, "r") for name in _DECODERS},
        "h264_encoder": encoder,
        "ffmpeg": {name: ".".join(map(str, v)) for name, v in av.library_versions.items()},
    }


def _cameras(problems: list[str]) -> list[str]:
    try:
        import cv2
    except Exception:  # told by _packages
        return []
    found: list[str] = []
    with silent_stderr():
        for index in range(_CAMERAS):
            if sys.platform.startswith("linux") and not Path(f"/dev/video{index}").exists():
                continue
            capture = cv2.VideoCapture(index)
            if capture.isOpened():
                width = int(capture.get(cv2.CAP_PROP_FRAME_WIDTH))
                height = int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT))
                found.append(
                    _("camera {index} ({width}x{height})").format(
                        index=index, width=width, height=height
                    )
                )
            capture.release()
    return found


def _writable(problems: list[str]) -> dict[str, bool]:
    cache = store.cache_files(store.model_variants()[0])[0].parent
    temporary = Path(tempfile.gettempdir())
    places = {
        _("this folder ({place})").format(place=_short(Path.cwd())): Path.cwd(),
        _("the model cache ({place})").format(place=_short(cache)): cache,
        _("temporary files ({place})").format(place=_short(temporary)): temporary,
    }
    found = {name: _can_write(path) for name, path in places.items()}
    problems += [
        _("Nothing can be written to {name}: allow it, or make room there.").format(name=name)
        for name, able in found.items()
        if not able
    ]
    return found


def _history(problems: list[str], notes: list[str]) -> dict[str, Any]:
    try:
        from formcheck.history.checkup import history_findings
    except Exception as error:  # a broken install can fail in any way
        problems.append(
            _("The history cannot be used ({name}: {error}).").format(
                name=type(error).__name__, error=error
            )
        )
        return {}
    found: dict[str, Any] = _homeless(history_findings())
    problems += found.pop("problems")
    notes += found.pop("notes")
    return found


def _homeless(what: Any) -> Any:
    """The same with the home folder as ~ in every text."""
    if isinstance(what, dict):
        return {name: _homeless(value) for name, value in what.items()}
    if isinstance(what, list):
        return [_homeless(one) for one in what]
    home = str(Path.home())
    return what.replace(home + os.sep, f"~{os.sep}") if isinstance(what, str) else what


def _can_write(folder: Path) -> bool:
    # A cache that is not there yet is writable when the nearest folder above is.
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _short(path: Path) -> str:
    with contextlib.suppress(ValueError, RuntimeError):
        return str(Path("~") / path.resolve().relative_to(Path.home().resolve()))
    return str(path)
