"""`judge review` on the command line: what it opens, for whom, what it refuses, and what it takes back."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from rich.cells import cell_len

from judge.cli import entry
from judge.review.verifying import verify
from judge.store import Store, open_store
from tests.review.hall import BANK, JUDGE, PLAIN, Hall, Hurried, Visitor, chair_of, everything, hall, reviewing, world


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Store]:
    opened = world(str(tmp_path / "judge.db"), 12, 3)
    yield opened
    opened.engine.dispose()


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    return Run(capsys, monkeypatch, tmp_path)


class Run:
    """Runs the command in this process; what it said and how it ended."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self.capsys = capsys
        monkeypatch.chdir(folder)
        monkeypatch.setenv("COLUMNS", "80")

    def __call__(self, url: str, *options: str) -> tuple[int, str, str]:
        command = ("review", BANK, "--judge", JUDGE, "--store", url, *options)
        code = entry.run(command)
        found = self.capsys.readouterr()
        return code, found.out, found.err


def voted(at: Hall, name: str, votes: int = 5, comment: str = "") -> Visitor:
    person = at.person(name)
    for _ in range(votes):
        person.vote(person.next()[0]["task"], comment=comment)
    return person


def test_the_help_has_examples_in_chinese_within_80_columns(said: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert entry.run(("review", "--help")) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("用法：judge review")
    assert "例：" in shown
    assert "judge review --reviewers 张,李" in shown
    assert all(f"--{name}" in shown for name in ("items", "host", "export-static", "revoke", "purge-reviewer", "lang"))
    assert not [line for line in shown.splitlines() if cell_len(line) > 80]
    assert not [one for one in ("Options", "Show this message", "[OPTIONS]", "Usage") if one in shown]


# ── taking back ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_revoking_puts_a_person_out_of_a_page_that_another_process_serves(small: Store, said: Run) -> None:
    with hall(chair_of(small, 12)) as at:
        person = at.person("张")
        assert person.client.get("/api/me").status_code == 200
        assert said(small.where, "--revoke", "张") == (0, "张 的链接与登录已撤销；判过的都在。\n", "")
        assert person.client.get("/api/me").status_code == 401
    code, _, error = said(small.where, "--revoke", "章")
    assert code != 0
    assert "章" in error
    assert [(one.name, one.revoked) for one in small.people()] == [("张", True)]


def test_purging_leaves_the_verdicts_and_no_trace_of_the_name(small: Store, said: Run) -> None:
    name, remark = "欧阳小明", "只此一句的附言"
    with hall(chair_of(small, 12, terms=PLAIN)) as at:
        person = voted(at, name, comment=remark)
        voted(at, "别人", 3)
        person.post("/api/unmask", task=person.next()[0]["task"])
    small.invite(name, "reviewer")
    before = {voice.standing.key: voice.said for voice in small.voices()}
    assert name in everything(small)
    assert remark in everything(small)
    code, out, _ = said(small.where, "--purge-reviewer", name)
    assert (code, out) == (0, f"已删掉 {name} 的名字与附言；5 条判定留着，不再写是谁。\n")
    assert [one for one in (name, remark) if one in everything(small)] == []
    assert {voice.standing.key: voice.said for voice in small.voices()} == before
    found = verify(small)
    assert (found.verdicts, found.faults) == (8, ())
    small.engine.dispose()
    left = b"".join(path.read_bytes() for path in Path(small.where).parent.glob("judge.db*"))
    assert [one for one in (name, remark) if one.encode() in left] == []
    code, _, error = said(small.where, "--purge-reviewer", name)  # and no second time, nor a name that was mistyped
    assert code != 0
    assert name in error


# ── opening ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["<b>", "张,", "长" * 41, "a\x07b", "a\u202eb", " ,张"])
@pytest.mark.parametrize("option", ["--reviewers", "--leads"])
def test_a_name_that_cannot_be_shown_is_refused_before_anything_is_drawn(
    small: Store, said: Run, option: str, name: str
) -> None:
    code, out, error = said(small.where, option, name)
    assert (code != 0, out) == (True, "")
    assert "用不得" in error
    assert "1 到 40 个字，不含尖括号与控制字符" in error
    assert (small.people(), small.runs()) == ([], [])


def test_a_port_that_is_taken_is_named_and_nobody_gets_a_link(small: Store, said: Run) -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, out, error = said(small.where, "--port", str(port), "--reviewers", "张")
    assert (code != 0, out) == (True, "")
    assert f"用不了 127.0.0.1:{port}" in error
    assert "--port 0" in error
    assert small.people() == []
    assert small.claim(["x"]) == {"x"}


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--uniform", "0.1"),
        ("--overlap", "2"),
        ("--items", "-1"),
        ("--target", "0"),
        ("--port", "70000"),
        ("--lang", "fr"),
    ],
)
def test_a_setting_out_of_range_is_refused(small: Store, said: Run, option: str, value: str) -> None:
    code, _, error = said(small.where, option, value)
    assert code == 2
    assert option in error


