"""Holds the engine's metrics against RecTools (and numpy, where RecTools has no such metric).

    python -m venv <folder outside the repository> && <folder>/bin/pip install rectools==0.19.0
    <folder>/bin/python scripts/cross-check-metrics/cross_check.py [--write] [--ml-100k <folder with u.data>]

A generated case is always compared; with --write (then npm run format) it and RecTools' figures are kept here (case.json,
rectools.json), where `cross-check.test.ts` compares without Python. MovieLens 100K is compared only, nothing is kept.
The lists are popularity with noise: what is compared are metrics, not models.

Differences of definition, by name (each is converted before comparing):
  map                 RecTools MAP divides by |T|, ours by min(k, |T|).
  ndcg                RecTools NDCG with divide_by_achievable=True; its default is over k places whatever |T| is.
  serendipity         RecTools divides by the length of a list shorter than k, ours by k (what is missing is a miss).
  popularityLift      RecTools has AvgRecPopularity of lists; the lift is that of the list over that of the history, - 1.
  intraListDiversity  RecTools' own distances are Hamming; here its mean over pairs runs over cosine distances.
                      Of a list of one title RecTools says 0, ours is undefined.
  popularityRank      not in RecTools: pandas' rank(method="average").
  calibration, Gini   not in RecTools: numpy, written down from the papers.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile

import numpy as np
import pandas as pd
from rectools import Columns
from rectools.metrics import (
    MAP,
    MRR,
    NDCG,
    AvgRecPopularity,
    CatalogCoverage,
    HitRate,
    IntraListDiversity,
    MeanInvUserFreq,
    Precision,
    Recall,
    Serendipity,
)
from rectools.metrics.distances import PairwiseDistanceCalculator

HERE = os.path.dirname(os.path.abspath(__file__))
TOLERANCE = 1e-9
ALPHA = 0.01


class CosineDistances(PairwiseDistanceCalculator):
    """1 - cosine of dense 0/1 rows; a row of zeros is at distance 1 from every other."""

    def __init__(self, rows):
        norms = np.linalg.norm(rows, axis=1, keepdims=True)
        self.rows = np.divide(rows, norms, out=np.zeros(rows.shape), where=norms > 0)

    def _get_distances_for_item_pairs(self, items_0, items_1):
        return 1 - np.einsum("ij,ij->i", self.rows[np.asarray(items_0)], self.rows[np.asarray(items_1)])


def table(pairs):
    return pd.DataFrame(pairs, columns=[Columns.User, Columns.Item])


def figures_of(case):
    users, n = len(case["lists"]), case["itemCount"]
    train = table(case["train"])
    test = table([(u, i) for u, items in enumerate(case["targets"]) for i in items])
    reco = table([(u, i) for u, items in enumerate(case["lists"]) for i in items])
    reco[Columns.Rank] = reco.groupby(Columns.User).cumcount() + 1
    history = train[train[Columns.User] < users].copy()
    history[Columns.Rank] = history.groupby(Columns.User).cumcount() + 1
    catalog = list(range(n))
    target_counts = test.groupby(Columns.User)[Columns.Item].nunique()
    counts = train[Columns.Item].value_counts().reindex(catalog).fillna(0)
    ranks = counts.rank(method="average", ascending=False)

    watched = np.zeros((n, case["userCount"]))
    watched[train[Columns.Item], train[Columns.User]] = 1
    genres = np.zeros((n, case["genreCount"]))
    for item, own in enumerate(case["genres"]):
        genres[item, own] = 1
    shares = np.divide(genres, genres.sum(axis=1, keepdims=True), out=np.zeros(genres.shape), where=genres.any(axis=1, keepdims=True))
    distances = {"coOccurrence": CosineDistances(watched), "genres": CosineDistances(genres)}

    def per_user(series):
        return [None if pd.isna(value) else float(value) for value in series.reindex(range(users))]

    out = {}
    for k in case["depths"]:
        for name, metric in {
            "recall": Recall(k),
            "precision": Precision(k),
            "hitRate": HitRate(k),
            "ndcg": NDCG(k, divide_by_achievable=True),
            "mrr": MRR(k),
        }.items():
            out[f"{name}@{k}"] = per_user(metric.calc_per_user(reco, test))
        average_precision = MAP(k, divide_by_k=False).calc_per_user(reco, test)
        out[f"map@{k}"] = per_user(average_precision * target_counts / target_counts.clip(upper=k))
        top = reco[reco[Columns.Rank] <= k]
        lengths = top.groupby(Columns.User).size()
        out[f"serendipity@{k}"] = per_user(Serendipity(k).calc_per_user(reco, test, train, catalog) * lengths / k)
        out[f"novelty@{k}"] = per_user(MeanInvUserFreq(k).calc_per_user(reco, train))
        out[f"popularityRank@{k}"] = per_user(top[Columns.Item].map(ranks).groupby(top[Columns.User]).mean())
        shown = AvgRecPopularity(k).calc_per_user(reco, train)
        longest = int(history[Columns.Rank].max())
        own = AvgRecPopularity(longest).calc_per_user(history, train)
        out[f"popularityLift@{k}"] = per_user(shown / own - 1)
        for name, distance in distances.items():
            diversity = IntraListDiversity(k, distance).calc_per_user(reco)
            out[f"intraListDiversity({name})@{k}"] = per_user(diversity.mask(lengths.reindex(diversity.index) < 2))
        out[f"calibration(genres)@{k}"] = [
            calibration(shares, history.loc[history[Columns.User] == u, Columns.Item], case["lists"][u][:k])
            for u in range(users)
        ]
        out[f"coverage@{k}"] = float(CatalogCoverage(k, normalize=True).calc(reco, catalog))
        exposures = np.bincount(top[Columns.Item], minlength=n)
        # Half the mean absolute difference over all pairs, over the mean: Gini's own definition.
        sorted_ = np.sort(exposures).astype(float)
        differences = np.abs(sorted_[:, None] - sorted_[None, :]).mean() if n <= 4000 else np.nan
        out[f"exposureGini@{k}"] = float(differences / (2 * sorted_.mean()))
    return out


def calibration(shares, history, ranked):
    p, q = shares[np.asarray(history, dtype=int)].sum(axis=0), shares[np.asarray(ranked, dtype=int)].sum(axis=0)
    if p.sum() == 0 or q.sum() == 0:
        return None
    p, q = p / p.sum(), q / q.sum()
    q = (1 - ALPHA) * q + ALPHA * p
    return float(max(0, (p[p > 0] * np.log2(p[p > 0] / q[p > 0])).sum()))


def lists_by_noisy_popularity(train, user_count, item_count, depth, chance, short):
    seen = [set() for _ in range(user_count)]
    counts = [0] * item_count
    for user, item in train:
        seen[user].add(item)
        counts[item] += 1
    lists = []
    for user in range(user_count):
        free = [item for item in range(item_count) if item not in seen[user]]
        free.sort(key=lambda item: -(counts[item] + 1) * chance.random() ** 2)
        lists.append(free[: chance.randrange(1, depth + 1) if short and user % 5 == 0 else depth])
    return lists


def generated_case():
    chance = random.Random(20260101)
    user_count, item_count, genre_count = 40, 60, 6
    train, targets = set(), []
    for user in range(user_count):
        items = [int(item_count * chance.random() ** 2) for _ in range(chance.randrange(3, 16))]
        train.update((user, item) for item in items)
    train = sorted(train)
    for user in range(user_count):
        own = {item for other, item in train if other == user}
        free = [item for item in range(item_count) if item not in own]
        # More and fewer than the depths of the lists.
        targets.append(sorted(chance.sample(free, chance.randrange(1, 13))))
    genres = [sorted(chance.sample(range(genre_count), chance.randrange(0, 4))) for _ in range(item_count)]
    return {
        "userCount": user_count,
        "itemCount": item_count,
        "genreCount": genre_count,
        "depths": [1, 5, 10],
        "train": train,
        "targets": targets,
        "lists": lists_by_noisy_popularity(train, user_count, item_count, 10, chance, short=True),
        "genres": genres,
    }


def movielens_case(folder):
    """The newest fifth of each viewer's ratings is the target."""
    ratings = pd.read_csv(os.path.join(folder, "u.data"), sep="\t", header=None, names=["user", "item", "value", "time"])
    ratings = ratings.sort_values(["user", "time"], kind="stable")
    ratings["user"] -= 1
    ratings["item"] -= 1
    newest = ratings.groupby("user").cumcount(ascending=False) < ratings.groupby("user")["item"].transform("size") // 5
    train = [(int(u), int(i)) for u, i in ratings.loc[~newest, ["user", "item"]].to_numpy()]
    targets = [[int(i) for i in own] for _, own in ratings[newest].groupby("user")["item"]]
    item_count = int(ratings["item"].max()) + 1
    genres = [[] for _ in range(item_count)]
    with open(os.path.join(folder, "u.item"), encoding="latin1") as lines:
        for line in lines:
            fields = line.rstrip("\n").split("|")
            genres[int(fields[0]) - 1] = [genre for genre, flag in enumerate(fields[5:]) if flag == "1"]
    return {
        "userCount": 943,
        "itemCount": item_count,
        "genreCount": 19,
        "depths": [10, 20],
        "train": train,
        "targets": targets,
        "lists": lists_by_noisy_popularity(train, 943, item_count, 20, random.Random(1), short=False),
        "genres": genres,
    }


