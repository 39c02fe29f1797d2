"""Data of the size that the bars of frl-eval and frl-subsample speak of: tests/bench/eval_data.py DIR

DIR/big.tsv: a manifest of 3.4 million rows. DIR/emb.bin, tid_mid.txt, pairs.txt: IJB-C's 1:1 by numbers: 469,375 embeddings of
512, 23,124 templates, 15,658,489 pairs of which 19,557 genuine. Random; about 1.5 GB.
"""

import hashlib
import os
import struct
import sys
import zlib

import numpy as np
import pandas as pd

out = sys.argv[1]
rng = np.random.default_rng(0)
N, T, D, SUBJECTS, PAIRS, GENUINE = 469375, 23124, 512, 3531, 15658489, 19557

with open(os.path.join(out, "big.tsv"), "w") as f:
    f.write("id\tpath\tidentity\tx1\ty1\tx2\ty2\tvalence\tarousal\tstatus\n")
    for i in range(3400000):
        s = i % 9131
        f.write(f"n{s:06d}/{i:07d}_01\ttrain/n{s:06d}/{i:07d}_01.jpg\tn{s:06d}\t{i % 97}\t{i % 83}\t{i % 97 + 100}\t"
                f"{i % 83 + 120}\t0.{i % 1000:03d}\t-0.{i % 999:03d}\tok\n")

subject = rng.integers(0, SUBJECTS, T)
centre = rng.normal(0, 1, (SUBJECTS, D)).astype(np.float32)
tid = np.sort(np.r_[np.arange(T), rng.integers(0, T, N - T)])
media = rng.integers(0, 120000, N)
with open(os.path.join(out, "tid_mid.txt"), "w") as f:
    for i in range(N):
        f.write(f"{i + 1}.jpg {tid[i] + 1} {media[i]}\n")


def head(kind, dtype, dims, payload, key):
    h = struct.pack("<4s4B4I2QqII4x", b"FRLR", 1, kind, dtype, len(dims), *(list(dims) + [0] * 4)[:4], len(payload), key, -1,
                    zlib.crc32(payload), 0)
    return h + struct.pack("<I", zlib.crc32(h))


with open(os.path.join(out, "emb.bin"), "wb") as f:
    for a in range(0, N, 8192):
        b = min(N, a + 8192)
        v = (centre[subject[tid[a:b]]] + rng.normal(0, 4, (b - a, D))).astype("<f4")
        for i in range(a, b):
            p = v[i - a].tobytes()
            f.write(head(0, 3, (D,), p, int(hashlib.sha256(f"{i + 1}.jpg".encode()).hexdigest()[:16], 16)) + p)
    f.write(head(255, 0, (), b"", N))

a, b = np.sort(rng.integers(0, T, PAIRS)), rng.integers(0, T, PAIRS)
genuine = rng.choice(PAIRS, GENUINE, replace=False)
order = np.argsort(subject, kind="stable")
start = np.searchsorted(subject[order], np.arange(SUBJECTS + 1))
s = subject[a[genuine]]
b[genuine] = order[start[s] + (rng.random(GENUINE) * (start[s + 1] - start[s])).astype(int)]
label = np.zeros(PAIRS, np.uint8)
label[genuine] = 1
pd.DataFrame({"a": a + 1, "b": b + 1, "l": label}).to_csv(os.path.join(out, "pairs.txt"), sep=" ", header=False, index=False)
