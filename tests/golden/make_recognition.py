#!/usr/bin/env python3
"""Embeddings, pairs, templates, and what NumPy and scikit-learn make of them, for tests/cli/eval.bats.

    python tests/golden/make_recognition.py tests/golden/recognition
    (Python 3.11, NumPy 2.4.6, scikit-learn 1.9.1)

Embeddings are a record stream (frl-records(5)) written here byte by byte. expected.tsv: options, subset, metric, normaliser, value.
intervals.tsv: subset, metric, low, high of 200 replicates with seed 5, drawn here by Philox once more; scores.txt: a score file with
ties and missing scores.
"""
import hashlib
import os
import struct
import sys
import zlib

import numpy as np
import sklearn.metrics as skm

out = sys.argv[1]
os.makedirs(out, exist_ok=True)
rng = np.random.default_rng(1903)


def key(name):
    return int(hashlib.sha256(name.encode()).hexdigest()[:16], 16)


def record(kind, payload, dims=(), dtype=3, key=0):
    head = struct.pack("<4s4B4I2QqII4x", b"FRLR", 1, kind, dtype, len(dims), *(list(dims) + [0] * 4)[:4],
                       len(payload), key, -1, zlib.crc32(payload), 0)
    return head + struct.pack("<I", zlib.crc32(head)) + payload + b"\0" * (-len(payload) % 64)


def write_stream(name, names, vectors):
    with open(os.path.join(out, name), "wb") as f:
        for n, v in zip(names, vectors):
            f.write(record(0, v.astype("<f4").tobytes(), v.shape, 3, key(n)))
        f.write(record(255, b"", (), 0, len(names)))


expected = []


def expect(options, subset, metric, value, normaliser=""):
    expected.append((options, subset, metric, normaliser, repr(float(value))))


def rates(options, subset, score, same):
    fpr, tpr, _ = skm.roc_curve(same, score, drop_intermediate=False)
    for p in range(6, 0, -1):
        far = 10.0 ** -p
        gap = np.abs(fpr - far)
        near = np.flatnonzero(gap == gap.min())
        expect(options, subset, f"tar@1e-{p}", tpr[near].max())
        expect(options + " --far at-most", subset, f"tar@1e-{p}", tpr[fpr <= far].max())
    gap = np.abs(fpr - (1 - tpr))
    i = np.flatnonzero(gap == gap.min())[-1]
    expect(options, subset, "eer", (fpr[i] + 1 - tpr[i]) / 2)
    expect(options, subset, "auc", skm.roc_auc_score(same, score))


# ---- LFW: 5 folds of 30 + 30 pairs among 60 persons of 3 pictures

people = [f"Person_{i}" for i in range(60)]
centre = rng.normal(0, 1, (60, 16))
names, vectors = [], []
for i, p in enumerate(people):
    for j in range(1, 4):
        names.append(f"{p}/{p}_{j:04d}.jpg")
        vectors.append((centre[i] + rng.normal(0, 1.1, 16)).astype(np.float32))
write_stream("lfw.bin", names, vectors)
at = {n: v.astype(float) / np.linalg.norm(v.astype(float)) for n, v in zip(names, vectors)}
lines, score, same, fold = ["5\t30"], [], [], []
for f in range(5):
    for s in (1, 0):
        for _ in range(30):
            a = rng.integers(60)
            b = a if s else (a + rng.integers(1, 60)) % 60
            i, j = rng.choice(3, 2, replace=False) + 1
            lines.append(f"{people[a]}\t{i}\t{j}" if s else f"{people[a]}\t{i}\t{people[b]}\t{j}")
            score.append(at[f"{people[a]}/{people[a]}_{i:04d}.jpg"] @ at[f"{people[b]}/{people[b]}_{j:04d}.jpg"])
            same.append(s)
            fold.append(f)
open(os.path.join(out, "pairs.txt"), "w").write("\n".join(lines) + "\n")
score, same, fold = np.array(score), np.array(same), np.array(fold)
accuracy = []
for f in range(5):
    train = fold != f
    candidates = np.append(np.unique(score[train]), np.inf)
    right = [np.sum((score[train] >= c) == same[train]) for c in candidates]
    best = candidates[np.argmax(right)]
    accuracy.append(np.mean((score[~train] >= best) == same[~train]))
options = "--pred lfw.bin --pairs pairs.txt"
expect(options, "all", "acc", np.mean(accuracy))
expect(options, "all", "acc-sd", np.std(accuracy))
rates(options, "all", score, same)
lfw_score, lfw_same = score, same

# ---- IJB: 40 subjects, two templates in the galleries or none, 90 probes; pictures shared between templates

