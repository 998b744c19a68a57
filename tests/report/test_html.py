"""The page without a browser: its size, its policy, and that nothing in it is markup but ours."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from html.parser import HTMLParser
from pathlib import Path

import pytest

from judge.report.document import Document
from judge.report.figures import figures
from judge.report.html import render
from judge.report.words import words
from tests.report.stage import board_report, hostile_report, pair_report

CHUNK = re.compile(r'<script type="application/octet-stream" data-chunk="\d+">([^<]*)</script>')


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Document:
    return pair_report(tmp_path_factory.mktemp("pair"))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Document:
    return hostile_report(tmp_path_factory.mktemp("hostile"))


def bodies(page: str) -> list[dict[str, object]]:
    return [json.loads(zlib.decompress(base64.b64decode(chunk), -15)) for chunk in CHUNK.findall(page)]


class Tags(HTMLParser):
    """Collects tags and attributes outside of scripts' and styles' text."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


def test_the_first_screen_is_light_and_comes_before_the_dialogues(pair: Document) -> None:
    (page,) = render(pair, words("zh"))
    first = page.text.index('<script type="application/octet-stream"')
    assert first < 300_000
    assert page.text.index("<h1") < 60_000
    assert len(bodies(page.text)[0]) == 60


def test_the_policy_names_our_style_and_script_and_nothing_else(pair: Document) -> None:
    (page,) = render(pair, words("zh"))
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page.text)
    assert policy is not None
    said = policy[1].replace("&#39;", "'")
    assert said.startswith("default-src 'none'")
    for tag, directive in (("style", "style-src"), ("script", "script-src")):
        (text,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page.text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in said
    assert "unsafe" not in said
    assert "http" not in said


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_attack_becomes_markup(hostile: Document, language: str) -> None:
    (page,) = render(hostile, words(language), limit=10**9)  # type: ignore[arg-type]
    parser = Tags()
    parser.feed(CHUNK.sub("", page.text))
    for tag, attributes in parser.seen:
        assert tag not in {"img", "iframe", "object", "embed", "link", "base", "audio", "video", "source", "template"}
        assert not [
            name for name in attributes if name.startswith("on") or name in ("style", "src", "srcdoc", "background")
        ], (tag, attributes)
    scripts = [attributes for tag, attributes in parser.seen if tag == "script"]
    assert [one.get("type") for one in scripts].count(None) == 1
    assert "window.__hit=2</script><script>" not in page.text.replace("\\u003c", "")
    assert "\u202e" not in page.text
    assert "49" not in re.findall(r"乙(\S{0,4})", page.text)


def test_nothing_is_cut_without_a_mark(hostile: Document) -> None:
    (page,) = render(hostile, words("zh"), limit=10**9)
    held = {number: body for chunk in bodies(page.text) for number, body in chunk.items()}
    assert len(held) == len(hostile.lines)
    for number, line in enumerate(hostile.lines):
        text = line.item.dialogues[0].answers[0].text
        if len(text) > 200_000:
            assert "没有显示" in json.dumps(held[str(number)], ensure_ascii=False)


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


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_figure_has_its_data_beneath(tmp_path: Path, pair: Document, language: str) -> None:
    board = board_report(tmp_path)
    assert [name for name, _ in figures(pair, words(language))] == ["radar", "outcomes", "forest", "lengths"]  # type: ignore[arg-type]
    assert [name for name, _ in figures(board, words(language))] == ["radar", "outcomes", "forest", "turns", "heatmap"]  # type: ignore[arg-type]
    for document in (pair, board):
        for _, figure in figures(document, words(language)):  # type: ignore[arg-type]
            assert figure.rows
            assert all(len(row) == len(figure.heads) for row in figure.rows)


def test_the_sample_report_is_what_the_demo_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compared with the dialogues unpacked: another zlib may pack the same text differently."""
    from judge.cli import entry

    monkeypatch.chdir(tmp_path)
    assert entry.run(["demo", "--json"]) == 0
    fresh = (tmp_path / "results" / "report.html").read_text(encoding="utf-8")
    kept = (Path(__file__).resolve().parents[2] / "results" / "report.html").read_text(encoding="utf-8")
    assert bodies(fresh) == bodies(kept), "results/report.html 旧了：运行 make demo，看过之后提交"
    assert CHUNK.sub("", fresh) == CHUNK.sub("", kept), "results/report.html 旧了：运行 make demo，看过之后提交"
