"""Who may enter: links are used, and leads give them and take them away."""

# No postponed annotations here: FastAPI reads them where the local names in them are not known.

from typing import Annotated, TypeAlias

from fastapi import APIRouter, Depends, Response
from fastapi.responses import JSONResponse

from judge.review.app.access import Access
from judge.review.app.bodies import Invitation, Name, Token
from judge.store.people import Person


def entering(access: Access) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/api", default_response_class=JSONResponse)
    Lead: TypeAlias = Annotated[Person, Depends(access.lead(access.reader))]
    Writer: TypeAlias = Annotated[Person, Depends(access.lead(access.writer))]

    @router.post("/enter")
    def enter(body: Token, response: Response) -> dict[str, str]:
        person = access.enter(body.token, response)
        return {"name": person.name, "role": person.role}

    @router.get("/people")
    def people(_: Lead) -> Response:
        found = [
            {"name": one.name, "role": one.role, "waiting": one.waiting, "revoked": one.revoked}
            for one in access.store.people()
        ]
        return JSONResponse({"people": found})

    @router.post("/invite")
    def invite(body: Invitation, _: Writer) -> Response:
        return JSONResponse({"token": access.store.invite(body.name, body.role)})

    @router.post("/revoke")
    def revoke(body: Name, _: Writer) -> Response:
        return JSONResponse({"done": access.store.revoke(body.name)})

    return router