centre = rng.normal(0, 1, (40, 16))
pictures, owner = [f"{i}.jpg" for i in range(400)], rng.integers(0, 40, 400)
vectors = [(centre[o] + rng.normal(0, 1.3, 16)).astype(np.float32) * np.float32(rng.uniform(5, 30)) for o in owner]
write_stream("ijb.bin", pictures, vectors)
quality = np.round(rng.uniform(.1, 1, 400), 4)
with open(os.path.join(out, "quality.txt"), "w") as f:
    for n, q in zip(pictures, quality):
        f.write(f"{n} 1.0 2.0 3.0 {q}\n")
templates = {}
galleries = [{}, {}]
probes = {}
tid = 1
for s in range(40):
    own = np.flatnonzero(owner == s)
    kinds = [("g", s % 2)] + [("p", 0)] * (2 + s % 2)
    for kind, g in kinds:
        chosen = rng.choice(own, min(len(own), rng.integers(1, 6)), replace=False)
        templates[tid] = [(i, rng.integers(1, 4) + 10 * tid) for i in chosen]
        (galleries[g] if kind == "g" else probes)[tid] = s
        tid += 3
order = [(t, i, m) for t, v in templates.items() for i, m in v]
rng.shuffle(order)
with open(os.path.join(out, "tid_mid.txt"), "w") as f:
    for t, i, m in order:
        f.write(f"{pictures[i]} {t} {m}\n")


def write_csv(name, people):
    with open(os.path.join(out, name), "w") as f:
        f.write("TEMPLATE_ID,SUBJECT_ID,FILENAME\n")
        for t, s in people.items():
            for i, _ in templates[t]:
                f.write(f"{t},{s},img/{i}.jpg\n")


write_csv("g1.csv", galleries[0])
write_csv("g2.csv", galleries[1])
write_csv("probe.csv", probes)
ids = sorted(templates)
subject = {**galleries[0], **galleries[1], **probes}
pairs = [(a, b) for a in ids for b in ids if a < b]
with open(os.path.join(out, "template_pairs.txt"), "w") as f:
    for a, b in pairs:
        f.write(f"{a} {b} {int(subject[a] == subject[b])}\n")
for unit in (False, True):
    pooled = {}
    for t, members in templates.items():
        media = {}
        for i, m in members:
            v = vectors[i].astype(float)
            media.setdefault(m, []).append((v / np.linalg.norm(v) if unit else v) * quality[i])
        v = sum(np.mean(x, axis=0) for x in media.values())
        pooled[t] = (v / np.linalg.norm(v)).astype(np.float32).astype(float)
    base = "--pred ijb.bin --templates tid_mid.txt --quality quality.txt" + (" --unit" if unit else "")
    rates(base + " --template-pairs template_pairs.txt", "1:1",
          np.array([pooled[a] @ pooled[b] for a, b in pairs]), np.array([int(subject[a] == subject[b]) for a, b in pairs]))

    # 1:N, NIST's way
    p = list(probes)
    hits, tpir = {1: 0, 5: 0, 10: 0}, {.01: [], .1: []}
    for gallery in galleries:
        g = list(gallery)
        sim = np.array([[pooled[a] @ pooled[b] for b in g] for a in p])
        mate = np.array([[probes[a] == gallery[b] for b in g] for a in p])
        mated = mate.any(1)
        for a in np.flatnonzero(mated):
            rank = 1 + np.sum(sim[a][~mate[a]] > sim[a][mate[a]].max())
            for k in hits:
                hits[k] += rank <= k
        top = np.sort(sim[~mated].max(1))[::-1]
        for f in tpir:
            threshold = top[max(int(len(top) * f) - 1, 0)]
            ok = [sim[a][mate[a]].max() > max(threshold, sim[a][~mate[a]].max()) for a in np.flatnonzero(mated)]
            tpir[f].append(np.mean(ok))
    options = base + " --gallery g1.csv --gallery g2.csv --probe probe.csv"
    for k in hits:
        expect(options, "1:N", f"rank-{k}", hits[k] / len(p), "nist")
    for f in tpir:
        expect(options, "1:N", f"tpir@{f}", np.mean(tpir[f]), "nist")

    # 1:N, both galleries as one
    both = {**galleries[0], **galleries[1]}
    g = list(both)
    sim = np.array([[pooled[a] @ pooled[b] for b in g] for a in p])
    mate = np.array([[probes[a] == both[b] for b in g] for a in p])
    mates = np.where(mate, sim, -np.inf).max(1)
    others = np.sort(sim[~mate].astype(np.float32))[::-1]
    options += " --identification merged"
    for k in hits:
        expect(options, "1:N", f"rank-{k}", np.mean(1 + np.sum((sim > mates[:, None]) & ~mate, axis=1) <= k), "merged")
    for f in tpir:
        expect(options, "1:N", f"tpir@{f}",
               np.mean(mates.astype(np.float32) > others[int(np.ceil(len(p) * f)) - 1]), "merged")

