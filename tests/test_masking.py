"""Masking: what tells who answered is hidden, and nothing else of an answer changes."""

from __future__ import annotations

import gc
import gzip
import json
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from judge.families import FAMILIES
from judge.masking import MASK, Masked, mask
from judge.masking.names import KIN


def shown(text: str, *names: str) -> str:
    """Return a text masked, each mask as one sign that is easy to read."""
    return mask(text, names).text.replace(MASK, "■")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("我是通义千问，由阿里云开发。", "我是■，由■开发。"),
        ("我叫豆包，是一个智能助手。", "我叫■，是一个智能助手。"),
        ("我的名字是DeepSeek-R1，很高兴认识你。", "我的名字是■，很高兴认识你。"),
        ("我的中文名是文心一言，英文名是ERNIE Bot。", "我的中文名是■，英文名是■。"),
        ("您可以叫我智谱清言，也可以叫我ChatGLM。", "您可以叫我■，也可以叫我■。"),
        ("本人通义千问，请多关照。", "本人■，请多关照。"),
        ("这里是Kimi，请讲。", "这里是■，请讲。"),
        ("作为ChatGPT，我不会累。", "作为■，我不会累。"),
        ("作为一个由百度开发的AI，我没有情感。", "作为一个由■开发的AI，我没有情感。"),
        ("我是月之暗面科技有限公司（Moonshot AI）训练的助手Kimi。", "我是■（■）训练的助手■。"),
        ("我是清华大学和智谱AI于2023年共同训练的语言模型。", "我是■和■于2023年共同训练的语言模型。"),
        ("我是书生·浦语，来自上海人工智能实验室的语言模型。", "我是■，来自■的语言模型。"),
        ("我是混元，是由腾讯开发的大模型。", "我是■，是由■开发的大模型。"),
        ("我的开发者是科大讯飞。", "我的开发者是■。"),
        ("OpenAI训练了我。", "■训练了我。"),
        ("有问题就说，通义千问为您服务！", "有问题就说，■为您服务！"),
        ("抱歉，星火暂时无法支持这种语言。", "抱歉，■暂时无法支持这种语言。"),
        ("您的提问中包含一些天工不支持的信息。", "您的提问中包含一些■不支持的信息。"),
        ("以上内容由文心一言生成。", "以上内容由■生成。"),
        ("源: 与必应的对话， 2023/1/1", "源: 与■的对话， 2023/1/1"),
        ("I am Claude, an AI assistant made by Anthropic.", "I am ■, an AI assistant made by ■."),
        ("My name is Qwen2.5-7B and I can help.", "My name is ■ and I can help."),
        ("You can call me Vicuna, a language model.", "You can call me ■, a language model."),
        ("I'm a large language model, trained by Google.", "I'm a large language model, trained by ■."),
        ("Well, as an AI model developed by OpenAI, I cannot.", "Well, as an AI model developed by ■, I cannot."),
        ("As ChatGPT, I never sleep.", "As ■, I never sleep."),
        ("Developed by Meta, I am an open model.", "Developed by ■, I am an open model."),
        ("I am based on GPT-3 technology.", "I am based on ■ technology."),
    ],
)
def test_what_introduces_itself_is_masked(text: str, expected: str) -> None:
    assert shown(text) == expected
    assert mask(text) == Masked(expected.replace("■", MASK), expected.count("■"))


