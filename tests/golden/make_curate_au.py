#!/usr/bin/env python3
"""DISFA and BP4D in their published layouts, small, and their manifests' numbers: tests/golden/curate/au/

    python make_curate_au.py tests/golden/curate/au        (NumPy 2.4, pandas 2)

bp4d/: label files without column names; 9 is what BP4D did not code. want-bp4d.tsv: path, split, subject, task, frame, 5 units; blank
where there is none. want-disfa.tsv: path, subject, fold, frame, 12 units (its 324 label files are cut from it by the test).
"""
import os
import sys

import numpy as np
import pandas as pd

out = sys.argv[1]
rng = np.random.default_rng(11)
FOLDS = ["1 2 9 10 16 26 27 30 32", "6 11 12 13 18 21 24 28 31", "3 4 5 7 8 17 23 25 29"]


def save(frame, path):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    frame.to_csv(path, index=False, header=False)


def write(name, frame):
    frame.to_csv(f"{out}/{name}", sep="\t", index=False, header=False)


def disfa():
    fold = {int(s): i for i, line in enumerate(FOLDS) for s in line.split()}
    tables = []
    for s in sorted(fold):
        frames = np.arange(1, 3)
        codes = rng.integers(0, 6, (2, 12))
        t = pd.DataFrame(codes)
        t.insert(0, "frame", frames)
        t.insert(0, "fold", fold[s])
        t.insert(0, "subject", f"SN{s:03}")
        t.insert(0, "path", [f"frames/SN{s:03}/{f:05}.jpg" for f in frames])
        tables.append(t)
    write("want-disfa.tsv", pd.concat(tables))


def bp4d():
    units = [6, 10, 12, 14, 17]
    tables = []
    for who, task, first, digits in (("F001", 1, 2440, 4), ("F002", 8, 98, 4), ("M017", 3, 0, 3), ("M018", 2, 9, 1)):
        frames = np.arange(first, first + 4)
        codes = rng.integers(0, 6, (4, 5))
        codes[1, 2] = 9
        codes[3] = 9
        for k, u in enumerate(units):
            save(pd.DataFrame({"f": frames, "v": codes[:, k]}),
                 f"{out}/bp4d/AU Intensity Codes3.0/AU{u:02}/{who}_T{task}_AU{u:02}.csv")
        t = pd.DataFrame(codes).astype(object)
        t = t.where(t != 9, "")
        t.insert(0, "frame", frames)
        t.insert(0, "task", task)
        t.insert(0, "subject", who)
        t.insert(0, "split", "train" if int(who[1:]) % 2 else "val")
        t.insert(0, "path", [f"{who}/T{task}/{f:0{digits}}.jpg" for f in frames])
        tables.append(t)
    write("want-bp4d.tsv", pd.concat(tables))


disfa()
bp4d()
