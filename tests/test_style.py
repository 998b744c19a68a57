from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from judge.style import Style, style, total

REPORT = """\
# 周报

本周完成 **三件事**：

1. 接口改为 HTTP/2，延迟降到 12.5 毫秒；
2. 修好 3 个缺陷 😀
   - 登录页

```python
# 这不是标题
- 这不是列表
print("你好")
```

| 项目 | 进度 |
|:-----|----:|
| 接口 | 100% |

## 下周

继续。⭐
"""


def test_a_text_of_many_kinds_is_counted_part_by_part() -> None:
    """Outside code 37 Han characters, and 1, HTTP, 2, 12.5, 2, 3 and 100."""
    found = style(REPORT)
    assert found == Style(
        chars=37 + 2 * 7,
        code=23,
        headings=2,
        list_items=3,
        bold=1,
        code_blocks=1,
        tables=1,
        paragraphs=6,
        emoji=2,
    )


@pytest.mark.parametrize(
    ("text", "chars"),
    [
        ("", 0),
        (" \n\t\n ", 0),
        ("今天天气很好，适合出门。", 10),
        ("Hello, world!", 4),
        ("It's 3.14 or 1,000.5", 2 * 5),  # It, s, 3.14, or, 1,000.5
        ("用 Python 3 写的 GPT-4 模型有 12 个参数。", 9 + 2 * 5),
        ("ひらがなとカタカナ、한국어", 12),
        ("𠮷野家", 3),
        ("привет мир", 4),
        ("！？……——", 0),
        ("😀👍⭐", 0),
        ("Ａ１２", 4),
        ("snake_case", 4),
    ],
)
def test_a_han_character_is_one_and_a_word_of_another_script_two(text: str, chars: int) -> None:
    assert style(text).chars == chars


@pytest.mark.parametrize(
    ("text", "code", "blocks", "chars"),
    [
        ("前面\n```python\nprint(1)\nx = 2\n```\n后面", 11, 1, 4),
        ("前面\n```\n# 不是标题\n- 不是列表", 10, 1, 2),  # never closed: code to the end
        ("~~~\na b\n~~~\n尾", 2, 1, 1),
        ("````\n```\nx\n```\n````\n尾", 7, 1, 1),  # a longer fence holds a shorter one
        ("```\na\n```\n中\n```\nb\n```", 2, 2, 1),
        ("1. 步骤\n   ```\n   a\n   ```\n2. 完", 1, 1, 7),
        ("文```a```文", 0, 0, 4),  # within a line
        ("```\n```", 0, 1, 0),
    ],
)
def test_code_in_fences_counts_apart(text: str, code: int, blocks: int, chars: int) -> None:
    found = style(text)
    assert (found.code, found.code_blocks, found.chars) == (code, blocks, chars)
    assert (found.headings, found.bold, found.tables) == (0, 0, 0)


@pytest.mark.parametrize(
    ("text", "headings"),
    [
        ("# 一\n## 二\n### 三", 3),
        ("   # 缩进三格", 1),
        ("正文\n    # 缩进四格", 0),
        ("#无空格", 0),
        ("####### 七个", 0),
        ("C# 语言", 0),
    ],
)
def test_headings(text: str, headings: int) -> None:
    assert style(text).headings == headings


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("- 甲\n* 乙\n+ 丙\n• 丁", 4),
        ("1. 甲\n2、乙\n3) 丙\n4）丁", 4),
        ("(1) 甲\n（2）乙", 2),
        ("  - 甲\n    - 乙", 2),
        ("-甲\n—— 乙\n2024. 丙", 0),
        ("-\n", 0),
    ],
)
def test_list_items(text: str, items: int) -> None:
    assert style(text).list_items == items


@pytest.mark.parametrize(
    ("text", "bold"),
    [
        ("**粗**和**又粗**", 2),
        ("__init__", 0),
        ("** 不粗 **", 0),
        ("2**3", 0),
        ("**跨\n行**", 0),
        ("***又粗又斜***", 1),
    ],
)
def test_bold_spans(text: str, bold: int) -> None:
    assert style(text).bold == bold


@pytest.mark.parametrize(
    ("text", "tables"),
    [
        ("| a | b |\n|---|---|\n| 1 | 2 |", 1),
        ("a | b\n--- | ---\n1 | 2", 1),
        ("| a | b |\n|:---|:---:|\n| 1 | 2 |\n\n| c |\n|---|\n| 3 |", 2),
        ("甲\n\n---\n\n乙", 0),
        ("标题\n-----", 0),
        ("| 没有 | 分隔行 |", 0),
    ],
)
def test_tables(text: str, tables: int) -> None:
    assert style(text).tables == tables


@pytest.mark.parametrize(
    ("text", "paragraphs"),
    [("", 0), ("一段", 1), ("一\n段", 1), ("一\n\n二\n \n\n三", 3), ("\n\n一\n\n", 1), ("甲\r\n\r\n乙", 2)],
)
def test_paragraphs(text: str, paragraphs: int) -> None:
    assert style(text).paragraphs == paragraphs


def test_emoji() -> None:
    assert style("好😀，很好👍⭐").emoji == 3
    assert style("没有，……！①→").emoji == 0


def test_turns_add_up() -> None:
    one, two = Style(10, 3, 1, 2, 0, 1, 0, 4, 1), Style(5, 0, 0, 1, 2, 0, 1, 1, 0)
    assert total([one, two]) == Style(15, 3, 1, 3, 2, 1, 1, 5, 1)
    assert total([one]) == one


TEXTS = st.text(st.sampled_from(list("汉字，。aB1 *-#|`~_\n😀")), max_size=60)


@given(TEXTS)
def test_any_text_can_be_counted(text: str) -> None:
    found = style(text)
    assert all(value >= 0 for value in found)
    assert style(text + "\n\n") == found or "```" in text or "~~~" in text
    assert found.chars + found.code <= 2 * len(text)


@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_the_total_of_turns_is_a_sum(texts: list[str]) -> None:
    styles = [style(text) for text in texts]
    assert total(styles).chars == sum(one.chars for one in styles)
    assert total(styles) == total(reversed(styles))
    assert total([total(styles[:1]), *styles[1:]]) == total(styles)
