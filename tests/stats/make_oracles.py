"""Write oracles.json beside this file: what well-known public libraries give on small fixed inputs.

The tests read the JSON only; nothing here runs in them, and they need none of these libraries. To make it anew, in a virtual
environment of its own, not the project's:

    python3.11 -m venv ORACLE
    ORACLE/bin/pip install evalica==0.4.2 statsmodels==0.15.0 scipy==1.12.0 scikit-learn==1.9.1 pandas==2.3.3 \
        numpy==1.26.4 irrCAC==0.4.4 crowd-kit==1.4.2 ppi-python==0.2.3
    ORACLE/bin/pip install coverage==7.6.1  # numba, under ppi-python, breaks on the older one that irrCAC asks for
    ORACLE/bin/python tests/stats/make_oracles.py

Every value is checked on the way against a second computation (a score that must vanish, a sandwich written out, another
library); the script stops where the two differ. NaN is written as null.
"""

from __future__ import annotations

import json
import math
import platform
import warnings
from importlib.metadata import version
from itertools import combinations
from pathlib import Path
from typing import Any

import evalica
import numpy as np
import pandas as pd
import statsmodels.api as sm
from crowdkit.aggregation import DawidSkene, MajorityVote
from irrCAC.datasets import raw_4raters
from irrCAC.raw import CAC
from ppi_py import ppi_mean_ci, ppi_mean_pointestimate
from scipy import optimize, stats
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import aggregate_raters, cohens_kappa, fleiss_kappa, to_table
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

PACKAGES = ("evalica", "statsmodels", "scipy", "scikit-learn", "pandas", "numpy", "irrCAC", "crowd-kit", "ppi-python")
WIN, TIE, LOSS = 2, 1, 0


def plain(value: Any) -> Any:
    """Return a value as JSON knows it: no arrays, no NaN."""
    if isinstance(value, dict):
        return {str(key): plain(of) for key, of in value.items()}
    if isinstance(value, (list, tuple, np.ndarray, pd.Series, pd.Index)):
        return [plain(of) for of in (value.tolist() if hasattr(value, "tolist") else value)]
    if isinstance(value, (np.integer, np.bool_)):
        return value.item()
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else None
    return value


def text(value: Any, depth: int = 0) -> str:
    """Return JSON with one line per field; lists of numbers stay on their line."""
    if isinstance(value, dict):
        inner = ",\n".join(f"{' ' * (depth + 1)}{json.dumps(key)}: {text(of, depth + 1)}" for key, of in value.items())
        return "{\n" + inner + "\n" + " " * depth + "}"
    if isinstance(value, list) and value and isinstance(value[0], dict):
        inner = ",\n".join(" " * (depth + 1) + text(of, depth + 1) for of in value)
        return "[\n" + inner + "\n" + " " * depth + "]"
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def close(one: Any, other: Any, within: float) -> None:
    """Stop where two computations of the same thing differ."""
    np.testing.assert_allclose(np.asarray(one, float), np.asarray(other, float), rtol=within, atol=within)


# Games


def play(seed: int, items: int, rows: int, nu: float, few: int = 0) -> tuple[Any, Any, Any]:
    """Draw games by Davidson's model; with `few`, the last item has only so many."""
    random = np.random.default_rng(seed)
    strength = random.normal(0, 0.8, items)
    pairs = np.array(list(combinations(range(items), 2)))
    rare = (pairs == items - 1).any(axis=1)
    chosen = (
        np.concatenate([random.choice(np.flatnonzero(rare), few), random.choice(np.flatnonzero(~rare), rows - few)])
        if few
        else random.integers(0, len(pairs), rows)
    )
    random.shuffle(chosen)
    meet = pairs[chosen]
    swap = random.random(rows) < 0.5
    meet[swap] = meet[swap][:, ::-1]
    half = (strength[meet[:, 0]] - strength[meet[:, 1]]) / 2
    weight = np.stack([np.exp(-half), np.full(rows, nu), np.exp(half)])
    outcome = (random.random(rows) > np.cumsum(weight / weight.sum(axis=0), axis=0)).sum(axis=0)
    return meet[:, 0], meet[:, 1], outcome


def counts(first: Any, second: Any, outcome: Any, items: int) -> tuple[Any, Any]:
    """Return wins[i, j], of i over j, and ties[i, j], symmetric."""
    wins, ties = np.zeros((items, items)), np.zeros((items, items))
    for one, other, said in zip(first, second, outcome, strict=True):
        if said == TIE:
            ties[one, other] += 1
            ties[other, one] += 1
        else:
            wins[(one, other) if said == WIN else (other, one)] += 1
    return wins, ties


def tie_model(name: str, gap: Any, tie: float) -> tuple[Any, Any, Any]:
    """Return log probabilities of win, tie and loss; tie is log nu (Davidson) or log of log theta (Rao and Kupper)."""
    if name == "davidson":
        total = np.logaddexp(np.logaddexp(gap / 2, -gap / 2), tie)
        return gap / 2 - total, tie - total, -gap / 2 - total
    edge = math.exp(tie)
    win, loss = -np.logaddexp(0, edge - gap), -np.logaddexp(0, edge + gap)
    return win, win + loss + np.log(np.expm1(2 * edge)), loss


