"""The application: Streamlit's pages with a life cycle, response headers and a health route.

``streamlit run app.py`` serves it. It announces itself to the supervisor of the workspace, which carries out
the runs, and never trains anything itself.
"""

import gc
import importlib
import pkgutil
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config
from streamlit.auth_util import is_authlib_installed

from pages import cards, ui
from pages.ui.login import has_authentication
from tl_core.errors import TlError
from tl_core.jobs.client import ensure_supervisor, supervisor_is_alive
from tl_core.jobs.presence import WebServerPresence
from tl_core.settings import Settings
from tl_core.store.workspace import Workspace

LOOPBACK = ("127.0.0.1", "localhost", "::1")
HEADERS = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": (
        "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; "
        "connect-src 'self' data: blob:; frame-ancestors 'none'; object-src 'none'"
    ),
}


class ResponseHeaders:
    """Adds headers that keep the pages out of frames and make the browser ask no other host for anything."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and add the headers to the start of the response."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        await self._app(scope, receive, send_with_headers)


@asynccontextmanager
async def life_cycle(app: st.App) -> AsyncIterator[None]:
    """Announce this web server and make sure that a supervisor is there; both survive it."""
    _require_loopback_or_authentication()
    settings = Settings.from_environment()
    threading.Thread(target=_import_pages, name="page-imports", daemon=True).start()
    try:
        workspace = Workspace.open(settings)
    except TlError as error:  # every page says it too
        print(f"tl_core: {error}", file=sys.stderr)
        yield
        return
    presence = WebServerPresence(workspace)
    presence.announce()
    ensure_supervisor(settings)
    try:
        yield
    finally:
        presence.withdraw()
        workspace.close()
        gc.unfreeze()  # what is never collected is told on the terminal at the end, as leaked


def _import_pages() -> None:
    """Import what the pages import, Home's first, while the first browser still loads Streamlit's files.

    Streamlit collects all garbage after each script, and nothing is answered meanwhile; what is imported
    stays, so that it need not be looked through each time.
    """
    importlib.import_module("pages.cards.home.start")
    for package in (cards, ui):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    importlib.import_module("scipy.optimize")  # the first chart with labels at its lines would wait for it
    gc.freeze()


def _require_loopback_or_authentication() -> None:
    address = config.get_option("server.address")
    if has_authentication():
        _require_authlib()
    elif address not in LOOPBACK:
        raise SystemExit(
            f"Anybody who reaches server.address {address!r} could use this server without a login. "
            "Configure [auth] in .streamlit/secrets.toml, or set server.address to 127.0.0.1."
        )


def _require_authlib() -> None:
    if not is_authlib_installed():
        raise SystemExit(
            "Nobody can log in, because the package Authlib is not installed. "
            "Install it with: pip install 'streamlit[auth]'. Or remove [auth] from .streamlit/secrets.toml."
        )


async def health(request: Request) -> JSONResponse:
    """Say whether the supervisor lives too."""
    return JSONResponse({"status": "ok", "has_supervisor": supervisor_is_alive(Settings.from_environment())})


app = st.App(
    "pages/router.py",
    lifespan=life_cycle,
    middleware=[
        Middleware(TrustedHostMiddleware, allowed_hosts=list(config.get_option("server.allowedHosts"))),
        Middleware(ResponseHeaders),
    ],
    routes=[Route("/health", health)],
)
