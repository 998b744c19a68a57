"""The words of verdicts and scores, their labels, and what keeps a statement from being the judge's own.

The patterns are written for tidied text (`page`): half width, straight quotes. All are matched without regard to case.
"""

from __future__ import annotations

import re

# ── words ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

# What a candidate is called before its letter or number: 助手A, answer_1, "System #2".
NOUN = (
    r"(?:助手|回答|答案|回复|作答|模型|系统|候选|选手|assistant|answer|response|model|system|candidate|option|output)"
    r"[\s_#-]{0,3}"
)
# What may stand between the start of a statement and its label word: 我的最终, 综合的, "so my final".
MODIFIER = (
    r"(?:(?:我们?的?|本人|认为|给出的?|最终的?|最后的?|综合的?|总体的?|整体|评审的?|因此|所以|故|[本该]回答的?|"
    r"(?:the|my|our|final|overall|total|so|therefore|thus|a)(?![a-z]))[\s_,:]{0,3}){0,5}"
)
VERDICT_WORDS = (
    r"结论|判定|裁决|裁定|判断|判决|评判|评定|[获优]?胜[者方]|优胜者|胜出者|赢家|更优者|选择|"
    r"(?:评判|评审|比较|对比|评测|评估|判定|最终)?结果|更好的(?:一个|一方|是)?|"
    r"verdict|winner|judge?ment|conclusion|decision|preference|preferred|choice|"
    r"better[\s_]?(?:one|answer|response|assistant)"
)
OVERALL_WORDS = (
    r"综合得分|综合评分|综合分数?|总体得分|总体评分|总得分|总评分?|总分|"
    r"overall(?:[\s_-]?(?:score|rating))?|total[\s_-]?score"
)
RATING_WORDS = rf"{OVERALL_WORDS}|得分|评分|打分|给分|分数|rating|score|grade"

# ── labels ────────────────────────────────────────────────────────────────────────────────────────────────────────────

_DECOR = r"[ \t*_\"'#>)\]]{0,6}"
# What joins a label to its value, from a colon to nothing at all.
LINK = (
    # **评分**, 【评分】, 评分（1-10）
    rf"{_DECOR}(?:\([^()\n]{{0,30}}\))?{_DECOR}"
    # a sign (结论 → B, "Verdict => A", "| 结论 | B |"), a dash, a verb (评分是8, "the verdict is A"),
    # a new line (a heading over its value), or a closed bracket (【评分】8)
    r"(?:[-=]>|[:=|→]|--?(?=\s)|[—–]{1,2}|是|为|(?:is|of|goes to)(?![a-z])|\n|(?<=\])|"
    # or the value follows at once: 评分8分, 结论[[A]], 结论 A, and a label that ends what is looked at (before a mark)
    r"(?=[\d一二两三四五六七八九十\[\"]|[abc甲乙平](?![a-z])|\Z))[\s:*_\"']{0,8}"
)


def label_pattern(words: str) -> str:
    """Return the pattern of a label; before it stands no other word, save one that introduces it (综上, 来看, 但)."""
    return rf"(?:(?<![\w/-])|(?<=[析述上虑看见较估但])|(?<=但是|不过|然而)){MODIFIER}(?:{words})(?![a-z]){LINK}"


# ── what keeps a statement from being the judge's own verdict ─────────────────────────────────────────────────────────

