"""Models that run here: real transformers, a tiny model with random weights, no download."""

from __future__ import annotations

import asyncio
import json
import random
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from judge.errors import InputError, ModelBusy, ModelRefused
from judge.models import Message, Reply, Request
from judge.models.local import Local
from judge.models.local.loading import Settings, find, split
from judge.models.local.weights import weights_hash
from judge.records import Outcome
from judge.reply import read_letter
from tests.models.tiny import tiny_model

pytestmark = pytest.mark.torch
EXACT = Settings(dtype="float32", device="cpu")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model(tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def model(folder: Path) -> Iterator[Local]:
    made = Local("小", str(folder), EXACT)
    yield made
    asyncio.run(made.aclose())


def request(*said: str, most: int = 12, **more: Any) -> Request:
    roles = ("user", "assistant")
    return Request(tuple(Message(roles[at % 2], one) for at, one in enumerate(said)), max_tokens=most, **more)


def asked(model: Local, requests: Sequence[Request], at_once: int = 256) -> list[Reply]:
    async def all_of_them() -> list[Reply]:
        gate = asyncio.Semaphore(at_once)

        async def one(request: Request) -> Reply:
            async with gate:
                return await model.reply(request)

        return list(await asyncio.gather(*(one(request) for request in requests)))

    return asyncio.run(all_of_them())


def by_hand(model: Local, request: Request, most: int) -> str:
    """The greedy answer, token by token, with nothing kept between them."""
    import torch

    assert model.worker.loaded is not None
    tokens = list(model._tokens(request.messages))
    said: list[int] = []
    while len(said) < most:
        with torch.inference_mode():
            best = int(model.worker.loaded.model(torch.tensor([[*tokens, *said]])).logits[0, -1].argmax())
        if best == model.worker.loaded.tokenizer.eos_token_id:
            break
        said.append(best)
    return str(model.worker.loaded.tokenizer.decode(said, skip_special_tokens=True))


# ── batches ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_64_dialogues_say_the_same_in_whatever_batches(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from judge.models.local import batches, writing

    real, sizes = batches.generate, []

    def counted(loaded: Any, asks: Any, *more: Any) -> Any:
        sizes.append(len(asks))
        return real(loaded, asks, *more)

    monkeypatch.setattr(batches, "generate", counted)
    lengths = random.Random(7)
    requests = [request("问" * lengths.randint(1, 40) + str(at), most=4 + at % 9) for at in range(64)]
    found = []
    for at_once, tokens, segment in ((1, 10**6, 64), (7, 10**6, 5), (64, 10**6, 64), (64, 700, 3), (64, 150, 64)):
        monkeypatch.setattr(writing, "SEGMENT", segment)
        sizes.clear()
        made = Local("小", str(folder), EXACT, batch_tokens=tokens)
        order = list(range(64))
        random.Random(at_once).shuffle(order)
        replies = asked(made, [requests[at] for at in order], at_once)
        found.append([reply.text for _, reply in sorted(zip(order, replies, strict=True), key=lambda one: one[0])])
        assert sum(sizes) == 64 if segment == 64 else sum(sizes) > 100  # in segments, several batches each
        assert max(sizes) <= at_once
        if tokens == 10**6 and at_once == 64:
            assert max(sizes) == 64
            assert found[-1][:4] == [by_hand(made, one, 4 + at) for at, one in enumerate(requests[:4])]
        asyncio.run(made.aclose())
    assert all(one == found[0] for one in found)
    assert len(set(found[0])) > 8  # they do not all say the same


def test_an_answer_that_ends_is_told_at_once_and_another_takes_its_place(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from judge.models.local import writing

    monkeypatch.setattr(writing, "SEGMENT", 4)
    model, ended = Local("小", str(folder), EXACT), []

    async def one(name: str, most: int) -> None:
        await model.reply(request(name, most=most))
        ended.append(name)
        if name == "短":
            await one("后来", 4)

    async def both() -> None:
        await asyncio.gather(one("长", 400), one("短", 4))

    asyncio.run(both())
    assert ended == ["短", "后来", "长"]
    assert model.worker.written >= 400
    assert model.doing == ""
    asyncio.run(model.aclose())


def test_what_nobody_waits_for_any_more_is_not_written_to_its_end(model: Local) -> None:
    async def left() -> None:
        task = asyncio.create_task(model.reply(request("问", most=20_000)))
        while model.worker.written < 10:
            await asyncio.sleep(0.01)
            assert "条" in model.doing or "装入" in model.doing
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(left())
    (reply,) = asked(model, [request("再问", most=4)])
    assert reply.text
    assert model.worker.written < 5000


def test_nor_is_its_prompt_read_to_the_end(model: Local, monkeypatch: pytest.MonkeyPatch) -> None:
    from judge.models.local import batches

    monkeypatch.setitem(batches.READ_TOKENS, "cpu", 16)
    long, fits = request("问" * 9000), request("问" * 90, most=6)

    async def left() -> None:
        task = asyncio.create_task(model.reply(long))
        while model.worker.memory.read < 100:
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(left())
    (reply,) = asked(model, [fits])
    assert model.worker.memory.read < 9000
    assert reply.text == by_hand(model, fits, 6)  # and what was read piece by piece says the same


def test_a_model_whose_layers_forget_is_written_to_the_end_at_once(tmp_path: Path) -> None:
    import torch
    from transformers import MistralConfig, MistralForCausalLM

    path = tiny_model(tmp_path)
    torch.manual_seed(2)
    config = MistralConfig(
        vocab_size=259, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=1, sliding_window=16, max_position_embeddings=512, eos_token_id=2, pad_token_id=0,
    )  # fmt: skip
    MistralForCausalLM(config).save_pretrained(path)
    model = Local("窗", str(path), EXACT)
    requests = [request("问" * (1 + at) + str(at), most=70 + at) for at in range(5)]
    requests.append(request("哪个好？", logprobs=20, allowed=("A", "B")))
    together = asked(model, requests)
    alone = [asked(model, [one])[0] for one in requests]
    assert [one.text for one in together] == [one.text for one in alone]
    assert model.worker.memory.size == 0
    asyncio.run(model.aclose())


def test_a_later_turn_goes_on_from_what_was_computed(model: Local, folder: Path) -> None:
    first = [request(f"第一问{at}" * (1 + at % 5)) for at in range(16)]
    answers = asked(model, first)
    second = [
        request(one.messages[0].content, reply.text, "那么第二问呢") for one, reply in zip(first, answers, strict=True)
    ]
    with_memory = asked(model, second)
    assert model.worker.memory.reused >= 0.5 * sum(len(model._tokens(one.messages)) for one in first)
    fresh = Local("小", str(folder), EXACT)
    assert [one.text for one in asked(fresh, second)] == [one.text for one in with_memory]
    asyncio.run(fresh.aclose())


def test_memory_lets_the_oldest_go(model: Local) -> None:
    asked(model, [request("问")])  # which loads it, and says how much room there is
    model.worker.memory.most = 200
    asked(model, [request(f"{at}" * 30) for at in range(12)])
    assert 0 < model.worker.memory.size <= 200
    assert model.worker.memory.size == sum(len(one.tokens) for one in model.worker.memory.kept.values())


def test_warm_answers_hang_on_their_seed_and_not_on_the_batch(model: Local, folder: Path) -> None:
    requests = [request(f"问{at}", temperature=0.8, seed=at % 3) for at in range(12)]
    together = [one.text for one in asked(model, requests)]
    other = Local("小", str(folder), EXACT)
    assert [one.text for one in asked(other, requests, 1)] == together
    again = asked(other, [request("问0", temperature=0.8, seed=9)])
    assert again[0].text != together[0]
    asyncio.run(other.aclose())


def test_a_model_own_settings_hold_whatever_the_batch(folder: Path, tmp_path: Path) -> None:
    import torch

    own = shutil.copytree(folder, tmp_path / "own")
    settings = {"repetition_penalty": 1.3, "top_k": 3, "top_p": 0.9, "temperature": 0.7, "do_sample": True, "eos_token_id": [2, 0], "pad_token_id": 0}  # fmt: skip
    (own / "generation_config.json").write_text(json.dumps(settings), encoding="utf-8")
    model, plain = Local("自", str(own), EXACT), Local("小", str(folder), EXACT)
    requests = [request("问" * (1 + 5 * at) + str(at), most=40) for at in range(8)]
    together = [one.text for one in asked(model, requests)]
    assert [asked(model, [one])[0].text for one in requests] == together
    assert together != [one.text for one in asked(plain, requests)]  # the penalty counts
    loaded = model.worker.loaded
    assert loaded is not None
    assert (loaded.top_k, loaded.top_p, loaded.plain) == (3, 0.9, False)
    assert plain.worker.loaded is not None
    assert plain.worker.loaded.plain
    tokens = list(model._tokens(requests[0].messages))
    with torch.inference_mode():
        logits = loaded.model(torch.tensor([tokens])).logits[0, -1]
    logits = logits.clone()
    logits[tokens] = torch.where(logits[tokens] > 0, logits[tokens] / 1.3, logits[tokens] * 1.3)
    best = {loaded.tokenizer.decode([one]) for one in logits.topk(3).indices.tolist()}
    warm = [request(requests[0].messages[0].content, most=1, temperature=5.0, seed=at) for at in range(40)]
    assert len({one.text for one in asked(model, warm)} - best) == 0
    assert len({one.text for one in asked(plain, warm)}) > 10
    for one in (model, plain):
        asyncio.run(one.aclose())


def test_two_samples_of_one_prompt_differ_and_repeat(model: Local, folder: Path) -> None:
    requests = [request("问", temperature=0.9, sample=at) for at in (0, 1, 2, 0)]
    found = [one.text for one in asked(model, requests)]
    assert found[0] == found[3]
    assert len(set(found)) == 3


def test_words_are_sampled_as_often_as_they_are_likely(model: Local) -> None:
    import torch

    from judge.models.local.batches import Ask, _Warmth

    asked(model, [request("问")])
    loaded, count = model.worker.loaded, 4000
    assert loaded is not None
    asks = [Ask((at,), 1, temperature=0.0 if at % 4 == 0 else 2.0, seed=at) for at in range(count)]
    scores = torch.tensor([0.0, 0.5, 0.3, 0.2]).log().repeat(count, 1)  # the first can never be
    found = _Warmth(loaded, asks)(torch.zeros(count, 1, dtype=torch.long), scores.clone())
    assert torch.equal(found[::4], scores[::4])  # those that are not warm are left alone
    words = found[[at for at in range(count) if at % 4]].argmax(dim=1)
    expected = torch.tensor([0.0, 0.5, 0.3, 0.2]).sqrt()
    expected /= expected.sum()
    shares = torch.bincount(words, minlength=4) / len(words)
    assert shares[0] == 0
    assert (shares - expected).abs().max() < 4 * (0.25 / len(words)) ** 0.5


# ── exact verdicts ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_exact_verdicts_are_those_of_the_logits(model: Local) -> None:
    import torch

    requests = [request(f"哪个好？{'对话' * at}", logprobs=20, allowed=("A", "B", "C")) for at in range(6)]
    replies = asked(model, requests)
    assert model.worker.loaded is not None
    letters = [model.worker.loaded.tokenizer.encode(one, add_special_tokens=False)[0] for one in "ABC"]
    for one, reply in zip(requests, replies, strict=True):
        with torch.inference_mode():
            logits = model.worker.loaded.model(torch.tensor([list(model._tokens(one.messages))])).logits[0, -1]
        expected = logits[letters].softmax(dim=0).tolist()
        assert [dict(reply.first_tokens)[letter] for letter in "ABC"] == pytest.approx(expected, abs=1e-6)
        verdict = read_letter(reply.text, reply.first_tokens)
        assert verdict.probabilities == pytest.approx((expected[0], expected[2], expected[1]), abs=1e-6)  # type: ignore[union-attr]


def test_after_reasons_the_verdict_has_exact_probabilities_too(model: Local, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    from judge.models.local.writing import Growing

    wanted = request("哪个好？", most=400, logprobs=20, allowed=("A", "B", "C"), reasons=True)
    (plain,) = asked(model, [request("问")])  # which loads it
    assert plain.text
    loaded = model.worker.loaded
    assert loaded is not None
    prompt = list(model._tokens(wanted.messages))

    def by_hand(reasons: str) -> list[float]:
        logs, before = [], [*prompt, *loaded.tokenizer.encode(reasons, add_special_tokens=False)]
        for letter in "ABC":
            mark = loaded.tokenizer.encode(f"[[{letter}]]", add_special_tokens=False)
            with torch.inference_mode():
                odds = loaded.model(torch.tensor([[*before, *mark]])).logits[0].float().log_softmax(-1)
            logs.append(sum(float(odds[len(before) - 1 + at, token]) for at, token in enumerate(mark)))
        return torch.tensor(logs).softmax(0).tolist()  # type: ignore[no-any-return]

    for written, reasons, shown in (
        ("甲把 [[X]] 写错了。\n[[B]]", "甲把 [[X]] 写错了。\n", "甲把 [[X]] 写错了。"),
        ("<think>想想</think>两份都行", "<think>想想</think>两份都行\n", "两份都行"),  # no mark: one is asked for
    ):

        async def said(ask: Any, written: str = written) -> Growing:
            return Growing(ask, tuple(loaded.tokenizer.encode(written, add_special_tokens=False)), whole=True)

        monkeypatch.setattr(model.worker, "said", said)
        (reply,) = asked(model, [wanted])
        expected = by_hand(reasons)
        assert [dict(reply.first_tokens)[letter] for letter in "ABC"] == pytest.approx(expected, abs=1e-6)
        best = "ABC"[expected.index(max(expected))]
        assert reply.text == f"{shown}\n[[{best}]]"
        verdict = read_letter(reply.text, reply.first_tokens)
        assert verdict.probabilities == pytest.approx((expected[0], expected[2], expected[1]), abs=1e-6)  # type: ignore[union-attr]
    assert reply.reasoning == "想想"

    async def cut(ask: Any) -> Growing:
        return Growing(ask, tuple(loaded.tokenizer.encode("写不完", add_special_tokens=False)), whole=False)

    monkeypatch.setattr(model.worker, "said", cut)
    (reply,) = asked(model, [wanted])
    assert (reply.outcome, reply.first_tokens) == (Outcome.TRUNCATED, ())


def test_a_score_ends_with_whatever_ends_an_answer(folder: Path, tmp_path: Path) -> None:
    import torch

    path = shutil.copytree(folder, tmp_path / "ends")
    (path / "generation_config.json").write_text(json.dumps({"eos_token_id": [0, 5, 9]}), encoding="utf-8")
    model = Local("止", str(path), EXACT)
    wanted = request("打几分？", allowed=("1", "10"), logprobs=2)
    (reply,) = asked(model, [wanted])
    loaded, tokens, logs = model.worker.loaded, list(model._tokens(wanted.messages, at_once=True)), []
    assert loaded is not None
    for score in ("1", "10"):
        said = loaded.tokenizer.encode(score, add_special_tokens=False)
        with torch.inference_mode():
            odds = loaded.model(torch.tensor([[*tokens, *said]])).logits[0].float().softmax(-1)
        words = [float(odds[len(tokens) - 1 + at, token]) for at, token in enumerate(said)]
        ends = float(odds[-1, [0, 5, 9, loaded.tokenizer.eos_token_id]].sum())
        logs.append(torch.tensor(words).prod().item() * ends)
    assert dict(reply.first_tokens)["10"] == pytest.approx(logs[1] / sum(logs), rel=1e-4)
    asyncio.run(model.aclose())


def test_where_the_template_opens_the_reasoning_a_verdict_at_once_closes_it(folder: Path, tmp_path: Path) -> None:
    opening = shutil.copytree(folder, tmp_path / "opening")
    with (opening / "chat_template.jinja").open("a", encoding="utf-8") as file:
        file.write("{% if add_generation_prompt %}<think>\n{% endif %}")
    model, plain = Local("想", str(opening), EXACT), Local("小", str(folder), EXACT)
    (reply,) = asked(model, [request("哪个好？", allowed=("A", "B"), logprobs=2)])
    tokens = [*plain._tokens((Message("user", "哪个好？"),)), *model._encoded("<think>\n</think>\n\n")]
    assert reply.usage is not None
    assert reply.usage.input_tokens == len(tokens)
    shares = asyncio.run(plain.worker.odds(tuple(tokens), [model._encoded("A"), model._encoded("B")]))
    assert [dict(reply.first_tokens)[letter] for letter in "AB"] == pytest.approx(shares, abs=1e-6)
    for one in (model, plain):
        asyncio.run(one.aclose())


def test_what_is_no_number_is_no_verdict(model: Local, monkeypatch: pytest.MonkeyPatch) -> None:
    from judge.judges.protocols import judging
    from judge.records import DIALOGUE, Answer, Candidate, Case, Dialogue, Model, Question, Turn, Unreadable

    async def nothing(*about: Any) -> list[float]:
        return [float("nan")] * 3

    monkeypatch.setattr(model.worker, "odds", nothing)
    (reply,) = asked(model, [request("哪个好？", allowed=("A", "B", "C"), logprobs=3)])
    assert (reply.outcome, reply.first_tokens) == (Outcome.FAILED, ())
    assert "float16" in reply.detail
    question = Question("试", "q", "闲聊", (Turn("你好"),))
    case = Case(question, DIALOGUE, (Dialogue(question, Candidate("甲", Model("x", "甲")), (Answer("你好", "好"),)),))
    assert isinstance(judging("奖", model.identity, "reward").judgment(case, Reply("nan")).result, Unreadable)
    cut = Reply("前者更好。\n[[B]]\n\n再说一遍，前者", Outcome.TRUNCATED)
    assert isinstance(judging("评", model.identity, "soft-reasons").judgment(case, cut).result, Unreadable)


# ── what can be wrong ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_prompt_beyond_the_context_is_an_outcome(folder: Path, tmp_path: Path) -> None:
    short = shutil.copytree(folder, tmp_path / "short")
    config = json.loads((short / "config.json").read_text(encoding="utf-8"))
    (short / "config.json").write_text(json.dumps({**config, "max_position_embeddings": 120}), encoding="utf-8")
    model = Local("短", str(short), EXACT)
    long, fits = asked(model, [request("长" * 80), request("短")])
    assert (long.outcome, long.text) == (Outcome.FAILED, "")
    assert "超出模型的 120" in long.detail
    assert fits.text
    (cut,) = asked(model, [request("短", most=1000)])
    assert cut.outcome in (Outcome.OK, Outcome.TRUNCATED)
    assert cut.usage is not None
    assert cut.usage.input_tokens + cut.usage.output_tokens <= 120
    asyncio.run(model.aclose())


def test_a_batch_too_large_for_memory_is_halved(model: Local, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    from judge.models.local import batches

    real, sizes = batches.generate, []

    def crowded(loaded: Any, asks: Any, *more: Any) -> Any:
        sizes.append(len(asks))
        if len(asks) > 3:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return real(loaded, asks, *more)

    monkeypatch.setattr(batches, "generate", crowded)
    replies = asked(model, [request(f"问{at}") for at in range(12)])
    assert all(one.text for one in replies)
    assert sizes[:3] == [12, 6, 3]
    assert max(sizes[2:]) == 3
    monkeypatch.setattr(batches, "generate", lambda *about: (_ for _ in ()).throw(torch.OutOfMemoryError("no")))
    with pytest.raises(ModelBusy, match="一条请求也放不进"):
        asked(model, [request("问")])
    exact = batches.scored

    def narrow(loaded: Any, prompts: Any, *more: Any) -> Any:
        if len(prompts) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return exact(loaded, prompts, *more)

    monkeypatch.setattr(batches, "scored", narrow)
    odds = asked(model, [request(f"哪个好{at}", logprobs=20, allowed=("A", "B", "C")) for at in range(7)])
    assert all(sum(share for _, share in one.first_tokens) == pytest.approx(1) for one in odds)


@pytest.mark.parametrize(
    ("missing", "said"),
    [("config.json", "没有 config.json"), ("tokenizer.json", "读不出分词器"), ("model.safetensors", "装不进模型")],
)
def test_a_folder_that_lacks_something_says_what(folder: Path, tmp_path: Path, missing: str, said: str) -> None:
    broken = shutil.copytree(folder, tmp_path / "broken")
    (broken / missing).unlink()
    with pytest.raises((InputError, ModelRefused), match=said):
        asked(Local("坏", str(broken), EXACT), [request("问")])


def test_a_checkpoint_that_lacks_a_weight_is_refused(folder: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    torn = shutil.copytree(folder, tmp_path / "torn")
    weights = load_file(torn / "model.safetensors")
    del weights["model.layers.1.mlp.down_proj.weight"]
    save_file(weights, torn / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelRefused, match=r"缺 1 个权重（model\.layers\.1\.mlp\.down_proj\.weight"):
        asked(Local("缺", str(torn), EXACT), [request("问")])
    config = json.loads((torn / "config.json").read_text(encoding="utf-8"))
    shutil.copy(folder / "model.safetensors", torn)
    (torn / "config.json").write_text(
        json.dumps({**config, "architectures": ["Qwen2ForRewardModel"]}), encoding="utf-8"
    )
    with pytest.raises(ModelRefused, match=r"缺 1 个权重（score\.weight"):
        asked(Local("头", str(torn), EXACT), [request("问", reward=True)])


def test_what_goes_wrong_in_the_thread_is_told_to_all(model: Local, monkeypatch: pytest.MonkeyPatch) -> None:
    from judge.models.local import batches

    def broken(*about: Any) -> Any:
        raise ValueError("no such kernel\nat line 3")

    monkeypatch.setattr(batches, "generate", broken)
    for _ in range(2):  # and the thread goes on
        with pytest.raises(ModelRefused, match=r"模型算不下去（ValueError：no such kernel）"):
            asked(model, [request(f"问{at}") for at in range(3)])
    asyncio.run(model.aclose())
    assert model.doing == ""
    assert batches.too_large(RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried ..."))
    assert not batches.too_large(RuntimeError("shapes do not match"))


@pytest.mark.parametrize(
    "parameters", [{"device": "gpu"}, {"trust_remote_code": "false"}, {"dtype": 16}, {"dtype": "int8"}]
)
def test_a_parameter_that_is_none_is_refused(parameters: dict[str, Any]) -> None:
    from judge.models.local import settings_of

    with pytest.raises(InputError, match="不认识"):
        settings_of(parameters, None)
    found, rest = settings_of({"dtype": "float32", "max_tokens": 8, "trust_remote_code": True}, "v1")
    assert found == Settings(dtype="float32", trust_remote_code=True, revision="v1")
    assert rest == {"max_tokens": 8}


def test_what_is_not_there_is_not_looked_for_on_a_network(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="本机没有这个模型"):
        find("no-such/model-at-all", EXACT)
    (tmp_path / "文件").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="不是目录"):
        find(str(tmp_path / "文件"), EXACT)


def test_a_base_model_without_a_template_gets_plain_turns_and_says_so(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from judge.models.local.writing import Growing

    base = shutil.copytree(folder, tmp_path / "base")
    (base / "chat_template.jinja").unlink()
    model = Local("基座", str(base), EXACT)
    assert dict(model.identity.parameters)["template"] == "plain"
    tokens = model._tokens((Message("user", "你好"), Message("assistant", "好"), Message("user", "几点了")))
    assert model.found.tokenizer.decode(tokens) == "用户：你好\n助手：好\n用户：几点了\n助手："
    assert "没有对话模板" in model.notes[0]

    async def said(ask: Any) -> Growing:
        return Growing(ask, model._encoded("三点。\n用户：那四点呢\n助手：四点"), whole=False)

    monkeypatch.setattr(model.worker, "said", said)
    (reply,) = asked(model, [request("几点了")])
    assert (reply.text, reply.outcome) == ("三点。", Outcome.OK)
    asyncio.run(model.aclose())


def test_a_gpu_that_is_not_there_is_said(folder: Path) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is one")
    model = Local("卡", str(folder), Settings(dtype="float32", device="cuda"))
    assert asked(model, [request("问")])[0].text is not None
    assert model.notes == ("没有可用的 cuda，改在 CPU 上跑，会慢得多",)
    asyncio.run(model.aclose())


def test_a_precision_that_there_is_not_is_refused(folder: Path) -> None:
    with pytest.raises(InputError, match="没有 float33 这种精度"):
        asked(Local("坏", str(folder), Settings(dtype="float33", device="cpu")), [request("问")])


def test_models_of_two_precisions_load_at_once(folder: Path) -> None:
    import torch

    models = [Local(str(at), str(folder), Settings(dtype="bfloat16" if at % 2 else "float32")) for at in range(6)]

    async def all_of_them() -> list[Reply]:
        return list(await asyncio.gather(*(one.reply(request("问")) for one in models)))

    assert all(one.text for one in asyncio.run(all_of_them()))
    for at, one in enumerate(models):
        assert one.worker.loaded is not None
        dtypes = {weights.dtype for weights in one.worker.loaded.model.parameters()}
        assert dtypes == {torch.bfloat16 if at % 2 else torch.float32}
        asyncio.run(one.aclose())


# ── identity ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_other_weights_are_another_model(folder: Path, tmp_path: Path) -> None:
    other = tiny_model(tmp_path, seed=1)
    same = shutil.copytree(folder, tmp_path / "same")
    assert weights_hash(folder) == weights_hash(same) != weights_hash(other)
    one, two = (Local("x", str(path), EXACT).identity for path in (folder, other))
    assert one.revision != two.revision
    # A merged LoRA leaves both ends of the file as they were, and most tensors.
    from safetensors.torch import load_file, save_file

    weights = load_file(same / "model.safetensors")
    weights["model.layers.0.self_attn.k_proj.weight"] += 1e-3
    save_file(weights, same / "model.safetensors", metadata={"format": "pt"})
    assert weights_hash(folder) != weights_hash(same)
    (same / "model.safetensors").write_bytes(b"\xff" * 64)
    broken = weights_hash(same)
    (same / "model.safetensors").write_bytes(b"\xff" * 63 + b"\xfe")
    assert weights_hash(same) != broken
    assert one.endpoint == "hf"


def test_base_and_adapter_are_told_apart(tmp_path: Path) -> None:
    assert split("org/base+org/lora") == ("org/base", "org/lora")
    odd = tmp_path / "a+b"
    odd.mkdir()
    assert split(str(odd)) == (str(odd), None)
    with pytest.raises(InputError, match="看不懂"):
        split("org/base+")


def test_continuous_batching_says_the_same_within_the_blocks_there_are(folder: Path) -> None:

    from judge.models.local.batches import Ask, bytes_per_token, generate
    from judge.models.local.loading import load
    from judge.models.local.writing import Growing, StreamEnded, bytes_per_block, stream

    found = find(str(folder), EXACT)
    loaded = load(found)
    made = Local("小", str(folder), EXACT)
    asks = [Ask(made._tokens(request("问" * (1 + at % 7) + str(at)).messages), 10 + at % 3) for at in range(10)]
    alone = [generate(loaded, [one])[0] for one in asks]
    assert bytes_per_token(loaded) == 2 * 2 * 1 * 16 * 4

    def streamed(asks: Sequence[Ask], blocks: int) -> list[Growing]:
        some = [Growing(one) for one in asks]
        coming = [some[:4], some[4:]]  # the second come while the first are under way
        ended = list(
            stream(
                loaded,
                lambda: coming.pop(0) if coming else [],
                lambda tokens: None,
                blocks * bytes_per_block(loaded),
            )
        )
        assert sorted(map(id, ended)) == sorted(map(id, some))
        return some

    for blocks in (256, 8):  # eight, for ten requests of two to four
        assert [(one.said, one.whole) for one in streamed(asks, blocks)] == [(one.tokens, one.whole) for one in alone]
    assert [one.too_large for one in streamed([*asks[:2], Ask(asks[0].tokens, 10**6)], 8)] == [False, False, True]
    with pytest.raises(StreamEnded, match="single block"):
        streamed(asks, 0)


def test_what_continuous_batching_cannot_do_is_written_otherwise(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from judge.models.local import worker
    from judge.models.local.writing import StreamEnded, stream

    requests = [
        *(request(f"问{at}") for at in range(6)),
        request("温", temperature=0.9),
        request("哪", allowed=("A", "B")),
    ]
    plain, streaming, broken = (Local("小", str(folder), EXACT) for _ in range(3))
    expected = [one.text for one in asked(plain, requests)]
    streaming.worker._streams = broken.worker._streams = True
    assert [one.text for one in asked(streaming, requests)] == expected
    assert streaming.worker._streams

    def failing(*about: Any) -> Iterator[Any]:
        found = stream(*about)
        yield next(found)
        found.close()  # type: ignore[attr-defined]
        raise StreamEnded("CUDA out of memory")

    monkeypatch.setattr(worker, "stream", failing)
    assert [one.text for one in asked(broken, requests)] == expected
    assert not broken.worker._streams
    for model in (plain, streaming, broken):
        asyncio.run(model.aclose())


def test_what_prompts_begin_with_is_computed_once(model: Local, folder: Path) -> None:
    rules = "评审须知：" * 40
    requests = [request(f"{rules}第{at}对", most=6) for at in range(8)]
    replies = asked(model, requests)
    shared = len(model._tokens(request(rules).messages)) - len("<|im_end|>\n<|im_start|>assistant\n")
    assert model.worker.memory.reused >= 8 * (shared - 40)
    alone = [by_hand(model, one, 6) for one in requests[:2]]
    assert [one.text for one in replies[:2]] == alone


@pytest.mark.filterwarnings("ignore::FutureWarning")  # peft's, of transformers' older names
def test_an_adapter_is_laid_over_its_base(folder: Path, tmp_path: Path) -> None:
    peft = pytest.importorskip("peft", reason="缺少 peft，LoRA 的测试未跑")
    import torch
    from transformers import AutoModelForCausalLM

    torch.manual_seed(3)
    base = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    config = peft.LoraConfig(r=4, target_modules=["q_proj", "v_proj"], init_lora_weights=False, task_type="CAUSAL_LM")
    adapted = peft.get_peft_model(base, config)
    adapted.save_pretrained(tmp_path / "lora")
    model, plain = Local("改", f"{folder}+{tmp_path / 'lora'}", EXACT), Local("原", str(folder), EXACT)
    assert model.identity.revision != plain.identity.revision
    said = [asked(one, [request(f"问{at}") for at in range(6)]) for one in (model, plain)]
    assert [one.text for one in said[0]] != [one.text for one in said[1]]
    tokens = torch.tensor([list(model._tokens((Message("user", "问"),)))])
    assert model.worker.loaded is not None
    with torch.inference_mode():
        torch.testing.assert_close(
            model.worker.loaded.model(tokens).logits, adapted(tokens).logits, atol=1e-5, rtol=1e-4
        )
    with pytest.raises(InputError, match=r"adapter_config\.json"):
        find(f"{folder}+{folder}", EXACT)
    for one in (model, plain):
        asyncio.run(one.aclose())


def test_thinking_and_system_reach_the_template(folder: Path, tmp_path: Path) -> None:
    switched = shutil.copytree(folder, tmp_path / "think")
    template = (switched / "chat_template.jinja").read_text(encoding="utf-8")
    (switched / "chat_template.jinja").write_text(
        template + "{% if enable_thinking is defined and not enable_thinking %}<think></think>{% endif %}",
        encoding="utf-8",
    )
    model = Local("想", str(switched), EXACT, system="你是客服", thinking=False)
    text = model.found.tokenizer.decode(model._tokens((Message("user", "你好"),)))
    assert "system\n你是客服" in text
    assert text.endswith("<think></think>")
    assert dict(model.identity.parameters)["thinking"] is False
    unset = Local("随", str(switched), EXACT)
    messages = (Message("user", "哪个好"),)
    assert not unset.found.tokenizer.decode(unset._tokens(messages)).endswith("<think></think>")
    # A verdict at once has no place for reasoning before it.
    assert unset.found.tokenizer.decode(unset._tokens(messages, at_once=True)).endswith("<think></think>")
    (switched / "chat_template.jinja").write_text("{{ raise_exception('系统提示不认') }}", encoding="utf-8")
    with pytest.raises(ModelRefused, match="系统提示不认"):
        Local("坏", str(switched), EXACT)._tokens((Message("user", "你好"),))


def test_reasoning_is_no_part_of_the_answer(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from judge.models.local.writing import Growing

    opening = shutil.copytree(folder, tmp_path / "opening")
    with (opening / "chat_template.jinja").open("a", encoding="utf-8") as file:
        file.write("{% if add_generation_prompt %}<think>{% endif %}")
    for path, written, whole, expected in (
        (folder, "<think>想</think>答", True, ("答", "想", Outcome.OK)),
        (folder, "<think>想", False, ("", "想", Outcome.TRUNCATED)),
        (folder, "<think>想</think>", True, ("", "想", Outcome.EMPTY)),
        (opening, "想</think>答", True, ("答", "想", Outcome.OK)),
        (opening, "想不完", False, ("", "想不完", Outcome.TRUNCATED)),
    ):
        model = Local("想", str(path), EXACT)
        tokens = tuple(model.found.tokenizer.encode(written, add_special_tokens=False))

        async def said(ask: Any, tokens: Any = tokens, whole: bool = whole) -> Growing:
            return Growing(ask, tokens, whole=whole)

        monkeypatch.setattr(model.worker, "said", said)
        (reply,) = asked(model, [request("问")])
        assert (reply.text, reply.reasoning, reply.outcome) == expected
        asyncio.run(model.aclose())


def test_a_reward_model_scores_whole_dialogues(folder: Path, tmp_path: Path) -> None:
    import torch
    from transformers import Qwen2ForSequenceClassification

    from judge.judges.protocols import judging
    from judge.records import Answer, Candidate, Case, Dialogue, Model, Question, Scope, Scores, Turn

    path = shutil.copytree(folder, tmp_path / "reward")
    torch.manual_seed(5)
    reward = Qwen2ForSequenceClassification.from_pretrained(folder, num_labels=1)
    reward.config.pad_token_id = 7  # not the tokenizer's, by which rows are filled up
    reward.save_pretrained(path)
    model = Local("奖", str(path), EXACT)
    judge = judging("奖", model.identity, "reward")
    question = Question("试", "q", "闲聊", (Turn("你好"), Turn("再见", depends_on=(1,))))
    dialogues = [
        Dialogue(question, Candidate(str(at), Model("x", str(at))), (Answer("你好", "好" * at), Answer("再见", "走好")))
        for at in range(1, 7)
    ]
    cases = [Case(question, Scope(None), (one,)) for one in dialogues]
    replies = asked(model, [judge.request(case, b"") for case in cases])  # type: ignore[misc]
    assert model.worker.loaded is not None
    for case, reply in zip(cases, replies, strict=True):
        tokens = torch.tensor([list(model._tokens(judge.request(case, b"").messages, whole=True))])  # type: ignore[union-attr]
        with torch.inference_mode():
            expected = float(model.worker.loaded.model(tokens).logits[0, -1])
        assert float(reply.text) == pytest.approx(expected, abs=1e-5)
        result = judge.judgment(case, reply).result
        assert isinstance(result, Scores)
        assert result.overall is not None
        assert result.overall.value == pytest.approx(100 / (1 + 2.718281828459045**-expected), abs=1e-3)
    assert len({one.text for one in replies}) == 6
    alone = [asked(model, [judge.request(case, b"")])[0] for case in cases]  # type: ignore[list-item]
    assert [float(one.text) for one in alone] == pytest.approx([float(one.text) for one in replies], abs=1e-5)
    with pytest.raises(ModelRefused, match="不是奖励模型"):
        asked(Local("小", str(folder), EXACT), [judge.request(cases[0], b"")])  # type: ignore[list-item]
    asyncio.run(model.aclose())


def test_exact_scores_are_the_mean_over_whole_scores(model: Local) -> None:
    import torch

    from judge.judges.protocols import judging
    from judge.records import DIALOGUE, Answer, Candidate, Case, Dialogue, Model, Question, Scores, Turn

    judge = judging("评", model.identity, "soft-scores")
    question = Question("试", "q", "闲聊", (Turn("你好"),))
    dialogue = Dialogue(question, Candidate("甲", Model("x", "甲")), (Answer("你好", "好"),))
    case = Case(question, DIALOGUE, (dialogue,))
    wanted = judge.request(case, b"secret")
    assert isinstance(wanted, Request)
    (reply,) = asked(model, [wanted])
    tokens, logs = list(model._tokens(wanted.messages)), []
    assert model.worker.loaded is not None
    for score in range(1, 11):  # 10 is two tokens, whose probabilities multiply
        said = model.worker.loaded.tokenizer.encode(str(score), add_special_tokens=False)
        said.append(model.worker.loaded.tokenizer.eos_token_id)  # so that 1 is not the start of 10
        with torch.inference_mode():
            odds = model.worker.loaded.model(torch.tensor([[*tokens, *said]])).logits[0].float().log_softmax(-1)
        logs.append(sum(float(odds[len(tokens) - 1 + at, token]) for at, token in enumerate(said)))
    shares = torch.tensor(logs).softmax(0).tolist()
    result = judge.judgment(case, reply).result
    assert isinstance(result, Scores)
    assert result.overall is not None
    assert result.overall.value == pytest.approx(sum(at * share for at, share in enumerate(shares, 1)), abs=1e-4)
    with pytest.raises(InputError, match="只用于本地权重"):
        judging("评", Model("https://example.com", "x"), "soft-scores")
