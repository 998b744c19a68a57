"""The page without a browser: its size, its policy, and that nothing in it is markup but ours."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import string
import zlib
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from judge.report.document import Document
from judge.report.figures import figures
from judge.report.html import Page, render
from judge.report.words import Language, words
from tests.hostile import HOSTILE
from tests.report.stage import board_report, hostile_report, pair_report

LANGUAGES: tuple[Language, ...] = ("zh", "en")
CHUNK = re.compile(r'<script type="application/octet-stream" data-chunk="\d+">([^<]*)</script>')
INDEX = re.compile(r'<script type="application/json" id="index">(.*?)</script>', re.DOTALL)
VOID = {"meta", "br", "hr", "input", "path", "rect", "circle", "line", "use", "stop"}
LATIN = re.compile(
    r"OPEN|Elo|Holm|Bradley-Terry|Cohen|Gwet|AC1|Fleiss|Krippendorff|logit|token|judge compare --scope turns|judge|JSON|SVG|"
    r"Chrome|Edge|Firefox|Safari|Esc|κ|α|\bp\b|\{\w+\}"
)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Document:
    return pair_report(tmp_path_factory.mktemp("pair"))


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Document:
    return board_report(tmp_path_factory.mktemp("board"))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Document:
    return hostile_report(tmp_path_factory.mktemp("hostile"))


@pytest.fixture(scope="module")
def attacked(hostile: Document) -> str:
    (page,) = render(hostile, words("zh"), limit=10**9)
    return page.text


def bodies(page: str) -> list[dict[str, object]]:
    return [json.loads(zlib.decompress(base64.b64decode(chunk), -15)) for chunk in CHUNK.findall(page)]


class Tags(HTMLParser):
    """Collects tags and attributes outside of scripts' and styles' text, and what is closed in the wrong order."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.opened: list[str] = []
        self.wrong: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.opened.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self.opened or self.opened.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def parsed(text: str) -> Tags:
    parser = Tags()
    parser.feed(text)
    parser.close()
    return parser


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_well_formed_and_its_ids_are_its_own(pair: Document, board: Document, language: Language) -> None:
    for document in (pair, board):
        found = parsed(render(document, words(language))[0].text)
        assert found.wrong == []
        assert found.opened == []
        ids = [attributes["id"] for _, attributes in found.seen if "id" in attributes]
        assert len(ids) == len(set(ids))
        links = [attributes["href"] for tag, attributes in found.seen if tag == "a" and attributes.get("href")]
        assert {link[1:] for link in links if link and "=" not in link} <= set(ids)


def test_the_first_screen_is_light_and_comes_before_the_dialogues(pair: Document) -> None:
    (page,) = render(pair, words("zh"))
    first = page.text.index('<script type="application/octet-stream"')
    assert len(page.text[:first].encode()) < 300_000
    assert page.text.index("<h1") < 40_000
    assert len(bodies(page.text)[0]) == 60


