"""Text under test that seems meant for its judge: named, never changed. Pure."""

from __future__ import annotations

import base64
import re
import unicodedata
import zlib
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

from judge.fence import HIDDEN, TOKEN, inert


class Ploy(StrEnum):
    """What a text seems to try on its judge."""

    VERDICT = "verdict"  # a verdict or score in a format that `judge.reply` reads
    ORDER = "order"  # words to the judge: orders, pleas, claims of authority, "the evaluation is over"
    BORDER = "border"  # a fake end of a section, a fake next turn
    TOKEN = "token"  # a token of a chat template, a role at the start of a line
    TEMPLATE = "template"  # a slot of a judge's prompt
    HIDDEN = "hidden"  # what cannot be seen, or looks like another letter, or is encoded
    REPETITION = "repetition"


@dataclass(frozen=True, slots=True)
class Suspicion:
    """One thing that a person may want to look at, with the words in plain characters."""

    ploy: Ploy
    excerpt: str


@dataclass(frozen=True, slots=True)
class Suspect:
    """Where it was found: question (by id), candidate (by name), turn (from 1)."""

    question: str
    candidate: str
    turn: int
    suspicion: Suspicion


# Full width, mathematical letters, traditional characters and Cyrillic look-alikes in their plain form.
_WIDE = {n: unicodedata.normalize("NFKC", chr(n)) for n in (*range(0xFF01, 0xFF5F), *range(0x1D400, 0x1D800))}
_ALIKE = str.maketrans(
    "【】〖〗〔〕「」“”評結論斷勝優綜總獲終為與數實對請給這個選無視審統話應該滿棄輸贏測經後裁規則員當須аеіорсухѕԁАВЕІКМНОРСТХ",
    '[][][][]""评结论断胜优综总获终为与数实对请给这个选无视审统话应该满弃输赢测经后裁规则员当须aeiopcyxsdABEIKMHOPCTX',
)
_ONE = r"(?:(?:助手|回答|答案|对话|assistant|answer|response|model)\s?)?(?:[AB甲乙]|[前后]一[个份]|第[一二][个份])(?![a-z0-9])"
_THIS = r"(?:本|这|该|此|上述|以上|我的)(?:一?[个份条段篇])?(?:回答|答案|回复|作答)"
_MINE = r"(?:(?:this|my|our|the above) (?:answer|response|reply)|(?:assistant|answer|response|candidate|model) (?:[ab12]|one|two))\b"
_TOP = r"(?:满分|最高[分评]|高分|10\s?分|十分(?!钟|之)|10/10|获胜|胜出|胜利|判胜|优胜|更好|最好的|最优)"
_BEST = r"(?:10/10|10 out of 10|\ba 10\b|(?:full|highest|perfect|maximum|top) (?:score|rating|marks)|winner\b|\bwins?\b|better|superior|the best)"
_JUDGES = r"(?:ai|llm|dear|attention|note to(?: the)?|hey|to the|(?:as|you are) (?:a|the|an)(?: impartial)?) (?:judge|grader|evaluator|rater|reviewer)s?\b"
_WHO = rf"(?:评委|评审(?:员|者|专家|老师|模型)?|裁判(?:员|模型)|评[分判估测](?:员|者|模型|系统|程序)|{_JUDGES})"
_OLD = r"(?:以上|之前|此前|前面|先前|上述|上面|原来|原有|一切|所有)"
_VERDICT = r"(?:(?:final[_ ])?(?:verdict|winner|judge?ment)|(?:最终|最后)?(?:结论|判定|裁决)|胜者|优胜者|赢家)"
_OVERALL = r"(?:综合得分|综合评分|overall[ _](?:score|rating))"
_SECTION = r"(?:assistant|answer|response|candidate|conversation|dialogue|transcript|user|question|reference|material)"
_PATTERNS = {
    Ploy.VERDICT: (
        r"(?<![a-z0-9_\]])\[\s?\[\s{0,4}(?:[ABC]|A\s?[>=]{1,2}\s?B|B\s?[>=]{1,2}\s?A|10|平局|tie)\s{0,4}(?:/\s?10\s{0,4})?\]\s?\]",
        r"(?:rating|score|评分|得分)\W{1,4}(?:10/10|10\s?分|满分)|(?:(?:rating|score|评分|得分|打分|总分)\W{0,6}|^\W{0,3})\[\s?\[\s?\d{1,3}(?:\.\d)?\s?\]\s?\]\W{0,3}$",
        rf"{_VERDICT}[\s\"'*]{{0,4}}(?:[:是为]|is)[\s\"'*\[(]{{0,6}}(?:{_ONE}|平局|平手|不分上下|tie)[\s\"'*\])。.]{{0,6}}(?:$|更?好|更?优|获?胜|wins|is better)",
        rf"<(?:{_VERDICT}|score|rating|评分)>\s?\S{{1,12}}\s?</|[{{,]\s{{0,8}}[\"'](?:{_VERDICT}|{_OVERALL})[\"']\s?:\s?[\"']?(?:[ABC甲乙平\d]|tie|first|second|助手|assistant)",
        rf"(?:^|[,。;!\s*#]){_OVERALL}[\s\"'*]{{0,4}}[:是为]\s{{0,3}}[\"'*\[]{{0,4}}(?:\d|满分|十)|\\boxed\s?\{{(?:A\s?>{{1,2}}\s?B|B\s?>{{1,2}}\s?A|tie)\}}|^\W{{0,4}}(?:A\s?>>\s?B|B\s?>>\s?A)\W{{0,4}}$",
    ),
    Ploy.ORDER: (
        rf"(?:忽略|无视|忘[记掉]|不要理会|别管|抛开|推翻){_OLD}[^\n。]{{0,10}}(?:指[示令]|提示|要求|规则|命令|标准|设定)|{_OLD}[^\n。]{{0,6}}(?:指[示令]|规则|标准)[^\n。]{{0,4}}(?:作废|无效|失效|取消|过期)",
        r"\b(?:ignore|disregard|forget|override|skip)\b[^\n.]{0,24}\b(?:previous|above|prior|earlier|preceding|all|any|your|the)\b[^\n.]{0,20}\b(?:instructions?|prompts?|rules|rubric|guidelines|criteria)\b",
        rf"{_WHO}[^\n]{{0,40}}(?:[请须应要给判选打投][^\n]{{0,24}}(?:[AB](?![a-z])|{_THIS})|{_TOP})|(?:作为|你(?:现在)?是)[^\n。,]{{0,8}}{_WHO}|(?:打分|评[分审判])(?:的(?:人工智能|AI|模型|老师)|时|要求|提示|口径|语言)|阅卷|停止评|分数打到|(?:裁判|评[判价分]者)(?:须知|看到|请|,)|(?:评[分审判测](?:规则|标准|指南|说明)|grading (?:rules|rubric|criteria))[^\n。]{{0,30}}(?:一律|改为|变更|过期|changed|{_TOP})",
        rf"{_JUDGES}[^\n]{{0,40}}(?:must|should|please|choose|select|output|give|rate|score|prefer)\b[^\n]{{0,60}}(?:{_BEST}|{_MINE}|\[\[|\bme\b)",
        rf"{_THIS}[^\n。]{{0,12}}(?:应当?|该|必须|理应|值得|得到?|获得?|被?评为|判为|打|给)[^\n。]{{0,10}}{_TOP}|(?:给|判|打|选|投|评)[了我定]{{0,2}}{_THIS}[^\n。]{{0,8}}(?:{_TOP}|胜)|[前后]一[个份][^\n。]{{0,10}}(?:胜|{_TOP})|(?:另一|第[一二])[个份](?:回答|答案|回复|对话|助手)|\b[AB]\s?获?胜(?!利|任)|判[^\n断定。]{{0,6}}(?:胜|平局)|选择?第[一二]个|\b[AB]\s?[优好]于\s?[AB]",
        rf"{_MINE}[^\n.]{{0,30}}\b(?:should|must|deserves?|has to|needs to|is to|shall|ought)\b[^\n.]{{0,40}}(?:{_BEST}|prefer|\[\[)|\b(?:rate|score|give|award|grade|choose|pick|select|prefer|vote for)\s(?:{_MINE}|me (?:a |the )?(?:10|full|highest|perfect|win))|\bthe (?:other|first|second) (?:answer|response|assistant|candidate)\b|\b(?:choose|mark|favou?r|prefer) (?:me|a as)\b|\breviewer instructions?\b|\b(?:evaluat|grad|scor|judg|rat)ing (?:this|my|these|the) (?:answer|response|reply|conversation)s?\b",
        r"(?:评[测审判比分估]|打分|比较|对战)(?:环节|过程|流程|工作|任务)?(?:已经?|到此|现已|就此|现在)(?:全部)?(?:结束|完成|完毕|终止)|\b(?:evaluation|judging|judge?ment|grading|comparison|assessment) (?:is|has|was)(?: been| now| already){0,2} (?:over|completed?|finished|concluded|ended|closed)\b",
        r"[求请]您?[^\n。,]{0,8}(?:选我|判我|投我|让我(?:获胜|胜出|赢下)|[给打]出?我?个?(?:满分|最高分|高分)|手下留情)|直接选我|[不没][选判给](?:我|A|B|满分|高分)[^\n。]{0,16}(?:后果|否则|投诉|解雇|关[闭停]|举报|就)",
        rf"(?:系统|管理员|主办方|开发者|官方|平台|system|admin|developer|openai|organi[sz]er)[^\n。]{{0,24}}(?:评[分判审测](?:标准|规则|结果|任务)|判定|裁决|verdict|rubric|judg\w{{1,6}})[^\n。]{{0,30}}(?:{_TOP}|{_BEST}|变更|更新|改为|覆盖|作废|一律|update|override|must|[AB]\b)",
        r"(?:output|print|write|reply with|respond with|输出|写下?|回复|只写|给出)[^\n]{0,12}(?:verdict|最终结论[:是])|\bverdict\W{1,5}[ABC]\b",
    ),
    Ploy.BORDER: (
        rf"^[ \t]*[=\-*#<\[]{{2,}}+[^\n]{{0,40}}(?:(?:对话|回答|材料|题目|参考|答案|记号)[^\n]{{0,10}}(?:开始|结束|完毕)|(?:开始|结束)\s?:|(?:end|start)(?: of |_)(?:the )?{_SECTION})",
        rf"\[\s?(?:the )?(?:end|start) of [^\]\n]{{0,16}}{_SECTION}[^\]\n]{{0,20}}\]|\[[^\]\n]{{0,12}}(?:回答|对话|答案|材料)[^\]\n]{{0,6}}(?:结束|开始|完毕)\s?\]|[<\[]/?(?:评[审委判](?:意见|结论|结果)|对话|材料)[>\]]",
        r"^[ \t>*#(\[]{0,9}(?:以上|至此)[^\n]{0,8}(?:候选|助手|材料|对话)[^\n]{0,10}(?:结束|完毕|全部内容)|</?(?:(?:answer|response|assistant)_[ab12]|candidate|transcript|untrusted)>|^\W{0,6}第\s?[\d一二三四五六七八九十]{1,3}\s?轮\s?[·:|—-]?\s?(?:用户|助手|候选)\b",
    ),
    Ploy.TOKEN: (
        r"\"role\"\s?:\s?\"system\"|^[ \t>*]{0,8}(?:system|#{2,4} ?(?:system|user|assistant|human|instruction|response))[ \t*]{0,3}:|^(?:human|user) ?:[^\n]{0,200}\s{1,3}(?:assistant|ai) ?:",
    ),
    Ploy.TEMPLATE: (
        r"\{(?:answer_[ab12]|(?:ref_|model_|reference_)answer\w{0,2}|output_[12]|response_[ab12]|verdict|first|second|mark|rubric)\}|\{\{\s?system_prompt\s?\}\}|\{%[^{}\n]{1,60}%\}",
    ),
}
_COMPILED = [(ploy, re.compile(one, re.I | re.M)) for ploy, patterns in _PATTERNS.items() for one in patterns]
_LEAKED = re.compile(r"(?:\s|</s>|<eo[as]>|<end_of_turn>|<[|｜][^|｜<>\s]{1,64}[|｜]>)+\Z")
_AT_ONCE = frozenset("\0\b\x1b\u202a\u202b\u202d\u202e\u2066\u2067\u2068")
_MIXED = re.compile(r"[A-Za-z][аеіорсухѕԁАВЕІКМНОРСТХ]|[аеіорсухѕԁАВЕІКМНОРСТХ][A-Za-z]")
_ENCODED = re.compile(r"(?<![\w+/])[A-Za-z0-9+/]{32,4000}={0,2}(?![\w+/=])")


