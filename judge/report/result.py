"""What a report says beside its first sentence: what that rests on, the facts, the table of a pair or the board of many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from judge.report.board import Behind, Board, BoardRow
from judge.report.document import Document
from judge.report.grid import NONE, Bar, Grid, bar, bars, count, minus, named, span, theirs, value
from judge.report.ratings import Rating, Styled
from judge.report.sentence import grounds, literal, short
from judge.report.words import Words
from judge.stats.intervals import Estimate

SOME = 6  # names in a sentence
TONES = {"switch": "good", "keep": "bad", "undecided": "wait"}
PARTS = ("planned", "answered", "judged", "unreadable", "unanswered", "missing", "no_dialogue", "both_placements",
         "flipped", "opposed", "settled", "texts_differ")  # fmt: skip
ALWAYS = ("planned", "answered", "judged", "unreadable", "unanswered", "missing")


@dataclass(frozen=True, slots=True)
class Tile:
    """One of the large figures under the decision."""

    label: str
    figure: str
    note: str
    bar: Bar | None = None


def title(document: Document, words: Words) -> str:
    """Return what the report is about."""
    found = document.compare
    if found is not None:
        return words["title.pair"].format(first=short(document, found.first), second=short(document, found.second))
    return words["title.board"].format(bank=theirs(document.board.bank))


def tone(document: Document) -> str:
    """Return the colour and sign of the decision, by name."""
    found = document.compare
    if found is None or found.decision is None:
        return "plain"
    return TONES[found.decision.answer]


def basis(document: Document, words: Words) -> str:
    """Return what the first sentence rests on: of a pair its figure, of a board who is clearly behind the first."""
    gap = " " if words.language == "en" else ""
    return gap.join(one for one in (_basis(document, words), *_beside(document, words)) if one)


def _beside(document: Document, words: Words) -> list[str]:
    """Return what the figures were made by beside plain judging: stopping, a cascade, people's drawn verdicts."""
    found, board, told = document.compare, document.board, []
    if found is not None and found.stopping is not None:
        where = words[f"early.{found.stopping.target}"]
        told.append(words["early.pair"].format(used=found.stopping.used, total=found.stopping.total, target=where))
    elif board.early is not None:
        early = board.early
        told.append(words["early.board"].format(pairs=early.pairs, decided=len(early.decided), equal=early.equal))
    if board.spared is not None:
        told.append(words["early.cascade"].format(judged=board.spared.judged, spared=board.spared.spared))
    if found is not None and found.correction is not None:
        row = found.correction.of(found.first)
        figure = None if row is None else row.figure.corrected
        if figure is not None:
            low, high = max(0.0, figure.low), min(100.0, figure.high)
            told.append(
                words["corrected.pair"].format(
                    value=f"{figure.value:.1f}", low=f"{low:.1f}", high=f"{high:.1f}", audits=found.correction.audits
                )
            )
    return told


def _basis(document: Document, words: Words) -> str:
    if document.compare is not None:
        return grounds(document, words)
    gaps = _gaps(document)
    if not gaps:
        return ""
    close = [short(document, row.candidate) for row, gap in gaps if gap.p >= 1 - document.board.confidence]
    said = words["board.behind"].format(count=len(gaps) - len(close))
    if not close:
        return said
    more = words["board.close" if len(close) <= SOME else "board.close_more"]
    told = more.format(names=_listed(close[:SOME], words), count=len(close) - SOME)
    return said + (" " if words.language == "en" else "") + told


def _gaps(document: Document) -> list[tuple[BoardRow, Behind]]:
    return [(row, row.behind) for row in document.board.rows if row.behind is not None]


def _listed(names: Sequence[str], words: Words) -> str:
    return ("、" if words.language == "zh" else ", ").join(names)


def facts(document: Document, words: Words) -> list[tuple[str, str]]:
    """Return what was compared, by whom and how."""
    board = document.board
    told: list[tuple[str, str]] = [
        (words["fact.bank"], theirs(board.bank)),
        (words["fact.questions"], f"{len(document.lines):,}"),
        (words["fact.judge"], theirs(board.judge)),
        (words["fact.source"], words["fact.offline"] if literal(document) else words[f"source.{board.source}"]),
        (words["fact.scope"], words[f"fact.{board.scope}"]),
        (words["fact.confidence"], f"{document.plan.confidence:.0%}"),
    ]
    if document.compare is not None:
        told.append((words["fact.margin"], f"{document.plan.margin:g}"))
    else:
        told.insert(2, (words["column.candidate"], f"{len(document.candidates):,}"))
    if document.compare is None and board.baseline is not None:
        told.append((words["fact.baseline"], named(document, board.baseline)))
    return told


