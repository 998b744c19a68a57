"""Evaluation of multi-turn, open-ended Chinese questions by LLM judges, with people to overrule them."""

__version__ = "0.1.0"
