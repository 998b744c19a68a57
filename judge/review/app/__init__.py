"""The review page: HTTP on top of a room. Everything that decides anything stands in judge.review."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from judge import __version__
from judge.errors import InputError, JudgeError, StoreError, UnknownName
from judge.report.words import Language
from judge.review.app.access import Access
from judge.review.app.bodies import Problem
from judge.review.app.entering import entering
from judge.review.app.guard import USUAL, Buckets, Guard, Rates
from judge.review.app.leading import leading
from judge.review.app.page import asset, page
from judge.review.app.voting import voting
from judge.review.chair import Chair

if TYPE_CHECKING:
    from judge.review.ring import Ring

REFUSALS: dict[int | str, dict[str, object]] = {
    400: {"model": Problem, "description": "读不懂"},
    401: {"model": Problem, "description": "没有进入，或链接已撤销"},
    403: {"model": Problem, "description": "不是从审阅页发出，或没有这个权限"},
    404: {"model": Problem, "description": "没有这个条目"},
    409: {"model": Problem, "description": "与条目现在的样子不符"},
    413: {"model": Problem, "description": "请求太大"},
    415: {"model": Problem, "description": "不是 JSON"},
    421: {"model": Problem, "description": "不认识的主机名"},
    422: {"model": Problem, "description": "请求的样子不对"},
    429: {"model": Problem, "description": "太频繁"},
    503: {"model": Problem, "description": "库写不进去"},
}


def make_app(
    routers: Iterable[APIRouter], language: Language, close: Callable[[], Awaitable[None]] | None = None
) -> FastAPI:
    """Put the page and some routes together; still without a guard. close: what is to be done when the server stops."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        if close is not None:
            await close()

    app = FastAPI(
        title="judge review",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )

    @app.get("/", include_in_schema=False)
    def shell() -> Response:
        return Response(page(language), media_type="text/html; charset=utf-8")

    @app.get("/review.js", include_in_schema=False)
    def script() -> Response:
        return Response(asset("review.js"), media_type="text/javascript; charset=utf-8")

    @app.get("/review.css", include_in_schema=False)
    def style() -> Response:
        return Response(asset("review.css"), media_type="text/css; charset=utf-8")

    @app.exception_handler(JudgeError)
    def refused(_: Request, error: JudgeError) -> JSONResponse:
        status = 404 if isinstance(error, UnknownName) else 503 if isinstance(error, StoreError) else 409
        fix = error.fix if isinstance(error, InputError) else ""
        return JSONResponse({"error": error.message, "fix": fix or ""}, status)

    @app.exception_handler(HTTPException)
    def denied(_: Request, error: HTTPException) -> JSONResponse:
        said = "读不懂这个请求" if error.status_code == 400 else error.detail
        return JSONResponse({"error": said, "fix": ""}, error.status_code, error.headers)

    @app.exception_handler(RequestValidationError)
    def misshapen(_: Request, error: RequestValidationError) -> JSONResponse:
        """Name the fields that do not fit; nothing of what was sent goes back."""
        parts = (part for one in error.errors() for part in one["loc"][1:])
        fields = dict.fromkeys(
            part for part in parts if isinstance(part, str) and part.isascii() and part.isidentifier()
        )
        return JSONResponse({"error": f"请求的样子不对：{'、'.join(fields)}".rstrip("："), "fix": "刷新页面再试"}, 422)

    for router in routers:
        app.include_router(router, responses=REFUSALS)
    return app


def review_app(
    chair: Chair, hosts: Iterable[str], cookie: str, language: Language = "zh", rates: Rates = USUAL
) -> Guard:
    """Return the page of a room behind its gate; hosts: under which it may be asked for, with port."""
    access = Access(chair.room.store, cookie)
    routers = [entering(access), voting(chair.room, chair, access), leading(chair.room, chair, access)]
    return Guard(make_app(routers, language), hosts, cookie, rates)


def arena_app(
    ring: Ring,
    hosts: Iterable[str],
    cookie: str,
    close: Callable[[], Awaitable[None]],
    language: Language = "zh",
    rates: Rates = USUAL,
) -> Guard:
    """Return the page of an arena behind the same gate; close: ends the connections to models."""
    from judge.review.app.fighting import fighting  # what it takes to fight and to rank costs a review half its start

    access = Access(ring.store, cookie)
    routers = [entering(access), fighting(ring, access, Buckets(rates.asks, rates.asks_at_once))]
    return Guard(make_app(routers, language, close), hosts, cookie, rates)
