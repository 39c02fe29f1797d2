#!/usr/bin/env python3
"""Nearest neighbours by cosine and what they vote for, by scikit-learn, for tests/unit/test_knn.c and tests/cli/knn.bats.

    python tests/golden/make_knn.py tests/golden
    (Python 3.11, NumPy 2.4.6, scikit-learn 1.9.1)

knn.tsv. Lines "v": label, then a vector; lines "n": the nearest others of a vector in order; lines "c": their cosines; "p": K, then what the K
nearest vote for, a class each; "s": K, accuracy, balanced accuracy; "r": K, mean absolute error of the mean label.
knn.frlr: the vectors as a record stream (frl-records(5)), two faces a photo; knn-labels.tsv: its manifest, rows in another order.
"""
import hashlib
import os
import struct
import sys
import zlib

import numpy as np
from sklearn.metrics import accuracy_score, balanced_accuracy_score, mean_absolute_error
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor, NearestNeighbors

N, DIM, NEAREST = 83, 21, 9
rng = np.random.default_rng(1911)
label = rng.choice([0, 3, 4, 17, 1 << 40], N, p=[.4, .25, .2, .1, .05])
x = np.round(64 * (rng.normal(size=(N, DIM)) + rng.normal(size=(5, DIM))[np.unique(label, return_inverse=True)[1]] + .5)) / 64

nearest = NearestNeighbors(n_neighbors=NEAREST, algorithm="brute", metric="cosine").fit(x)
distance, number = nearest.kneighbors()
# No two distances may be as near as rounding is: then this order would not be the order.
all_distances = NearestNeighbors(n_neighbors=N - 1, algorithm="brute", metric="cosine").fit(x).kneighbors()[0]
assert np.diff(all_distances, axis=1).min() > 1e-9


out = open(os.path.join(sys.argv[1], "knn.tsv"), "w")


def line(*what, file=out):
    file.write("\t".join(str(w) for w in what) + "\n")


def record(kind, payload, dims, dtype, key, label, face):
    head = struct.pack("<4s4B4I2QqII4x", b"FRLR", 1, kind, dtype, len(dims), *(list(dims) + [0] * 4)[:4],
                       len(payload), key, label, zlib.crc32(payload), face)
    return head + struct.pack("<I", zlib.crc32(head)) + payload + b"\0" * (-len(payload) % 64)


with open(os.path.join(sys.argv[1], "knn.frlr"), "wb") as f:
    for i in range(N):
        key = int(hashlib.sha256(b"photo%d" % (i // 2)).hexdigest()[:16], 16)
        f.write(record(0, x[i].astype("<f4").tobytes(), (DIM,), 3, key, label[i], i % 2))
    f.write(record(255, b"", (), 0, N, 0, 0))
with open(os.path.join(sys.argv[1], "knn-labels.tsv"), "w") as f:
    line("id", "face", "person", "years", file=f)
    for i in rng.permutation(N):
        line("photo%d" % (i // 2), i % 2, {0: "Ann", 3: "Bob", 4: "Cy", 17: "Dee", 1 << 40: "Eve"}[label[i]],
             min(label[i], 100), file=f)


for i in range(N):
    line("v", label[i], *(repr(float(v)) for v in x[i]))
for i in range(N):
    line("n", *number[i])
    line("c", *(repr(float(1 - d)) for d in distance[i]))
for k in (1, 2, 5, NEAREST):
    p = KNeighborsClassifier(k, algorithm="brute", metric="cosine").fit(x, label).predict(None)
    line("p", k, *p)
    line("s", k, repr(float(accuracy_score(label, p))), repr(float(balanced_accuracy_score(label, p))))
    small = np.minimum(label, 100)
    mean = KNeighborsRegressor(k, algorithm="brute", metric="cosine").fit(x, small).predict(None)
    line("r", k, repr(float(mean_absolute_error(small, mean))))
