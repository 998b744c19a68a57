"""Recorded replies as a model: what was said to the same messages is said again, at once and without a network."""

from __future__ import annotations

from pathlib import Path

from judge.errors import InputError, ModelRefused
from judge.identity import content_hash
from judge.jsonl import json_rows, text_of
from judge.models import Message, Reply, Request
from judge.records import Model, Outcome


class Replay:
    """A ChatModel over a JSONL file: one {"messages": [{"role", "content"}], "text", "outcome"?} per line.

    The identity is the file's content, so another recording is another model. Raises InputError with file and line.
    """

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        self.replies: dict[str, Reply] = {}
        for where, row in json_rows(path):
            messages = row.get("messages")
            if not isinstance(messages, list):
                raise InputError(
                    "缺少 messages（一列消息）", where=where, fix='写成 {"messages": [...], "text": "..."}'
                )
            outcome = row.get("outcome", "ok")
            if outcome not in set(Outcome):
                raise InputError(f"outcome 不认识 {outcome!r}", where=where, fix=f"用 {'、'.join(Outcome)} 之一")
            said = Reply(text_of(row, "text", where), Outcome(str(outcome)), returned_model=name)
            self.replies[content_hash("messages", messages)] = said
        revision = content_hash("replay", {key: reply.text for key, reply in self.replies.items()})
        self.identity = Model("replay", path.stem, revision=revision)

    async def reply(self, request: Request) -> Reply:
        """Return the recorded reply; raises ModelRefused where these messages were not recorded."""
        key = content_hash("messages", [_plain(message) for message in request.messages])
        if key not in self.replies:
            asked = request.messages[-1].content[:40]
            raise ModelRefused(f"录音里没有对“{asked}……”的回复", where=self.name, fix="换一份录音，或补上这一条")
        return self.replies[key]


def _plain(message: Message) -> dict[str, str]:
    return {"role": message.role, "content": message.content}
