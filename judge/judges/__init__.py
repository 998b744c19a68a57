"""Judges: what a judge is asked about a case, and what its reply becomes. Pure; the call itself is made elsewhere."""

from __future__ import annotations

from typing import Protocol

from judge.models import Reply, Request
from judge.records import Case, Judge, Judgment


class Judging(Protocol):
    """One judge with one protocol."""

    @property
    def judge(self) -> Judge:
        """Who judges, and how: the identity under which the judgments are stored."""
        ...

    def request(self, case: Case, secret: bytes) -> Request | Judgment:
        """Return what the judge's model is asked about a case, equal for equal cases under one store's secret.

        A judge that needs no model returns its judgment at once.
        """
        ...

    def judgment(self, case: Case, reply: Reply, repeat: int = 0) -> Judgment:
        """Return the judgment that a reply is."""
        ...