def gradient(name: str, wins: Any, ties: Any, found: Any) -> Any:
    """Return the score by (strengths of all items but the last, tie), written out by hand."""
    items = len(wins)
    strength, tie = np.append(found[:-1], 0.0), found[-1]
    gap = strength[:, None] - strength[None]
    win, draw, loss = (np.exp(one) for one in tie_model(name, gap, tie))
    if name == "davidson":
        slope = wins * (1 - win - draw / 2) + ties / 2 * (0.5 - win - draw / 2) - wins.T * (win + draw / 2)
        slope += ties / 2 * (0.5 - win - draw / 2)
        games = wins + wins.T + ties
        by_tie = (ties - games * draw)[np.triu_indices(items, 1)].sum()
    else:
        edge = math.exp(tie)
        slope = wins * (1 - win) - wins.T * (1 - loss) + ties * (loss - win)
        both = 2 * math.exp(2 * edge) / math.expm1(2 * edge)
        each = -wins * (1 - win) - wins.T * (1 - loss) + ties * (both - (1 - win) - (1 - loss))
        by_tie = edge * each[np.triu_indices(items, 1)].sum()
    np.fill_diagonal(slope, 0)
    return np.append(slope.sum(axis=1)[:-1], by_tie)


def likelihood(name: str, wins: Any, ties: Any, found: Any) -> float:
    """Return the log-likelihood (multinomial constants left out)."""
    strength = np.append(found[:-1], 0.0)
    win, draw, _ = tie_model(name, strength[:, None] - strength[None], found[-1])
    return float((wins * win).sum() + (ties * draw).sum() / 2)


def fit_ties(name: str, wins: Any, ties: Any) -> dict[str, Any]:
    """Fit a model with ties by scipy: BFGS on the log-likelihood, then a root of the score."""
    items = len(wins)
    start = np.append(np.zeros(items - 1), -0.5)
    rough = optimize.minimize(
        lambda at: -likelihood(name, wins, ties, at), start, jac=lambda at: -gradient(name, wins, ties, at), tol=1e-9
    ).x
    numeric = optimize.approx_fprime(rough, lambda at: likelihood(name, wins, ties, at), 1e-7)
    close(gradient(name, wins, ties, rough), numeric, 1e-4)
    found = optimize.root(lambda at: gradient(name, wins, ties, at), rough, method="hybr", tol=1e-15).x
    bend = np.column_stack(
        [
            (gradient(name, wins, ties, found + step) - gradient(name, wins, ties, found - step)) / 2e-5
            for step in 1e-5 * np.eye(items)
        ]
    )
    found = found - np.linalg.solve(bend, gradient(name, wins, ties, found))
    left = float(np.abs(gradient(name, wins, ties, found)).max())
    assert left < 1e-11, left
    strength = np.append(found[:-1], 0.0)
    worth = np.exp(strength) / np.exp(strength).sum()
    covariance = np.linalg.inv(-(bend + bend.T) / 2)
    whole = np.zeros((items, items))
    whole[:-1, :-1] = covariance[:-1, :-1]
    own = np.diag(whole)
    error = np.sqrt(np.maximum(own[:, None] + own[None] - 2 * whole, 0))
    parameter = math.exp(found[-1])
    return {
        "worth": worth,
        "log_strength_centred": strength - strength.mean(),
        "nu" if name == "davidson" else "theta": parameter if name == "davidson" else math.exp(parameter),
        "log_tie": found[-1],
        "log_likelihood": likelihood(name, wins, ties, found),
        "se_difference_to_first": error[0],
        "se_log_tie": math.sqrt(covariance[-1, -1]),
        "largest_score": left,
    }