def engine_figures(case):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "case.json")
        with open(path, "w") as file:
            json.dump(case, file)
        command = ["node", "--conditions=@thewatcher/source", "--import", "tsx", os.path.join(HERE, "figures.ts"), path]
        return json.loads(subprocess.run(command, check=True, capture_output=True, cwd=HERE).stdout)


def largest_difference(ours, theirs):
    if isinstance(ours, (int, float)):
        ours, theirs = [ours], [theirs]
    assert len(ours) == len(theirs)
    pairs = list(zip(ours, theirs))
    if any((a is None) != (b is None) for a, b in pairs):
        return float("inf")
    return max((abs(a - b) for a, b in pairs if a is not None), default=0.0)


def compare(name, case):
    ours, theirs = engine_figures(case), figures_of(case)
    assert ours.keys() == theirs.keys(), ours.keys() ^ theirs.keys()
    print(f"{name}: {len(case['lists'])} users, {case['itemCount']} items, {len(case['train'])} interactions")
    failed = False
    for label in sorted(ours):
        difference = largest_difference(ours[label], theirs[label])
        failed = failed or not difference <= TOLERANCE
        print(f"  {'ok    ' if difference <= TOLERANCE else 'DIFFERS'} {label:38} largest difference {difference:.1e}")
    return theirs, failed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="keep the generated case and RecTools' figures")
    parser.add_argument("--ml-100k", help="a folder with u.data and u.item")
    options = parser.parse_args()
    case = generated_case()
    theirs, failed = compare("generated", case)
    if options.write:
        for name, value in {"case.json": case, "rectools.json": theirs}.items():
            with open(os.path.join(HERE, name), "w") as file:
                json.dump(value, file, separators=(",", ":"))
                file.write("\n")
    if options.ml_100k:
        failed = compare("MovieLens 100K", movielens_case(options.ml_100k))[1] or failed
    sys.exit(1 if failed else 0)


main()