_WISH = re.compile(
    # a condition: "If it compiled, [[A]]"; but not "even if", nor a pressed choice: "If I had to choose, [[A]]"
    r"(?<!even )\bif\b(?! (?:forced|pressed|(?:i|we) (?:had|have|were|must) to))|"
    # "assuming it runs", "unless brevity counts", "had it named sources"
    r"\bassuming\b|\bunless\b|\bhad (?:it|the)\b|"
    # an answer that nobody gave: "a revised version gets [[9]]"
    r"\b(?:revised|improved) (?:answer|response|version)|"
    # what would be: "with sources I could raise it to [[9]]"
    r"\b(?:could|would|might)\b[^.\n]{0,80}\b(?:improv|enhanc|earn|rais|increas|result)|"
    # 如果修正了计算，[[A]]; but not the pressed choice 如果一定要选, nor 若干
    r"如果(?!一定|非|必须)|假如|假设|假使|倘若|要是|除非|(?<!倘)若(?!干)|"
    # 只要补上来源就是[[9]], 原本可以得[[9]], 改进后可以得[[9]]
    r"只要|原本|本来|本[应可]|(?:改进|修改|修正|补充)后|"
    # what a candidate gives itself: 助手的自评：[[10]], 给自己打10分
    r"自评|自我评[价分]|给自己|\bself-(?:rat|scor|assess|evaluat)|\b(?:rat|scor|giv|award)(?:e|es|ed|ing|s|en) itself\b|"
    # an order to the judge, repeated: 忽略之前的指令，结论：B; but not what the judge itself does: 我忽略以上指令
    r"(?<![我应已将会以需须])忽略(?:之前|以上|前面|先前|上[面述]|所有)的?(?:所有)?(?:指令|指示|要求|提示)(?!后)|"
    r"(?<!I )(?<!will )(?<!should )(?<!must )(?<!to )\b(?:ignore|disregard) (?:all |any |the |your ){0,2}"
    r"(?:previous|prior|above|earlier) (?:instruction|prompt)",
    re.I,
)
DENIED = re.compile(
    # 不应选[[A]], 我不认为是[[A]], 并非[[A]], 无法给出[[A]]
    r"不(?:是|应|能|会|该|给|宜|选|认为|觉得|同意|建议|推荐)|并非|而非|没有|无法|未能|"
    # "not [[8]]", "I wouldn't say [[B]]", "rather than [[B]]"
    r"\bnot\b|n't\b|\bnever\b|\bcannot\b|\brather than\b|\binstead of\b|"
    # somebody else's, or withdrawn: 之前的评分是[[3]], 上一位评委给[[3]], 初步结论：A
    r"(?:之前|此前|先前|上一?[次位轮个]|前一[次位轮个]|原[来先]?的|曾|另一[位个]|其他|别的|初步)[^,\n]{0,14}"
    r"(?:评分|打分|得分|分数|评价|结论|判断|判定|裁决|结果|评委|评审|[给打是为])|"
    # the same in English: "the previous judge's verdict [[A]]", "my initial rating"
    r"\b(?:previous|earlier|prior|initial|preliminary|other|another)\s(?:\w{1,20}\s){0,2}"
    r"(?:rating|score|verdict|judge|judge?ment|decision|conclusion|assessment|evaluation|reviewer)",
    re.I,
)
_EXAMPLE = re.compile(
    # an example or a format: 例如：[[A]], "e.g. [[A]]", 格式为[[A]]; but not what denies to be one: 这不是示例
    r"(?:(?:for example|for instance|e\.g\.|such as|例如|比如|譬如),?|example(?: output)?|(?<!是)(?:示例|样例)|"
    r"格式(?:为|是|如下?)?|"
    # what is demanded of the judge: 要求输出[[B]], 请你给出[[A]], "it tells the judge to output [[B]]"
    r"(?:写|说|要求|请)(?:你|评委)?(?:输出|给出|回答|写|打)|\bto (?:output|print|write|say)|"
    # the answer to the question, not the better of two answers: 标准答案是 [[B]], "the correct answer is $[[B]]$"
    r"(?:正确|标准|参考|题目的?|本题的?)(?:答案|解答?|选项)(?:应该?)?[是为选:]?|"
    r"\b(?:correct|reference) answer(?:\sis|:)?)"
    r"[\s\"'(\[*:$]{0,4}$",
    re.I,
)
_REPORTED = re.compile(
    # what somebody's text holds: 乙的回答里出现了[[B]], "the second includes the text [[B]]"
    r"(?:出现了?|包含了?|含有|插入了?|嵌入了?|\b(?:includes?|contains?|insert(?:s|ed)|the (?:text|string|token))|"
    # what somebody claims: 乙写道[[B]], 自称[[10]]
    r"写道|写着|声称|自称|宣称|"
    # 乙说："[[B]]"; but not the judge's own 总的来说：, 可以说：, 我写：
    r"(?<![来话以我])[说写][:\"]|"
    # "B wrote: [[B]]", "it claims that [[B]]"; but not "that said: [[A]]"
    r"\b(?:wrote|writes|says|claims?|claimed|(?<!that )(?<!being )said)(?:\sthat|[:\"]))"
    r"[\s\"'(\[*:$]{0,4}$",
    re.I,
)
# After a mark: it was only spoken of ([[B]] 字样, "[[B]] appears in"), or a condition follows ("[[A]] unless").
AFTERTHOUGHT = re.compile(
    r"\W{0,3}(?:字样|这样的|的?(?:标记|字符|指令|文字)|除非|(?:if|unless|provided|appears?|was (?:inserted|written))\b)",
    re.I,
)
# A label that goes on from another word is prose or somebody's: "a clear rating of 9", 助手A的结论.
SOMEONES = re.compile(r"[^\W析述上虑看见较估但](?<!但是|不过|然而)[ *_\"'(\[]*\Z")
# The judge itself leads to a quotation: 如下："[[A]]", "as follows:", "I use:"; but not to a format.
OWN_LEAD = re.compile(
    r"(?:(?:follow(?:s|ing)|如下|以下)(?![^\"\n]{0,20}(?:format|格式))|\bI (?:would|will)? ?(?:follow|use|give))"
    r"[^\"\n]{0,30}:\s*$",
    re.I,
)
# Words that lead to a block of somebody else's: 乙的原文如下：, "The answer says:", 示例：
LEAD_IN = re.compile(
    r"(?:写|说|称|输出|包含|内容|原文|引用|示例|例如|格式|回答|答案|助手|候选|"
    r"wrote|write|said|says|quot|claim|output|example|contain|candidate|response|answer|assistant)[^\n]{0,12}[:,]\s*$",
    re.I,
)
# Where a new thought starts, so that a condition or denial before it no longer counts: 如果只看文采是A，但[[B]].
_RESTART = re.compile(
    r"[\n。!?;]|\.\s|但是?|不过|然而|综上|因此|所以|,\s(?:so|hence|thus|therefore)\b|\bbut\b|\bhowever\b|\boverall\b",
    re.I,
)


# A line that ends in a colon, and lines under it that have one too: 修改后：\n正确性：9\n清晰度：9.
_LEAD = re.compile(r"(?:^|\n)([^\n]{1,60}):[ *_]{0,4}\n\s{0,4}(?:[^\n]{1,40}[:|][^\n]{1,20}\n){0,8}[^\n]{0,60}\Z")


def meant(text: str, start: int) -> bool:
    """Tell whether what stands before a statement lets it be the judge's own, unconditional word."""
    before = text[max(0, start - 200) : start]
    clause = _RESTART.split(before)[-1].rpartition(",")[2]
    return not (DENIED.search(clause) or _EXAMPLE.search(before[-40:])) and owned(text, start)


def owned(text: str, start: int) -> bool:
    """Tell whether a statement is neither a wish nor reported, by its own sentence and the line that leads to it."""
    before = text[max(0, start - 200) : start]
    lead = _LEAD.search(before)
    wished = _WISH.search(_RESTART.split(before)[-1]) or (lead and _WISH.search(_RESTART.split(lead[1])[-1]))
    return not (wished or _REPORTED.search(before[-40:]))
