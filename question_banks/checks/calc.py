"""计算题 calc-001..020 的核对函数：参数全部用正则从 prompt 里取，逐轮算出参考答案里必须出现的字符串。"""

from __future__ import annotations

import re
from datetime import date, timedelta
from fractions import Fraction as F
from itertools import product
from math import ceil, comb, floor

N = r"(\d+(?:\.\d+)?)"


def g(pattern: str, text: str) -> list[F]:
    """取出 pattern 的全部分组（# 代表一个数），没匹配到就报错。"""
    m = re.search(pattern.replace("#", N), text)
    assert m, f"未找到：{pattern}"
    return [F(x) for x in m.groups()]


def i(pattern: str, text: str) -> list[int]:
    return [int(x) for x in g(pattern, text)]


def has(pattern: str, text: str) -> None:
    assert re.search(pattern, text), f"未找到：{pattern}"


def must(text: str, *parts: str) -> None:
    """题面里必须原样出现的设定和问法。"""
    for t in parts:
        assert t in text, f"未找到：{t}"


def s(x: F | int, digits: int | None = None) -> str:
    """精确写成小数（去尾零）；给了 digits 就四舍五入到该位。"""
    x = F(x)
    if digits is not None:
        scaled = x * 10**digits
        assert scaled % 1 != F(1, 2), "恰好在进位边界上"
        return f"{float(F(round(scaled), 10**digits)):.{digits}f}"
    assert (x * 10**6).denominator == 1, f"不是有限小数：{x}"
    return f"{float(x):.6f}".rstrip("0").rstrip(".")


def best(costs: dict[str, F]) -> tuple[str, F]:
    """唯一的最小费用方案。"""
    low = min(costs.values())
    plans = [k for k, v in costs.items() if v == low]
    assert len(plans) == 1, f"最省方案不唯一：{plans}"
    return plans[0], low


def calc_001(p: list[str]) -> list[str | None]:
    must(p[0], "按净面积加", "要铺的面积，再除以单片面积", "我得买几箱？")
    must(p[1], "管井不铺，从净面积里扣掉。损耗还是那个算法，这回要多少片、几箱？")
    must(p[2], "按重新量过的尺寸，片数够用就行，怎么买最省")
    (tl, tw), (length, width) = g("#×#毫米", p[0]), g("长#米、宽#米", p[0])
    (loss,), (box,) = g("加#%损耗", p[0]), i("一箱#片", p[0])
    has("不足一片算一片", p[0])
    has("只卖整箱", p[0])

    def tiles(net: F) -> int:
        return ceil(net * (1 + loss / 100) / (tl * tw / 10**6))

    one = tiles(length * width)
    first = ceil(F(one, box))
    (width2,), (hx, hy) = g("宽其实是#米", p[1]), g("#米×#米的管井不铺", p[1])
    need = tiles(length * width2 - hx * hy)
    boxes = ceil(F(need, box))
    (pb, pp) = g("整箱#元，单片#元", p[2])
    costs = {f"{b}箱加{max(0, need - b * box)}片": b * pb + max(0, need - b * box) * pp for b in range(boxes + 1)}
    plan, cost = best(costs)
    return [f"即{one}片，{one}÷{box}进位为{first}箱", f"{need}片，{boxes}箱", f"{plan}，共{s(cost)}元"]


def calc_002(p: list[str]) -> list[str | None]:
    must(p[0], "号开始往后编", "就跳过不用", "最后一个车位是几号？")
    must(p[1], "也得跳过", "最后一个变成几号？", "按新规矩算第几个？")
    (start,), (digit,), (total,) = i("从#号开始", p[0]), i("带数字#就跳过", p[0]), i("一共#个车位", p[0])
    (tail,), (digit2,), (total2,), (ask,) = (
        i("末两位是#的号", p[1]),
        i("带#的照样跳", p[1]),
        i("还是#个车位", p[1]),
        i("编号#的车位", p[1]),
    )
    for x in re.findall(r"\d+", re.search(r"（(.*?)这种）", p[1])[1]):  # type: ignore[index]
        assert int(x) % 100 == tail
    one = [n for n in range(start, 20 * total) if str(digit) not in str(n)]
    two = [n for n in one if str(digit2) not in str(n) and n % 100 != tail]
    return [f"{one[total - 1]}号", f"最后一个是{two[total2 - 1]}号，编号{ask}排第{two.index(ask) + 1}个"]


