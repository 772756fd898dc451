"""The JavaScript of the pages: modules that the browser fetches from our own server.

Streamlit hands the browser one text for a component. That text only imports the component's
first module from here, which imports the others as ES modules do.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Final

from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from formcheck.web.server_path import server_path

if TYPE_CHECKING:
    from starlette.requests import Request

__all__ = ["FRONTEND", "javascript_routes", "loader"]

FRONTEND: Final = Path(__file__).parent / "frontend"
_MODULES: Final = {
    file.relative_to(FRONTEND).as_posix(): file.read_bytes()
    for file in sorted(FRONTEND.rglob("*.js"))
}
# Part of every address: a browser may keep what it has, and never mixes two versions.
_FOLDER: Final = f"javascript/{hashlib.sha256(b''.join(_MODULES.values())).hexdigest()[:16]}"
_HEADERS: Final = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def loader(module: str) -> str:
    """The text for Streamlit that loads a component's first module ("coach/coach.js")."""
    path = server_path(f"{_FOLDER}/{module}")
    # A whole address, for what Streamlit makes of the text lies nowhere on a server.
    return (
        f'const loaded = await import(new URL("{path}", location.origin).href);\n'
        "export default loaded.default;\n"
    )


def javascript_routes() -> list[Route]:
    """The routes for st.App."""
    return [Route(server_path(f"{_FOLDER}/{{module:path}}"), _serve, methods=["GET", "HEAD"])]


async def _serve(request: Request) -> Response:
    text = _MODULES.get(request.path_params["module"])
    if text is None:
        return PlainTextResponse("There is no such module.", 404)
    # Not what the system takes .js for: some browsers run nothing else.
    return Response(text, media_type="text/javascript", headers=_HEADERS)
