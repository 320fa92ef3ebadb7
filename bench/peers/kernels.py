"""The peer of `bench -- kernels`: one product and one EASE training in numpy, both in 32 bits.

Arguments: threads, edge of the product, file of (user, item) pairs as int32, users, items, regularization.
The thread count is set before numpy loads, as its BLAS reads it then.
"""

import json
import os
import sys
import time

threads, edge, pairs_file, users, items, regularization = sys.argv[1:]
for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = threads

import numpy as np  # noqa: E402

try:
    from scipy.linalg import lapack
except ImportError:
    lapack = None

edge, users, items = int(edge), int(users), int(items)
rng = np.random.default_rng(1)
warm = rng.random((256, 256), dtype=np.float32)
warm @ warm


def timed(work):
    start, processor = time.perf_counter(), time.process_time()
    value = work()
    return value, time.perf_counter() - start, time.process_time() - processor


a = rng.random((edge, edge), dtype=np.float32)
b = rng.random((edge, edge), dtype=np.float32)
_, product_seconds, product_processor = timed(lambda: a @ b)
del a, b

pairs = np.fromfile(pairs_file, dtype=np.int32).reshape(-1, 2)


def ease():
    x = np.zeros((users, items), dtype=np.float32)
    x[pairs[:, 0], pairs[:, 1]] = 1
    gram = x.T @ x
    gram[np.diag_indices(items)] += np.float32(regularization)
    if lapack is None:
        inverse = np.linalg.inv(gram)
    else:
        # A Fortran-ordered view of a symmetric matrix is the matrix: nothing is copied.
        factor, info = lapack.spotrf(gram.T, lower=1, overwrite_a=1)
        assert info == 0
        lower, info = lapack.spotri(factor, lower=1, overwrite_c=1)
        assert info == 0
        inverse = np.tril(lower) + np.tril(lower, -1).T
    weights = inverse / -np.diag(inverse)
    weights[np.diag_indices(items)] = 0
    return weights


weights, ease_seconds, ease_processor = timed(ease)
print(
    json.dumps(
        {
            "version": np.__version__,
            "inverse": "numpy.linalg.inv" if lapack is None else "Cholesky",
            "productSeconds": product_seconds,
            "productProcessorSeconds": product_processor,
            "easeSeconds": ease_seconds,
            "easeProcessorSeconds": ease_processor,
            "weightsSum": float(np.abs(weights).sum(dtype=np.float64)),
        }
    )
)
