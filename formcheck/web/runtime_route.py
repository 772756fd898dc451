"""What a page needs to find the pose itself: MediaPipe's runtime and the pose model.

The page first asks where they are, which fetches them where they are not here yet. Their
addresses hold their checksums, so that a browser may keep them for good.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
from functools import lru_cache
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Final

from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from formcheck.capture.models.runtime import ensure_runtime
from formcheck.capture.models.store import ModelUnavailableError, ensure_model, sha256_of
from formcheck.web.assets import KEPT_FOR_GOOD
from formcheck.web.server_path import server_path

if TYPE_CHECKING:
    from starlette.requests import Request

_MODELS: Final = ("lite", "full")
_TYPES: Final = {".js": "text/javascript", ".wasm": "application/wasm"}
#: What was told of to a page: the last part of its address -> the file.
_files: dict[str, Path] = {}


def runtime_path() -> str:
    """Where a page asks."""
    return server_path("coach/runtime")


def runtime_routes() -> list[Route]:
    """The routes for st.App."""
    return [
        Route(runtime_path(), _tell, methods=["GET"]),
        Route(f"{runtime_path()}/{{name}}", _serve, methods=["GET", "HEAD"]),
    ]


async def _tell(request: Request) -> Response:
    variant = request.query_params.get("model", "full")
    if variant not in _MODELS:
        return Response(status_code=404)
    headers = {"Cache-Control": "no-store"}
    try:
        found = await asyncio.to_thread(_find, variant)
    except ModelUnavailableError as error:
        return JSONResponse({"problem": str(error).splitlines()[0]}, 503, headers)
    return JSONResponse(found, headers=headers)


def _find(variant: str) -> dict[str, str]:
    runtime, model = ensure_runtime(), ensure_model(variant)
    return {
        "version": runtime.version,
        "bundle": _address(runtime.bundle, sha256_of(runtime.bundle)),
        "loader": _address(runtime.loader, sha256_of(runtime.loader)),
        "wasm": _address(runtime.wasm, sha256_of(runtime.wasm)),
        "model": _address(model.path, model.sha256),
        "name": model.name,
    }


def _address(file: Path, sha256: str) -> str:
    name = f"{sha256[:16]}{file.suffix}"
    _files[name] = file
    return f"{runtime_path()}/{name}"


async def _serve(request: Request) -> Response:
    name = request.path_params["name"]
    file = _files.get(name)
    if file is None or not file.is_file():
        return Response(status_code=404)
    if file.suffix not in _TYPES:
        return FileResponse(file, media_type="application/octet-stream", headers=KEPT_FOR_GOOD)
    if "gzip" not in request.headers.get("accept-encoding", "") or _is_here(request):
        return FileResponse(file, media_type=_TYPES[file.suffix], headers=KEPT_FOR_GOOD)
    packed = await asyncio.to_thread(_packed, file)
    headers = KEPT_FOR_GOOD | {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return Response(packed, media_type=_TYPES[file.suffix], headers=headers)


def _is_here(request: Request) -> bool:
    """Whether the browser is on this computer: to pack and to unpack would take longer."""
    host = request.client.host if request.client else ""
    with contextlib.suppress(ValueError):
        return ip_address(host).is_loopback and "x-forwarded-for" not in request.headers
    return False


@lru_cache(maxsize=4)
def _packed(file: Path) -> bytes:
    """13 MB of WebAssembly become 4, which counts on the way to a phone."""
    return gzip.compress(file.read_bytes(), 6)