with open(os.path.join(out, "expected.tsv"), "w") as f:
    f.write("options\tsubset\tmetric\tnormaliser\tvalue\n")
    for row in expected:
        f.write("\t".join(row) + "\n")

# ---- intervals: comparisons are resampled in the order genuine, impostor (ascending), missing


def philox(counter, key):
    c, k, mask = [np.asarray(x, np.uint64) for x in counter], list(key), np.uint64(0xffffffff)
    for _ in range(10):
        a, b = c[0] * np.uint64(0xd2511f53), c[2] * np.uint64(0xcd9e8d57)
        c = [(b >> np.uint64(32)) ^ c[1] ^ np.uint64(k[0]), b & mask, (a >> np.uint64(32)) ^ c[3] ^ np.uint64(k[1]), a & mask]
        k = [(k[0] + 0x9e3779b9) & 0xffffffff, (k[1] + 0xbb67ae85) & 0xffffffff]
    return np.stack(c, 1).ravel()


def draw(seed, replicate, n):
    i = np.arange(n)  # four times as many words as are needed: some are rejected
    words, picked, at = philox([i, i * 0 + (replicate << 12), i * 0, i * 0], (seed, 0)), [], 0
    while len(picked) < n:
        product = int(words[at]) * n
        at += 1
        if product & 0xffffffff >= 2 ** 32 % n:
            picked.append(product >> 32)
    return np.array(picked)


def curve(score, same):
    fpr, tpr, _ = skm.roc_curve(same, score, drop_intermediate=False)
    gap = np.abs(fpr - (1 - tpr))
    i = np.flatnonzero(gap == gap.min())[-1]
    return fpr, tpr, (fpr[i] + 1 - tpr[i]) / 2, skm.roc_auc_score(same, score)


def verification(score, same):
    fpr, tpr, eer, auc = curve(score, same)
    near = [np.flatnonzero(np.abs(fpr - far) == np.abs(fpr - far).min()) for far in (1e-3, 1e-2, 1e-1)]
    return dict(zip(["tar@1e-3", "tar@1e-2", "tar@1e-1"], [tpr[i].max() for i in near]), eer=eer, auc=auc)


def score_file(score, same):
    there = ~np.isnan(score)
    fta = 1 - there.mean()
    fmr, fnmr = np.mean(score[there & (same == 0)] >= threshold), np.mean(score[there & (same == 1)] < threshold)
    _, _, eer, auc = curve(score[there], same[there])
    far, frr = fmr * (1 - fta), fta + fnmr * (1 - fta)
    rate = dict(fmr=fmr, fnmr=fnmr, fta=fta, far=far, frr=frr, hter=(far + frr) / 2, eer=eer, auc=auc)
    return {k: 100 * v for k, v in rate.items()}


def intervals(subset, score, same, function):
    order = np.lexsort((score, np.where(np.isnan(score), 2, 1 - same)))
    score, same = score[order], same[order]
    value = [function(score[i], same[i]) for i in (draw(5, r, len(score)) for r in range(200))]
    for k in value[0]:
        low, high = np.quantile([v[k] for v in value], [.025, .975])
        f.write(f"{subset}\t{k}\t{float(low)!r}\t{float(high)!r}\n")


rng = np.random.default_rng(85)
same = (rng.random(300) < .4).astype(int)
score = np.round(rng.normal(same * 1.5, 1), 1)
score[rng.random(300) < .05] = np.nan
with open(os.path.join(out, "scores.txt"), "w") as f:
    for v, s in zip(score, same):
        f.write(f"{s or -1} {v}\n")
genuine, impostor = score[(same == 1) & ~np.isnan(score)], score[(same == 0) & ~np.isnan(score)]
candidates = np.unique(score[~np.isnan(score)])
gap = [abs(np.mean(impostor >= c) - np.mean(genuine < c)) for c in candidates]
lowest = np.flatnonzero(gap == np.min(gap))[0]
threshold = (candidates[lowest] + candidates[lowest - 1]) / 2
with open(os.path.join(out, "intervals.tsv"), "w") as f:
    f.write("subset\tmetric\tlow\thigh\n")
    intervals("all", lfw_score, lfw_same, verification)
    intervals("dev", score, same, score_file)
