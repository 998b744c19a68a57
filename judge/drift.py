"""Whether the models that answer now are those that answered before, under the same names."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial

from judge.errors import InputError
from judge.models import PROBE
from judge.store import Store
from judge.work import Voice


class ModelChanged(InputError):
    """Another model answers under the name of one that has records here; they must not be mixed."""

    code = "E3300"


async def check(store: Store, asked: Mapping[str, Voice]) -> list[str]:
    """Ask every model (by key) that is to be asked and has records here for five tokens: does it answer under the same name?

    Returns the names of those that do not say who they are, now or then. Raises ModelChanged where another model answers,
    ModelBusy or another ModelError where one does not answer at all.
    """
    heads = [(before, voice) for key, voice in asked.items() if (before := store.returned_models(key)) is not None]
    # A recording has no probe: its identity is its content.
    heads = [(before, voice) for before, voice in heads if hasattr(voice.model, "probe")]
    replies = await asyncio.gather(*(voice.pace.call(partial(voice.model.reply, PROBE), 10) for _, voice in heads))
    untold = []
    for (before, voice), reply in zip(heads, replies, strict=True):
        name, now = voice.model.name, reply.returned_model
        if now is None or not before:
            untold.append(name)
        elif now not in before:
            raise ModelChanged(
                f"同名可能已换模型：库里的记录来自 {'、'.join(sorted(before))}，现在回答的是 {now}",
                where=name,
                fix=f"加 --revision {name}=新版本名，把它当作另一个；全部重来用 --fresh；或换回原来的模型再接着做",
            )
    return untold