def test_without_names_whoever_sits_here_is_the_lead_and_only_this_machine_gets_in(small: Store) -> None:
    with reviewing(small.where, "--port", "0") as command:
        ((name, person),) = command.people.items()
        assert person.host.startswith("127.0.0.1:")
        me = person.enter().ask("GET", "/api/me")
        assert (me["name"], me["role"]) == (name, "lead")
        assert "注意" not in command.said
        assert "Ctrl-C" in command.said


def test_beyond_this_machine_the_exposure_is_printed_and_other_hosts_must_be_named(small: Store) -> None:
    options = ("--host", "0.0.0.0", "--port", "0", "--allow-host", "evaluator.lan", "--reviewers", "张")
    with reviewing(small.where, *options) as command:
        assert "注意：0.0.0.0 上的人都能连到这个端口。" in command.said
        assert "传输没有加密" in command.said
        host = command.people["张"].host
        name, port = host.split(":")
        assert name == "evaluator.lan"
        with closing(Hurried(f"127.0.0.1:{port}", "").connection) as line:
            found = []
            for named in (host, f"127.0.0.1:{port}", f"0.0.0.0:{port}", f"other.lan:{port}"):
                line.request("GET", "/", headers={"host": named})
                found.append(line.getresponse().read()[:9] == b"<!doctype")
        assert found == [True, True, False, False]


def test_no_items_open_a_page_on_which_nothing_is_to_judge(small: Store) -> None:
    with reviewing(small.where, "--port", "0", "--items", "0", "--leads", "王") as command:
        assert "抽出 0 条，还有 0 条要判" in command.said
        lead = command.people["王"].enter()
        assert lead.ask("POST", "/api/next", {"holding": []})["tasks"] == []
        assert lead.ask("GET", "/api/me")["progress"]["total"] == 0
        assert lead.ask("GET", "/api/team")["reviewers"] == []
        assert lead.ask("POST", "/api/draw", {"items": 5}) == {"items": 5}
        assert len(lead.ask("POST", "/api/next", {"holding": []})["tasks"]) == 2


def test_export_writes_one_file_for_each_and_overwrites_none(small: Store, said: Run, tmp_path: Path) -> None:
    code, out, _ = said(small.where, "--items", "6", "--export-static", "发出去", "--reviewers", "张,李")
    assert code == 0
    assert [path.name for path in sorted((tmp_path / "发出去").iterdir())] == ["审阅-张.html", "审阅-李.html"]
    assert out.count("：6 条；判完在页面里") == 2
    code, _, error = said(small.where, "--items", "6", "--export-static", "发出去", "--reviewers", "张")
    assert code != 0
    assert "文件已经在了，不覆盖" in error
    text = (tmp_path / "发出去" / "审阅-张.html").read_text(encoding="utf-8")
    content = text.partition('id="content">')[2].partition("</script>")[0]
    assert len(json.loads(content.replace("\\u003c", "<"))["tasks"]) == 6


def test_a_store_without_anything_judged_is_refused_in_words(tmp_path: Path, said: Run) -> None:
    open_store(str(tmp_path / "empty.db"), create=True).engine.dispose()
    code, out, error = said(str(tmp_path / "empty.db"))
    assert (code != 0, out) == (True, "")
    assert "Traceback" not in error