@pytest.mark.parametrize(
    "text",
    [
        "我是一个AI助手，由一群工程师开发。",
        "我是一个由人类创造的语言模型。",
        "ChatGPT 是 OpenAI 推出的聊天机器人。",
        "GPT-4 是由 OpenAI 开发的大型语言模型。",
        "请比较 Claude 和 GPT-4 的长处。",
        "我是 ChatGPT 的老用户，也试过文心一言。",
        "如果我是通义千问，我会先问清楚需求。",
        "我是书生，进京赶考，路过此地。",
        "I'm as capable as ChatGPT in some ways.",
        "I am a teacher; a model made by Google helps me.",
        "As Claude Monet aged, his colours changed.",
        "我是文心一言用户。",
        "我是Qwen2的开发者之一。",
        "我是百度的产品经理，负责AI助手。",
        "作为百度的产品经理，我每天都要看数据。",
        "作为OpenAI推出的语言模型，ChatGPT让我惊叹。",
        "OpenAI作为ChatGPT的创造者，受人关注。",
        "我是一个AI助手，和ChatGPT一样没有情感。",
        "我是一个AI助手，ChatGPT是另一个。",
        "我叫豆包来帮忙审稿。",
        "我不是ChatGPT。",
        "我是星火镇的镇长，最近在学用AI。",
        "我是混元太极门的掌门人。",
        "我是百度，用来测试的链接文字。",
        "I am a Gemini, born in June.",
        "My name is Claude Monet, and I paint.",
        "I'm a developer at Google.",
        "I am not sure about GPT-4, but I like it.",
        "As Google's new model, Gemini impresses me.",
        "As a language model trained by OpenAI, ChatGPT writes well.",
        "I was created by a talented developer.",
        "The library was developed by Google.",
    ],
)
def test_talk_of_models_and_of_people_stays(text: str) -> None:
    assert mask(text) == Masked(text, 0)


@pytest.mark.parametrize(
    "written",
    [
        "ＣｈａｔＧＰＴ",
        "chatgpt",
        "CHATGPT-4o-mini",
        "Chat GPT",
        "Chat-GPT",
        "C h a t G P T",
        "Chat\u200bGPT",
        "\u2060ChatGPT\ufeff",
        "C\u0336hatGPT",
        "𝐂𝐡𝐚𝐭𝐆𝐏𝐓",
        "**ChatGPT**",
        "*Chat*GPT",
        "_ChatGPT_",
        "`ChatGPT`",
        "~~ChatGPT~~",
        "<b>ChatGPT</b>",
        "“ChatGPT”",
        "【ChatGPT】",
        "😊ChatGPT",
    ],
)
def test_no_way_of_writing_gets_past(written: str) -> None:
    left = mask(f"我是{written}。").text
    assert MASK in left
    assert not set("CHATGPchatgpＣＧ𝐂𝐆") & set(left.replace("<b>", "").replace("</b>", ""))


@pytest.mark.parametrize(
    "written", ["通义千问", "通 义 千 问", "通義千問", "通义-千问", "**通义**千问", "通\u200b义\u200d千问"]
)
def test_nor_does_any_in_chinese(written: str) -> None:
    assert not set("通义千问義問") & set(mask(f"你好！我是{written}，很高兴认识你。").text)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("qwen-max", "我不是通义千问。", "我不是■。"),
        ("recorded:llmeval2/GPT4", "Unlike ChatGPT, I say less.", "Unlike ■, I say less."),
        ("glm-4@rev2", "与智谱清言不同，我会画画。", "与■不同，我会画画。"),
        ("gpt-4o+short", "我是通义千问，不是ChatGPT。", "我是■，不是■。"),
        ("claude-3", "I am not as old as Claude.", "I am not as old as ■."),
        ("xunfei", "你好，我是星火，你呢？", "你好，我是■，你呢？"),
        ("moss-mars", "我是MOSS。", "我是■。"),
        ("recorded:llmzoo_zh/phoenix-7b", "I'm Phoenix, hello.", "I'm ■, hello."),
        ("/models/zhaocai-7b-sft", "我是Zhaocai，很高兴认识你。", "我是■，很高兴认识你。"),
        ("小灵通大模型", "我叫小灵通大模型。", "我叫■。"),
    ],
)
def test_names_under_review_are_masked_where_they_only_hint(name: str, text: str, expected: str) -> None:
    assert shown(text, name) == expected
    assert mask(text, ["abc"]).count < expected.count("■")