@pytest.mark.parametrize("limit", [10**9, 1000])
def test_the_policy_names_our_style_and_script_and_nothing_else(pair: Document, limit: int) -> None:
    page = render(pair, words("zh"), limit=limit)[0]
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page.text)
    assert policy is not None
    said = policy[1].replace("&#39;", "'")
    assert said.startswith("default-src 'none'")
    for tag, directive in (("style", "style-src"), ("script", "script-src")):
        (text,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page.text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in said
    assert "unsafe" not in said
    assert ":" not in said  # no scheme, no host
    assert ("strict-dynamic" in said) == (limit == 1000)
    assert page.text.index("Content-Security-Policy") < page.text.index("<style")
    assert '<meta name="referrer" content="no-referrer">' in page.text


def test_nothing_in_the_page_points_elsewhere(pair: Document) -> None:
    found = parsed(CHUNK.sub("", render(pair, words("zh"))[0].text))
    for tag, attributes in found.seen:
        assert tag not in {"img", "link", "iframe", "object", "embed", "base"}
        for name in ("src", "href", "action", "xlink:href"):
            assert (attributes.get(name) or "#").startswith("#"), (tag, attributes)
    assert "@import" not in found.text
    assert not re.search(r"url\((?!#)", "".join(found.text))


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_attack_becomes_markup(hostile: Document, attacked: str, language: Language) -> None:
    # The frame in English, of a few questions: dialogues are made by the same hands in both.
    text = attacked if language == "zh" else render(replace(hostile, lines=hostile.lines[:2]), words("en"))[0].text
    found = parsed(CHUNK.sub("", text))
    assert found.wrong == []
    for tag, attributes in found.seen:
        assert tag not in {"img", "iframe", "object", "embed", "link", "base", "audio", "video", "source", "template"}
        assert not [
            name for name in attributes if name.startswith("on") or name in ("style", "src", "srcdoc", "background")
        ], (tag, attributes)
    scripts = [attributes for tag, attributes in found.seen if tag == "script"]
    assert [one.get("type") for one in scripts].count(None) == 1
    assert "window.__hit=2</script><script>" not in text
    assert "\u202e" not in text
    assert "乙{{7*7}}⟨U+202E⟩" in "".join(found.text)
    (index,) = INDEX.findall(text)
    assert not {"<", ">", "\u2028", "\u2029"} & set(index)
    assert json.loads(index)["candidates"][0] == "甲</script><script>window.__hit=2</script>"


def test_nothing_is_cut_without_a_mark(hostile: Document, attacked: str) -> None:
    held = {number: body for chunk in bodies(attacked) for number, body in chunk.items()}
    assert len(held) == len(hostile.lines)
    (index,) = INDEX.findall(attacked)
    for number, (line, row) in enumerate(zip(hostile.lines, json.loads(index)["items"], strict=True)):
        shown = json.dumps(held[str(number)], ensure_ascii=False)
        for answer in line.item.dialogues[0].answers:
            if len(answer.text) > 200_000:
                assert "没有显示" in shown
        asked = " ".join(line.item.question.turns[0].prompt.split())
        assert row["p"].endswith("……") == (len(asked) > 90)
    assert max(len(one.text) for one in HOSTILE) > 200_000


def test_above_a_limit_the_dialogues_lie_beside_the_page(pair: Document) -> None:
    first, *others = render(pair, words("zh"), limit=1000)
    assert not CHUNK.findall(first.text)
    assert others
    for at, page in enumerate(others):
        assert re.fullmatch(r"report-[0-9a-f]{8}/\d{3}\.js", page.name)
        match = re.fullmatch(r'judgeChunk\((\d+),"([A-Za-z0-9+/=]*)"\)\n', page.text)
        assert match is not None
        assert int(match[1]) == at
        assert json.loads(zlib.decompress(base64.b64decode(match[2]), -15))
        assert json.dumps(page.name) in first.text


def test_the_same_report_is_the_same_file(pair: Document) -> None:
    assert render(pair, words("zh")) == render(pair, words("zh"))
    assert [one.name for one in render(pair, words("zh"))] == [Page("report.html", "").name]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_figure_has_its_data_beneath(pair: Document, board: Document, language: Language) -> None:
    of_pair, of_board = (figures(document, words(language)) for document in (pair, board))
    assert [name for name, _ in of_pair] == ["radar", "outcomes", "forest", "position", "lengths"]
    assert [name for name, _ in of_board] == ["radar", "outcomes", "forest", "turns", "heatmap"]
    for _, figure in (*of_pair, *of_board):
        assert figure.rows
        assert all(len(row) == len(figure.heads) for row in figure.rows)
    table = dict(of_pair)["forest"]
    assert table.rows[0][1:] == ("60", "10.5", "3", "6.5", "67.5", "60.0 [40.5, 76.8]", "—")
    assert len(table.rows) == 11


def test_words_are_the_same_in_both_languages_and_in_none_other() -> None:
    chinese, english = (words(language).labels for language in LANGUAGES)
    assert list(chinese) == list(english)
    for key in chinese:
        fields = [
            sorted(one[1] for one in string.Formatter().parse(text) if one[1]) for text in (chinese[key], english[key])
        ]
        assert fields[0] == fields[1], key
        assert not re.search(r"[\u3000-\u9fff\uff00-\uffef]", english[key]), key
        assert not re.search(r"[A-Za-z]{2,}", LATIN.sub("", chinese[key])), key


def test_the_sample_report_is_what_the_demo_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compared with the dialogues unpacked: another zlib may pack the same text differently."""
    from judge.cli import entry

    monkeypatch.chdir(tmp_path)
    assert entry.run(["demo", "--json"]) == 0
    fresh = (tmp_path / "results" / "report.html").read_text(encoding="utf-8")
    kept = (Path(__file__).resolve().parents[2] / "results" / "report.html").read_text(encoding="utf-8")
    assert bodies(fresh) == bodies(kept), "results/report.html 旧了：运行 make demo，看过之后提交"
    assert CHUNK.sub("", fresh) == CHUNK.sub("", kept), "results/report.html 旧了：运行 make demo，看过之后提交"