def evalica_oracle() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return ratings of evalica, and how its newman relates to Davidson's model."""
    winner = {WIN: evalica.Winner.X, TIE: evalica.Winner.Draw, LOSS: evalica.Winner.Y}
    sets = {
        "no_ties": play(11, 6, 120, 0.0),
        "ties": play(12, 8, 200, 0.9),
        "few_games": play(13, 5, 60, 0.4, few=5),
    }
    answer: dict[str, Any] = {}
    relation: dict[str, Any] = {}
    for name, (first, second, outcome) in sets.items():
        items = int(max(first.max(), second.max())) + 1
        index = pd.Index(range(items))
        arguments = {
            "xs": first.tolist(),
            "ys": second.tolist(),
            "winners": [winner[said] for said in outcome.tolist()],
            "index": index,
        }
        wins, ties = counts(first, second, outcome, items)
        tight = {"tolerance": 1e-14, "limit": 200_000}
        bradley = evalica.bradley_terry(**arguments, win_weight=1.0, tie_weight=0.5, **tight)
        scores = bradley.scores.reindex(index).to_numpy()
        logs = np.log(scores)
        logs = logs - logs.mean()
        half = wins + ties / 2
        chance = 1 / (1 + np.exp(logs[None] - logs[:, None]))
        close((half - (half + half.T) * chance).sum(axis=1), 0, 1e-10)  # the score of Bradley and Terry vanishes
        newman = evalica.newman(**arguments, **tight)
        strength = newman.scores.reindex(index).to_numpy()
        centred = np.log(strength) - np.log(strength).mean()
        entry = {
            "items": items,
            "first": first,
            "second": second,
            "outcome": outcome,
            "games_per_item": (half + half.T).sum(axis=1).astype(int),
            "ties": int(ties.sum() / 2),
            "bradley_terry": {
                "scores": scores,
                "log_scores_centred": logs,
                "iterations": bradley.iterations,
                "win_weight": 1.0,
                "tie_weight": 0.5,
            },
            **{
                f"elo_k{k}": evalica.elo(**arguments, initial=1000.0, base=10.0, scale=400.0, k=float(k))
                .scores.reindex(index)
                .to_numpy()
                for k in (4, 32)
            },
            "newman": {
                "scores": strength,
                "log_scores_centred": centred,
                "v": newman.v,
                "v_init": newman.v_init,
                "iterations": newman.iterations,
            },
        }
        if ties.any():
            fitted = fit_ties("davidson", wins, ties)
            at = np.append(centred[:-1] - centred[-1], math.log(2 * newman.v))
            left = float(np.abs(gradient("davidson", wins, ties, at)).max())
            assert left < 1e-9, left
            close(centred, fitted["log_strength_centred"], 1e-10)
            close(2 * newman.v, fitted["nu"], 1e-10)
            wrong = np.append(at[:-1], math.log(newman.v))
            relation[name] = {
                "largest_davidson_score_at_nu_2v": left,
                "largest_davidson_score_at_nu_v": float(np.abs(gradient("davidson", wins, ties, wrong)).max()),
                "largest_difference_of_log_strengths": float(np.abs(centred - fitted["log_strength_centred"]).max()),
                "nu_less_2v": fitted["nu"] - 2 * newman.v,
            }
            entry["davidson_scipy"] = fitted
            entry["rao_kupper_scipy"] = fit_ties("rao_kupper", wins, ties)
        else:
            close(centred, logs, 1e-10)
            relation[name] = {
                "largest_difference_to_bradley_terry": float(np.abs(centred - logs).max()),
                "v": newman.v,
            }
        answer[name] = entry
    return answer, {
        "relation": "nu = 2 v; log scores equal Davidson's log strengths up to a constant",
        "text": (
            "evalica.newman maximises the likelihood of Davidson's model with ties, with P(i beats j) = s_i / D, "
            "P(tie) = 2 v sqrt(s_i s_j) / D, D = s_i + s_j + 2 v sqrt(s_i s_j), so Davidson's nu = 2 v and his strengths "
            "are the scores up to a common factor. Both of Davidson's stationarity equations (by strength and by nu) hold "
            "at the scores and nu = 2 v, and not at nu = v; a maximum found by scipy agrees. Scores are not normalised the "
            "same way as bradley_terry's (geometric mean 1): compare centred logarithms. win_weight and tie_weight are at "
            "their defaults of 1. Without ties v is 0 and the scores are those of Bradley and Terry. Its stopping rule "
            "looks at the scores alone, not at v."
        ),
        "numerical": relation,
    }


# Errors clustered by question


def clustered(model: Any, groups: Any, **kwargs: Any) -> tuple[Any, dict[str, Any]]:
    """Fit and return the result with its covariance under each convention."""
    bare = model.fit(cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False}, **kwargs)
    full = model.fit(cov_type="cluster", cov_kwds={"groups": groups, "use_correction": True}, **kwargs)
    count, rows, width = len(np.unique(groups)), len(groups), len(bare.params)
    one = np.asarray(bare.cov_params())
    factor = count / (count - 1)
    stata = factor * (rows - 1) / (rows - width)
    close(np.asarray(full.cov_params()), stata * one, 1e-12)
    return bare, {
        "coefficients": np.asarray(bare.params),
        "clusters": count,
        "covariance_plain": one,
        "covariance_g": factor * one,
        "covariance_statsmodels": np.asarray(full.cov_params()),
        "factor_g": factor,
        "factor_statsmodels": stata,
    }


def cluster_means() -> list[dict[str, Any]]:
    """Return means of rows with errors clustered by group."""
    answer = []
    for seed, clusters, rows in ((21, 12, 60), (22, 30, 150), (23, 50, 300)):
        random = np.random.default_rng(seed)
        share = random.dirichlet(np.full(clusters, 1.5))
        groups = np.sort(np.concatenate([np.arange(clusters), random.choice(clusters, rows - clusters, p=share)]))
        level = random.beta(2, 2, clusters)
        y = random.binomial(2, level[groups]) / 2
        model = sm.OLS(y, np.ones((rows, 1)))
        result, found = clustered(model, groups)
        sums = np.bincount(groups, y - y.mean())
        close(found["covariance_plain"], (sums @ sums) / rows**2, 1e-12)
        wide = model.fit(
            cov_type="cluster",
            cov_kwds={"groups": groups, "use_correction": True, "df_correction": True},
            use_t=True,
        )
        corrected = model.fit(
            cov_type="cluster", cov_kwds={"groups": groups, "use_correction": True, "df_correction": False}
        )
        close(corrected.bse, np.sqrt(clusters / (clusters - 1)) * result.bse, 1e-12)
        low, high = wide.conf_int(alpha=0.05)[0]
        reach = stats.t.ppf(0.975, clusters - 1) * corrected.bse[0]
        close([low, high], [y.mean() - reach, y.mean() + reach], 1e-12)
        answer.append(
            {
                "y": y,
                "cluster": groups,
                "rows": rows,
                "clusters": clusters,
                "mean": result.params[0],
                "se_plain": result.bse[0],
                "se_g": corrected.bse[0],
                "t_interval_95": [low, high],
                "t_interval_90": wide.conf_int(alpha=0.10)[0],
                "p_value_of_half": float(wide.t_test("const = 0.5").pvalue),
            }
        )
    return answer


