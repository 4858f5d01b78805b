"""The app for a server that others reach: `streamlit run app/server.py`.

The same pages; in addition every answer says what a browser may load, and runs that a crash interrupted go on at the
start and not with the first visitor.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core import engine

# Texts of models and documents are escaped wherever they are shown; should one be missed, a picture's address still
# carries nothing away.
POLICY = "img-src 'self' data: blob:; object-src 'none'; base-uri 'self'"


class ContentSecurityPolicy:
    """Adds the header of that name."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["Content-Security-Policy"] = POLICY
            await send(message)

        await self.app(scope, receive, answer if scope["type"] == "http" else send)


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    engine.keep_running()
    yield
    engine.stop()


app = st.App("Home.py", middleware=[Middleware(ContentSecurityPolicy)], lifespan=lifespan)
