"""What a page that finds the pose itself is given, and what that may not do."""

from __future__ import annotations

import gzip
import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from email.message import Message
from pathlib import Path

import pytest
from starlette.applications import Starlette

from benchmarks.parity import served
from formcheck.capture.models.runtime import Runtime
from formcheck.capture.models.store import ModelFile, ModelUnavailableError
from formcheck.web import runtime_route
from formcheck.web.assets import asset_routes, asset_url

Get = Callable[..., tuple[int, Message, bytes]]


@pytest.fixture
def get(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Get]:
    """Asks a server whose runtime and model are small files."""
    files = [tmp_path / name for name in ("bundle.js", "loader.js", "code.wasm", "pose.task")]
    for file in files:
        file.write_bytes(file.name.encode() * 40)
    made, model = Runtime("9", *files[:3]), ModelFile(files[3], "full", "1", "here", "ab" * 32)
    monkeypatch.setattr(runtime_route, "ensure_runtime", lambda: made)
    monkeypatch.setattr(runtime_route, "ensure_model", lambda _variant: model)
    app = Starlette(routes=[*asset_routes(), *runtime_route.runtime_routes()])
    with served(app) as url:

        def ask(path: str, accepts: str = "identity", by: str = "") -> tuple[int, Message, bytes]:
            headers = {"Accept-Encoding": accepts} | ({"X-Forwarded-For": by} if by else {})
            request = urllib.request.Request(url[:-1] + path, headers=headers)
            try:
                with urllib.request.urlopen(request) as answer:
                    return answer.status, answer.headers, answer.read()
            except urllib.error.HTTPError as error:
                return error.code, error.headers, error.read()

        yield ask


def test_runtime_and_model_come_from_here_and_are_kept_for_good(get: Get) -> None:
    _, headers, body = get(f"{runtime_route.runtime_path()}?model=full")
    assert headers["cache-control"] == "no-store"
    told = json.loads(body)
    for name, what in (("bundle", "bundle.js"), ("wasm", "code.wasm"), ("model", "pose.task")):
        status, headers, body = get(told[name])
        assert (status, body) == (200, what.encode() * 40)
        assert "immutable" in headers["cache-control"]
    # Packed for the network alone, not on the way to a browser on this computer.
    _, headers, body = get(told["wasm"], "gzip")
    assert headers["content-encoding"] is None and body == b"code.wasm" * 40
    _, headers, body = get(told["wasm"], "gzip", "192.0.2.7")
    assert (headers["content-encoding"], headers["content-type"]) == ("gzip", "application/wasm")
    assert gzip.decompress(body) == b"code.wasm" * 40


def test_nothing_else_is_given_out(get: Get) -> None:
    assert get(f"{runtime_route.runtime_path()}?model=..")[0] == 404
    assert get(f"{runtime_route.runtime_path()}/secrets.js")[0] == 404


def test_what_cannot_be_had_is_told(get: Get, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> Runtime:
        raise ModelUnavailableError("There is no npm.\nRun it elsewhere.")

    monkeypatch.setattr(runtime_route, "ensure_runtime", missing)
    status, _, body = get(runtime_route.runtime_path())
    assert (status, json.loads(body)) == (503, {"problem": "There is no npm."})


def test_a_worker_may_speak_with_this_server_alone(get: Get) -> None:
    _, headers, _ = get(asset_url("coach/pose_worker.js"))
    rules = [rule.strip() for rule in headers["content-security-policy"].split(";")]
    assert {"default-src 'none'", "connect-src 'self'"} <= set(rules)