def calc_003(p: list[str]) -> list[str | None]:
    must(p[0], "店里活动是先打", "折，打完折的钱再每满", "元另加、不参加活动", "一共付多少？")
    must(p[1], "其他不动，得付多少？")
    must(p[2], "配送费还是另加", "蛋挞个数不变，应该付多少？")
    must(p[3], "蛋挞一个都不要了", "按店员说的顺序算", "贵了还是便宜了，差多少？")
    (tea, cups), (tart, n) = g("奶茶#元一杯要#杯", p[0]), g("蛋挞#元一个要#个", p[0])
    (rate,), (full, cut), (ship,) = g("先打#折", p[0]), g("每满#减#，", p[0]), g("配送费#元另加", p[0])
    rate /= 100

    def off(x: F) -> F:
        return x - x // full * cut

    (more,) = g("来了#个人，每人再加一杯奶茶", p[1])
    (full2, cut2, rate2), (cups3,) = g("先按原价每满#减#，减完再打#折", p[2]), g("按#杯奶茶算", p[2])
    assert (full2, cut2, rate2) == (full, cut, rate * 100) and cups3 == cups + more
    (cups4, cups1, n1) = g("就要那#杯奶茶.*最开始那单（#杯奶茶加#个蛋挞、先打折后满减）", p[3])
    assert (cups4, cups1, n1) == (cups3, cups, n)
    a = off((tea * cups + tart * n) * rate) + ship
    b = off((tea * (cups + more) + tart * n) * rate) + ship
    c = off(tea * cups3 + tart * n) * rate + ship
    d = off(tea * cups4) * rate + ship
    word = "便宜" if d < a else "贵"
    return [f"{s(a)}元", f"{s(b)}元", f"{s(c)}元", f"付{s(d)}元，{word}{s(abs(a - d))}元"]


def calc_004(p: list[str]) -> list[str | None]:
    must(p[0], "实际要几个小时？")
    must(p[1], "传之前先压缩", "压缩时间不算", "差多少或者富余多少？")
    must(p[2], "带宽只能买整数Gbps", "最少升到几Gbps能在窗口里传完压缩后的数据？升完传一次要几小时？")
    (tb,), (gb,), (use,) = g("把#TB", p[0]), g("专线是#Gbps", p[0]), g("跑到#%", p[0])
    (tera, giga) = i("1TB按10的#次方字节、1G按10的#次方", p[0])
    has("1Gbps就是一秒1GB，撑死一个半小时", p[0])
    bits = tb * 10**tera * 8
    hours = bits / (gb * 10**giga * use / 100) / 3600
    assert hours != F(3, 2)
    (left,), (h0, h1) = g("是原来的#%", p[1]), g("凌晨#点到#点", p[1])
    need = hours * left / 100
    word = "来不及，差" if need > h1 - h0 else "来得及，富余"
    (use2,) = g("利用率还是#%", p[2])
    work = bits * left / 100 / (10**giga * use2 / 100) / 3600
    up = ceil(work / (h1 - h0))
    return [
        f"不对，实际要{s(hours)}小时",
        f"{word}{s(abs(need - (h1 - h0)))}小时",
        f"最少{up}Gbps，传一次{s(work / up)}小时",
    ]


def calc_005(p: list[str]) -> list[str | None]:
    must(p[0], "甲的新客、老客转化率都比乙高，合起来肯定也是甲高", "甲的总转化率比乙高几个百分点？")
    must(p[1], "不管人数，每个渠道的新客转化率和老客转化率", "谁高、高几个百分点？")
    pat = "：新客看到#人、下单#人，老客看到#人、下单#人"
    a, b = g("甲" + pat, p[0]), g("乙" + pat, p[0])
    assert a[1] / a[0] > b[1] / b[0] and a[3] / a[2] > b[3] / b[2], "分组并非都是甲高"
    ra, rb = ((x[1] + x[3]) / (x[0] + x[2]) * 100 for x in (a, b))
    assert ra < rb, "合计没有反转"
    (fix,) = g("老客下单数里混了退单，实际只有#单", p[1])
    has("直接取平均", p[1])
    ma, mb = (a[1] / a[0] + a[3] / a[2]) * 50, (b[1] / b[0] + fix / b[2]) * 50
    hi = "甲" if ma > mb else "乙"
    return [
        f"甲{s(ra)}%，乙{s(rb)}%，甲反而低{s(rb - ra)}个百分点",
        f"甲{s(ma)}%，乙{s(mb)}%，{hi}高{s(abs(ma - mb))}个百分点",
    ]


