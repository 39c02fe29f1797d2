#!/usr/bin/env python3
"""Predictions, truths and what NumPy, SciPy and scikit-learn say about them, for tests/cli/eval.bats.

    python tests/golden/make_eval.py tests/golden/eval
    (Python 3.11, NumPy 2.4.6, SciPy 1.17.1, scikit-learn 1.9.1)

TASK-truth.tsv, TASK-pred.tsv (in another order), and expected.tsv: task, options, subset, metric, value.
"""
import os
import sys

import numpy as np
import scipy.integrate
import scipy.stats
import sklearn.metrics as skm

out = sys.argv[1]
os.makedirs(out, exist_ok=True)
rng = np.random.default_rng(20221024)
expected = []


def number(v):
    return "" if np.isnan(v) else repr(float(v))


def write(name, header, rows, order=None):
    with open(os.path.join(out, name), "w") as f:
        f.write("\t".join(header) + "\n")
        for i in order if order is not None else range(len(rows)):
            f.write("\t".join(str(c) for c in rows[i]) + "\n")


def expect(task, options, subset, metric, value):
    expected.append((task, options, subset, metric, repr(float(value))))


# ---- landmarks: 40 faces of 68 points, one far off

n = 40
truth = np.round(rng.normal(0, 20, (n, 68, 2)) + 100, 3)
pred = np.round(truth + rng.normal(0, 1.2, (n, 68, 2)) * rng.gamma(2, 1, (n, 1, 1)), 3)
pred[7] += 60
box = np.column_stack([truth.min(1) - 3, truth.max(1) + 5]).round(2)
flag = rng.integers(0, 2, n)
part = np.array(["common", "challenge"])[rng.integers(0, 2, n)]
names = [f"lm{i}{c}" for i in range(68) for c in "xy"]
write("landmarks-truth.tsv", ["id", "x1", "y1", "x2", "y2", "pose", "part"] + names,
      [[f"f{i}", *box[i], flag[i], part[i], *truth[i].ravel()] for i in range(n)])
write("landmarks-pred.tsv", ["id"] + names, [[f"f{i}", *pred[i].ravel()] for i in range(n)], rng.permutation(n))
distance = np.linalg.norm(pred - truth, axis=2).mean(1)
eyes = [truth[:, 36:42].mean(1), truth[:, 42:48].mean(1)]
size = box[:, 2:] - box[:, :2]
extent = truth.max(1) - truth.min(1)
divisors = {
    "outer-eye-corners": np.linalg.norm(truth[:, 36] - truth[:, 45], axis=1),
    "eye-centres": np.linalg.norm(eyes[0] - eyes[1], axis=1),
    "box": np.sqrt(size.prod(1)),
    "diagonal": np.sqrt((size ** 2).sum(1)),
    "points-box": np.sqrt(extent.prod(1)),
    "points-diagonal": np.sqrt((extent ** 2).sum(1)),
    "points:0-16": np.linalg.norm(truth[:, 0] - truth[:, 16], axis=1),
    "column:x2": box[:, 2],
}
for name, d in divisors.items():
    e = distance / d
    for tau in (0.08, 0.1):
        grid = np.arange(round(tau / 1e-4) + 1) * 1e-4
        ced = [np.mean(e <= x) for x in grid]
        opts = f"--normaliser {name} --threshold {tau} --subset pose --subset part"
        for subset, rows in (("all", slice(None)), ("pose", flag == 1), ("common", part == "common"),
                             ("challenge", part == "challenge")):
            s = e[rows]
            ced = np.array([np.mean(s <= x) for x in grid])
            expect("landmarks", opts, subset, "nme", 100 * s.mean())
            expect("landmarks", opts, subset, "fr", 100 * (1 - ced[-1]))
            expect("landmarks", opts, subset, "auc", 100 * scipy.integrate.simpson(ced, x=grid) / tau)

# ---- action units: 0..5 with ties, codes that are missing, a unit that never occurs

