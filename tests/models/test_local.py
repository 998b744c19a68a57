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

from judge.errors import InputError, ModelRefused
from judge.models import Message, Reply, Request
from judge.models.local import Local
from judge.models.local.loading import Settings, find, split, weights_hash
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

    assert model.loaded is not None
    tokens = list(model._tokens(request.messages))
    said: list[int] = []
    while len(said) < most:
        with torch.inference_mode():
            best = int(model.loaded.model(torch.tensor([[*tokens, *said]])).logits[0, -1].argmax())
        if best == model.loaded.tokenizer.eos_token_id:
            break
        said.append(best)
    return str(model.loaded.tokenizer.decode(said, skip_special_tokens=True))


# ── batches ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_64_dialogues_say_the_same_in_whatever_batches(folder: Path) -> None:
    lengths = random.Random(7)
    requests = [request("问" * lengths.randint(1, 40) + str(at)) for at in range(64)]
    found = []
    for at_once, tokens in ((1, 10**6), (7, 10**6), (64, 10**6), (64, 700), (64, 150)):
        made = Local("小", str(folder), EXACT, batch_tokens=tokens)
        order = list(range(64))
        random.Random(at_once).shuffle(order)
        replies = asked(made, [requests[at] for at in order], at_once)
        found.append([reply.text for _, reply in sorted(zip(order, replies, strict=True), key=lambda one: one[0])])
        assert sum(made.batches) == 64
        assert max(made.batches) <= at_once
        if tokens == 10**6 and at_once == 64:
            assert max(made.batches) > 32
            assert found[-1][:4] == [by_hand(made, one, 12) for one in requests[:4]]
        asyncio.run(made.aclose())
    assert all(one == found[0] for one in found)
    assert len(set(found[0])) > 8  # they do not all say the same


def test_a_later_turn_goes_on_from_what_was_computed(model: Local, folder: Path) -> None:
    first = [request(f"第一问{at}" * (1 + at % 5)) for at in range(16)]
    answers = asked(model, first)
    second = [
        request(one.messages[0].content, reply.text, "那么第二问呢") for one, reply in zip(first, answers, strict=True)
    ]
    with_memory = asked(model, second)
    assert model.memory.reused >= 0.5 * sum(len(model._tokens(one.messages)) for one in first)
    fresh = Local("小", str(folder), EXACT)
    assert [one.text for one in asked(fresh, second)] == [one.text for one in with_memory]
    asyncio.run(fresh.aclose())


def test_memory_lets_the_oldest_go(model: Local) -> None:
    model.memory.most = 200
    asked(model, [request(f"{at}" * 30) for at in range(12)])
    assert 0 < model.memory.size <= 200
    assert model.memory.size == sum(len(one.tokens) for one in model.memory.kept.values())


def test_warm_answers_hang_on_their_seed_and_not_on_the_batch(model: Local, folder: Path) -> None:
    requests = [request(f"问{at}", temperature=0.8, seed=at % 3) for at in range(12)]
    together = [one.text for one in asked(model, requests)]
    other = Local("小", str(folder), EXACT)
    assert [one.text for one in asked(other, requests, 1)] == together
    again = asked(other, [request("问0", temperature=0.8, seed=9)])
    assert again[0].text != together[0]
    asyncio.run(other.aclose())