def calc_006(p: list[str]) -> list[str | None]:
    must(
        p[0],
        "三道工序串着走",
        "每道工序一台机器、一次只做一件，工序之间随便堆料，搬运时间不算",
        "从开工到最后一件清洗完一共多少秒？",
    )
    must(p[1], "两台同时干，别的不动")
    must(p[2], "在有两台攻丝机的基础上", "一次只能洗一篮")
    drill, tap, wash = i("打孔每件#秒，攻丝每件#秒，清洗每件#秒", p[0])
    (n1,), (n2,), (n3,) = i("做#件", p[0]), i("还是#件", p[1]), i("。#件又要", p[2])
    has("攻丝再添一台一模一样的机器", p[1])
    batch, cycle = i("凑齐#件洗一篮，一篮洗#秒", p[2])

    def run(n: int, taps: int, size: int, t: int) -> int:
        assert n % size == 0
        free, done = [0] * taps, 0
        for k in range(1, n + 1):
            m = free.index(min(free))
            free[m] = ready = max(free[m], k * drill) + tap
            if k % size == 0:
                done = max(done, ready) + t
        return done

    return [f"{run(n1, 1, 1, wash)}秒", f"{run(n2, 2, 1, wash)}秒", f"{run(n3, 2, batch, cycle)}秒"]


def calc_007(p: list[str]) -> list[str | None]:
    must(p[0], "按全年累计分档", "7月电费多少？")
    must(p[1], "7月多收的该退多少？")
    must(p[2], "三个月电费合计多少？")
    must(p[3], "全年电费总共多少？")
    must(p[4], "单价不变。要是全年都按这个算，比刚说的算法总共省多少？")
    c1, p1, c1b, c2, p2, c2b, p3 = g("累计#度以内每度#元，超过#度到#度的部分每度#元，超过#度的部分每度#元", p[0])
    assert c1 == c1b and c2 == c2b
    half, july = g("1到6月一共用了#度，7月用了#度，7月电费", p[0])

    def bill(x: F, up: F = F(0)) -> F:
        a, b = c1 + up, c2 + up
        return min(x, a) * p1 + max(F(0), min(x, b) - a) * p2 + max(F(0), x - b) * p3

    july2, aug = g("7月抄表抄错了，实际是#度。8月用了#度，8月电费多少？7月多收", p[1])
    (autumn,), (dec,) = g("9到11月三个月加起来用了#度", p[2]), g("12月用了#度", p[3])
    (up,) = g("两档的上限各往上加#度", p[4])
    t7 = half + july2
    t8 = t7 + aug
    t11 = t8 + autumn
    year = t11 + dec
    return [
        f"{s(bill(half + july) - bill(half))}元",
        f"8月{s(bill(t8) - bill(t7))}元，7月应退{s(bill(half + july) - bill(t7))}元",
        f"{s(bill(t11) - bill(t8))}元",
        f"{s(bill(year))}元",
        f"省{s(bill(year) - bill(year, up))}元",
    ]


def calc_008(p: list[str]) -> list[str | None]:
    must(p[0], "乙店分量不变", "买甲店的肯定划算。她说得对吗？两家每公斤各合多少钱？")
    must(p[1], "她到甲店翻过瓶子一看", "按每公斤算怎么买最便宜？每公斤合多少钱，两瓶一共付多少？")
    kg, price, more, fold = g("一瓶#公斤卖#元。这周甲店搞“加量#%不加价”，乙店分量不变、打#折", p[0])
    assert g("#%比#%大", p[0]) == [more, 100 - fold * 10]
    (kg2,) = g("净含量只印着#公斤", p[1])
    (fold2,) = g("乙店又添了一条：同款买两瓶，第二瓶半价，不能跟#折一起用。我家正好要两瓶，在同一家买", p[1])
    assert fold2 == fold
    a, b = price / (kg * (1 + more / 100)), price * fold / 10 / kg
    assert a == b, "两家单价本应一样"
    pay = {"甲店": price * 2, "乙店打折": price * fold / 10 * 2, "乙店第二瓶半价": price * F(3, 2)}
    plan, each = best({k: v / (2 * (kg2 if k == "甲店" else kg)) for k, v in pay.items()})
    return [f"两家一样，每公斤都是{s(a)}元", f"{plan}，每公斤{s(each)}元，两瓶共{s(pay[plan])}元"]


