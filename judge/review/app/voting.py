"""What everyone who entered may do: learn the guidelines, vote, pass on, take back, look at own votes."""

# No postponed annotations here: FastAPI reads them where the local names in them are not known.

import asyncio
from typing import Annotated, TypeAlias

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from judge.identity import Json
from judge.review.app.access import Access
from judge.review.app.bodies import Empty, Holding, OneTask
from judge.review.app.guide import guide
from judge.review.chair import Chair
from judge.review.opinions import Id, Opinion
from judge.review.room import Room
from judge.store.people import Person


def voting(room: Room, chair: Chair, access: Access) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/api", default_response_class=JSONResponse)
    Reader: TypeAlias = Annotated[Person, Depends(access.reader)]
    Writer: TypeAlias = Annotated[Person, Depends(access.writer)]
    laying = asyncio.Semaphore(1)  # a page asks for the item after the next: it can wait, a vote should not

    def progress(person: Person) -> dict[str, Json]:
        found, figures = room.desk.progress(person.name), chair.last_figures
        return {
            "mine": found.mine,
            "done": found.done,
            "total": found.total,
            "conflicts": len(chair.conflicts(person.name)) if person.role == "lead" else None,
            "abilities": [list(one) for one in found.abilities],
            "width": figures.width if figures else None,
            "needed": figures.needed if figures else None,
            "wanted": room.terms.wanted,
        }

    @router.get("/me")
    def me(person: Reader, request: Request) -> Response:
        content: dict[str, Json] = {
            "name": person.name,
            "role": person.role,
            "csrf": access.word(request),
            "unit": room.unit,
            "progress": progress(person),
        }
        return JSONResponse(content)

    @router.get("/guide")
    def guidelines(_: Reader) -> Response:
        return JSONResponse(guide(room))

    def lent(person: Person, holding: list[str]) -> Response:
        return JSONResponse({"tasks": room.lend(person.name, holding), "progress": progress(person)})

    @router.post("/next")
    async def lend(body: Holding, person: Writer) -> Response:
        """Lend the next items: those the page holds already first. Also the sign of life that keeps them."""
        async with laying:
            return await run_in_threadpool(lent, person, body.holding)

    @router.post("/vote")
    def vote(body: Opinion, person: Writer) -> Response:
        new = room.vote(person.name, body)
        return JSONResponse({"new": new, "progress": progress(person)})

    @router.post("/undo")
    def undo(_: Empty, person: Writer) -> Response:
        return JSONResponse({"task": room.undo(person.name), "progress": progress(person)})

    @router.post("/unmask")
    def unmask(body: OneTask, person: Writer) -> Response:
        return JSONResponse({"task": room.unmask(person.name, body.task)})

    @router.get("/mine")
    def mine(person: Reader) -> Response:
        return JSONResponse({"votes": room.mine(person.name)})

    @router.get("/task/{task}")
    def task(task: Id, person: Reader) -> Response:
        """Show an item again that this person has, or had."""
        return JSONResponse({"task": room.show(person.name, room.task(person.name, task))})

    @router.get("/progress")
    def how_far(person: Reader) -> Response:
        chair.figures()
        return JSONResponse(progress(person))

    return router