# ── exact verdicts ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_exact_verdicts_are_those_of_the_logits(model: Local) -> None:
    import torch

    requests = [request(f"哪个好？{'对话' * at}", logprobs=20, allowed=("A", "B", "C")) for at in range(6)]
    replies = asked(model, requests)
    assert model.loaded is not None
    letters = [model.loaded.tokenizer.encode(one, add_special_tokens=False)[0] for one in "ABC"]
    for one, reply in zip(requests, replies, strict=True):
        with torch.inference_mode():
            logits = model.loaded.model(torch.tensor([list(model._tokens(one.messages))])).logits[0, -1]
        expected = logits[letters].softmax(dim=0).tolist()
        assert [dict(reply.first_tokens)[letter] for letter in "ABC"] == pytest.approx(expected, abs=1e-6)
        verdict = read_letter(reply.text, reply.first_tokens)
        assert verdict.probabilities == pytest.approx((expected[0], expected[2], expected[1]), abs=1e-6)  # type: ignore[union-attr]


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

    def crowded(loaded: Any, asks: Any, memory: Any = None) -> Any:
        sizes.append(len(asks))
        if len(asks) > 3:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return real(loaded, asks, memory)

    monkeypatch.setattr(batches, "generate", crowded)
    replies = asked(model, [request(f"问{at}") for at in range(12)])
    assert all(one.text for one in replies)
    assert sizes[:2] == [12, 6]
    monkeypatch.setattr(batches, "generate", lambda *about: (_ for _ in ()).throw(torch.OutOfMemoryError("no")))
    with pytest.raises(ModelRefused, match="一条请求也放不进"):
        asked(model, [request("问")])


@pytest.mark.parametrize(
    ("missing", "said"),
    [("config.json", "没有 config.json"), ("tokenizer.json", "读不出分词器"), ("model.safetensors", "装不进模型")],
)
def test_a_folder_that_lacks_something_says_what(folder: Path, tmp_path: Path, missing: str, said: str) -> None:
    broken = shutil.copytree(folder, tmp_path / "broken")
    (broken / missing).unlink()
    with pytest.raises((InputError, ModelRefused), match=said):
        asked(Local("坏", str(broken), EXACT), [request("问")])


def test_what_is_not_there_is_not_looked_for_on_a_network(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="本机没有这个模型"):
        find("no-such/model-at-all", EXACT)
    (tmp_path / "文件").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="不是目录"):
        find(str(tmp_path / "文件"), EXACT)


def test_a_base_model_without_a_template_gets_plain_turns_and_says_so(folder: Path, tmp_path: Path) -> None:
    base = shutil.copytree(folder, tmp_path / "base")
    (base / "chat_template.jinja").unlink()
    model = Local("基座", str(base), EXACT)
    assert dict(model.identity.parameters)["template"] == "plain"
    tokens = model._tokens((Message("user", "你好"), Message("assistant", "好"), Message("user", "几点了")))
    assert model.found.tokenizer.decode(tokens) == "用户：你好\n助手：好\n用户：几点了\n助手："
    assert "没有对话模板" in model.notes[0]
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


# ── identity ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_other_weights_are_another_model(folder: Path, tmp_path: Path) -> None:
    other = tiny_model(tmp_path, seed=1)
    same = shutil.copytree(folder, tmp_path / "same")
    assert weights_hash(folder) == weights_hash(same) != weights_hash(other)
    one, two = (Local("x", str(path), EXACT).identity for path in (folder, other))
    assert one.revision != two.revision
    assert one.endpoint == "hf"


def test_base_and_adapter_are_told_apart(tmp_path: Path) -> None:
    assert split("org/base+org/lora") == ("org/base", "org/lora")
    odd = tmp_path / "a+b"
    odd.mkdir()
    assert split(str(odd)) == (str(odd), None)
    with pytest.raises(InputError, match="看不懂"):
        split("org/base+")


def test_continuous_batching_says_the_same_within_the_blocks_there_are(folder: Path) -> None:
    import torch

    from judge.models.local.batches import Ask, bytes_per_token, continuous, generate
    from judge.models.local.loading import load

    found = find(str(folder), EXACT)
    loaded = load(found)
    made = Local("小", str(folder), EXACT)
    asks = [Ask(made._tokens(request("问" * (1 + at % 7) + str(at)).messages), 10 + at % 3) for at in range(10)]
    alone = [generate(loaded, [one])[0] for one in asks]
    assert bytes_per_token(loaded) == 2 * 2 * 1 * 16 * 4
    assert continuous(loaded, asks) == alone
    room = 8 * 32 * bytes_per_token(loaded)  # eight blocks, for ten requests of two to four
    assert continuous(loaded, asks, room) == alone
    with pytest.raises(torch.OutOfMemoryError, match="blocks"):
        continuous(loaded, asks, 32 * bytes_per_token(loaded))