def cluster_logistic() -> list[dict[str, Any]]:
    """Return Bradley-Terry as a logistic regression, errors clustered by question."""
    answer = []
    for seed, items, clusters, rows, tied in ((31, 5, 20, 180, False), (32, 6, 30, 220, True), (33, 3, 12, 60, True)):
        first, second, outcome = play(seed, items, rows, 0.6 if tied else 0.0)
        random = np.random.default_rng(seed + 100)
        question = np.concatenate([np.arange(clusters), random.integers(0, clusters, rows - clusters)])
        y = outcome / 2
        design = np.zeros((rows, items))
        design[np.arange(rows), first] = 1
        design[np.arange(rows), second] -= 1
        design = design[:, :-1]
        # No convergence test but a fixed number of rounds: IRLS is then at the limit of rounding.
        result, found = clustered(
            sm.GLM(y, design, family=sm.families.Binomial()), question, maxiter=60, tol=0.0, tol_criterion="params"
        )
        chance = 1 / (1 + np.exp(-design @ result.params))
        close(design.T @ (y - chance), 0, 1e-11)
        bread = np.linalg.inv((design * (chance * (1 - chance))[:, None]).T @ design)
        sums = np.stack([np.bincount(question, (y - chance) * column) for column in design.T], axis=1)
        close(bread @ sums.T @ sums @ bread, found["covariance_plain"], 1e-10)
        if not tied:
            same, logit = clustered(sm.Logit(y, design), question, disp=0, method="newton", tol=1e-14, maxiter=200)
            close(same.params, result.params, 1e-10)
            close(logit["covariance_plain"], found["covariance_plain"], 1e-10)
        answer.append(
            {
                "items": items,
                "reference": items - 1,
                "first": first,
                "second": second,
                "y": y,
                "question": question,
                **found,
                "covariance_model": bread,
            }
        )
    return answer


def cluster_slope() -> dict[str, Any]:
    """Return what being shown first adds to the points, errors clustered by question."""
    random = np.random.default_rng(41)
    clusters, rows = 40, 160
    question = np.sort(np.concatenate([np.arange(clusters), random.integers(0, clusters, rows - clusters)]))
    shown_first = random.integers(0, 2, rows)
    level = random.normal(0, 0.7, clusters)[question] + 0.5 * shown_first
    y = (random.normal(level, 1) > -0.3).astype(float) / 2 + (random.normal(level, 1) > 0.3) / 2
    model = sm.OLS(y, sm.add_constant(shown_first.astype(float)))
    result, found = clustered(model, question)
    interval = np.asarray(
        model.fit(
            cov_type="cluster",
            cov_kwds={"groups": question, "use_correction": True, "df_correction": True},
            use_t=True,
        ).conf_int()
    )
    close(result.params[1], y[shown_first == 1].mean() - y[shown_first == 0].mean(), 1e-12)
    return {"y": y, "shown_first": shown_first, "question": question, **found, "t_interval_95_statsmodels": interval}


# Agreement


def chance_corrected(ratings: Any, categories: list[int]) -> dict[str, Any]:
    """Return irrCAC's coefficients of a table items by raters (NaN where missing), alpha of evalica beside them."""
    frame = pd.DataFrame(np.asarray(ratings, float))
    answer = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in ("gwet", "fleiss", "krippendorff", "bp"):
            said = getattr(CAC(frame.copy(), categories=[float(one) for one in categories], digits=17), name)()["est"]
            answer[{"gwet": "ac1", "bp": "brennan_prediger"}.get(name, name)] = {
                "value": said["coefficient_value"],
                "observed": said["pa"],
                "chance": said["pe"],
                "se_linearised": said["se"],
            }
        alpha = evalica.alpha(frame.T, distance="nominal")
    answer["krippendorff_evalica"] = {"value": alpha.alpha, "observed": alpha.observed, "expected": alpha.expected}
    if answer["krippendorff"]["chance"] < 1:
        close(answer["krippendorff"]["value"], alpha.alpha, 1e-12)
    return answer


