"""Items with names, for leads: who answered, what judges said in every placement and why, what people said."""

from __future__ import annotations

from judge import markup
from judge.identity import Json
from judge.records import HumanVerdict, Judgment, Scores, Skipped, Unanswered, Unreadable, Verdict
from judge.review.desk import Place
from judge.review.room import Room
from judge.review.showing import shown

PAGE = 50


def browse(room: Room, ability: str, state: str, page: int) -> dict[str, Json]:
    """Return one page of the drawn items, by ability and state; no names yet."""
    places = [one for one in room.desk.places if ability in ("", one.ability) and state in ("", state_of(one))]
    found: list[Json] = [
        {
            "target": one.target,
            "question": one.item.question,
            "ability": one.ability,
            "asked": one.asked,
            "state": state_of(one),
            "votes": len(one.votes),
            "draw": one.draw.name,
            "number": one.number,
        }
        for one in places[page * PAGE : (page + 1) * PAGE]
    ]
    return {"items": found, "total": len(places), "page": page, "size": PAGE}


def state_of(place: Place) -> str:
    """Return open, done or conflict."""
    return "conflict" if place.conflict else "done" if place.closed else "open"


def browsed(room: Room, place: Place) -> dict[str, Json]:
    """Return an item in full, with names; dialogues stand as the draw lists them."""
    dialogues = room.store.dialogues_by_key(place.item.dialogues)
    sides = [dialogues[key] for key in place.item.dialogues]
    question = sides[0].question
    laid = shown(question, sides, place.item.scope, room.rubrics.of(place.ability), room.scale(place), unmasked=True)
    code = room.store.question_codes(room.bank)[question.key]
    item = room.store.item(code)
    keys = set(place.item.dialogues)

    def about(one: Judgment | HumanVerdict) -> bool:
        seen = {dialogue.key for dialogue in one.case.dialogues}
        whole = (one.case.scope.turn or 0) == place.item.scope
        return whole and (seen == keys or (len(seen) == 1 and seen < keys))

    judged: list[Json] = [
        {
            "judge": markup.visible(one.judge.name),
            "shown": [dialogue.candidate.name for dialogue in one.case.dialogues],
            "said": said(one, [dialogue.candidate.name for dialogue in one.case.dialogues]),
            "reply": markup.to_html(one.reply) if one.reply else "",
        }
        for one in item.judgments
        if about(one)
    ]
    people: list[Json] = [
        {
            "reviewer": markup.visible(one.reviewer),
            "said": said(one, [dialogue.candidate.name for dialogue in one.case.dialogues]),
            "comment": markup.visible(one.comment),
            "adjudicates": one.adjudicates,
        }
        for one in item.human_verdicts
        if about(one)
    ]
    names: list[Json] = [markup.visible(one.candidate.name) for one in sides]
    return {**laid.content, "names": names, "question": question.id, "judged": judged, "people": people}


def said(one: Judgment | HumanVerdict, names: list[str]) -> dict[str, Json]:
    """Return a result by name: who won, which score, or why there is none."""
    match one.result:
        case Verdict(side):
            won = {"first": names[0], "second": names[-1], "tie": None}[side.value]
            return {"kind": "verdict", "winner": won and markup.visible(won)}
        case Scores(overall, _):
            return {"kind": "scores", "score": overall.value if overall else None}
        case Unreadable(reason) | Unanswered(reason) | Skipped(reason):
            return {"kind": "none", "reason": markup.visible(reason)}