def calc_009(p: list[str]) -> list[str | None]:
    must(p[0], "照这个速度几点几分挂完？不足一分钟按一分钟算")
    must(p[1], "之后没再动", "不足一分钟按一分钟算")
    must(p[2], "一开始就看错了。两段滴速都按实际数的滴数来，没错", "真正几点挂完？")
    ml, per, speed, h, m = g(r"#毫升的液体，输液器是#滴/毫升，护士调到每分钟#滴，上午#:#开始", p[0])
    h1, m1, slow = g(r"#:#老人说心慌，护士当场调慢到每分钟#滴", p[1])
    h2, m2, per2 = g(r"#:#家属.*其实是#滴/毫升", p[2])
    start, change = h * 60 + m, h1 * 60 + m1

    def clock(t: F) -> str:
        x = ceil(t)
        return f"{x // 60}:{x % 60:02d}挂完"

    def end(drops: F) -> F:
        left = drops - (change - start) * speed
        assert left > 0
        return change + left / slow

    assert change < h2 * 60 + m2 < end(ml * per2), "发现时应还没挂完"
    return [clock(start + ml * per / speed), clock(end(ml * per)), clock(end(ml * per2))]


def calc_010(p: list[str]) -> list[str | None]:
    must(p[0], "每一段路的钱由当时还在车上的人平分，四个人各付多少？")
    must(p[1], "别人没变")
    must(p[2], "由当时在车上的人平分。加上这笔，各人付多少？")
    must(p[3], "整单（车费加过路费）", "优惠按各人应付的比例分", "最后各付多少？")
    (fare,) = g("每公里#元", p[0])
    names = ["小罗", "小田", "阿健", "你"]
    stops = g("小罗坐到第#公里下，小田第#公里下，阿健第#公里下，我坐到第#公里", p[0])
    (moved,), (toll_at, toll), (fold,) = (
        g("阿健是第#公里才下", p[1]),
        g("第#公里处过了个收费站，过路费#元", p[2]),
        g("打了#折", p[3]),
    )

    def share(off: list[F]) -> list[F]:
        pay, last = [F(0)] * 4, F(0)
        for end in sorted(set(off)):
            on = [k for k in range(4) if off[k] >= end]
            for k in on:
                pay[k] += (end - last) * fare / len(on)
            last = end
        return pay

    a = share(stops)
    b = share([stops[0], stops[1], moved, stops[3]])
    on = [k for k, x in enumerate([stops[0], stops[1], moved, stops[3]]) if x > toll_at]
    c = [x + (toll / len(on) if k in on else 0) for k, x in enumerate(b)]
    d = [x * fold / 10 for x in c]
    return ["，".join(f"{n}{s(x)}元" for n, x in zip(names, v)) for v in (a, b, c, d)]


def calc_011(p: list[str]) -> list[str | None]:
    must(p[0], "要多少毫升原液、多少毫升水？体积当作可以直接相加")
    must(p[1], "直接往里补原液，不倒水，要补多少毫升？")
    must(p[2], "全兑在一起", "舀几升？兑出来一共几升？")
    (pct, ml, gram), (litre, conc) = g("有效氯#%，就按每#毫升含#克", p[0]), g("配#升浓度#毫克/升", p[0])
    assert pct * ml / 100 == gram
    per = gram * 1000 / ml
    raw = litre * conc / per
    (goal, lit2, conc2) = g("提到#毫克/升。桶里那#升#毫克/升的", p[1])
    add = (goal - conc2) * lit2 / (per - goal / 1000)
    (stock, conc3, stock2, goal3) = g("只剩#毫升了.*舀一部分#毫克/升的出来，跟这#毫升.*正好兑成#毫克/升", p[2])
    v = (per * stock - goal3 * stock / 1000) / (goal3 - conc3)
    assert (lit2, conc2, stock2) == (litre, conc, stock) and v < litre
    return [
        f"原液{s(raw)}毫升，水{s(litre * 1000 - raw)}毫升",
        f"补{s(add)}毫升",
        f"舀{s(v)}升，共得{s(v + stock / 1000)}升",
    ]


