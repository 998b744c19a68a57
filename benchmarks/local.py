"""Tokens and verdicts per second of models that run here, against what one would write without: all in one run.

A model with random weights (its shape by --hidden and --layers; a seven-billion one with --large, for a GPU) answers 64 dialogues,
with answers of very different lengths, as they are: one by one with `generate`, in plain padded batches in the order they come,
and through ours. Then verdicts: exactly, from one forward pass, against generating 16 tokens. Then four turns, going on from what
was computed against beginning anew.
Prints a table and one JSON line. Usage: python benchmarks/local.py [--dialogues 64] [--tokens 48] [--large]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import platform
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from judge.models import Message, Reply, Request  # noqa: E402
from judge.models.local import Local  # noqa: E402
from judge.models.local.batches import Ask, generate, scored  # noqa: E402
from judge.models.local.loading import Settings  # noqa: E402
from tests.models.tiny import tiny_model  # noqa: E402

LARGE = {
    "hidden_size": 4096,
    "intermediate_size": 11008,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 32,
}


def timed(what: Callable[[], object], rounds: int = 3) -> float:
    """Return the median seconds of some rounds."""
    took = []
    for _ in range(rounds):
        start = time.perf_counter()
        what()
        took.append(time.perf_counter() - start)
    return statistics.median(took)


def main() -> None:
    import torch

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dialogues", type=int, default=64)
    parser.add_argument("--tokens", type=int, default=48)
    parser.add_argument("--hidden", type=int, default=384)
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--large", action="store_true")
    given = parser.parse_args()
    shape = LARGE if given.large else {
        "hidden_size": given.hidden, "intermediate_size": 4 * given.hidden, "num_hidden_layers": given.layers,
        "num_attention_heads": 4, "num_key_value_heads": 2,
    }  # fmt: skip
    luck = random.Random(0)
    with tempfile.TemporaryDirectory() as folder:
        path = tiny_model(Path(folder), **shape)
        settings = Settings(dtype="bfloat16" if given.large else "float32")
        model = Local("小", str(path), settings)
        # Long answers are rare: lengths spread as the logarithm of a normal, --tokens on average.
        lengths = [max(2, round(given.tokens * luck.lognormvariate(-0.32, 0.8))) for _ in range(given.dialogues)]
        requests = [
            Request((Message("user", "问" * luck.randint(2, 60) + str(at)),), max_tokens=length, temperature=0.0)
            for at, length in enumerate(lengths)
        ]
        asyncio.run(replies(model, requests[:2]))  # loads it
        loaded = model.worker.loaded
        assert loaded is not None
        asks = [Ask(model._tokens(one.messages), length) for one, length in zip(requests, lengths, strict=True)]
        count = sum(len(one.tokens) for one in generate(loaded, asks))
        rows = {
            "one by one": timed(lambda: [generate(loaded, [one]) for one in asks], 1),
            "padded batches of 16": timed(
                lambda: [generate(loaded, asks[at : at + 16]) for at in range(0, len(asks), 16)]
            ),
            "ours": timed(lambda: fresh(model, requests)),
        }
        letters = [loaded.tokenizer.encode(one, add_special_tokens=False) for one in "ABC"]
        rules = tuple(
            loaded.tokenizer.encode("评审须知。" * 70, add_special_tokens=False)
        )  # some thousand tokens, as a judge's
        prompts = [rules + one.tokens for one in asks]
        verdict_requests = [
            Request(
                (Message("user", "评审须知。" * 70 + one.messages[0].content),), allowed=("A", "B", "C"), logprobs=3
            )
            for one in requests
        ]
        verdicts = {
            "generating 16 tokens": timed(lambda: by_sixteen(lambda some: generate(loaded, some), prompts), 1),
            "exactly, each anew": timed(
                lambda: by_sixteen(lambda some: scored(loaded, [one.tokens for one in some], letters), prompts), 1
            ),
            "exactly, ours": timed(lambda: fresh(model, verdict_requests)),
        }
        turns = {
            "anew": timed(lambda: four_turns(model, requests, anew=True), 1),
            "going on": timed(lambda: four_turns(model, requests, anew=False)),
        }
        hardware = (
            torch.cuda.get_device_name()
            if loaded.device == "cuda"
            else f"{platform.machine()}, {torch.get_num_threads()} threads"
        )
        print(
            f"{sum(one.numel() for one in loaded.model.parameters()) / 1e6:.1f} million weights, {settings.dtype}, {hardware}"
        )
        for name, took in rows.items():
            print(f"{name:<28}{count / took:>10.0f} tokens/s{rows['one by one'] / took:>8.1f} x")
        for name, took in verdicts.items():
            print(f"{name:<28}{len(asks) / took:>10.1f} verdicts/s{verdicts['generating 16 tokens'] / took:>6.1f} x")
        for name, took in turns.items():
            print(f"four turns, {name:<16}{took:>10.2f} s{turns['anew'] / took:>15.1f} x")
        print(
            json.dumps({"tokens": count, "seconds": rows, "verdicts": verdicts, "turns": turns, "hardware": hardware})
        )


def by_sixteen(what: Callable[[list[Ask]], object], prompts: Sequence[tuple[int, ...]]) -> None:
    for at in range(0, len(prompts), 16):
        what([Ask(one, 16) for one in prompts[at : at + 16]])


async def replies(model: Local, requests: Sequence[Request]) -> list[Reply]:
    return list(await asyncio.gather(*(model.reply(one) for one in requests)))


def fresh(model: Local, requests: Sequence[Request]) -> None:
    model.worker.memory.clear()
    asyncio.run(replies(model, requests))


def four_turns(model: Local, requests: Sequence[Request], *, anew: bool) -> None:
    """Let every dialogue have four turns: long questions, short answers, each with all that was said before."""
    so_far = [(Message("user", one.messages[0].content + "再问一句" * 20),) for one in requests]
    model.worker.memory.clear()
    for _ in range(4):
        if anew:
            model.worker.memory.clear()
        said = asyncio.run(replies(model, [Request(one, max_tokens=8, temperature=0.0) for one in so_far]))
        so_far = [
            (*one, Message("assistant", reply.text), Message("user", "再问一句" * 20))
            for one, reply in zip(so_far, said, strict=True)
        ]


if __name__ == "__main__":
    main()