def kappas() -> dict[str, Any]:
    """Return coefficients of agreement."""
    random = np.random.default_rng(51)
    labels = np.array([-1, 0, 1])
    pairs: dict[str, tuple[Any, Any]] = {}
    for name, items, shares, kept in (
        ("balanced", 90, [0.35, 0.3, 0.35], 0.6),
        ("skewed", 120, [0.06, 0.1, 0.84], 0.7),
        ("chance", 40, [0.3, 0.4, 0.3], 0.05),
    ):
        first = random.choice(labels, items, p=shares)
        second = np.where(random.random(items) < kept, first, random.choice(labels, items, p=shares))
        pairs[name] = (first, second)
    pairs["all_the_same"] = (np.ones(30, int), np.ones(30, int))
    pairs["one_constant"] = (np.ones(30, int), np.where(random.random(30) < 0.7, 1, -1))
    cohen = {}
    for name, (first, second) in pairs.items():
        table = np.array([[((first == one) & (second == other)).sum() for other in labels] for one in labels])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            said = cohens_kappa(table)
            other = cohen_kappa_score(first, second, labels=labels) if name != "all_the_same" else math.nan
        if name != "all_the_same":
            close(said.kappa, other, 1e-12)
        cohen[name] = {
            "first": first,
            "second": second,
            "categories": labels,
            "table": table,
            "raw": (first == second).mean(),
            "kappa": said.kappa,
            "std_kappa": said.std_kappa,
            "std_kappa0": said.std_kappa0,
            "ac1": chance_corrected_pair(first, second, labels.tolist()),
        }
    full = {}
    for name, shares, kept in (("balanced", [0.3, 0.4, 0.3], 0.65), ("skewed", [0.85, 0.1, 0.05], 0.6)):
        truth = random.choice(3, 80, p=shares)
        ratings = np.where(random.random((80, 4)) < kept, truth[:, None], random.choice(3, (80, 4), p=shares))
        table, _ = aggregate_raters(ratings, n_cat=3)
        entry = {
            "ratings": ratings,
            "table": table,
            "fleiss": fleiss_kappa(table, method="fleiss"),
            "randolph": fleiss_kappa(table, method="randolph"),
            "irrcac": chance_corrected(ratings, [0, 1, 2]),
        }
        close(entry["fleiss"], entry["irrcac"]["fleiss"]["value"], 1e-12)
        close(entry["randolph"], entry["irrcac"]["brennan_prediger"]["value"], 1e-12)
        close(to_table(ratings[:, :2], bins=3)[0].sum(), 80, 0)
        full[name] = entry
    missing = {}
    for name, items, raters, kept, share in (("some_missing", 60, 5, 0.7, 0.45), ("most_missing", 50, 4, 0.6, 0.6)):
        truth = random.choice(3, items, p=[0.5, 0.3, 0.2])
        ratings = np.where(
            random.random((items, raters)) < kept, truth[:, None], random.choice(3, (items, raters))
        ).astype(float)
        gone = random.random((items, raters)) < share
        gone[np.arange(items), random.integers(0, raters, items)] = False  # every item has a label
        ratings[gone] = math.nan
        assert (np.isfinite(ratings).sum(axis=1) == 1).any()
        missing[name] = {
            "ratings": [[None if math.isnan(one) else int(one) for one in row] for row in ratings.tolist()],
            "items_with_one_label": int((np.isfinite(ratings).sum(axis=1) == 1).sum()),
            "irrcac": chance_corrected(ratings, [0, 1, 2]),
        }
    return {
        "definitions": (
            "irrCAC, as Gwet (2014): observed agreement over items with two labels or more; the base rates of AC1 and "
            "Fleiss average each item's shares over all items with a label; Krippendorff's alpha uses items with two "
            "labels or more only, and its 'observed' holds Gwet's epsilon. brennan_prediger on full tables is Randolph's "
            "free-marginal kappa. evalica's observed and expected are disagreements. se_linearised: Gwet's, items "
            "independent. std_kappa: asymptotic, statsmodels; std_kappa0: under no agreement."
        ),
        "cohen": cohen,
        "full": full,
        "missing": missing,
        "textbook": textbook_agreement(),
    }