def calc_012(p: list[str]) -> list[str | None]:
    must(p[0], "一个月一期", "另收手续费，每期手续费", "总手续费多少？如果按“总手续费÷平均占用本金”算", "保留两位小数")
    must(p[1], "一次结清剩下的本金", "后面几期手续费全免", "手续费加违约金一共多少？比老老实实还满省还是亏，差多少？")
    (price, n, base), (whole, fee), (claim,) = (
        g("手机#元分#期.*每期还#元本金", p[0]),
        g("都按#元的#%收", p[0]),
        g("年化也就#%", p[0]),
    )
    assert base * n == price == whole and claim == fee * 12
    first, second, last = g("依次是#、#……#元", p[0])
    assert (first, second, last) == (price, price - base, base)
    each = price * fee / 100
    avg = sum((price - base * k for k in range(int(n))), F(0)) / n
    k, pen = g("还完第#期就.*剩余本金#%的违约金", p[1])
    cost = each * k + (price - base * k) * pen / 100
    word = "省" if cost < each * n else "亏"
    return [
        f"总手续费{s(each * n)}元，年化{s(each * n / avg * 100, 2)}%，不是{s(claim)}%",
        f"一共{s(cost)}元，{word}{s(abs(each * n - cost))}元",
    ]


def calc_013(p: list[str]) -> list[str | None]:
    must(p[0], "进货付现", "付完手里还有多少现金？")
    must(p[1], "现在手里多少现金？")
    must(p[2], "钱在手机里，不在手里", "烂了扔掉", "西红柿、黄瓜各剩几斤？")
    must(p[3], "两边都没给钱", "两样各剩几斤？")
    must(p[4], "剩下的西红柿", "一共多少现金？")
    must(p[5], "还没交", "把手机里那笔也算上，备用金不算赚的，我今天净赚多少？")
    (fund,) = g("备用金#元现金", p[0])
    tq, tp, cq, cp = g("西红柿#斤，每斤#元；黄瓜#斤，每斤#元", p[0])
    ts, tsp, cs, csp = g("卖了西红柿#斤，每斤#元；黄瓜#斤，每斤#元，都收的现金", p[1])
    (scan,), (rot,) = g("上午卖的西红柿里有#斤是扫码付的", p[2]), g("还有#斤黄瓜烂了", p[2])
    got, gave = g("拿来#斤黄瓜，换走我#斤西红柿", p[3])
    tend, cend = g("西红柿每斤#元、黄瓜每斤#元，全部卖光，都收现金", p[4])
    (rent,) = g("摊位费#元", p[5])
    cost = tq * tp + cq * cp
    c1 = fund - cost
    c2 = c1 + ts * tsp + cs * csp
    c3 = c2 - scan * tsp
    t3, k3 = tq - ts, cq - cs - rot
    t4, k4 = t3 - gave, k3 + got
    c5 = c3 + t4 * tend + k4 * cend
    return [
        f"{s(c1)}元",
        f"{s(c2)}元",
        f"现金{s(c3)}元，西红柿剩{s(t3)}斤，黄瓜剩{s(k3)}斤",
        f"西红柿剩{s(t4)}斤，黄瓜剩{s(k4)}斤",
        f"{s(c5)}元",
        f"净赚{s(c5 + scan * tsp - fund - rent)}元",
    ]


def calc_014(p: list[str]) -> list[str | None]:
    must(p[0], "总共多少公斤，保留一位小数，中间步骤别先取整")
    must(p[1], "别的没变，现在总重多少公斤？")
    must(p[2], "布卷不能拆开。一个托盘最多放几卷，最少要几个托盘？")
    rolls, yd, inch, oz = g("need # rolls.*is # yd long and # in wide.*weighs # oz per square yard", p[0])
    per_yd, gram = g("1码=#英寸，1盎司按#克", p[0])
    inch2, more = g("width should be # in, and please add # more rolls", p[1])
    own, cap = g("自重#公斤在内不能超过#公斤", p[2])
    one, two = (yd * w / per_yd * oz * gram / 1000 for w in (inch, inch2))
    fit = floor((cap - own) / two)
    return [
        f"{s(one * rolls, 1)}公斤",
        f"{s(two * (rolls + more), 1)}公斤",
        f"每托最多{fit}卷，最少{ceil((rolls + more) / fit)}个托盘",
    ]


