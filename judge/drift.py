"""Whether the models that answer now are those that answered before, under the same names."""

from __future__ import annotations

from collections.abc import Iterator

from judge.errors import InputError
from judge.store import Store
from judge.work import Voice, Work


class ModelChanged(InputError):
    """Another model answers under the name of one that has records here; they must not be mixed."""

    code = "E3300"


async def check(store: Store, work: Work) -> list[str]:
    """Ask every model that is to be asked and has records here for five tokens, and compare the names it answers under.

    Returns the names of those that do not say who they are, now or then. Raises ModelChanged where another model answers.
    """
    untold = []
    for key, voice in _asked(work):
        before, probe = store.returned_models(key), getattr(voice.model, "probe", None)
        if before is None or probe is None:  # nothing stored, or a recording, whose identity is its content
            continue
        now = (await probe()).reply.returned_model
        if now is None or not before:
            untold.append(voice.model.name)
        elif now not in before:
            raise ModelChanged(
                f"同名可能已换模型：库里的记录来自 {'、'.join(sorted(before))}，现在回答的是 {now}",
                where=voice.model.name,
                fix=f"加 --revision {voice.model.name}=新版本名，把它当作另一个；全部重来用 --fresh；或换回原来的模型再接着做",
            )
    return untold


def _asked(work: Work) -> Iterator[tuple[str, Voice]]:
    if "answer" in work.stages:
        yield from work.voices.items()
    if "judge" in work.stages:
        yield from ((judging.judge.key, voice) for judging, voice in work.judges)
