"""Who is asking: a link's token is exchanged once for a cookie, and every write carries a word that only the page knows."""

from __future__ import annotations

import hmac
from collections.abc import Callable

from fastapi import HTTPException, Request, Response

from judge.store import Store
from judge.store.people import Person

CSRF = "x-csrf"


class Access:
    """Finds the person behind a request; raises 401 without one, 403 without the page's word or the role."""

    def __init__(self, store: Store, cookie: str) -> None:
        self.store, self.cookie = store, cookie

    def enter(self, token: str, response: Response) -> Person:
        """Exchange a token for a cookie; raises 401 where it is unknown, used or revoked."""
        found = self.store.enter(token)
        if found is None:
            raise HTTPException(401, "链接用过了，或已经失效：请管审阅的人再发一个")
        person, session = found
        response.set_cookie(self.cookie, session, httponly=True, samesite="strict", path="/", max_age=30 * 86400)
        return person

    def reader(self, request: Request) -> Person:
        """Return who reads."""
        session = request.cookies.get(self.cookie, "")
        person = self.store.person(session) if session else None
        if person is None:
            raise HTTPException(401, "还没有进入，或链接已被撤销：用发给你的链接打开")
        return person

    def writer(self, request: Request) -> Person:
        """Return who writes."""
        person = self.reader(request)
        if not hmac.compare_digest(request.headers.get(CSRF, "").encode(), self.word(request).encode()):
            raise HTTPException(403, "这个请求不是从审阅页发出的：刷新页面")
        return person

    def word(self, request: Request) -> str:
        """Return the word that the page sends with every write; it hangs on the session."""
        return hmac.new(request.cookies.get(self.cookie, "").encode(), b"csrf", "sha256").hexdigest()[:32]

    def lead(self, way: Callable[[Request], Person]) -> Callable[[Request], Person]:
        """Return the same for leads alone."""

        def only(request: Request) -> Person:
            person = way(request)
            if person.role != "lead":
                raise HTTPException(403, "这一页只给负责人看")
            return person

        return only