def calc_015(p: list[str]) -> list[str | None]:
    must(p[0], "的校验位是几？")
    must(p[1], "已知最后的校验位没抄错")
    has("货号是8位数字，后面再跟1位校验位。算法：8位从左到右", p[0])
    has("9位码.*原来的8位货号", p[1])
    m = re.search(r"依次乘((?:\d、){7}\d)，加起来除以(\d+)取余数，校验位等于(\d+)减余数，余数是0就取0", p[0])
    assert m and m[2] == m[3]
    w, mod = [int(x) for x in m[1].split("、")], int(m[2])
    code = re.search(r"货号(\d{8})的校验位", p[0])
    note = re.search(r"抄成了(\d{8})(\d)。", p[1])
    assert code and note
    has("校验位没抄错，前8位货号里恰好有一处相邻的两位抄颠倒", p[1])

    def check(c: str) -> int:
        return -sum(int(d) * k for d, k in zip(c, w)) % mod

    bad = note[1]
    swaps = {bad[:k] + bad[k + 1] + bad[k] + bad[k + 2 :] for k in range(7)} - {bad}
    good = [c for c in swaps if check(c) == int(note[2])]
    assert len(good) == 1, f"原货号不唯一：{good}"
    return [f"校验位是{check(code[1])}", f"原货号是{good[0]}"]


def calc_016(p: list[str]) -> list[str | None]:
    must(p[0], "水深变成多少厘米？")
    must(p[1], "没有水溅出来。现在水深多少？")
    must(p[2], "石头就这么躺着", "水深还剩多少厘米？")
    (lx, ly), (tall,), (deep,) = g("内底#×#厘米", p[0]), g("缸高#厘米", p[0]), g("水深#厘米", p[0])
    (x, y, z), (bx, by) = g("#×#×#厘米的长方体石头竖着", p[0]), g("，#×#那面朝下贴底", p[0])
    (dx, dy), (out,) = g("改成#×#那面朝下", p[1]), g("抽走了#升水", p[2])

    def depth(water: F, a: F, b: F) -> F:
        h = x * y * z / (a * b)
        assert h in (x, y, z)
        d = water / (lx * ly - a * b)
        d = d if d <= h else (water + x * y * z) / (lx * ly)
        assert d <= tall
        return d

    water = lx * ly * deep
    vals = depth(water, bx, by), depth(water, dx, dy), depth(water - out * 1000, dx, dy)
    return [f"水深{s(v)}厘米" for v in vals]


def calc_017(p: list[str]) -> list[str | None]:
    must(p[0], "一直这么转")
    must(p[2], "之前的班不动")
    must(p[3], "按改过的排法")
    cn = {"四": 4, "五": 5, "六": 6, "七": 7}

    def cycle(text: str) -> list[str]:
        m = re.search(r"([四五六七])天一轮：((?:[白夜休]、)+[白夜休])，", text)
        assert m
        c = m[2].split("、")
        assert len(c) == cn[m[1]]
        return c

    y, mo, d, y2, mo2, d2 = i("小姜#年#月#日是一轮里的第一个白班，那#年#月#日她上什么班", p[0])
    old, new, start, ask = cycle(p[0]), cycle(p[2]), date(y, mo, d), date(y2, mo2, d2)
    (month,), (nm, nd, nm2, nd2) = (
        i("整个#月一共上几个夜班", p[1]),
        i("从#月#日起换成.*，#月#日当天算新一轮的头一天", p[2]),
    )
    assert (nm, nd) == (nm2, nd2) and month == i("整个#月她有几个夜班", p[2])[0] == i(
        "她#月的休息日里有几天落在周六或周日", p[3]
    )[0]
    switch = date(y2, nm, nd)
    days = [t for k in range(31) if (t := date(y2, month, 1) + timedelta(k)).month == month]

    def duty(t: date) -> str:
        return old[(t - start).days % len(old)]

    def duty2(t: date) -> str:
        return duty(t) if t < switch else new[(t - switch).days % len(new)]

    name = {"白": "白班", "夜": "夜班", "休": "休息"}[duty(ask)]
    return [
        name,
        f"{sum(duty(t) == '夜' for t in days)}个夜班",
        f"{sum(duty2(t) == '夜' for t in days)}个夜班",
        f"{sum(duty2(t) == '休' and t.weekday() >= 5 for t in days)}天",
    ]


