"""逻辑题 logic-001..020 的核对函数：线索按固定句式从 prompt 里解析成约束，穷举求解并断言唯一。"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cache
from itertools import combinations, permutations, product
from typing import Any

Clue = Callable[[dict[str, int]], bool]
CN = {"零": 0, "一": 1, "两": 2, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7}
ORD = "零一二三四五六七"


def m(pattern: str, text: str) -> re.Match[str]:
    got = re.search(pattern, text, re.S)
    assert got, f"未找到：{pattern}"
    return got


def need(text: str, *parts: str) -> None:
    """题面里必须原样出现的设定和问法。"""
    for t in parts:
        assert t in text, f"未找到：{t}"


def only(items: Iterable[Any]) -> Any:
    found = list(items)
    assert len(found) == 1, f"解不唯一：{len(found)} 个"
    return found[0]


def names(pattern: str, text: str) -> list[str]:
    return m(pattern, text)[1].split("、")


def clauses(text: str) -> dict[str, str]:
    """取出带圈编号的条款：{'①': '……'}。"""
    got = dict(re.findall(r"[：；。]([①②③④⑤⑥⑦])([^①②③④⑤⑥⑦；。]+)(?=[；。])", text))
    assert got, "没有编号条款"
    return got


def order(people: list[str], rules: Iterable[Clue]) -> list[list[str]]:
    rules = list(rules)
    out = []
    for p in permutations(people):
        pos = {x: k + 1 for k, x in enumerate(p)}
        if all(r(pos) for r in rules):
            out.append(list(p))
    return out


def rule(text: str, who: list[str]) -> Clue:
    """通用排序线索：一句话 -> 约束。"""
    x = "(" + "|".join(who) + ")"
    day = {f"周{c}": k for k, c in enumerate("一二三四五", 1)}
    table: list[tuple[str, Callable[..., Clue]]] = [
        (f"{x}在{x}之后，两人中间正好隔([一两])天", lambda a, b, n: lambda d: d[a] - d[b] == CN[n] + 1),
        (f"{x}不排(周.)也不排(周.)", lambda a, u, v: lambda d: d[a] not in (day[u], day[v])),
        (f"{x}不排(周.)", lambda a, u: lambda d: d[a] != day[u]),
        (f"{x}比{x}早", lambda a, b: lambda d: d[a] < d[b]),
        (f"{x}和{x}(?:不能挨着|不相邻)", lambda a, b: lambda d: abs(d[a] - d[b]) != 1),
        (f"{x}和{x}要挨着", lambda a, b: lambda d: abs(d[a] - d[b]) == 1),
        (f"{x}要排在{x}后面、{x}前面", lambda a, b, c: lambda d: d[b] < d[a] < d[c]),
        (f"{x}不排第一个也不排最后一个", lambda a: lambda d: 1 < d[a] < len(who)),
        (f"{x}不打头", lambda a: lambda d: d[a] != 1),
        (f"{x}不在两头", lambda a: lambda d: 1 < d[a] < len(who)),
        (f"{x}最早只能排第([三四])个", lambda a, n: lambda d: d[a] >= CN[n]),
        (f"{x}紧接在{x}后面", lambda a, b: lambda d: d[a] == d[b] + 1),
        (f"{x}紧挨在{x}的右边", lambda a, b: lambda d: d[a] == d[b] + 1),
        (f"{x}在{x}(?:前面，不必紧挨|左边)", lambda a, b: lambda d: d[a] < d[b]),
        (f"{x}在{x}右边", lambda a, b: lambda d: d[a] > d[b]),
        (f"{x}比{x}多", lambda a, b: lambda d: d[a] < d[b]),
        (f"{x}比{x}少，但比{x}多", lambda a, b, c: lambda d: d[b] < d[a] < d[c]),
    ]
    for pattern, make in table:
        if got := re.fullmatch(pattern, text.strip()):
            return make(*got.groups())
    raise AssertionError(f"线索认不出：{text}")


def row(items: Iterable[str]) -> str:
    return "、".join(items)


def logic_001(p: list[str]) -> list[str | None]:
    need(p[0], "从周一到周五依次是谁")
    need(p[1], "重新排，依次是谁")
    need(p[2], "在这个基础上", "其他照旧。一共有几种排法？有没有谁的日子是定死的")
    who = names(r"药房五个人([^，]+)，周一到周五每人值一天班", p[0])
    r = {k: rule(v, who) for k, v in clauses(p[0]).items()}
    drop, new = m(r"第(.)条作废；换成一条新的：(.+?)。", p[1]).groups()
    first = only(order(who, r.values()))
    del r[drop]
    r["新"] = rule(new, who)
    second = only(order(who, r.values()))
    del r[m(r"第(.)条也不要了", p[2])[1]]
    rest = order(who, r.values())
    fixed = [x for x in who if len({o.index(x) for o in rest}) == 1]
    return [row(first), row(second), f"一共{len(rest)}种排法，{row(fixed) if fixed else '没有谁'}的日子是定死的"]


def logic_002(p: list[str]) -> list[str | None]:
    need(p[0], "是谁动的？说真话的是哪两个？")
    need(p[1], "是谁动的？")
    who = names(r"只可能是([^四]+)四个人里的一个", p[0])
    x = "(" + "|".join(who) + ")"
    said = dict(re.findall(x + "说：“(.+?)。”", p[0]))
    assert len(said) == 4

    def truth(says: dict[str, str], culprit: str) -> dict[str, bool]:
        @cache
        def val(w: str) -> bool:
            t = says[w]
            if g := re.fullmatch(f"不是我，也不是{x}", t):
                return culprit not in (w, g[1])
            if g := re.fullmatch(f"不是{x}就是{x}", t):
                return culprit in g.groups()
            if g := re.fullmatch(f"{x}说的是真的", t):
                return val(g[1])
            if g := re.fullmatch(f"{x}和{x}两个人，一个说了真话一个说了假话", t):
                return val(g[1]) != val(g[2])
            g = re.fullmatch(f"不是{x}", t)
            assert g, f"话认不出：{t}"
            return culprit != g[1]

        return {w: val(w) for w in who}

    n1 = CN[m("四个人里正好([一两三])个说真话", p[0])[1]]
    a = only(c for c in who if sum(truth(said, c).values()) == n1)
    honest = [w for w, v in truth(said, str(a)).items() if v]
    w, new = m(f"{x}改口，把自己那句换成：“(.+?)。”其他三人的话不变", p[1]).groups()
    n2 = CN[m("四个人里正好([一两三])个说真话，而且动参数的那个人自己说的是假话", p[1])[1]]
    said2 = said | {w: new}
    b = only(c for c in who if sum(truth(said2, c).values()) == n2 and not truth(said2, c)[c])
    return [f"动参数的是{a}，说真话的是{'和'.join(honest)}", f"是{b}"]


def logic_003(p: list[str]) -> list[str | None]:
    need(
        p[0],
        "有1到6六个键，密码是四位、数字互不相同",
        "绿灯数是数字和位置都对的个数，黄灯数是密码里有这个数字但位置不对的个数",
    )
    need(p[1], "前两次没错")
    need(p[2], "第一次也没错")
    codes = ["".join(c) for c in permutations("123456", 4)]
    tries = [(g, (int(a), int(b))) for g, a, b in re.findall(r"(\d{4})，绿(\d)黄(\d)", p[0])]
    assert len(tries) == 3

    def light(code: str, guess: str) -> tuple[int, int]:
        green = sum(a == b for a, b in zip(code, guess))
        return green, len(set(code) & set(guess)) - green

    def fit(flip: int | None) -> list[str]:
        return [c for c in codes if all(light(c, g) == (f[::-1] if k == flip else f) for k, (g, f) in enumerate(tries))]

    def said(pattern: str, text: str, back: bool) -> int:
        n, a, b = m(pattern, text).groups()
        k, f = CN[n] - 1, (int(a), int(b))
        assert f == (tries[k][1][::-1] if back else tries[k][1]), "与第一轮的灯对不上"
        return k

    two = said(r"第([一二三])次的灯我记反了，应该是绿(\d)黄(\d)", p[1], True)
    assert said(r"第([一二三])次其实没记反，还是绿(\d)黄(\d)", p[2], False) == two
    three = said(r"记反的是第([一二三])次，应该是绿(\d)黄(\d)", p[2], True)
    m("三次里最多有一次把绿黄记反了，其余都跟我第一次说的一样", p[3])
    pool = sorted({c for flip in (None, 0, 1, 2) for c in fit(flip)})
    sure = [f"第{ORD[k + 1]}位一定是{pool[0][k]}" for k in range(4) if len({c[k] for c in pool}) == 1]
    last = f"一共{len(pool)}个：{row(pool)}；只有{only(sure)}"
    return [f"密码是{only(fit(None))}", f"密码是{only(fit(two))}", f"密码是{only(fit(three))}", last]


def logic_004(p: list[str]) -> list[str | None]:
    n = m(
        r"①金额超过(\d+)万的，一定要法务会签；②凡是法务会签过的，一定存了纸质档；③没有总监签字的，一律送不到法务会签。",
        p[0],
    )[1]
    worlds = [w for w in product((0, 1), repeat=4) if w[0] <= w[1] <= w[2] and w[1] <= w[3]]  # 超额、会签、纸档、总监
    m("没有纸质档。能不能断定：", p[0])

    def sure(pool: list, k: int, v: int) -> str:
        assert pool
        return "能断定" if all(w[k] == v for w in pool) else "不能断定"

    asks = {
        f"金额没超过{n}万": (0, 0),
        "法务没会签": (1, 0),
        "总监没签字": (3, 0),
        "法务会签过": (1, 1),
        f"金额超过{n}万": (0, 1),
    }

    def answer(text: str, pool: list) -> str:
        q = re.findall(r"（([a-z])）([^；？，]+)", text)
        assert len(q) >= 2 and all(t in asks for _, t in q), "问法认不出"
        return "，".join(f"（{k}）{t}{sure(pool, *asks[t])}" for k, t in q)

    one = answer(p[0], [w for w in worlds if not w[2]])
    m(f"总监签了字，也有纸质档。同事说那肯定法务会签过、金额也超过{n}万", p[1])
    pool = [w for w in worlds if w[3] and w[2]]
    two = f"法务会签过{sure(pool, 1, 1)}，金额超过{n}万{sure(pool, 0, 1)}"
    m("④有纸质档的，一定是法务会签过的。.*第二份.*总监没签字的合同，有没有可能存着纸质档", p[2])
    more = [w for w in worlds if w[2] <= w[1]]
    three = answer(p[2], [w for w in more if w[3] and w[2]])
    can = any(not w[3] and w[2] for w in more)
    return [one, two, f"{three}；总监没签字的合同{'有' if can else '不'}可能存着纸质档"]


def logic_005(p: list[str]) -> list[str | None]:
    need(p[1], "把所有摆法都列出来")
    need(p[0], "上下两层、每层左中右三格", "上下两层从左到右各是什么")
    need(p[1], "前四条不变", "唯一定下来吗")
    items = names(r"左中右三格，放([^，]+)，一格一样", p[0])
    x = "(" + "|".join(items) + ")"
    spots = [(r, c) for r in (0, 1) for c in (0, 1, 2)]

    def clue(t: str) -> Callable[[dict[str, tuple[int, int]]], bool]:
        if g := re.fullmatch(f"{x}在上层，正下方是{x}", t):
            a, b = g.groups()
            return lambda d: d[a][0] == 0 and d[b] == (1, d[a][1])
        if g := re.fullmatch(f"{x}和{x}同一层", t):
            a, b = g.groups()
            return lambda d: d[a][0] == d[b][0]
        if g := re.fullmatch(f"{x}和{x}同层而且挨着", t):
            a, b = g.groups()
            return lambda d: d[a][0] == d[b][0] and abs(d[a][1] - d[b][1]) == 1
        if g := re.fullmatch(f"{x}那一列在{x}那一列的左边", t):
            a, b = g.groups()
            return lambda d: d[a][1] < d[b][1]
        if g := re.fullmatch(f"{x}那一列和{x}那一列相邻", t):
            a, b = g.groups()
            return lambda d: abs(d[a][1] - d[b][1]) == 1
        g = re.fullmatch(f"{x}和{x}不在同一列", t)
        assert g, f"线索认不出：{t}"
        a, b = g.groups()
        return lambda d: d[a][1] != d[b][1]

    def solve(rules: Iterable) -> list[str]:
        rs = list(rules)
        good = [q for q in permutations(items) if all(r(dict(zip(q, spots))) for r in rs)]
        return [f"上层{row(q[:3])}，下层{row(q[3:])}" for q in good]

    r = {k: clue(v) for k, v in clauses(p[0]).items()}
    one = only(solve(r.values()))
    k, new = m(r"第(.)条作废，换成：(.+?)。", p[1]).groups()
    two = solve((r | {k: clue(new)}).values())
    assert len(two) > 1
    return [str(one), f"不能唯一确定，共{len(two)}种：{'；'.join(two)}"]


def logic_006(p: list[str]) -> list[str | None]:
    g = m(
        r"摸底(\d+)户：装净水器的(\d+)户，养宠物的(\d+)户，有电动车的(\d+)户。装了净水器又有电动车的，最少有几户", p[0]
    )
    need(p[1], "三样都占的最少几户，最多几户")
    total, a, b, c = map(int, g.groups())
    claim = int(m(r"三样都占的，怎么也得有(\d+)户", p[1])[1])
    low, high = max(0, a + b + c - 2 * total), min(a, b, c)
    assert max(a, b, c) <= total and low < claim <= high, "小刘的说法应当站不住但可能发生"
    m("没有一户三样都占，也没有一户一样都不占。那正好占两样的有几户", p[2])
    both = a + b + c - total
    assert any(
        min(a - u - v, b - u - (both - u - v), c - v - (both - u - v)) >= 0
        for u in range(both + 1)
        for v in range(both + 1 - u)
    ), "第三轮的条件不可能成立"
    return [f"最少{max(0, a + c - total)}户", f"保证不了{claim}户，最少{low}户，最多{high}户", f"{both}户"]


def logic_007(p: list[str]) -> list[str | None]:
    need(p[0], "光按这两条，一共有几种顺序")
    need(p[1], "还剩几种")
    need(p[2], "还剩几种")
    need(p[3], "从头到尾是什么顺序")
    need(p[4], "六条能同时满足吗？不能的话，⑥保留", "把可以撤的都说出来")
    who = names(r"年会五个节目：([^，]+)，一个接一个演", p[0])
    r: dict[str, Clue] = {}
    left = []
    for t in p:
        r |= {k: rule(v, who) for k, v in clauses(t).items()}
        left.append(order(who, r.values()))
    assert list(r) == list("①②③④⑤⑥") and not left[4]
    m("只撤掉①到⑤里的一条", p[4])
    drop = [k for k in "①②③④⑤" if order(who, (v for j, v in r.items() if j != k))]
    return [
        f"{len(left[0])}种",
        f"{len(left[1])}种",
        f"{len(left[2])}种",
        row(only(left[3])),
        f"不能同时满足；撤掉{'或'.join(drop)}",
    ]


def logic_008(p: list[str]) -> list[str | None]:
    need(p[0], "第一名、第二名、最后一名分别是谁")
    need(p[1], "从多到少排一遍")
    who = names(r"五个骑手([^，]+)比这周的单量，没有并列", p[0])
    parts = m(r"没有并列。(.+?)。第一名", p[0])[1].split("；")
    r = [rule(t, who) for t in parts]
    assert len(r) == 4
    one = order(who, r)

    def spot(pool: list[list[str]], k: int) -> str:
        s = {o[k] for o in pool}
        return s.pop() if len(s) == 1 else "不能确定"

    a, b = m("头一句说反了，其实(.+)比(.+)多，其余几句不变", p[1]).groups()
    assert parts[0] == f"{b}比{a}多"
    two = only(order(who, [rule(f"{a}比{b}多", who), *r[1:]]))
    return [f"第一名{spot(one, 0)}，最后一名{spot(one, -1)}，第二名{spot(one, 1)}", row(two)]


def logic_009(p: list[str]) -> list[str | None]:
    c = "([红黄绿])灯"
    g = m(
        f"刷员工卡，{c}切换.*刷访客卡，{c}亮着就切换{c}，{c}灭着就切换{c}；按复位钮，{c}和{c}的状态互换。开始三盏全灭。",
        p[0],
    ).groups()
    need(p[0], "切换（亮变灭、灭变亮）", "最后哪几盏亮着")
    need(p[1], "其他不变。最后哪几盏亮着")
    staff, cond, yes, cond2, no, sa, sb = g
    assert cond == cond2
    steps = names(r"依次操作：([^。]+)。", p[0])
    assert set(steps) <= {"员工卡", "访客卡", "复位"}

    def run(ops: list[str], start: tuple[int, ...]) -> dict[str, int]:
        d = dict(zip("红黄绿", start))
        for op in ops:
            if op == "复位":
                d[sa], d[sb] = d[sb], d[sa]
            else:
                d[staff if op == "员工卡" else yes if d[cond] else no] ^= 1
        return d

    def lit(d: dict[str, int]) -> str:
        on = [f"{k}灯" for k, v in d.items() if v]
        return (f"{row(on)}亮着" if len(on) < 3 else "三盏都亮着") if on else "三盏全灭"

    k, k2 = (CN[t] for t in m("第([一二三四五六])步和第([一二三四五六])步之间还按过一次复位", p[1]).groups())
    assert k2 == k + 1
    full = steps[:k] + ["复位"] + steps[k:]
    n, end = m("补全后的(.)步.*做完之后正好(三盏全灭|只有.灯亮着)", p[2]).groups()
    assert CN[n] == len(full)
    goal = tuple(int(end == f"只有{x}灯亮着") for x in "红黄绿")
    start = only(s for s in product((0, 1), repeat=3) if tuple(run(full, s).values()) == goal)
    return [lit(run(steps, (0, 0, 0))), lit(run(full, (0, 0, 0))), f"一开始{lit(dict(zip('红黄绿', start)))}"]


def logic_010(p: list[str]) -> list[str | None]:
    g = m(r"桌上(\d+)颗豆子，两人轮流拿，每次只能拿(\d)颗、(\d)颗或(\d)颗，拿到最后一颗的赢。我先拿", p[0])
    for t in p:
        need(t, "谁赢？我能赢的话第一手拿几颗？")
    need(p[0], "两边都不出错")
    need(p[3], "我的第一手不受限")
    n1, moves = int(g[1]), [int(x) for x in g.groups()[1:]]
    n2 = int(m(r"换成(\d+)颗，别的规矩不变，还是我先拿", p[1])[1])
    n3 = int(m(r"还是(\d+)颗、我先拿，改成谁拿到最后一颗谁输", p[2])[1])
    n4 = int(m(r"改回拿到最后一颗的赢，(\d+)颗、我先拿.*不许拿跟对方上一手一样的颗数.*轮到谁没法拿了谁就输", p[3])[1])

    @cache
    def win(n: int, last: int, ban: bool, misere: bool) -> tuple[int, ...]:
        """当前拿的人的必胜第一手；空则必输。"""
        out = []
        for x in moves:
            if x <= n and not (ban and x == last):
                if x == n:
                    ok = not misere
                else:
                    ok = not win(n - x, x, ban, misere)
                if ok:
                    out.append(x)
        return tuple(out)

    def say(w: tuple[int, ...]) -> str:
        return f"你必胜，第一手拿{only(w)}颗" if w else "后拿的人必胜"

    assert min(moves) == 1, "最小要能拿1颗"
    return [
        say(win(n1, 0, False, False)),
        say(win(n2, 0, False, False)),
        say(win(n3, 0, False, True)),
        say(win(n4, 0, True, False)),
    ]


def logic_011(p: list[str]) -> list[str | None]:
    need(p[0], "东西、南北方向各差几米？车头朝哪")
    need(p[1], "其余照旧")
    need(p[2], "在更正后的基础上", "转弯没错")
    m("转弯都是90度，掉头是180度，原地转不占距离", p[0])
    face = m("车头朝([东南西北])。依次：", p[0])[1]
    steps = m("依次：(.+?)。", p[0])[1].split("，")

    def run(ops: list[str]) -> str:
        x = y = 0
        d = "北东南西".index(face)
        for op in ops:
            if g := re.fullmatch(r"(前进|倒车)(\d+)米", op):
                k = int(g[2]) * (1 if g[1] == "前进" else -1)
                x, y = x + k * (0, 1, 0, -1)[d], y + k * (1, 0, -1, 0)[d]
            else:
                assert op in ("左转", "右转", "掉头"), f"动作认不出：{op}"
                d = (d + {"左转": 3, "右转": 1, "掉头": 2}[op]) % 4
        ew = f"{'东' if x > 0 else '西'}{abs(x)}米" if x else ""
        ns = f"{'北' if y > 0 else '南'}{abs(y)}米" if y else ""
        return f"{'、'.join(t for t in (ew, ns) if t)}，车头朝{'北东南西'[d]}"

    n, old, new = m("第(.)次转弯不是(左转|右转)，是(左转|右转)", p[1]).groups()
    at = [k for k, op in enumerate(steps) if op in ("左转", "右转")][CN[n] - 1]
    assert steps[at] == old != new
    fixed = steps[:at] + [new] + steps[at + 1 :]
    far = m(r"最后那(\d+)米其实是倒车", p[2])[1]
    assert fixed[-1] == f"前进{far}米"
    return [run(steps), run(fixed), run(fixed[:-1] + [f"倒车{far}米"])]


def logic_012(p: list[str]) -> list[str | None]:
    need(p[0], "从左到右怎么排")
    need(p[1], "从左到右是什么")
    who = names(r"一排五间铺面要开([^，]+)，一间一家", p[0])
    r = {k: rule(v, who) for k, v in clauses(p[0]).items()}
    assert not order(who, r.values()), "第一轮应当无解"
    core = [k for k in r if order(who, (v for j, v in r.items() if j != k))]
    assert not order(who, [r[k] for k in core]), "冲突不止一处"
    k, t1, k2, t2 = m(r"第(.)条写反了，应该是(.+?)；再加第(.)条：(.+?)。", p[1]).groups()
    fixed = r | {k: rule(t1, who), k2: rule(t2, who)}
    return [f"排不出来，{''.join(core)}互相矛盾", row(only(order(who, fixed.values())))]


def logic_013(p: list[str]) -> list[str | None]:
    m("仓库5个货位", p[0]), m("现在1到5号位依次", p[0]), m("现在1到5号位依次", p[2])
    need(p[1], "又同时轮换了一回")
    spots = sorted(re.findall(r"(\d)号位(螺丝|垫片|轴承|皮带|手套)", p[0]))
    start = [t for _, t in spots]
    assert [k for k, _ in spots] == list("12345") and len(set(start)) == 5
    s1 = [int(x) for x in m(r"先把(\d)号位和(\d)号位的箱子对调，再把(\d)号位和(\d)号位的对调", p[0]).groups()]
    ring = [int(x) for x in m(r"(\d)号位的挪到(\d)号位，(\d)号位的挪到(\d)号位，(\d)号位的挪到(\d)号位", p[1]).groups()]
    assert sorted(ring[::2]) == sorted(ring[1::2])
    a, b = m("(螺丝|垫片|轴承|皮带|手套)和(螺丝|垫片|轴承|皮带|手套)现在", p[1]).groups()
    assert [
        int(x) for x in m(r"头一下对调（(\d)号位和(\d)号位）其实没干成，第二下和下午的轮换都是真的", p[2]).groups()
    ] == s1[:2]
    m("标签一直贴的是最早那一版.*几个货位的标签跟东西对得上", p[3])
    m("全搬回最早的样子，每次只能对调任意两个货位的箱子，最少", p[4])
    s6 = [int(x) for x in m(r"先不搬.*又把(\d)号位和(\d)号位对调", p[5]).groups()]
    label, same_label = m("贴“(.+?)”的是几号位？(.+?)最早又在几号位", p[5]).groups()
    assert label == same_label

    assert {*s1, *ring, *s6} <= set(range(1, 6)), "号位越界"

    def swap(x: list[str], i: int, j: int) -> list[str]:
        y = x[:]
        y[i - 1], y[j - 1] = y[j - 1], y[i - 1]
        return y

    def turn(x: list[str]) -> list[str]:
        y = x[:]
        for i, j in zip(ring[::2], ring[1::2]):
            y[j - 1] = x[i - 1]
        return y

    def at(x: list[str], t: str) -> str:
        return f"{x.index(t) + 1}号位"

    one = swap(swap(start, *s1[:2]), *s1[2:])
    two = turn(one)
    three = turn(swap(start, *s1[2:]))
    same = [k + 1 for k in range(5) if three[k] == start[k]]
    seen: set[int] = set()
    cycles = 0
    for k in range(5):
        cycles += k not in seen
        while k not in seen:
            seen.add(k)
            k = start.index(three[k])
    last = swap(three, *s6)
    return [
        row(one),
        f"{a}在{at(two, a)}，{b}在{at(two, b)}",
        row(three),
        f"{len(same)}个，{row(f'{k}号位' for k in same)}",
        f"最少{5 - cycles}次",
        f"现在在{at(last, label)}，最早在{at(start, label)}",
    ]


def logic_014(p: list[str]) -> list[str | None]:
    need(p[0], "都不重样。")
    need(p[1], "其他五条不变")
    need(p[2], "一共有几种可能？谁坐几楼还能确定")
    who = names(r"四个考研的([^，]+)，", p[0])
    major = names(r"专业是([^，]+)四样", p[0])
    drink = names(r"喝的是([^，]+)四样", p[0])
    lo, hi = map(int, m(r"坐在图书馆(\d)到(\d)楼，一人一层", p[0]).groups())
    assert hi - lo == 3
    x = "(" + "|".join(who + [f"学{t}的" for t in major] + [f"喝{t}的" for t in drink]) + ")"

    def link(a: str, b: str, f: Callable[[int, int], bool]) -> Clue:
        return lambda d: f(d[a], d[b])

    def clue(t: str) -> Clue:
        for pattern, f in (
            (f"{x}和{x}正好差两层", lambda u, v: abs(u - v) == 2),
            (f"{x}比{x}正好高一层", lambda u, v: u - v == 1),
            (f"{x}比{x}楼层高", lambda u, v: u > v),
        ):
            if g := re.fullmatch(pattern, t):
                a, b = g.groups()
                return link(a, b, f)
        raise AssertionError(f"线索认不出：{t}")

    perms = list(permutations(range(lo, hi + 1)))
    worlds = [
        dict(zip(who, n)) | dict(zip((f"学{t}的" for t in major), s)) | dict(zip((f"喝{t}的" for t in drink), d))
        for n, s, d in product(perms, repeat=3)
    ]

    def solve(rules: Iterable[Clue]) -> list[dict[str, int]]:
        rs = list(rules)
        return [w for w in worlds if all(r(w) for r in rs)]

    def show(w: dict[str, int]) -> str:
        out = []
        for k in range(lo, hi + 1):
            n, s, d = (t for t, v in w.items() if v == k)
            out.append(f"{k}楼{n}学{s[1:-1]}喝{d[1:-1]}")
        return "；".join(out)

    r = {k: clue(v) for k, v in clauses(p[0]).items()}
    k, new = m(r"第(.)条记错了，应该是(.+?)。", p[1]).groups()
    back, drop = m(r"第(.)条还是用最早那句，改成把第(.)条整条删掉", p[2]).groups()
    assert back == k
    pool = solve(v for j, v in r.items() if j != drop)
    sure = [f"{n}在{pool[0][n]}楼" for n in who if len({w[n] for w in pool}) == 1]
    return [
        show(only(solve(r.values()))),
        show(only(solve((r | {k: clue(new)}).values()))),
        f"一共{len(pool)}种；{'，'.join(sure) or '没有人的楼层'}能确定",
    ]


def logic_015(p: list[str]) -> list[str | None]:
    need(p[1], "只看单条")
    m("戴降噪耳机的程序员.*比不戴的少三成", p[0])
    m("哪条最能支持“发耳机真能减少事故”，哪条最能削弱", p[1])
    opts = dict(re.findall(r"([A-D])\. ([^；。]+)[；。]", p[1]))
    assert len(opts) == 4
    # 随机分组后发的一半更少：支持；戴之前就已经少同样多：削弱。
    gap = m("人均线上事故比不戴的少(.成)", p[0])[1]
    yes = only(k for k, t in opts.items() if re.search("抽签给一半人发了耳机，.+发了的这半比没发的那半事故更少", t))
    no = only(k for k, t in opts.items() if re.search(f"戴耳机的那批人，在戴之前.+就已经少{gap}", t))
    return [None, f"最能支持的是{yes}，最能削弱的是{no}"]


def logic_016(p: list[str]) -> list[str | None]:
    tasks: dict[str, tuple[int, list[str]]] = {}
    for name, days, pre in re.findall(
        r"([\u4e00-\u9fff]+?)(\d+)天(?:，要等([^；。]+?)(?:都)?做完)?[；。]", m("：(.+)", p[0])[1]
    ):
        tasks[name] = (int(days), pre.split("和") if pre else [])
    assert (
        list(tasks) == ["水电", "防水", "贴砖", "木工", "刷漆", "橱柜", "保洁"]
        and sum(len(v[1]) for v in tasks.values()) == 8
    )
    assert all(y in tasks for _, pre in tasks.values() for y in pre), "前置工序认不出"
    need(p[0], "最快几天全部完工")
    need(p[1], "其他不变。最快几天")
    need(p[2], "先做哪个更快，最快几天完工")
    m("没有先后关系的活可以同时干", p[0])

    def total(t: dict[str, tuple[int, list[str]]]) -> int:
        @cache
        def end(x: str) -> int:
            return t[x][0] + max((end(y) for y in t[x][1]), default=0)

        return max(end(x) for x in t)

    w, b = map(int, m(r"木工得干(\d+)天，贴砖加了人(\d+)天就行", p[1]).groups())
    new = tasks | {"木工": (w, tasks["木工"][1]), "贴砖": (b, tasks["贴砖"][1])}
    m("贴砖和木工不能同时进场，得一个全部干完另一个才能开始", p[2])
    plans = {}
    for a, z in (("贴砖", "木工"), ("木工", "贴砖")):
        plans[a] = total(new | {z: (new[z][0], new[z][1] + [a])})
    best = only(k for k, v in plans.items() if v == min(plans.values()))
    return [f"{total(tasks)}天", f"{total(new)}天", f"先做{best}，最短{min(plans.values())}天"]


def logic_017(p: list[str]) -> list[str | None]:
    need(p[0], "说的话大家都听得见", "谁的最大？阿芝手里可能是几？把可能的都说出来")
    need(p[1], "老谭手里是几")
    need(p[2], "老谭手里是几")
    need(p[3], "谁的最大？小余手里可能是几？把可能的都说出来")
    a, b, c = names(r"抽牌，(.+?)三个人从写着", p[0])
    lo, hi = map(int, m(r"写着(\d)到(\d)的牌里各抽一张，不会重", p[0]).groups())
    m("只能看自己的.*三个人都绝顶聪明、只说实话", p[0])
    who = [a, b, c]
    x = "(" + "|".join(who) + ")"

    def worlds(h: int) -> list[tuple[int, ...]]:
        return list(permutations(range(lo, h + 1), 3))

    def say(pool: list[tuple[int, ...]], name: str, knows: bool) -> list[tuple[int, ...]]:
        k = who.index(name)
        tops: dict[int, set[int]] = {}
        for w in pool:
            tops.setdefault(w[k], set()).add(w.index(max(w)))
        return [w for w in pool if (len(tops[w[k]]) == 1) == knows]

    def talk(text: str) -> list[tuple[str, bool]]:
        out = [(n, v == "确定") for n, v in re.findall(x + "[^，。；“]*说：“[^”]*?(不确定|确定)[^”]*”", text)]
        assert out, "没有对话"
        return out

    def hear(lines: list[tuple[str, bool]], h: int) -> list[tuple[int, ...]]:
        pool = worlds(h)
        for n, v in lines:
            pool = say(pool, n, v)
        assert pool
        return pool

    def hand(pool: list[tuple[int, ...]], name: str) -> str:
        return "或".join(str(v) for v in sorted({w[who.index(name)] for w in pool}))

    def top(pool: list[tuple[int, ...]]) -> str:
        return who[only({w.index(max(w)) for w in pool})]

    l1 = talk(p[0])
    assert [n for n, _ in l1] == who
    one = hear(l1, hi)
    assert tuple(map(int, m(r"还是(\d)到(\d)，前两句一样", p[1]).groups())) == (lo, hi)
    l2 = l1[:2] + talk(p[1])
    assert [n for n, _ in l2] == who + [a]
    two = hear(l2, hi)
    lo3, h3 = map(int, m(r"牌换成(\d)到(\d)的，四句话跟刚才改过的一模一样", p[2]).groups())
    assert lo3 == lo
    three = hear(l2, h3)
    lo4, h4 = map(int, m(r"牌还是(\d)到(\d)。前四句全是“不确定”", p[3]).groups())
    assert (lo4, h4) == (lo, hi)
    l4 = [(n, False) for n, _ in l2] + talk(p[3])
    assert [n for n, _ in l4] == who + [a, b]
    four = hear(l4, h4)
    return [
        f"{top(one)}的最大，手里是{hand(one, c)}",
        f"{a}手里是{only([hand(two, a)])}",
        f"{a}手里是{hand(three, a)}",
        f"{top(four)}的最大，手里是{hand(four, b)}",
    ]


def logic_018(p: list[str]) -> list[str | None]:
    need(p[2], "前面的信息都算数")
    for t in p:
        need(t, "哪些一定是真的？")
    words = {
        "周末班的": (0, 1),
        "买了意外险的": (1, 1),
        "没买意外险的": (1, 0),
        "有健康证的": (2, 1),
        "没有健康证的": (2, 0),
    }
    verb = {
        "买了意外险": (1, 1),
        "没买意外险": (1, 0),
        "不上周末班": (0, 0),
        "有健康证": (2, 1),
        "没有健康证": (2, 0),
        "上周末班": (0, 1),
    }
    subj, pred = "(" + "|".join(words) + ")", "(" + "|".join(verb) + ")"
    kinds = list(product((0, 1), repeat=3))
    models = [s for n in range(1, 9) for s in combinations(kinds, n)]

    def holds(t: str, world: tuple) -> bool:
        if g := re.fullmatch(f"{subj}骑手(?:都|全){pred}", t):
            (i, u), (j, v) = words[g[1]], verb[g[2]]
            return all(k[j] == v for k in world if k[i] == u)
        g = re.fullmatch(f"至少有一个{subj}骑手{pred}", t)
        assert g, f"句子认不出：{t}"
        (i, u), (j, v) = words[g[1]], verb[g[2]]
        return any(k[i] == u and k[j] == v for k in world)

    def options(text: str, letters: str) -> dict[str, str]:
        o = dict(re.findall(rf"([{letters}])\. ([^；。]+)[；。]", text))
        assert len(o) == 4
        return o

    def must(o: dict[str, str], pool: list) -> str:
        assert pool
        return row(k for k, t in o.items() if all(holds(t, w) for w in pool))

    false = m("有人说“(.+?)”，站长说这话是假的", p[0])[1]
    pool = [w for w in models if not holds(false, w)]
    abcd, efgh = options(p[0], "A-D"), options(p[2], "E-H")
    one = must(abcd, pool)
    g = m(f"{subj}骑手里，确实有人{pred}", p[1])
    pool = [w for w in pool if holds(f"至少有一个{g[1]}骑手{g[2]}", w)]
    two = must(abcd, pool)
    t3 = m("再加一条：(.+?)。", p[2])[1]
    pool = [w for w in pool if holds(t3, w)]
    return [f"一定真的只有{one}。", f"一定真的是{two}。", f"一定真的是{must(efgh, pool)}。"]


def logic_019(p: list[str]) -> list[str | None]:
    need(p[0], "摸出来才看得见是哪种，摸了不放回", "每种只能换一次", "他说得对吗？要保证换到")
    need(p[1], "开摸前主持人抽走了", "还是每种只能换一次")
    have = {k: int(v) for k, v in re.findall(r"([\u4e00-\u9fff]{2}券)(\d+)张", m("混着(.+?)，摸出来", p[0])[1])}
    assert len(have) == CN[m("小崔说一共就([三四五])种", p[0])[1]]

    def least(stock: dict[str, int], kinds: int, each: int) -> int:
        assert sum(v >= each for v in stock.values()) >= kinds, "根本凑不齐"
        bad = (sum(t) for t in product(*(range(v + 1) for v in stock.values())) if sum(v >= each for v in t) < kinds)
        return max(bad) + 1

    each1, each2 = (int(m(r"同一种凑够(\d)张(?:换|就换)一份", t)[1]) for t in p)
    kinds1, kinds2 = (CN[m("要保证换到([两三])份，最少得摸几张", t)[1]] for t in p)
    claim, k = m(r"摸(\d+)张准能换到([两三])份", p[0]).groups()
    assert CN[k] == kinds1 and int(claim) == len(have) * each1
    n, t = m(r"抽走了(\d)张([\u4e00-\u9fff]{2}券)", p[1]).groups()
    assert t in have and int(n) <= have[t]
    one, two = least(have, kinds1, each1), least(have | {t: have[t] - int(n)}, kinds2, each2)
    verdict = "对" if int(claim) >= one else "不对"
    return [f"小崔说得{verdict}，最少摸{one}张", f"最少摸{two}张"]


def logic_020(p: list[str]) -> list[str | None]:
    teams = [t.removesuffix("队") for t in names(r"四支队：([^，]+)，单循环每两队踢一场", p[0])]
    x = "(" + "|".join(teams) + ")队"
    games = list(combinations(teams, 2))
    need(p[1], "其他不动")
    need(p[3], "不理会任何改判")
    need(p[4], "从第一到最后怎么排")
    pts = tuple(map(int, m(r"胜(\d)分平(\d)分负(\d)分。踢完", p[0]).groups()))
    table = {t: int(v) for t, v in re.findall(x + r"(\d+)分", p[0])}
    assert len(table) == 4

    Res = dict[tuple[str, str], str]

    def score(res: Res, rule: tuple[int, ...]) -> dict[str, int]:
        out = dict.fromkeys(teams, 0)
        for (a, b), w in res.items():
            for t in (a, b):
                out[t] += rule[1] if w == "平" else rule[0] if w == t else rule[2]
        return out

    every = (dict(zip(games, r)) for r in product(*((a, b, "平") for a, b in games)))
    res: Res = only(r for r in every if score(r, pts) == table)

    def show(s: dict[str, int]) -> str:
        return "，".join(f"{t}{v}分" for t, v in sorted(s.items(), key=lambda kv: -kv[1]))

    def put(r: Res, a: str, b: str, winner: str) -> Res:
        key = (a, b) if (a, b) in r else (b, a)
        assert key in r and winner in key and r[key] != winner
        return r | {key: winner}

    def text(a: str, b: str) -> str:
        w = res[a, b]
        return f"{a}平{b}" if w == "平" else f"{w}胜{b if w == a else a}"

    a, b, w1 = m(f"{x}对{x}那场用了外援，改判{x}胜", p[1]).groups()
    c, d, w2 = m(f"那场恢复原结果；但{x}对{x}那场，.*改判{x}胜", p[2]).groups()
    rule2 = tuple(map(int, m(r"最初的赛果.*换成胜(\d)分平(\d)分负(\d)分", p[3]).groups()))
    g = m(f"两个改判（{x}对{x}改判{x}胜、{x}对{x}改判{x}胜）都算数", p[4]).groups()
    assert g == (a, b, w1, c, d, w2)
    rule5 = tuple(map(int, m(r"用胜(\d)分平(\d)分负(\d)分", p[4]).groups()))
    late, fine = m(rf"{x}另外因为迟到扣(\d)分；同分的看两队之间那场谁赢", p[4]).groups()
    final = put(put(res, a, b, w1), c, d, w2)
    s5 = score(final, rule5)
    s5[late] -= int(fine)

    def beats(u: str, v: str) -> bool:
        w = final[(u, v) if (u, v) in final else (v, u)]
        return s5[u] > s5[v] or (s5[u] == s5[v] and w == u)

    rank = only(q for q in permutations(teams) if all(beats(u, v) for u, v in combinations(q, 2)))
    return [
        "，".join(text(*k) for k in games),
        show(score(put(res, a, b, w1), pts)),
        show(score(put(res, c, d, w2), pts)),
        show(score(res, rule2)),
        row(f"{t}{s5[t]}分" for t in rank),
    ]