def chance_corrected_pair(first: Any, second: Any, categories: list[int]) -> float:
    """Return AC1 of two raters."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame = pd.DataFrame({"a": np.asarray(first, float), "b": np.asarray(second, float)})
        return float(
            CAC(frame, categories=[float(one) for one in categories], digits=17).gwet()["est"]["coefficient_value"]
        )


def textbook_agreement() -> dict[str, Any]:
    """Return worked examples with what their sources print."""
    gwet = raw_4raters().astype(float).to_numpy()
    nothing = math.nan
    observers = np.array(
        [
            [1, 2, 3, 3, 2, 1, 4, 1, 2, nothing, nothing, nothing],
            [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, nothing, 3],
            [nothing, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, nothing],
            [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, nothing],
        ]
    )
    answer = {
        "gwet_2014": {
            "source": (
                "Gwet, K. L. (2014). Handbook of Inter-Rater Reliability, 4th ed.: 4 raters, 12 units, 5 categories; as "
                "irrCAC's dataset raw_4raters. Printed values: the documentation of irrCAC.raw."
            ),
            "published": {"ac1": 0.77544, "fleiss": 0.76117, "observed": 0.81818, "ac1_chance": 0.19032},
            "ratings": gwet,
            "irrcac": chance_corrected(gwet, [1, 2, 3, 4, 5]),
        },
        "krippendorff_2011": {
            "source": (
                "Krippendorff, K. (2011). Computing Krippendorff's Alpha-Reliability, section C: nominal data, 4 "
                "observers, 12 units, missing data. repository.upenn.edu/asc_papers/43"
            ),
            "published": {"krippendorff": 0.743},
            "ratings": observers.T,
            "irrcac": chance_corrected(observers.T, [1, 2, 3, 4, 5]),
        },
    }
    close(answer["gwet_2014"]["irrcac"]["ac1"]["value"], 0.77544, 5e-6)
    close(answer["gwet_2014"]["irrcac"]["fleiss"]["value"], 0.76117, 5e-6)
    close(answer["krippendorff_2011"]["irrcac"]["krippendorff"]["value"], 904 / 1216, 1e-12)
    for entry in answer.values():
        entry["ratings"] = [[None if math.isnan(one) else int(one) for one in row] for row in entry["ratings"].tolist()]
    return answer


# Textbook data with ties

PUDDING = (  # i, j, comparisons, preferences for i, for j, ties
    (1, 2, 57, 19, 22, 16),
    (1, 3, 47, 16, 19, 12),
    (2, 3, 48, 19, 19, 10),
    (1, 4, 54, 18, 23, 13),
    (2, 4, 51, 23, 19, 9),
    (3, 4, 54, 19, 20, 15),
    (1, 5, 50, 13, 19, 18),
    (2, 5, 48, 16, 20, 12),
    (3, 5, 48, 16, 15, 17),
    (4, 5, 47, 17, 14, 16),
    (1, 6, 51, 18, 21, 12),
    (2, 6, 54, 22, 20, 12),
    (3, 6, 41, 13, 18, 10),
    (4, 6, 51, 14, 19, 18),
    (5, 6, 44, 11, 21, 12),
)


def puddings() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return Davidson's chocolate puddings by his model and by Rao and Kupper's."""
    wins, ties = np.zeros((6, 6)), np.zeros((6, 6))
    for one, other, met, ahead, behind, drawn in PUDDING:
        assert met == ahead + behind + drawn
        wins[one - 1, other - 1], wins[other - 1, one - 1] = ahead, behind
        ties[one - 1, other - 1] = ties[other - 1, one - 1] = drawn
    columns = dict(zip(("i", "j", "comparisons", "wins_i", "wins_j", "ties"), zip(*PUDDING, strict=True), strict=True))
    columns["i"], columns["j"] = ([code - 1 for code in columns[side]] for side in "ij")
    published = {
        "worth": [0.1388005, 0.1729985, 0.1617420, 0.1653930, 0.1586805, 0.2023855],
        "nu": 0.7468147,
        "log_worth_to_first": [0.0, 0.2202447, 0.1529644, 0.1752864, 0.1338550, 0.3771362],
        "se_difference_to_first": [0.0, 0.1872168, 0.1935181, 0.1882110, 0.1927043, 0.1924059],
        "log_nu": -0.291938,
        "se_log_nu": 0.082499,
        "residual_deviance": 1619.4,
        "note": (
            "PlackettLuce stops after 7 iterations there, to give the worths that Davidson printed, so they lie some 1e-5 "
            "from the maximum; davidson_scipy is at it."
        ),
    }
    davidson = fit_ties("davidson", wins, ties)
    close(davidson["worth"], published["worth"], 1e-4)
    close(davidson["nu"], published["nu"], 1e-4)
    close(davidson["se_difference_to_first"], published["se_difference_to_first"], 1e-4)
    close(davidson["se_log_tie"], published["se_log_nu"], 1e-4)
    close(-2 * davidson["log_likelihood"], published["residual_deviance"], 1e-4)
    source = (
        "Davidson, R. R. (1970). On extending the Bradley-Terry model to accommodate ties in paired comparison experiments. "
        "JASA 65, 317-328, example 2. Counts: data set 'pudding' of the R package PlackettLuce, as printed by hyper2's "
        "vignette 'pudding' and by puddings.txt of github.com/d-a-henderson/GPL (the two agree). Published estimates: "
        "PlackettLuce's vignette 'Introduction to PlackettLuce', sections 2.1.1 and 2.2."
    )
    return (
        {
            "source": source,
            "model": "win i : win j : tie = p_i : p_j : nu sqrt(p_i p_j)",
            "data": columns,
            "published": published,
            "davidson_scipy": davidson,
        },
        {
            "source": "the data of davidson_textbook by the model of Rao and Kupper (1967), JASA 62, 194-204",
            "model": "win i = p_i / (p_i + theta p_j), win j = p_j / (theta p_i + p_j), tie the rest; log_tie = log log theta",
            "rao_kupper_scipy": fit_ties("rao_kupper", wins, ties),
        },
    )


# Tests and intervals


def holm() -> list[dict[str, Any]]:
    """Return p values adjusted by Holm's method."""
    lists = (
        [0.01, 0.04, 0.03, 0.005, 0.2],
        [0.02, 0.02, 0.5, 1.0, 0.02, 0.0004, 0.5],
        [1.0, 0.9, 1.0, 0.012, 0.049, 0.012, 0.3, 1e-9, 0.0, 0.06],
    )
    return [{"p": one, "adjusted": multipletests(one, method="holm")[1]} for one in lists]