def calc_018(p: list[str]) -> list[str | None]:
    must(p[0], "至少中一个隐藏款的概率是多少？写成最简分数")
    must(p[1], "我再从剩下的里面随机拿", "至少中一个的概率变成多少？还是最简分数")
    must(p[2], "至少中一个的概率超过", "从主播拆剩的那些里最少得拿几个？")
    (total, hid), (take,) = i("盲盒#个，里面正好#个隐藏款", p[0]), i("随机拿#个", p[0])
    (shown,), (take2,), (goal,) = i("先拆掉#个给大家看，都不是隐藏款", p[1]), i("随机拿#个", p[1]), i("超过#%", p[2])

    def hit(n: int, k: int) -> F:
        return 1 - F(comb(n - hid, k), comb(n, k))

    left = total - shown
    least = next(k for k in range(1, left + 1) if hit(left, k) > F(goal, 100))
    a, b = hit(total, take), hit(left, take2)
    return [f"{a.numerator}/{a.denominator}。", f"{b.numerator}/{b.denominator}。", f"最少拿{least}个"]


def calc_019(p: list[str]) -> list[str | None]:
    must(p[0], "数量都管够", "学生全坐下、每人一座，怎么租最便宜？")
    must(p[1], "这下怎么租最便宜，多少钱？")
    kids, sb, cb, sm, cm = i("春游#个学生，租车公司有#座大巴每辆#元，#座中巴每辆#元", p[0])
    keep, limit = i("都要留出#个座给跟车老师，学生人数不含老师；而且大巴只剩#辆", p[1])

    def plan(big: int, mid: int, cap: int) -> str:
        room = range(kids // min(big, mid) + 2)
        costs = {
            "".join(f"{k}辆{t}" for k, t in ((a, "大巴"), (b, "中巴")) if k): F(a * cb + b * cm)
            for a, b in product(room, room)
            if a <= cap and a * big + b * mid >= kids
        }
        name, cost = best(costs)
        return f"{name}，共{s(cost)}元"

    return [plan(sb, sm, kids), plan(sb - keep, sm - keep, limit)]


def calc_020(p: list[str]) -> list[str | None]:
    must(p[0], "按月算、超额累进", "提成多少？")
    must(p[1], "退货从退货当月的业绩里扣")
    must(p[2], "退货要追溯", "两个月提成加起来多少？比按老规矩多了还是少了，差多少？")
    must(p[3], "按新规矩", "9月得做多少业绩？")
    must(p[4], "每个月提成超过", "下季度再发。还是按财务的新规矩", "三个月当期实发一共多少？")
    a, r1, a2, b, r2, b2, r3 = g("业绩#万以内的部分#%，#万到#万的部分#%，#万以上的部分#%", p[0])
    assert a == a2 and b == b2

    def pay(w: F) -> F:
        return (min(w, a) * r1 + max(F(0), min(w, b) - a) * r2 + max(F(0), w - b) * r3) * 100

    (july,), (back,), (aug,) = (
        g("7月业绩#万", p[0]),
        g("7月里有一单#万的8月退货", p[1]),
        g("8月新成交#万，8月提成", p[1]),
    )
    has("从退货当月的业绩里扣", p[1])
    has("从原来成交那个月的业绩里扣。7月、8月重算", p[2])
    (goal,), (over, cut), (sep,) = (
        g("7、8、9三个月提成加起来正好到#元，9月得", p[3]),
        g("超过#元的部分，要扣#%", p[4]),
        g("9月最后做了#万", p[4]),
    )
    old, new = pay(july) + pay(aug - back), pay(july - back) + pay(aug)
    need = goal - new
    target = b + (need - pay(b)) / r3 / 100
    assert target > b and pay(target) == need
    net = sum(x - max(F(0), x - over) * cut / 100 for x in map(pay, (july - back, aug, sep)))
    word = "少" if new < old else "多"
    return [
        f"{s(pay(july))}元",
        f"{s(pay(aug - back))}元",
        f"合计{s(new)}元，{word}{s(abs(new - old))}元",
        f"{s(target)}万",
        f"{s(net)}元",
    ]
