"""The peer of `bench -- batch`: iALS of the library implicit, and top 100 for every user with what was seen left out.

Arguments: threads, file of (user, item, is target) as three int32 columns one behind the other, users, items, factors,
alpha, regularization, sweeps. Thread counts are set before numpy loads. implicit's alpha is the whole confidence of an interaction.
"""

import json
import os
import sys
import time

threads, path, users, items, factors, alpha, regularization, sweeps = sys.argv[1:]
os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["OMP_NUM_THREADS"] = threads

import implicit  # noqa: E402
import numpy as np  # noqa: E402
from implicit.als import AlternatingLeastSquares  # noqa: E402
from scipy.sparse import csr_matrix  # noqa: E402

users, items, count = int(users), int(items), 100
user, item, is_target = np.fromfile(path, dtype=np.int32).reshape(3, -1)


def matrix(rows):
    return csr_matrix((np.ones(rows.sum(), dtype=np.float32), (user[rows], item[rows])), shape=(users, items))


train, target = matrix(is_target == 0), matrix(is_target == 1)


def timed(work):
    start, processor = time.perf_counter(), time.process_time()
    value = work()
    return value, time.perf_counter() - start, time.process_time() - processor


model = AlternatingLeastSquares(
    factors=int(factors),
    alpha=float(alpha),
    regularization=float(regularization),
    iterations=int(sweeps),
    num_threads=int(threads),
    random_state=1,
)
_, fit_seconds, fit_processor = timed(lambda: model.fit(train, show_progress=False))
(ids, _), rank_seconds, rank_processor = timed(
    lambda: model.recommend(np.arange(users), train, N=count, filter_already_liked_items=True)
)
gains = 1 / np.log2(np.arange(2, 12))
values = []
for u in range(users):
    wanted = set(target.indices[target.indptr[u] : target.indptr[u + 1]])
    if wanted:
        hits = np.array([found in wanted for found in ids[u, :10]])
        values.append(float((hits * gains).sum() / gains[: min(10, len(wanted))].sum()))
values = np.array(values)
print(
    json.dumps(
        {
            "version": implicit.__version__,
            "fitSeconds": fit_seconds,
            "fitProcessorSeconds": fit_processor,
            "rankSeconds": rank_seconds,
            "rankProcessorSeconds": rank_processor,
            "ndcg": float(values.mean()),
            "ndcgMargin": float(1.96 * values.std() / len(values) ** 0.5),
        }
    )
)
