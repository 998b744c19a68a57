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

    def request(self, case: Case, secret: bytes) -> Request:
        """Return what the judge is asked about a case; equal for equal cases under one store's secret."""
        ...

    def judgment(self, case: Case, reply: Reply, repeat: int = 0) -> Judgment:
        """Return the judgment that a reply is."""
        ...