n = 120
units = ["au01", "au06", "au12"]
truth = np.column_stack([rng.integers(0, 6, n), rng.binomial(5, .2, n), np.zeros(n, int)]).astype(float)
pred = np.clip(np.round(truth * .7 + rng.normal(.4, .8, (n, 3)), 2), 0, 5)
missing = rng.random((n, 3)) < .1
shown = [["9" if m and i % 2 else "" if m else str(int(t)) for t, m in zip(truth[i], missing[i])] for i in range(n)]
subject = [f"s{i % 7}" for i in range(n)]
write("au-truth.tsv", ["id", "face", "subject"] + units, [[f"v{i // 2}", i % 2, subject[i], *shown[i]] for i in range(n)])
write("au-pred.tsv", ["id", "face"] + units, [[f"v{i // 2}", i % 2, *pred[i]] for i in range(n)], rng.permutation(n))


def anova_icc(x, form):
    """McGraw & Wong's mean squares, from the table as it stands."""
    n, k = x.shape
    residual = x - x.mean(1, keepdims=True) - x.mean(0) + x.mean()
    msr = k * np.var(x.mean(1), ddof=1)
    msc = n * np.var(x.mean(0), ddof=1)
    mse = (residual ** 2).sum() / ((n - 1) * (k - 1))
    msw = ((x - x.mean(1, keepdims=True)) ** 2).sum() / (n * (k - 1))
    return {"1,1": (msr - msw) / (msr + (k - 1) * msw), "1,k": (msr - msw) / msr,
            "2,1": (msr - mse) / (msr + (k - 1) * mse + k * (msc - mse) / n), "2,k": (msr - mse) / (msr + (msc - mse) / n),
            "3,1": (msr - mse) / (msr + (k - 1) * mse), "3,k": (msr - mse) / msr}[form]


forms = ["1,1", "2,1", "3,1", "1,k", "2,k", "3,k"]
opts = " ".join(f"--icc {f}" for f in forms)
sums = {}
for u, unit in enumerate(units):
    ok = ~missing[:, u]
    t, p = truth[ok, u], pred[ok, u]
    got = {"mse": skm.mean_squared_error(t, p), "mae": skm.mean_absolute_error(t, p),
           "icc": anova_icc(np.column_stack([t, p]), "3,1"),
           "pcc": scipy.stats.pearsonr(t, p)[0] if np.ptp(t) else np.nan}
    for f in forms:
        got[f"icc({f})"] = anova_icc(np.column_stack([t, p]), f)
    for metric, value in got.items():
        expect("au", opts, unit, metric, value)
        sums.setdefault(metric, []).append(value)
for metric, values in sums.items():
    expect("au", opts, "mean", metric, np.mean(values))

# ---- emotion: zeros, values out of range, rows without annotation

n = 150
truth = np.round(np.clip(rng.normal(0, .5, (n, 2)), -1, 1), 3)
truth[rng.random((n, 2)) < .1] = 0
pred = np.round(truth * .8 + rng.normal(.05, .4, (n, 2)), 3)
label = rng.integers(0, 8, n)
guess = np.where(rng.random(n) < .6, label, rng.integers(0, 8, n))
blank = rng.random(n) < .1
write("emotion-truth.tsv", ["id", "valence", "arousal", "expression", "status"],
      [[f"e{i}", "" if blank[i] else truth[i, 0], "nan" if blank[i] else truth[i, 1], label[i], "ok"] for i in range(n)] +
      [["broken", "", "", "", "bad:truncated"]])
write("emotion-pred.tsv", ["id", "valence", "arousal", "expression"],
      [[f"e{i}", pred[i, 0], pred[i, 1], guess[i]] for i in range(n)], rng.permutation(n))
for clip, opts in ((True, "--clip"), (False, "--no-clip")):
    p_all = np.clip(pred, -1, 1) if clip else pred
    for k, name in enumerate(("valence", "arousal")):
        t, p = truth[~blank, k], p_all[~blank, k]
        expect("emotion", opts, name, "rmse", np.sqrt(skm.mean_squared_error(t, p)))
        expect("emotion", opts, name, "sagr", np.mean(np.sign(t) == np.sign(p)))
        expect("emotion", opts, name, "pcc", scipy.stats.pearsonr(t, p)[0])
        expect("emotion", opts, name, "ccc",
               2 * np.cov(t, p, bias=True)[0, 1] / (t.var() + p.var() + (t.mean() - p.mean()) ** 2))
    expect("emotion", opts, "expression", "acc", skm.accuracy_score(label, guess))

write("expected.tsv", ["task", "options", "subset", "metric", "value"], expected)
