"""What a lead may do: rule, take questions out, see the team and the figures, browse with names."""

# No postponed annotations here: FastAPI reads them where the local names in them are not known.

from typing import Annotated, Literal, TypeAlias

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import JSONResponse

from judge.identity import Json
from judge.review.app.access import Access
from judge.review.app.bodies import More, Restore, Ruling, Strike, Target
from judge.review.app.browsing import browse, browsed
from judge.review.app.teaming import teamed
from judge.review.chair import Chair
from judge.review.room import Room
from judge.store.people import Person


def leading(room: Room, chair: Chair, access: Access) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/api", default_response_class=JSONResponse)
    Reader: TypeAlias = Annotated[Person, Depends(access.lead(access.reader))]
    Writer: TypeAlias = Annotated[Person, Depends(access.lead(access.writer))]
    done: dict[str, Json] = {"done": True}

    @router.get("/conflicts")
    def conflicts(person: Reader) -> Response:
        struck = room.store.struck(room.bank)
        gone = [{"question": key, "id": id, "reason": reason} for key, (id, reason) in struck.items()]  # noqa: A001
        return JSONResponse({"conflicts": chair.conflicts(person.name), "struck": gone})

    @router.get("/conflicts/{target}")
    def conflict(target: Target, person: Reader) -> Response:
        return JSONResponse(chair.conflict(person.name, target))

    @router.post("/rule")
    def rule(body: Ruling, person: Writer) -> Response:
        chair.rule(person.name, body.target, body.verdict, body.score, body.reason)
        return JSONResponse(done)

    @router.post("/strike")
    def strike(body: Strike, person: Writer) -> Response:
        chair.strike(person.name, body.target, body.reason)
        return JSONResponse(done)

    @router.post("/restore")
    def restore(body: Restore, person: Writer) -> Response:
        chair.restore(person.name, body.question)
        return JSONResponse(done)

    @router.get("/team")
    def team(person: Reader) -> Response:
        return JSONResponse(teamed(room, chair, person.name))

    @router.post("/draw")
    def more(body: More, person: Writer) -> Response:
        return JSONResponse({"items": len(chair.more(person.name, body.items).items)})

    @router.get("/browse")
    def items(
        _: Reader,
        ability: Annotated[str, Query(max_length=40)] = "",
        state: Annotated[Literal["", "open", "done", "conflict"], Query()] = "",
        page: Annotated[int, Query(ge=0, le=10_000)] = 0,
    ) -> Response:
        return JSONResponse(browse(room, ability, state, page))

    @router.get("/browse/{target}")
    def item(target: Target, person: Reader) -> Response:
        return JSONResponse(browsed(room, chair.look(person.name, target)))

    return router
