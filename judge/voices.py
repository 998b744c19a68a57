"""From the names people type to models that can be asked: an alias of judge.toml, preset:model, or replay:FILE."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from judge.config import Config, ModelRow, limits_of
from judge.errors import InputError, UnknownName
from judge.families import bare
from judge.identity import Json
from judge.models import ChatModel
from judge.models.pacing import Limits, Pace
from judge.models.prices import FREE, Price, price_of
from judge.models.vendors import preset, presets
from judge.work import Voice

LOCAL_AT_ONCE = 256  # calls to a model that runs here: so many may share a batch


@dataclass
class Voices:
    """Opens each model once, and gives models behind one endpoint and key one pace.

    `revisions` tell models of one name apart, by name; under the empty name stands the revision of all others.
    """

    config: Config
    environment: Mapping[str, str]
    revisions: Mapping[str, str] = field(default_factory=dict)
    prices: Sequence[Price] = ()
    opened: dict[str, Voice] = field(default_factory=dict)
    paces: dict[tuple[str, str], Pace] = field(default_factory=dict)
    rows: dict[tuple[str, str], list[ModelRow]] = field(default_factory=dict)

    def knows(self, name: str) -> bool:
        """Tell whether a name stands for a model that can be asked (rather than for recorded answers)."""
        head = name.partition(":")[0]
        return name in self.config.models or head == "replay" or (":" in name and head in presets())

    def revision(self, name: str) -> str | None:
        """Return the revision that the command line gives a model."""
        return self.revisions.get(name, self.revisions.get(""))

    def shown(self, name: str) -> str:
        """Return the name under which records of a model are kept: another revision is another candidate."""
        revision = self.revision(name)
        return f"{name}@{revision}" if revision and self.knows(name) else name

    def open(self, name: str) -> Voice:
        """Return the model of that name; raises UnknownName, InputError (missing key, wrong parameter)."""
        if name not in self.opened:
            self.opened[name] = self._open(name)
        return self.opened[name]

    def price(self, name: str) -> Price | None:
        """Return what a candidate or judge costs by its recorded name; None where that is not known."""
        plain = bare(name)
        head, _, tail = plain.partition(":")
        row = self.config.models.get(plain)
        if row is not None:
            return price_of(self.prices, preset(row.preset), row.model)
        return price_of(self.prices, preset(head), tail) if head in presets() and tail else None

    async def close(self) -> None:
        """Close all connections."""
        for voice in self.opened.values():
            close = getattr(voice.model, "aclose", None)
            if close is not None:
                await close()

    def _open(self, name: str) -> Voice:
        head, _, tail = name.partition(":")
        if name in self.config.models:
            return self._endpoint(name, self.config.models[name])
        if head == "replay":
            from judge.models.replay import Replay

            return Voice(Replay(name, Path(tail)), Pace(), FREE)
        if head in presets() and tail:
            return self._endpoint(name, ModelRow(preset=head, model=tail))
        known = [*self.config.models, *(f"{one}:模型名" for one in presets())]
        raise UnknownName(
            "模型", name, known, fix="judge models add 名字 --preset 预设 --model 模型名，或直接写 预设:模型名"
        )

    def _weights(self, name: str, row: ModelRow) -> Voice:
        from judge.models.local import Local, settings_of

        settings, parameters = settings_of(row.parameters, self.revision(name) or row.revision)
        sizes: dict[str, int] = {}
        for key in ("max_tokens", "batch_tokens"):
            value = parameters.pop(key, None)
            if isinstance(value, int) and value > 0:
                sizes[key] = value
            elif value is not None:
                raise InputError(f"{key} = {value} 不合适", where=name, fix=f"{key} 写一个正整数")
        if parameters:
            fix = "本地模型的 parameters 只认 dtype、device、quantization、trust_remote_code、max_tokens、batch_tokens"
            raise InputError(f"用不上 {'、'.join(parameters)}", where=name, fix=fix)
        model = Local(
            name,
            row.model,
            settings,
            system=row.system,
            thinking=row.thinking,
            temperature=row.temperature,
            **sizes,
        )
        # Batches form from what is asked at once: the more the better.
        pace = self.paces[row.preset, name] = Pace(Limits(row.concurrency or LOCAL_AT_ONCE))
        return Voice(model, pace, FREE)

    def _endpoint(self, name: str, row: ModelRow) -> Voice:
        if preset(row.preset).weights:
            return self._weights(name, row)
        from judge.models.openai_compatible import OpenAICompatible

        parameters: dict[str, Json] = dict(row.parameters)
        if row.temperature is not None:
            parameters["temperature"] = row.temperature
        try:
            model: ChatModel = OpenAICompatible(
                name,
                preset(row.preset),
                row.model,
                environment=self.environment,
                url=row.url,
                variant=row.variant,
                parameters=parameters,
                thinking=row.thinking,
                system=row.system,
                revision=self.revision(name) or row.revision,
                timeout=row.timeout,
            )
        except InputError as error:
            if name in self.config.models:
                error.where = f"{self.config.path} 的 [models.{name}]"
            raise
        # One account is one budget, whichever of its models is asked; the key itself is never looked at here.
        account = (model.identity.endpoint, row.preset)
        self.rows.setdefault(account, []).append(row)
        pace = self.paces.setdefault(account, Pace())
        pace.limit(limits_of(self.rows[account]))
        return Voice(model, pace, price_of(self.prices, preset(row.preset), row.model))
