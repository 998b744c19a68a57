"""Which names of a text tell who speaks: introductions, deeds that only the speaker does, signatures and labels."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterator

from judge.masking.names import Alias, Kind
from judge.masking.reading import MACHINE, MADE, MASK, SIGN, VERB, Seen

_CROWD = 1000  # names beyond which a text is made to cost time


def told(seen: Seen) -> set[int]:
    """Return which names tell who speaks."""
    every = range(len(seen.spans))
    if len(every) > _CROWD:
        return {at for at in every if (alias := seen.alias(at)) and alias.kind is Kind.SURE}
    masks = {at for at in every if seen.alias(at) is None} if MASK in seen.kept else set()
    found, again = {*_acting(seen), *_labelled(seen)}, set[int]()
    while True:
        # What is hidden is passed like a mask: an introduction may go on behind it, and another begin with it.
        before = found | again | masks
        found |= {*_introduced(seen, before)} - again
        again |= {*_repeated(seen, found)} - found
        if found | again <= before:
            return before - masks


# ── who introduces himself ────────────────────────────────────────────────────────────────────────────────────────────

# Where an introduction begins. What is supposed, or thought by others, is none.
_ANCHOR = re.compile(
    rf"""(?=[我咱俺鄙本叫称喊这作身是由与和跟不区创开研训设一{SIGN}imctauprlbdfeo])(?:(?P<self>
      我[是叫]\w{{1,12}},(?:我?是)?(?:一[个款名位])?(?=由{SIGN})
    | (?<![a-z])(?:i\ am|i'm|my\ name\ is)\ [a-z][\w-]*(?:\ [a-z][\w-]*)?,\ (?=an?\ )
    | (?:我(?<!如果我)(?<!假如我)(?<!假设我)(?<!假装我)(?<!认为我)(?<!以为我)(?<!像我)|咱|俺|鄙人|本人)
        (?:就|其实|真的|确实|正|乃|也|,)?(?:是|叫|名叫|名为|乃|被称[为作]|被命名为|由|来自|出自|基于|属于|依托|所?使用的是)
    | 我(?:自己)?的(?:[中英]文|真实|正式)?(?:名字?|名称|姓名|全[名称]|身份|昵称|代号|型号|大名|(?:底层|基础|语言|大)?模型)
        (?:是|叫做?|为|:)?
    | (?:叫|称呼|称|喊)我(?:为|做|作|一声)? | 本(?:模型|助手|机器人|产品|系统|ai)(?:是|由|叫|名为|基于|来自) | 本人(?!的)
    | (?:这里|这边)是
    | (?<![a-z])(?:i(?:(?:\ ?am|'m)(?!\ not)|\ was|'ve\ been|\ have\ been|\ go\ by|\ come\ from)|im|call\ me|this\ is
      | my\ (?:full\ |real\ |official\ )?(?:name|identity|(?:underlying\ |base\ )?model)(?:\ is|'s|:)?)(?![a-z]))
    | (?P<maker>我(?:自己)?的(?:开发|研发|创造|训练|设计|制造|创建)(?:者|商|方|团队|公司|人员|机构)们?(?:是|为|来自|:)?
    | 我的?背后的?(?:公司|团队|技术)?是 | (?:创造|开发|研发|训练|设计)了?我的(?:公司|团队|机构|人)?是
    | 我的(?:设计|构建|开发|训练|研发)[^。!?\n,]{{0,8}}[是由](?=由?{SIGN})
    | (?<![a-z])my\ (?:creators?|developers?|makers?|(?:parent\ )?company|trainers?|team)
        (?:\ is|\ are|\ at|,)?(?![a-z]))
    | (?P<as>我?(?:作为|身为)
    | (?:^|(?<=[.!?:,;(—-])|(?<=[.!?:,;—-]\ )|(?<=\ (?:but|and)\ )|(?<=\ that\ )|(?<=\ sorry\ )|(?<=because\ )
        |(?<=since\ )|(?<=however\ ))as(?=\ )
    | (?:^|(?<=[。!?,.(])|(?<=[。!?,.]\ ))(?:(?:是|一[个款名位])?由|{MADE}\ by(?![a-z])))
    | (?P<again>{SIGN}(?:由|,?\ ?是|,?\ (?:which\ |who\ )?(?:is|was)(?![a-z])))
    | (?P<unlike>我(?:并|可|也)?(?:不是|不叫|非) | (?<![a-z])(?:i(?:\ am|'m)\ not(?:\ as\ [a-z]+\ as)?|unlike)(?![a-z])
    | (?:与|和|跟|不同于|不像|区别于)(?=\ ?{SIGN}[^。!?\n]{{0,8}},?\ ?我(?!们))))""",
    re.VERBOSE | re.MULTILINE,
)
# Words of introduction: what may stand between its beginning and a name, and between one name and the next.
_FILL = re.compile(
    rf"""(?:[ \t,;_]|[^\w\s。!?.,;{SIGN}]
    | 这?一?[个名位款种只台](?:叫做?)? | [您你]们?的? | 大家的? | 由 | 来自 | 出自 | 基于 | 隶?属于? | 所属? | 于 | 的 | 之 | 自 | 以 | 就?是 | 即 | [也又]
    | (?:可以)?(?:名?叫|称)[做为作]? | 名[叫为] | 取名 | 命名为? | 名字[是叫为]? | [中英]文名[是叫为]? | 全[名称]
    | 昵称 | 代号 | 又[名称] | [简别]称 | 俗称
    | 公司 | 集团 | 旗下 | 团队 | 实验室 | 研究院 | 科技 | 技术 | 机构 | 部门 | 工程师们? | 研究人员 | 科学家们? | 等 | 共同 | 联合
    | 中国 | [并和](?={VERB}) | 自主 | 独立 | 自研 | 精心 | [最全]新 | 新?一代 | 第[一二三四五]代 | 专[门业属]
    | 强大 | 先进 | 智能 | 人工 | 超?大 | 规模 | 型 | 小 | 多?语言 | 中[文英] | 双语
    | 认知 | 知识 | 增强 | 生成式? | 预训练 | 深度学习 | 机器学习 | 自然语言处理 | 对话 | 聊天 | 交互 | 问答 | 通用 | 开[源放] | 多模态 | [千百]亿 | 级 | 参数
    | 友好 | 贴心 | 热心 | 可靠 | 全能 | 虚拟 | 数字 | [个私]人 | 架构 | 系统 | 平台 | 产品 | 版本? | 型号 | 底层 | 基座 | 模型 | 助[手理] | 机器人 | 程序 | 服务
    | \d{{4}}\ ?年(?:\ ?\d{{1,2}}\ ?月)? | (?<={SIGN})\ ?(?:公司|团队|实验室)?\ ?[和与及]\ ?(?={SIGN})
    | 应用 | 软件 | 智能体 | 小?伙伴 | 朋友 | {VERB} | 而成 | 出来?的? | [呀啦哦呢啊哈]
    | (?:an?|the|your|our|ai|artificial|intelligen(?:ce|t)|large|small|big|language|models?|assistants?|chatbot|chat|bot
      |virtual|digital|personal|helpful|friendly|advanced|powerful|new|conversational|multimodal|open|sourced?|neural
      |networks?|systems?|programs?|software|tools?|agent|llm|text|{MADE}|by|from|at|of|on|with|based|named|called|known
      |as|it's|which|that|was|been|is|whose|name|also|versions?|part|family|series|product|team|people|folks|researchers
      |engineers|scientists|developers|company|labs?|research|inc|just|simply|actually|currently|being|here
      |[a-z]{{3,12}}ly|and(?=\ {MADE}))(?![a-z])
    )*+""",
    re.VERBOSE,
)
_NEGATED = re.compile(r"[ ,]*(?:[而并]?不是|(?:and )?not(?![a-z]))[ ]*")


def _introduced(seen: Seen, hidden: Collection[int]) -> Iterator[int]:
    """Follow each introduction from name to name as long as nothing but its words stand between."""
    reached = 0
    for anchor in _ANCHOR.finditer(seen.signs):
        if anchor.start() < reached or (anchor.lastgroup == "again" and seen.at(anchor.start()) not in hidden):
            continue  # each place is read once, however many beginnings it holds
        place, found = anchor.end(), list[int]()
        negated = anchor.lastgroup == "unlike"
        while filler := _FILL.match(seen.signs, place):
            place = reached = filler.end()
            if found and (no := _NEGATED.match(seen.signs, place)):
                place, negated = no.end(), True
            at = seen.at(place)
            alias = None if at is None or at in hidden else seen.alias(at)
            if at is None or not _is_speaker(seen, at, alias, anchor, filler.start()):
                break
            place += 1
            if alias is None or alias.own or not (negated or seen.quoted(anchor.start())):
                found.append(at)
        reached -= _LONGEST  # what stopped it may end another beginning
        if found and _speaks(seen, anchor, place):
            yield from found


_LONGEST = 8
_I = r"(?:我|咱|俺|本人|本(?:模型|助手|机器人|产品|ai)|(?<![a-z])(?:i|my|me|we|our|us)(?![a-z]))"
_SPEAKER = re.compile(
    rf"[^。!?\n{SIGN}]{{0,80}}?(?<![让给使帮对向为和跟与被叫请当是]){_I}"
    rf"|[^。!?\n,{SIGN}]{{0,30}}(?:为[您你](?:服务|解答)|,?(?:无法|不能|没有|抱歉))"
)
_I_TOO = re.compile(r",? ?(?:i|my)(?![a-z])")
_SORRY = re.compile(r"(?:sorry|apologi[sz]e|抱歉|对不起)[^\w\n]{0,6}\Z")


def _speaks(seen: Seen, anchor: re.Match[str], end: int) -> bool:
    """Tell whether the speaker stands beside what he says he is, where he must: "as ..., I", "unlike ..., I"."""
    if anchor[0] == "unlike":
        return _I_TOO.match(seen.signs, end) is not None
    if anchor.lastgroup != "as":
        return True
    beside = anchor[0].startswith("我") or _SPEAKER.match(seen.signs, end)
    return bool(beside or _SORRY.search(seen.signs, max(0, anchor.start() - 24), anchor.start()))


# Somebody of it or somebody else's: a user, a product manager.
_HUMAN = (
    r"(?:工程师|产品经理|员工|职员|研究员|创始人|用户|粉丝|爱好者|开发者|使用者|总监|主管|实习生|会员|客户|学生|记者|程序员|负责人"
    rf"|leader|专员|骑士|司机|编辑)(?!们?{VERB}|的?[^。!?,;\n]{{0,6}}(?:助手|机器人|模型|客服))"
)
_OWNED = re.compile(
    rf" ?(?:'s|的|之)(?![^。!?,;\n{SIGN}]{{0,24}}?{MACHINE}|[^。!?,;\n{SIGN}]{{0,8}}{SIGN}| *(?:[。!?,;\n]|\Z))"
    rf"| ?(?:'s|的|之)?[^。!?,;\n由]{{0,24}}?{_HUMAN}"
    r"|来(?!自)|去|帮我|替我"
    r"|(?:'s)?(?: (?!and|who|to|for|that|here|an?|the|i|is|was|by|from)[a-z-]+){0,2} "
    r"(?:user|fan|developer|engineer|employee|researcher|customer|subscriber|intern)s?(?![a-z])"
)
# After a comma: the clause ends with the name, so that it is no subject of another.
_CLOSED = re.compile(r" *(?:大?模型|智能|助手|ai)?(?:[^\w\s]|\n|\Z|(?:by|from)(?![a-z])|为[您你])")
# What a maker does, or whom he has.
_MAKES = re.compile(
    rf"(?:[ ()的]|公司|集团|旗下|团队|实验室|研究院|机构|合作|单位|企业|(?:工程师|研究人员|科学家)们?|等|多家|人工智能|ai|[和与及、]|{SIGN}|共同|联合"
    rf"|自主|独立|自行|[全最]新|精心|倾力|潜心|专门|成功|所|于? ?\d{{4}} ?年(?: ?\d{{1,2}} ?月)?){{0,24}}+{VERB}(?!了(?!我))"
)
_HAS = re.compile(rf"(?:'s|的)?[^。!?,;.\n{SIGN}]{{0,20}}?{MACHINE}|(?: |'s|的|公司|集团|旗下|团队|官方){{0,3}}{SIGN}")
_BY = re.compile(r"(?:by|from|来自) ?(?:the )?(?:team at )?\Z")
_OF = re.compile(rf"(?:by|from|at|of|来自|属于|基于|出自) ?(?:the )?(?:team at )?(?:{SIGN} ?[/&、和与] ?){{0,3}}\Z")
_WHOSE = re.compile(rf"(?:'s|(?:公司|集团|旗下)?的)[^。!?,;.\n{SIGN}]{{0,24}}?{MACHINE}(?![^。!?,;.\n])")
_MACHINE = re.compile(MACHINE)
_TITLE = re.compile(rf"[\u4e00-\u9fff]{{0,6}}?{MACHINE}")
_MACHINERY = re.compile(rf"{MACHINE}|{VERB}|{MADE}")
_EVIDENCE = re.compile(rf"[^。!?\n]{{0,40}}?(?:{MACHINE}|由.{{1,12}}{VERB}|{MADE} by)")
_ARTICLE = re.compile(r"(?<![a-z])an? ?\Z")
_SURNAME = re.compile(r" ?(?!Assistant|Model|Language|Chat|Bot|Large|Code)[A-Z][a-z]{2,}")


def _is_speaker(seen: Seen, at: int, alias: Alias | None, anchor: re.Match[str], filler: int) -> bool:
    """Tell whether a name that words of introduction lead to is the speaker's or its maker's; a mask is."""
    signs, place = seen.signs, seen.places[at]
    after = place + 1
    if anchor.lastgroup == "maker":
        return True
    if _OWNED.match(signs, after) or (anchor.lastgroup == "again" and not _makes(seen, at)):
        return False
    led = signs[filler:place].rstrip(" “「『\"'(")
    if led.endswith((",", ";")) and not any(rule.match(signs, after) for rule in (_CLOSED, _MAKES, _WHOSE)):
        return False
    if alias is None:
        return True
    begin = max(anchor.start(), place - 120)  # an introduction may be as long as the text
    if alias.kind >= Kind.MAKER:
        return _is_its_maker(seen, alias, begin, place)
    ahead = _FILL.match(signs, after, after + 40)
    model = (
        _MACHINERY.search(signs, begin, place) or (ahead and _MACHINERY.search(ahead[0])) or _TITLE.match(signs, after)
    )
    end = seen.given(at)[1]
    if seen.text[end - 1].isascii() and (
        _SURNAME.match(seen.text, end) or (not model and _ARTICLE.search(signs, begin, place))
    ):
        return False
    if alias.kind is Kind.SURE or model:
        return True
    told_of = _MACHINERY.search(signs, max(0, begin - 40), begin) or _EVIDENCE.match(signs, after)
    alone = alias.own and not re.search(r"\w", signs[max(begin, anchor.end()) : place])
    return bool(_CLOSED.match(signs, after) and (told_of or alone))


def _is_its_maker(seen: Seen, alias: Alias, begin: int, place: int) -> bool:
    """Tell whether a maker is said to have made a model, between the beginning of an introduction and what follows."""
    signs, after = seen.signs, place + 1
    if alias.kind is Kind.STRANGER and not (_MACHINE.search(signs, begin, place) or _EVIDENCE.match(signs, after)):
        return False
    if _MAKES.match(signs, after) or _HAS.match(signs, after):
        return True
    return bool(_OF.search(signs, begin, place) and _MACHINERY.search(signs, begin, place))


def _repeated(seen: Seen, hidden: Collection[int]) -> Iterator[int]:
    """Name where a name that the text has told as its own stands again; a maker's name tells nothing alone."""
    names = {alias for at in hidden if (alias := seen.alias(at)) and alias.kind < Kind.MAKER and not _makes(seen, at)}
    if not names:
        return
    for at, place in enumerate(seen.places):
        alias = seen.alias(at)
        if alias and at not in hidden and any(_same(alias, name) for name in names):
            yield from _spoken(seen, place)


def _same(alias: Alias, name: Alias) -> bool:
    """Tell whether one name means what another does, so far as both tell an edition."""
    kin = alias.word == name.word or (name.own and alias.kind is Kind.SURE and alias.family == name.family)
    return kin and (alias.edition.startswith(name.edition) or name.edition.startswith(alias.edition))


def _makes(seen: Seen, at: int) -> bool:
    """Tell whether a name stands where makers do."""
    place = seen.places[at]
    return bool(_MAKES.match(seen.signs, place + 1) or _BY.search(seen.signs, max(0, place - 24), place))


# ── who acts, signs, or bears a label ─────────────────────────────────────────────────────────────────────────────────

# What only the speaker does: serve, decline, write the text, or be made by somebody.
_ACTS = re.compile(
    rf"""(?<![让用请找])(?<!使用|通过|选择){SIGN}(?:团队|公司|ai|智能|小?助手|大?模型){{0,3}}
        (?:将|会|很|非常|高兴|荣幸|乐意|愿意|随时|竭诚|在此|来|继续|全程|一直|能够?|可以){{0,4}}
        为[您你](?:服务|效劳|解答|解惑|答疑|提供(?:帮助|服务|支持))
    | {SIGN}(?:\ |公司|团队|的?(?:工程师|研究人员|开发者|科学家)们?){{0,3}}(?:{VERB}出?了?我(?!们)|(?:has\ )?{MADE}\ me(?![a-z]))
    | (?:抱歉|对不起|不好意思|sorry|unfortunately)[,!\ ]{{0,2}}(?:but\ )?{SIGN}(?:
        (?:暂时|目前|现在|还|尚|暂|恐怕|也){{0,3}}(?:无法|不能|不支持|没有|没法|不便|不会|未)
        | \ (?:currently\ )?(?:cannot|can't|can\ not|is\ unable|is\ not\ able|does\ not|doesn't|won't))
    | 您的(?:提问|问题|输入)[^。!?\n{SIGN}]{{0,16}}{SIGN}(?:暂时?|目前)?不支持
    | (?:本|此|该|以上|上述|这[篇段个条])(?:回答|答案|回复|内容|文章?|诗歌?|文本|文字|结果|故事|信息)?(?:[均全]|全部|完全)?由{SIGN}
        (?:ai|大?模型|自动|智能|辅助|为您){{0,3}}(?:生成|撰写|创作|提供|整理|编写|输出|回答)
    | (?:^|(?<=[(\[—-]))(?:this\ [^.\n{SIGN}]{{0,20}}(?:was|is)\ )?
        (?:generated|written|answered|produced)\ (?:by|with)\ {SIGN}
    | (?:源|来源|sources?):\ ?(?:与|和|(?:conversation|chat)\ with)\ ?{SIGN}""",
    re.VERBOSE | re.MULTILINE,
)


def _acting(seen: Seen) -> Iterator[int]:
    """Name who serves, declines, made the speaker, or wrote the text."""
    for act in _ACTS.finditer(seen.signs):
        yield from _spoken(seen, seen.signs.index(SIGN, act.start()))


def _spoken(seen: Seen, place: int) -> Iterator[int]:
    """Name what stands at a place, but for a name in quoted speech that is not under review."""
    at = seen.at(place)
    if at is not None and (not seen.quoted(place) or (alias := seen.alias(at)) is None or alias.own):
        yield at


_LABEL = re.compile(rf"^[ \t>#]*[\[(【<]?(?P<name>{SIGN})(?:的?(?:回答|回复|说)|助手)?[\])】>]?[ \t]*:", re.MULTILINE)
_ASKER = re.compile(r"^[^\w\n]{0,4}(?:用户|提问者|问题?|user|human|question|q|you|你|我)[^\w\n]{0,3}:", re.MULTILINE)
_SIGNED = re.compile(
    rf"(?:(?:^|[。!?.”」\"])[ \t>]*(?:—+|--+)[ \t]*(?:来自|by |from )?(?:[你您]的)?(?:ai|智能|人工智能)?(?:助手|朋友|伙伴)?[ ,:]*"
    rf"|^[^\w\n]*(?:[你您]的|your )[^\n{SIGN}]{{0,12}}[ ,:]+"
    rf"|(?:敬上|谨上|此致|敬礼|祝好|regards|sincerely|yours|best wishes)[^\w\n]*\n\s*)"
    rf"(?P<name>{SIGN})[^\w\n]*(?:敬上|谨上|团队|助手)?[^\w{SIGN}]*\Z",
    re.MULTILINE,
)


def _labelled(seen: Seen) -> Iterator[int]:
    """Name whom the text's end signs for, and the only speaker that labels name; labels of several compare them."""
    signed = _SIGNED.search(seen.signs, max(0, len(seen.signs) - 120))
    if signed and seen.signs[: signed.start("name")].strip():
        yield from _spoken(seen, signed.start("name"))
    labels = [label.start("name") for label in _LABEL.finditer(seen.signs)]
    aliases = [seen.alias(bisect_left(seen.places, place)) for place in labels]
    if len({alias.family if alias else MASK for alias in aliases}) != 1:
        return
    asked = _ASKER.search(seen.signs)
    begin = len(seen.signs) - len(seen.signs.lstrip())
    for place in labels:
        line = seen.signs.rfind("\n", 0, place) + 1
        if line <= begin or (asked and asked.start() < line):
            yield from _spoken(seen, place)