def wilson() -> list[dict[str, Any]]:
    """Return Wilson's intervals."""
    cases = (
        (0, 10, 0.05),
        (10, 10, 0.05),
        (1, 1, 0.05),
        (7, 10, 0.05),
        (45, 100, 0.1),
        (499, 500, 0.01),
        (3, 2000, 0.05),
    )
    return [
        {
            "count": count,
            "nobs": nobs,
            "alpha": alpha,
            "interval": [float(end) for end in proportion_confint(count, nobs, alpha=alpha, method="wilson")],
        }
        for count, nobs, alpha in cases
    ]


def t_tests() -> dict[str, Any]:
    """Return Student's tests of pairs and of one sample."""
    random = np.random.default_rng(71)
    paired, single = [], []
    for size, shift, confidence in ((8, 0.1, 0.95), (25, 0.0, 0.9), (60, -0.05, 0.99)):
        first = np.round(random.beta(2, 2, size), 3)
        second = np.round(np.clip(first + random.normal(shift, 0.15, size), 0, 1), 3)
        said = stats.ttest_rel(first, second)
        interval = said.confidence_interval(confidence)
        paired.append(
            {
                "first": first,
                "second": second,
                "mean_difference": (first - second).mean(),
                "statistic": said.statistic,
                "df": int(said.df),
                "p_value": said.pvalue,
                "confidence": confidence,
                "interval": [interval.low, interval.high],
            }
        )
    for size, null, confidence in ((5, 0.5, 0.95), (30, 0.5, 0.95), (100, 0.4, 0.9)):
        values = random.choice([0.0, 0.5, 1.0], size, p=[0.3, 0.2, 0.5])
        said = stats.ttest_1samp(values, null)
        interval = said.confidence_interval(confidence)
        single.append(
            {
                "values": values,
                "null": null,
                "mean": values.mean(),
                "se": stats.sem(values),
                "statistic": said.statistic,
                "df": int(said.df),
                "p_value": said.pvalue,
                "confidence": confidence,
                "interval": [interval.low, interval.high],
            }
        )
    return {"ttest_rel": paired, "ttest_1samp": single}


# True labels from raters


def confusions(errors: Any) -> Any:
    """Return crowd-kit's errors as raters x true label x label given."""
    whole = errors.reindex(pd.MultiIndex.from_product([range(5), range(3)]), fill_value=0.0)
    return whole[[0, 1, 2]].to_numpy().reshape(5, 3, 3).transpose(0, 2, 1)


def smoothed(frame: Any, added: float) -> dict[str, Any]:
    """Run crowd-kit's steps with a constant added to every cell."""
    cells = pd.MultiIndex.from_product([range(5), range(3)], names=["worker", "label"])
    constant = pd.DataFrame(added, index=cells, columns=pd.Index([0, 1, 2]))
    posterior = MajorityVote().fit_predict_proba(frame)
    for rounds in range(1, 2001):  # noqa: B007
        priors = posterior.mean()
        errors = DawidSkene._m_step(frame, posterior, constant, "addition")
        before, posterior = posterior, DawidSkene._e_step(frame, priors, errors)
        moved = float((posterior - before[posterior.columns]).abs().max().max())
        if moved < 1e-15:
            break
    assert moved < 1e-12, moved
    table = posterior.sort_index()[[0, 1, 2]].to_numpy()
    return {
        "added": added,
        "posterior": table,
        "prior": priors.loc[[0, 1, 2]].to_numpy(),
        "confusion": confusions(errors),
        "label_found": table.argmax(axis=1),
        "rounds": rounds,
        "moved_in_last_round": moved,
    }


def dawid_skene() -> dict[str, Any]:
    """Return Dawid and Skene's posteriors by crowd-kit, run far past convergence."""
    answer: dict[str, Any] = {}
    for name, seed, share in (("full", 81, 0.0), ("fifth_missing", 82, 0.2)):
        random = np.random.default_rng(seed)
        truth = random.choice(3, 60, p=[0.4, 0.35, 0.25])
        right = np.array([0.85, 0.8, 0.7, 0.65, 0.55])
        labels = np.where(
            random.random((60, 5)) < right, truth[:, None], (truth[:, None] + random.integers(1, 3, (60, 5))) % 3
        )
        item, rater = np.nonzero(random.random((60, 5)) >= share)
        label = labels[item, rater]
        assert len(np.unique(item)) == 60
        frame = pd.DataFrame({"task": item, "worker": rater, "label": label})
        found = {}
        for rounds in (500, 1000):
            found[rounds] = DawidSkene(n_iter=rounds, tol=-math.inf)
            found[rounds].fit(frame)
        last = found[1000]
        order = last.probas_.sort_index()[[0, 1, 2]].to_numpy()
        moved = float(np.abs(order - found[500].probas_.sort_index()[[0, 1, 2]].to_numpy()).max())
        confusion = confusions(last.errors_)
        logs = np.log(last.priors_.loc[[0, 1, 2]].to_numpy())[None].repeat(60, axis=0)
        np.add.at(logs, item, np.log(np.maximum(confusion[rater, :, label], 1e-300)))
        check = np.exp(logs - logs.max(axis=1, keepdims=True))
        close(check / check.sum(axis=1, keepdims=True), order, max(10 * moved, 1e-8))
        answer[name] = {
            "item": item,
            "rater": rater,
            "label": label,
            "truth": truth,
            "posterior": order,
            "prior": last.priors_.loc[[0, 1, 2]].to_numpy(),
            "confusion": confusion,
            "label_found": order.argmax(axis=1),
            "rounds": 1000,
            "moved_in_last_500_rounds": moved,
            "smoothed": smoothed(frame, 0.01),
        }
    return {
        "note": (
            "crowd-kit's DawidSkene from the majority's shares, without smoothing or stopping rule. It keeps cells, priors "
            "and the posterior it returns above 1e-10; the maximum lies on the boundary (cells of 0) in both sets. smoothed: "
            "crowd-kit's own E and M steps in a loop, with 'added' to every cell of every confusion matrix (in labels) at "
            "each M step, not to the priors. posterior: items x labels; confusion: raters x true label x label given."
        ),
        **answer,
    }