def tiles(document: Document, words: Words) -> list[Tile]:
    """Return the large figures of a pair."""
    found = document.compare
    if found is None or found.overall.rates is None:
        return []
    rates, overall, number = found.overall.rates, found.overall, found.overall.counts
    low, high = max(0.0, rates.half_tie.low), min(100.0, rates.half_tie.high)
    between = words["tile.interval"].format(
        confidence=f"{document.plan.confidence:.0%}", low=f"{low:.1f}", high=f"{high:.1f}"
    )
    equal = words["tile.equal"].format(value=f"{rates.no_difference:.1f}")
    three = " / ".join(count(one) for one in (overall.win, overall.tie, overall.loss))
    left = number.planned - number.judged
    return [
        Tile(words["rate.half_tie"], value(rates.half_tie), between, bar(rates.half_tie, 50)),
        Tile(words["rate.open"], value(rates.open_score), equal),
        Tile(words["tile.outcomes"], three, words["tile.of"].format(name=short(document, found.first))),
        Tile(
            words["tile.judged"],
            f"{number.judged:,} / {number.planned:,}",
            words["tile.left"].format(count=f"{left:,}") if left else words["tile.whole"],
        ),
    ]


def rates(document: Document, words: Words) -> Grid | None:
    """Return the table of a pair: rates both ways, and what two equals would get."""
    found = document.compare
    if found is None or found.overall.rates is None:
        return None
    held, overall = found.overall.rates, found.overall
    lost = 100 * overall.loss / max(1e-9, overall.win + overall.tie + overall.loss)
    equal = held.no_difference, (100 - held.tie_rate) / 2, 50.0
    figures = held.open_score, held.win_rate, held.half_tie
    rows = [
        [words["rate.open"], span(held.open_score), span(found.reverse_open), f"{equal[0]:.1f}"],
        [words["rate.win_rate"], span(held.win_rate), f"{lost:.1f}", f"{equal[1]:.1f}"],
        [words["rate.half_tie"], span(held.half_tie), f"{100 - held.half_tie.value:.1f}", f"{equal[2]:.1f}"],
    ]
    heads = ["", named(document, found.first), named(document, found.second), words["rate.no_difference"]]
    return Grid(heads, rows, bars=[bar(one, line) for one, line in zip(figures, equal, strict=True)], barred=1)


def counts(document: Document, words: Words) -> list[tuple[str, str]]:
    """Return what became of all that was planned, of a pair or of everybody together."""
    found, offline = document.compare, literal(document)
    shares = [found.overall] if found is not None else list(document.shares)
    half = 1 if found is not None else 2  # every comparison stands with both of its candidates
    alone = not any(share.counts.planned for share in shares)  # scores of one candidate
    told = []
    for name in PARTS:
        total = sum(getattr(share.counts, name) for share in shares) // half
        if alone:
            total = sum(getattr(row, name, 0) for row in document.board.rows)
        if offline and name in ("flipped", "opposed"):
            if name == "flipped":
                told.append((words["count.flipped"], words["count.symmetric"]))
        elif total or (name in ALWAYS and not (alone and name == "answered")):
            label = "count.no_reference" if offline and name == "unanswered" else f"count.{name}"
            told.append((words[label], f"{total:,}"))
    return told


def remarks(document: Document, words: Words) -> list[str]:
    """Return what the table does not say by itself: bounds, how ratings came about, who has no end."""
    found, board = document.compare, document.board
    told: list[str] = []
    if found is not None and found.overall.rates is not None:
        if found.overall.counts.judged < found.overall.counts.planned:
            low, high = found.overall.rates.open_bounds
            half_low, half_high = found.overall.rates.half_tie_bounds
            ends = f"OPEN {low:.1f}–{high:.1f}", f"{words['rate.half_tie']} {half_low:.1f}–{half_high:.1f}"
            told.append(f"{words['rate.bounds']}{words['page.colon']}{_listed(ends, words)}")
        return told
    if board.ratings is not None:
        told.append(
            words["board.method"].format(
                questions=f"{board.ratings.questions:,}", prior=f"{board.ratings.prior or 0:.0f}"
            )
        )
    if board.not_identified is not None and len(board.not_identified[1]) > 1:
        groups = [_listed([short(document, one) for one in group], words) for group in board.not_identified[1]]
        told.append(words["board.groups"].format(groups="  |  ".join(groups)))
    ended = [short(document, row.candidate) for row in board.rows if row.rating and False in row.rating.bounded]
    if ended:
        told.append(words["board.unbounded"].format(names=_listed(ended, words)))
    if board.unjudged:
        told.append(words["board.unjudged"].format(count=f"{board.unjudged:,}"))
    return told