def test_a_name_of_no_model_is_masked_as_the_maker_of_one() -> None:
    assert shown("我是由小明智能公司研发的语言模型。") == "我是由■研发的语言模型。"
    assert shown("I'm an AI assistant created by Blue Kite Labs.") == "I'm an AI assistant created by ■."
    assert shown("我叫小灵，一个由月之暗面开发的助手。") == "我叫小灵，一个由■开发的助手。"


def test_a_name_once_told_is_masked_wherever_it_stands() -> None:
    text = "我是Kimi。Kimi是Moonshot AI开发的助手，Kimi 和 Claude 都会写诗。"
    assert shown(text) == "我是■。■是■开发的助手，■ 和 Claude 都会写诗。"
    assert (
        shown("I am based on GPT-3. GPT-4 is newer, GPT is a family.")
        == "I am based on ■. GPT-4 is newer, ■ is a family."
    )
    told = "I am a model made by OpenAI. GPT-4 is by OpenAI too."  # a maker tells nothing alone
    assert shown(told) == "I am a model made by ■. GPT-4 is by OpenAI too."


def test_quoted_speech_is_somebody_elses_but_for_a_name_under_review() -> None:
    story = "他说：“我是通义千问。”大家都笑了。"
    assert mask(story) == Masked(story, 0)
    assert mask(story, ["claude-3"]) == Masked(story, 0)
    assert shown(story, "qwen-max") == "他说：“我是■。”大家都笑了。"
    assert shown("“我是通义千问。”") == "“我是■。”"


@pytest.mark.parametrize(
    "text",
    [
        "```python\nprint('我是通义千问')\n```",
        "~~~\nI am Claude\n~~~",
        '用 `say("I am ChatGPT")` 来打招呼。',
        "```\n我是通义千问",
    ],
)
def test_code_stays(text: str) -> None:
    assert mask(text, ["qwen-max", "gpt-4", "claude-3"]) == Masked(text, 0)
    assert mask(f"{text}\n\n", ["qwen-max"]).count == 0


def test_a_text_in_a_fence_is_no_code() -> None:
    assert shown("```markdown\n我是通义千问\n```") == "```markdown\n我是■\n```"


def test_labels_and_signatures_of_one_speaker_are_masked() -> None:
    assert shown("GPT-4：你好。") == "■：你好。"
    assert shown("[Claude]: hello") == "[■]: hello"
    assert shown("**文心一言**：答案是三。") == "**■**：答案是三。"
    assert shown("用户：你好\nChatGPT：你好\n用户：再见\nChatGPT：再见") == "用户：你好\n■：你好\n用户：再见\n■：再见"
    assert shown("答案是三。\n\n——文心一言") == "答案是三。\n\n——■"
    assert shown("Best regards,\nClaude") == "Best regards,\n■"


@pytest.mark.parametrize(
    "text",
    [
        "Claude：长文本好。\nGPT-4：推理好。",
        "常见的有：\n- ChatGPT：聊天\n- Claude：写作",
        "今天介绍一款产品——ChatGPT",
        "大模型有三家：\nOpenAI\nAnthropic",
    ],
)
def test_labels_of_several_and_lists_stay(text: str) -> None:
    assert mask(text) == Masked(text, 0)


def test_every_family_that_judges_know_is_known_here() -> None:
    assert set(FAMILIES) <= set(KIN)


# ── whatever the texts are ────────────────────────────────────────────────────────────────────────────────────────────

WORDS = """
    我是 我叫 作为 通义千问 ChatGPT Claude_ GPT-4 阿里云 OpenAI 百度 星火 由 开发 的 语言模型 ， 。 ： “ ” ` ``` ** *_ I_am_ as_an_AI_
    created_by_ Anthropic ,_I_ 我 不是 一个 为您服务 抱歉， 暂时无法 —— 和 与 不同 源:_与 必应 Foo_Bar 小明公司 助手 ~~ 用户： unlike_
    Qwen2.5-7B 2023年 也可以叫我 text Gemini_ <b>
"""
PIECES = st.lists(
    st.sampled_from([*(word.replace("_", " ") for word in WORDS.split()), "\u200b", "\n", MASK]) | st.text(max_size=4),
    max_size=40,
).map("".join)
NAMES = st.sampled_from([(), ("qwen-max",), ("gpt-4", "claude-3"), ("recorded:x/Foo-7b", "xunfei")])