# People's verdicts on a part


def prediction_powered() -> dict[str, Any]:
    """Return PPI++ means of a population of predictions with people's values on a drawn part."""
    cases = []
    reach = stats.norm.ppf(0.975)
    for seed, count, drawn, even in ((91, 60, 15, True), (92, 60, 15, False), (93, 90, 40, False)):
        random = np.random.default_rng(seed)
        people = random.choice([0.0, 0.5, 1.0], count, p=[0.35, 0.2, 0.45])
        said = np.where(random.random(count) < 0.6, people, random.choice([0.0, 0.5, 1.0], count))
        weights = np.ones(count) if even else 0.3 / count + 0.7 * (share := random.random(count)) / share.sum()
        at = np.sort(random.choice(count, drawn, replace=False, p=weights / weights.sum()))
        probability = np.full(drawn, drawn / count) if even else np.round(np.minimum(drawn * weights[at], 0.99), 4)
        value, guess, weight = people[at], said[at], 1 / probability
        case = {"said": said, "at": at, "value": value, "probability": probability, "fixed": []}
        for tuning in (0.0, 0.4, 1.0):
            point = float(ppi_mean_pointestimate(value, guess, said, lam=tuning, w=weight).item())
            close(point, tuning * said.mean() + weight @ (value - tuning * guess) / weight.sum(), 1e-12)
            found = {"tuning": tuning, "point": point}
            if even:
                # Predictions that are the same everywhere leave the error of the rectifier alone.
                low, high = ppi_mean_ci(value, guess, said, alpha=0.05, lam=tuning)
                one, other = ppi_mean_ci(value, guess, np.full(count, 0.5), alpha=0.05, lam=tuning)
                found["se"] = float((high - low).item() / 2 / reach)
                found["se_rectifier"] = float((other - one).item() / 2 / reach)
                close(found["se_rectifier"], (value - tuning * guess).std() / math.sqrt(drawn), 1e-9)
            case["fixed"].append(found)
        if even:
            point = float(ppi_mean_pointestimate(value, guess, said).item())
            tuned = (point - value.mean()) / (said.mean() - guess.mean())
            spread = np.concatenate([guess, said]).var(ddof=1) * (1 + drawn / count)
            close(tuned, ((value - value.mean()) @ guess / drawn) / spread, 1e-9)
            assert 0 < tuned < 1, tuned
            case["tuned"] = {"point": point, "tuning": tuned}
        cases.append(case)
    return {
        "source": "Angelopoulos, Duchi and Zrnic (2023), PPI++, by their package",
        "conventions": (
            "said: predictions of all items, also given as the unlabelled part; labelled items weigh 1 / probability. "
            "se and se_rectifier: half of the 95 % interval over 1.96; variances there divide by the count. tuned: lam by the "
            "package, covariance on the labelled over (1 + n / N) times the variance of all predictions."
        ),
        "cases": cases,
    }


def main() -> None:
    """Compute everything and write it."""
    rated, notes = evalica_oracle()
    davidson, rao_kupper = puddings()
    everything = {
        "about": "Made by make_oracles.py; do not edit by hand. Codes count from 0 unless an entry says otherwise.",
        "versions": {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}},
        "evalica": rated,
        "evalica_notes": notes,
        "statsmodels_cluster": {
            "conventions": (
                "covariance_plain: sandwich of cluster sums, no factor (use_correction=False). covariance_g: that times "
                "factor_g = G/(G-1). covariance_statsmodels: use_correction=True, that is times factor_statsmodels = G/(G-1) "
                "(N-1)/(N-K); for a mean K = 1 and the two agree. se_g: use_correction=True, df_correction=False. "
                "t intervals: use_correction=True, df_correction=True, use_t=True, G-1 degrees of freedom."
            ),
            "mean": cluster_means(),
            "logistic": cluster_logistic(),
            "position": cluster_slope(),
        },
        "kappas": kappas(),
        "davidson_textbook": davidson,
        "rao_kupper": rao_kupper,
        "holm": holm(),
        "wilson": wilson(),
        "t_paired": t_tests(),
        "dawid_skene": dawid_skene(),
        "prediction_powered": prediction_powered(),
    }
    Path(__file__).with_name("oracles.json").write_text(text(plain(everything)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
