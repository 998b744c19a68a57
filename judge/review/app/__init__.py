"""The review page: HTTP on top of a room. Everything that decides anything stands in judge.review."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import JSONResponse

from judge import __version__
from judge.errors import InputError, JudgeError, StoreError, UnknownName
from judge.report.words import Language
from judge.review.app.access import Access
from judge.review.app.bodies import Problem
from judge.review.app.guard import App, Guard
from judge.review.app.leading import leading
from judge.review.app.page import asset, page
from judge.review.app.voting import voting
from judge.review.chair import Chair

REFUSALS: dict[int | str, dict[str, object]] = {
    401: {"model": Problem, "description": "没有进入，或链接已撤销"},
    403: {"model": Problem, "description": "不是从审阅页发出，或没有这个权限"},
    404: {"model": Problem, "description": "没有这个条目"},
    409: {"model": Problem, "description": "与条目现在的样子不符"},
    413: {"model": Problem, "description": "请求太大"},
    415: {"model": Problem, "description": "不是 JSON"},
    421: {"model": Problem, "description": "不认识的主机名"},
    429: {"model": Problem, "description": "太频繁"},
    503: {"model": Problem, "description": "库写不进去"},
}


def make_app(routers: Iterable[APIRouter], language: Language) -> FastAPI:
    """Put the page and some routes together; still without a guard."""
    app = FastAPI(title="judge review", version=__version__, docs_url=None, redoc_url=None, openapi_url=None)

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

    for router in routers:
        app.include_router(router, responses=REFUSALS)
    return app


def review_app(chair: Chair, hosts: Iterable[str], cookie: str, language: Language = "zh") -> App:
    """Return the page of a room behind its gate; hosts: under which it may be asked for, with port."""
    access = Access(chair.room.store, cookie)
    routers = [voting(chair.room, chair, access), leading(chair.room, chair, access)]
    return Guard(make_app(routers, language), hosts, cookie)
