"""The formats asked of a judge and their reader in one package: what `ask_*` and `*_schema` ask for, `read_*` reads.

A reply passes three sieves. *Tidy* (`page`): widths, invisible characters and thinking are taken away. *Quoted*
(`page`): fences, block quotes and quotation marks are blanked, since what a candidate wrote is no verdict. *Forms*
(`forms`): every well-formed statement is found, from a JSON object at the end down to a bare last line; the last one of
the strongest form counts, unless another final one denies it. What a statement says is told in `verdict`, `scores` and
`ranking`, in the words of `vocabulary`. All repeats in the patterns are bounded, so reading takes time linear in the
reply.
"""

from judge.reply.asking import (
    ask_letter,
    ask_number,
    ask_rating,
    ask_reason,
    ask_scores,
    ask_verdict,
    scores_schema,
    verdict_schema,
)
from judge.reply.ranking import read_joint_scores, read_ranking
from judge.reply.scores import read_rating, read_scores
from judge.reply.verdict import read_letter, read_verdict

__all__ = [
    "ask_letter",
    "ask_number",
    "ask_rating",
    "ask_reason",
    "ask_scores",
    "ask_verdict",
    "read_joint_scores",
    "read_letter",
    "read_ranking",
    "read_rating",
    "read_scores",
    "read_verdict",
    "scores_schema",
    "verdict_schema",
]
