"""MediaPipe's runtime for browsers, with which a page finds the pose itself.

Kept beside the models and checked like them. It is looked for in the npm package, or the folder
it was unpacked to, that FORMCHECK_RUNTIME points to; in the cache; and fetched with npm.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from formcheck.capture.files import at_home
from formcheck.capture.models.sources import (
    Progress,
    SourceFailed,
    package_files,
    read_members,
    reason,
)
from formcheck.capture.models.store import (
    ModelUnavailableError,
    cache_folders,
    put_in_cache,
    read_manifest,
    reporting,
    sha256_of,
)
from formcheck.language import _

RUNTIME_ENV: Final = "FORMCHECK_RUNTIME"


@dataclass(frozen=True, slots=True)
class Runtime:
    """The checked files of the runtime, and its version.

    bundle: what a script calls. loader, wasm: what that loads, for processors with SIMD.
    """

    version: str
    bundle: Path
    loader: Path
    wasm: Path


def cached_runtime() -> Runtime | None:
    """The runtime as it lies in the cache, whole; None where it was not fetched yet."""
    entry = _entry()
    for folder in cache_folders():
        files = {name: folder / file["file"] for name, file in entry["files"].items()}
        if all(_is_whole(files[name], file) for name, file in entry["files"].items()):
            return Runtime(entry["version"], **files)
    return None


def ensure_runtime(progress: Progress | None = None) -> Runtime:
    """Return the checked runtime, fetching it when needed.

    progress: as for ensure_model. Raises ModelUnavailableError; its text says what to do.
    """
    entry = _entry()
    pointed = os.environ.get(RUNTIME_ENV)
    if not pointed and (cached := cached_runtime()) is not None:
        return cached
    failures: list[str] = []
    try:
        with tempfile.TemporaryDirectory(prefix="formcheck-runtime-") as scratch:
            if pointed:
                contents = _named(at_home(pointed), entry["files"])
            else:
                with reporting(progress) as report:
                    contents = package_files(
                        entry["package"], entry["files"], Path(scratch), report
                    )
            files = {}
            for name, file in entry["files"].items():
                made = Path(scratch) / file["file"]
                made.write_bytes(contents[name])
                if not _is_whole(made, file):
                    raise SourceFailed(
                        _("{name} in it is not the one expected").format(name=file["path"])
                    )
                files[name] = put_in_cache(made, file["file"], cache_folders(), failures)
    except (SourceFailed, OSError) as error:
        raise ModelUnavailableError(
            _(
                "MediaPipe's runtime for browsers cannot be had ({why}). To fix it, run\n"
                "  npm pack {package}\non a connection that reaches it, and set {variable} to the "
                "path of the file."
            ).format(why=reason(error), package=entry["package"], variable=RUNTIME_ENV)
        ) from None
    return Runtime(entry["version"], **files)


def _entry() -> Mapping[str, Any]:
    entry: Mapping[str, Any] = read_manifest()["runtime"]
    return entry


def _is_whole(path: Path, file: Mapping[str, Any]) -> bool:
    try:
        return bool(path.stat().st_size == file["size"] and sha256_of(path) == file["sha256"])
    except OSError:
        return False


def _named(place: Path, files: Mapping[str, Any]) -> dict[str, bytes]:
    """The files in the npm package, or the folder it was unpacked to, that a user named."""
    if not place.is_dir():
        return read_members(place, files)
    root = place / "package" if (place / "package").is_dir() else place
    return {
        name: (root / file["path"].removeprefix("package/")).read_bytes()
        for name, file in files.items()
    }