def test_what_prompts_begin_with_is_computed_once(model: Local, folder: Path) -> None:
    rules = "评审须知：" * 40
    requests = [request(f"{rules}第{at}对", most=6) for at in range(8)]
    replies = asked(model, requests)
    shared = len(model._tokens(request(rules).messages)) - len("<|im_end|>\n<|im_start|>assistant\n")
    assert model.memory.reused >= 8 * (shared - 40)
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
    assert model.loaded is not None
    with torch.inference_mode():
        torch.testing.assert_close(model.loaded.model(tokens).logits, adapted(tokens).logits, atol=1e-5, rtol=1e-4)
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
    (switched / "chat_template.jinja").write_text("{{ raise_exception('系统提示不认') }}", encoding="utf-8")
    with pytest.raises(ModelRefused, match="系统提示不认"):
        Local("坏", str(switched), EXACT)._tokens((Message("user", "你好"),))


def test_a_reward_model_scores_whole_dialogues(folder: Path, tmp_path: Path) -> None:
    import torch
    from transformers import Qwen2ForSequenceClassification

    from judge.judges.protocols import judging
    from judge.records import Answer, Candidate, Case, Dialogue, Model, Question, Scope, Scores, Turn

    path = shutil.copytree(folder, tmp_path / "reward")
    torch.manual_seed(5)
    Qwen2ForSequenceClassification.from_pretrained(folder, num_labels=1).save_pretrained(path)
    model = Local("奖", str(path), EXACT)
    judge = judging("奖", model.identity, "reward")
    question = Question("试", "q", "闲聊", (Turn("你好"), Turn("再见", depends_on=(1,))))
    dialogues = [
        Dialogue(question, Candidate(str(at), Model("x", str(at))), (Answer("你好", "好" * at), Answer("再见", "走好")))
        for at in range(1, 7)
    ]
    cases = [Case(question, Scope(None), (one,)) for one in dialogues]
    replies = asked(model, [judge.request(case, b"") for case in cases])  # type: ignore[misc]
    assert model.loaded is not None
    for case, reply in zip(cases, replies, strict=True):
        tokens = torch.tensor([list(model._tokens(judge.request(case, b"").messages, whole=True))])  # type: ignore[union-attr]
        with torch.inference_mode():
            expected = float(model.loaded.model(tokens).logits[0, -1])
        assert float(reply.text) == pytest.approx(expected, abs=1e-5)
        result = judge.judgment(case, reply).result
        assert isinstance(result, Scores)
        assert result.overall is not None
        assert result.overall.value == pytest.approx(100 / (1 + 2.718281828459045**-expected), abs=1e-3)
    assert len({one.text for one in replies}) == 6
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
    assert model.loaded is not None
    for score in range(1, 11):  # 10 is two tokens, whose probabilities multiply
        said = model.loaded.tokenizer.encode(str(score), add_special_tokens=False)
        said.append(model.loaded.tokenizer.eos_token_id)  # so that 1 is not the start of 10
        with torch.inference_mode():
            odds = model.loaded.model(torch.tensor([[*tokens, *said]])).logits[0].float().log_softmax(-1)
        logs.append(sum(float(odds[len(tokens) - 1 + at, token]) for at, token in enumerate(said)))
    shares = torch.tensor(logs).softmax(0).tolist()
    result = judge.judgment(case, reply).result
    assert isinstance(result, Scores)
    assert result.overall is not None
    assert result.overall.value == pytest.approx(sum(at * share for at, share in enumerate(shares, 1)), abs=1e-4)
    with pytest.raises(InputError, match="只用于本地权重"):
        judging("评", Model("https://example.com", "x"), "soft-scores")
