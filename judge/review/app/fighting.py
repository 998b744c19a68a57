"""What everyone who entered the arena may do: ask, vote, throw a battle away, look at own battles; and the board, for leads."""

# No postponed annotations here: FastAPI reads them where the local names in them are not known.

from typing import Annotated, TypeAlias

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import JSONResponse

from judge.identity import Json
from judge.records import ABILITIES
from judge.review.app.access import Access
from judge.review.app.bodies import OneTask, Question
from judge.review.app.guard import Buckets
from judge.review.app.standing import Standings
from judge.review.battle import LONGEST, Battle
from judge.review.opinions import Ballot, Id
from judge.review.ring import Ring
from judge.store.people import Person


def fighting(ring: Ring, access: Access, asked: Buckets) -> APIRouter:
    """Return the routes; asked: how often a person may ask."""
    router = APIRouter(prefix="/api", default_response_class=JSONResponse)
    Reader: TypeAlias = Annotated[Person, Depends(access.reader)]
    Writer: TypeAlias = Annotated[Person, Depends(access.writer)]
    Lead: TypeAlias = Annotated[Person, Depends(access.lead(access.reader))]
    standings = Standings(ring)

    def progress(person: Person) -> dict[str, Json]:
        return {"mine": sum(one.who == person.name for one in ring.fought.values()), "done": len(ring.fought)}

    async def stands(person: Person, battle: Battle | None) -> Response:
        laid = await ring.show(battle) if battle is not None and battle.prompts else None
        last = None if laid else next(iter(ring.mine(person.name)), None)
        return JSONResponse({"battle": laid, "last": last, "progress": progress(person)})

    def may_ask(person: Person) -> None:
        if not asked.take(person.name):
            raise HTTPException(429, "问得太频繁，过几秒再问")

    @router.get("/me")
    async def me(person: Reader, request: Request) -> Response:
        arena: dict[str, Json] = {"abilities": [*ABILITIES], "ability": ring.terms.ability, "longest": LONGEST}
        content: dict[str, Json] = {
            "name": person.name,
            "role": person.role,
            "csrf": access.word(request),
            "unit": "pairs",
            "progress": progress(person),
            "arena": arena,
        }
        return JSONResponse(content)

    @router.get("/battle")
    async def battle(person: Reader) -> Response:
        """Return the battle that is open; where answers are on their way, wait a while for them."""
        found = ring.open.get(person.name)
        if found is not None:
            await ring.landed(found)
        return await stands(person, ring.open.get(person.name))

    @router.post("/ask")
    async def ask(body: Question, person: Writer) -> Response:
        may_ask(person)
        found = await ring.ask(person.name, body.battle, body.turn, body.prompt, body.ability or ring.terms.ability)
        return await stands(person, found)

    @router.post("/again")
    async def again(body: OneTask, person: Writer) -> Response:
        may_ask(person)
        return await stands(person, await ring.again(person.name, body.task))

    @router.post("/vote")
    async def vote(body: Ballot, person: Writer) -> Response:
        new = await ring.vote(person.name, body)
        return JSONResponse({"new": new, "progress": progress(person)})

    @router.post("/discard")
    async def discard(body: OneTask, person: Writer) -> Response:
        await ring.discard(person.name, body.task)
        return await stands(person, None)

    @router.get("/mine")
    async def mine(person: Reader) -> Response:
        return JSONResponse({"votes": ring.mine(person.name)})

    @router.get("/fought/{task}")
    async def fought(task: Id, person: Reader) -> Response:
        """Show a battle again that this person voted on."""
        return JSONResponse({"battle": await ring.look(person.name, task)})

    @router.get("/progress")
    async def how_far(person: Reader) -> Response:
        return JSONResponse(progress(person))

    @router.get("/board")
    def board(_: Lead) -> Response:
        return JSONResponse(standings.now())

    return router
