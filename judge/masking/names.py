"""What models and their makers are called in a text, however it is written, and which of them are under review."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

from judge.families import bare, family
from judge.fence import HIDDEN


class Kind(IntEnum):
    """How surely a name is one."""

    SURE = 0  # means nothing else
    MAYBE = 1  # is also a word or a person
    MAKER = 2  # makes other things too
    STRANGER = 3  # known to nobody, but said to have made a model


# By family, in the order of the kinds; spaces and hyphens within a name are found without being written here.
KIN: dict[str, tuple[str, str, str]] = {
    "Qwen": (
        "通义千问 通义听悟 通义灵码 通义实验室 tongyiqianwen tongyi qianwen qwenlm qwen qwq",
        "通义 千问",
        "阿里巴巴达摩院 达摩院 阿里巴巴云 阿里巴巴 阿里云 阿里 alibabacloud alibabagroup alibaba aliyun damoacademy",
    ),
    "GLM": (
        "智谱清言 智谱华章 智谱ai 智谱 chatglm codegeex zhipuai zhipu glm thudm",
        "清言",
        "清华大学知识工程实验室 清华大学keg实验室 清华大学 清华 tsinghuauniversity tsinghua keglab",
    ),
    "DeepSeek": ("deepseek 深度求索", "", "幻方量化 幻方 highflyer"),
    "Kimi": ("月之暗面 moonshotai kimi", "moonshot", ""),
    "MiniMax": ("minimax 海螺ai 稀宇科技 稀宇 abab", "海螺 hailuo 星野", "名之梦"),
    "Baichuan": ("百川大模型 百川智能 baichuan 百小应", "百川", ""),
    "豆包": ("豆包 doubao 云雀大模型", "云雀 skylark", "字节跳动 字节 bytedance 火山引擎 抖音 volcengine"),
    "混元": ("腾讯混元 混元大模型 腾讯元宝 hunyuan", "混元 元宝", "腾讯云 腾讯 tencentcloud tencent"),
    "文心": (
        "文心一言 文小言 文心大模型 erniebot wenxinyiyan wenxin yiyan",
        "文心 一言 小度 ernie",
        "百度智能云 百度 baidu",
    ),
    "星火": (
        "讯飞星火认知 星火认知 讯飞星火 星火大模型 iflytekspark sparkdesk xinghuo",
        "星火 spark",
        "科大讯飞 讯飞 iflytek xunfei",
    ),
    "阶跃": ("阶跃星辰 跃问 stepfun", "阶跃", ""),
    "Yi": ("零一万物 01万物 01ai", "yi 万知", ""),
    "InternLM": (
        "书生浦语 书生万象 internlm internvl 浦语",
        "书生",
        "上海人工智能实验室 上海ai实验室 shanghaiailaboratory shanghaiailab",
    ),
    "GPT": ("chatgpt openai gpt davinci", "o1 o3 o4", ""),
    "Claude": ("claude anthropic", "", ""),
    "Gemini": ("gemini gemma", "bard palm lamda", "googledeepmind googleai google deepmind 谷歌 alphabet"),
    "Llama": (
        "metallama llama",
        "alpaca vicuna 小羊驼 羊驼 lmsys largemodelsystemsorganization",
        "metaai meta facebook 脸书",
    ),
    "Mistral": ("mistralai mistral mixtral", "", ""),
    "BELLE": ("", "belle", "贝壳 链家"),
    "MOSS": ("", "moss", "复旦大学 复旦 fudanuniversity fudan"),
    "天工": ("昆仑万维 天工ai 天工大模型 skywork", "天工 tiangong", ""),
    "360": ("360智脑 360gpt 奇元大模型", "360 智脑 纳米ai", "奇虎360 360公司 360集团 奇虎 三六零"),
    "商汤": ("商汤科技 商汤 日日新 sensechat sensenova sensetime", "商量", ""),
    "盘古": ("盘古大模型 华为盘古 pangu", "盘古 小艺", "华为诺亚方舟实验室 华为云 华为 huaweicloud huawei"),
    "Bing": ("newbing bingchat bing 新必应 microsoftcopilot", "copilot 必应 小冰", "微软 microsoft"),
    "Phi": ("", "phi", ""),
    "Grok": ("grok xai", "", ""),
    "TigerBot": ("tigerbot 虎博科技 虎博", "", ""),
    "Aquila": ("aquilachat", "aquila 天鹰 悟道", "北京智源人工智能研究院 智源研究院 智源 baai"),
    "Ziya": ("封神榜大模型", "ziya 姜子牙", "idea研究院"),
    "知工": ("知工大模型", "知工 zhigong", ""),
    "MiLM": ("小爱同学 milm", "小爱 mimo", "小米"),
    "MiniCPM": ("面壁智能 minicpm", "面壁", ""),
    "Phoenix": ("huatuogpt", "phoenix chimera", ""),
    "OpenAssistant": ("openassistant laion", "", ""),
    "others": ("wizardlm stablelm rwkv zephyr xverse telechat nemotron cohere", "falcon dolly koala", "nvidia 英伟达"),
}
# Parts of candidates' names that tell nothing.
_PLAIN = frozenset(
    re.findall(
        r"\S+",
        "recorded model models chat instruct base plus max turbo pro ultra lite mini flash air preview latest sft rlhf "
        "dpo lora awq gptq gguf int api test new old the our your llm bot assistant baseline output human user student "
        "teacher expert beta large small medium tiny 模型 大模型 语言模型 助手 基线 候选 对照 测试",
    )
)


@dataclass(frozen=True, slots=True)
class Alias:
    """What a name found in a text is: how surely one, of which family, and whether that is under review."""

    kind: Kind
    family: str
    word: str
    edition: str
    own: bool


@dataclass(frozen=True, slots=True)
class Finder:
    """Finds names in folded texts: the known ones, and those by which only the candidates under review go."""

    patterns: tuple[re.Pattern[str], ...]
    words: dict[str, tuple[Kind, str]]
    own: frozenset[str]

    def spans(self, folded: str) -> list[tuple[int, int]]:
        """Return where names stand in a folded text; of two that overlap, the first and longer."""
        if len(self.patterns) == 1:
            return [hit.span() for hit in self.patterns[0].finditer(folded)]
        found: list[tuple[int, int]] = []
        every = (hit.span() for pattern in self.patterns for hit in pattern.finditer(folded))
        for start, end in sorted(every, key=lambda span: (span[0], -span[1])):
            if not found or start >= found[-1][1]:
                found.append((start, end))
        return found

    def alias(self, name: str) -> Alias:
        """Return what a folded name is; of several in one, what the surest is."""
        found = [
            (*self.words[word], word, _tight(hit[0]).removeprefix(word))
            for pattern in self.patterns
            for hit in pattern.finditer(name)
            if (word := _tight(hit["latin"] or hit["han"]))
        ]
        kind, kin, word, edition = min(found, default=(Kind.STRANGER, "", "", ""))
        return Alias(kind, kin, word, edition, own=any(one[1] in self.own for one in found))

    def is_name(self, folded: str) -> bool:
        """Tell whether a folded text is a name and nothing else."""
        return any(pattern.fullmatch(folded) for pattern in self.patterns)


def fold(text: str) -> str:
    """Return a text in half width, lower case and simplified, one character for one; what cannot be seen is GONE."""
    return text.translate(_FOLD)


@lru_cache(maxsize=256)
def finder(names: frozenset[str] = frozenset()) -> Finder:
    """Return what finds every known name, and those by which the candidates under review go."""
    own, extra = _under_review(names)
    words = {word: (kind, word) for word, kind in extra.items()}
    patterns = (_pattern(frozenset(_KNOWN)), *([_pattern(frozenset(words))] if words else []))
    return Finder(patterns, words | _KNOWN, own)


@lru_cache(maxsize=256)
def _pattern(words: frozenset[str]) -> re.Pattern[str]:
    """Return a pattern for names by their first letters, so that most places of a text are left at once."""
    sides: tuple[dict[str, list[str]], dict[str, list[str]]] = ({}, {})
    for word in sorted(words, key=lambda word: (-len(word), word)):
        gap = _GAP if len(word) > 2 or not word.isascii() else ""  # too short to be found in pieces
        rest = gap + gap.join(map(re.escape, word[1:])) + (r"(?!\d)" if word[-1].isdigit() else "")
        sides[word[0].isascii()].setdefault(word[0], []).append(rest)
    han, latin = (
        "|".join(f"{re.escape(first)}(?:{'|'.join(some)})" for first, some in side.items()) or "(?!)" for side in sides
    )
    return re.compile(
        rf"(?=[{''.join(map(re.escape, [*sides[0], *sides[1]]))}])"
        rf"(?:(?<![a-z0-9])(?P<latin>{latin}){_EDITION}(?![a-z])|(?P<han>{han}){_EDITION}){_COMPANY}"
    )


_KNOWN = {
    word: (kind, kin)
    for kin, kinds in KIN.items()
    for kind, words in zip(Kind, kinds, strict=False)
    for word in words.split()
}
_GAP = r"[ \t\-_.·・]{0,2}"  # what may be pushed into a name
# What a name drags behind it and tells as much: its version, size and edition; of a maker, that it is a company.
_EDITION = (
    r"(?:[ \t\-_.]{0,2}(?:[vrkmx]?\d{1,8}(?:\.\d{1,4}){0,3}[a-z]{0,2}(?![\d年月日号个亿万])|a\d{1,3}b|turbo|max|plus|pro|ultra"
    r"|mini|lite|flash|sonnet|opus|haiku|instruct|preview|code|assist|chat|base|coder|omni|vl|air|desk|nano|thinking"
    r"|reasoner|distill|dpo|sft|moe|(?<=-)(?:it|hf|next|large|small|medium))(?![a-z])){0,6}+"
)
_COMPANY = r"(?:(?:网络|信息|智能|计算机|科技|技术|人工智能){0,3}(?:股份)?(?:有限)?(?:责任)?(?:公司|集团)|科技(?![\u4e00-\u9fff]))?"
_PART = re.compile(r"[a-z]{3,}|[\u4e00-\u9fff]{2,}")
_SIZE = re.compile(rf"{_EDITION}\Z")
_PIECE = re.compile(r"[a-z]+|\d+|[^\W\da-z_]+")


def _tight(folded: str) -> str:
    """Return a folded name without what may be pushed into one."""
    return re.sub(r"[\s\-_.·・]", "", folded)


def _under_review(names: Collection[str]) -> tuple[frozenset[str], dict[str, Kind]]:
    """Return the families of the candidates under review, and the words of their names that no known family has."""
    own, extra = set[str](), dict[str, Kind]()
    for name in names:
        plain = bare(name)
        if plain.startswith("recorded:"):  # the data set tells nothing
            plain = plain.partition("/")[2]
        folded = fold(plain)
        whole = _tight(folded)
        pieces = {whole, *_PIECE.findall(folded)}
        own |= {
            kin
            for word, (kind, kin) in _KNOWN.items()
            if word in pieces or (kind < Kind.MAKER and len(word) > 2 and word in whole)
        }
        own |= {kin for kin in (family(plain),) if kin}
        last = folded.rpartition("/")[2]
        extra |= dict.fromkeys(_PART.findall(folded), Kind.MAYBE)
        extra |= dict.fromkeys((_tight(last), _tight(_SIZE.sub("", last))), Kind.SURE)
    strange = sorted(word for word in extra if word not in _KNOWN and word not in _PLAIN)
    extra = {word: extra[word] for word in strange if len(word) > 1 and re.search(r"[^\W\d_]", word)}
    return frozenset(own | set(extra)), extra


GONE = "\0"  # stands for what cannot be seen
# Characters that names and introductions are written with, traditional and simplified.
_PAIRS = (
    "義义問问訊讯飛飞譜谱騰腾華华為为開开發发訓训練练語语書书認认雲云達达夢梦萬万與与門门類类對对話话創创造造設设計计團团隊队這这裡里"
    "個个來来產产實实驗验稱称於于會会機机務务僅仅無无"
)
_SIMPLE = dict(zip(_PAIRS[::2], _PAIRS[1::2], strict=True)) | dict.fromkeys("‐‑‒–−", "-") | dict.fromkeys("’‘", "'")
_UNSEEN = re.compile(rf"(?!\r){HIDDEN.pattern}|[\u0300-\u036f\u200d\ufe00-\ufe0f]")  # marks on a letter hide it as well


class _Fold(dict[int, str]):
    """What each character is folded to, found when first asked for; one character stays one."""

    def __missing__(self, code: int) -> str:
        plain = unicodedata.normalize("NFKC", chr(code)).lower()
        plain = plain if len(plain) == 1 else chr(code)
        self[code] = plain = GONE if _UNSEEN.fullmatch(plain) else _SIMPLE.get(plain, plain)
        return plain


_FOLD = _Fold()