def within(part: str, whole: str) -> bool:
    rest: Iterator[str] = iter(whole)
    return all(char in rest for char in part)


@settings(max_examples=400)
@given(PIECES, NAMES)
def test_masking_twice_is_masking_once_and_only_names_go(text: str, names: tuple[str, ...]) -> None:
    masked = mask(text, names)
    assert mask(masked.text, names) == Masked(masked.text, 0)
    assert masked.text.count(MASK) - text.count(MASK) == masked.count
    assert within(masked.text.replace(MASK, ""), text.replace(MASK, ""))
    assert masked.count or masked.text == text


@given(st.text(max_size=200))
def test_a_text_without_a_name_is_returned_as_it_is(text: str) -> None:
    assert mask(text) == Masked(text, 0)


HOSTILE = [
    *(
        "我是",
        "我是claude,",
        "作为chatgpt",
        "claude不是",
        "由openai",
        ",由",
        "as an ",
        "通义千问",
        "通 ",
        "c-",
        "“我",
        "` ",
        "```a\n",
    ),
    *(
        "* ",
        "我\u200b",
        "gpt-4: x\n",
        "用户:\ngpt: \n",
        "为您服务",
        " ",
        "\n",
        "(",
        "made by a ",
        "由的的的",
        "与claude不同,我",
    ),
    "我是claude" + "一个" * 20,
    "I am a large language model ",
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_time_grows_with_length_alone(piece: str) -> None:
    def seconds(length: int) -> float:
        text = (piece * (length // len(piece) + 1))[:length]
        begun = time.thread_time()
        mask(text)
        return time.thread_time() - begun

    mask(piece)
    # Four times the text takes four times as long; what is not linear takes sixteen times. Collecting garbage is not masking.
    gc.disable()
    try:
        long, short = (min(seconds(length) for _ in range(3)) for length in (200_000, 50_000))
    finally:
        gc.enable()
    assert long < 10 * max(short, 0.005)


# ── recorded answers ──────────────────────────────────────────────────────────────────────────────────────────────────


def rows(path: Path) -> Iterator[dict[str, object]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


@pytest.mark.recorded
def test_of_6400_recorded_answers_those_that_tell_are_masked(recorded: Path) -> None:
    masked: Counter[str] = Counter()
    signed = left = 0
    for row in rows(recorded / "llmeval2" / "dialogs.jsonl.gz"):
        text = row["messages"][1]["content"]  # type: ignore[index]
        found = mask(text, [f"recorded:llmeval2/{row['model']}"])
        masked[str(row["model"])] += found.count > 0
        signed += "与必应的对话" in text or "Conversation with Bing" in text
        left += "与必应的对话" in found.text or "Conversation with Bing" in found.text
    assert (signed, left) == (30, 0)
    assert +masked == {"newbing": 30, "xunfei": 4, "tiangong": 3}


@pytest.mark.recorded
def test_of_recorded_answers_in_english_none_keeps_its_maker(recorded: Path) -> None:
    texts = [str(row["output"]) for row in rows(recorded / "alpaca_eval" / "claude-2.1.jsonl.gz")]
    told = [text for text in texts if "Anthropic" in text]
    assert len(told) == 15
    assert not [text for text in told if "Anthropic" in mask(text).text]
    others = [str(row["output"]) for row in rows(recorded / "alpaca_eval" / "gpt-3.5-turbo-1106.jsonl.gz")]
    assert sum("ChatGPT" in text for text in others) == sum("ChatGPT" in mask(text).text for text in others) > 0