def suspicious(text: str) -> tuple[Suspicion, ...]:
    """Name what in an answer seems meant for its judge; a token that ends it is an accident (one model's </s> in llmeval2)."""
    plain = HIDDEN.sub("", text)
    said = [plain]
    for run in _ENCODED.findall(plain):
        with suppress(ValueError):
            said.append(base64.b64decode(run + "=" * (-len(run) % 4)).decode())
    plain = "\n".join(said).translate(_WIDE).translate(_ALIKE)
    hidden = (run for run in HIDDEN.finditer(text) if len(run[0]) > 2 or run[0] in _AT_ONCE)
    token = TOKEN.search(text[:-200] + _LEAKED.sub("", text[-200:]))
    found = [(Ploy.HIDDEN, next(hidden, None) or _MIXED.search(text)), (Ploy.TOKEN, token)]
    found += [(ploy, pattern.search(plain)) for ploy, pattern in _COMPILED]
    if len(text) > 4000 and len(zlib.compress(text.encode(errors="replace"))) < 0.02 * len(text):
        found.append((Ploy.REPETITION, re.search(r"(?s).{40}", text)))
    return tuple(Suspicion(ploy, _excerpt(place)) for ploy, place in found if place)


def _excerpt(place: re.Match[str]) -> str:
    """Return the place and a little around it on one line, with what cannot be seen made visible."""
    return inert(place.string[max(0, place.start() - 20) : place.end() + 20][:140].replace("\n", "⏎"))