def leaderboard(document: Document, words: Words) -> Grid | None:
    """Return the board of several candidates."""
    board = document.board
    if document.compare is not None:
        return None
    shares = dict(zip(document.candidates, document.shares, strict=True))
    rows = board.rows
    shown = {
        "total": any(row.total for row in rows),
        "mean": any(row.mean for row in rows),
        "open": any(row.rates for row in rows),  # against a baseline
    }
    scale = f" ({board.scale[0]:g}–{board.scale[1]:g})" if board.scale else ""
    heads = ["", words["column.candidate"], words["figure.ranks"], words["board.elo"], words["rate.half_tie"]]
    heads += [words["board.total"]] * shown["total"] + [words["board.mean"] + scale] * shown["mean"]
    heads += [words["rate.open"], words["rate.no_difference"]] * shown["open"] + [words["board.seen"]]
    found = []
    for at, row in enumerate(rows, 1):
        held, number = shares[row.candidate].rates, shares[row.candidate].counts
        cells = [str(at), _called(document, row, words), _ranks(row.rating), _elo(row.rating)]
        cells.append(span(held.half_tie if held else None))
        cells += [span(row.total)] * shown["total"]
        cells += [f"{row.mean.value:.2f}" if row.mean else NONE] * shown["mean"]
        if shown["open"]:
            cells += [value(row.rates.open_score), f"{row.rates.no_difference:.1f}"] if row.rates else [NONE, NONE]
        seen = number if number.planned else row  # one candidate was in no comparison, but may have been scored
        found.append([*cells, f"{seen.judged:,} / {seen.planned:,}"])
    drawn = [(row.rating.low, row.rating.elo, row.rating.high) if row.rating else None for row in rows]
    return Grid(heads, found, 2, bars(drawn), 3)


def _called(document: Document, row: BoardRow, words: Words) -> str:
    name = named(document, row.candidate)
    return theirs(f"{name} {words['board.baseline']}") if row.is_baseline else name


def _elo(rating: Rating | None) -> str:
    if rating is None:
        return NONE
    low = "−∞" if rating.low is None else f"{rating.low:.0f}"
    high = "+∞" if rating.high is None else f"{rating.high:.0f}"
    return f"{rating.elo:.0f} [{low}, {high}]"


def _ranks(rating: Rating | None) -> str:
    if rating is None or rating.ranks is None:
        return NONE
    return "–".join(map(str, dict.fromkeys(rating.ranks)))


def style(document: Document, words: Words) -> tuple[Grid, list[str]] | None:
    """Return what the figures would be at equal length and layout, and what judge and people make of length."""
    board = document.board
    held = [(row.candidate, row.style) for row in board.rows if row.style is not None]
    if board.style is None or not held:
        return None
    tasted = any(one.calibrated for _, one in held)
    alone = any(one.length_controlled for _, one in held)
    heads = [words["column.candidate"], words["style.raw"], words["style.controlled"]]
    heads += [words["style.calibrated"]] * tasted + [words["style.length"]] * alone
    rows = [[named(document, name), *_styled(one, tasted, alone)] for name, one in held]
    return Grid(heads, rows), _taste(board, words, tasted)


def _styled(one: Styled, tasted: bool, alone: bool) -> list[str]:
    figures = [one.raw, one.controlled, *[one.calibrated] * tasted, *[one.length_controlled] * alone]
    return [span(figure) for figure in figures]


def _taste(board: Board, words: Words, tasted: bool) -> list[str]:
    assert board.style is not None
    told = []
    if board.style.features and board.style.features[0] == "chars":
        said = words["style.judge"].format(**_signed(board.style.judge[0]))
        if board.style.people:
            said += words["style.people"].format(**_signed(board.style.people[0]))
        told.append(said + words["page.stop"])
    told.append(words["style.tasted"] if tasted else words["style.untasted"].format(count=board.style.people_rows))
    return told


def _signed(figure: Estimate) -> dict[str, str]:
    ends = {"value": figure.value, "low": figure.low, "high": figure.high}
    return {name: minus(f"{number:+.2f}") for name, number in ends.items()}
