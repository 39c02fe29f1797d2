#!/usr/bin/env python3
"""DISFA and BP4D in their published layouts, small, and their manifests' numbers: tests/golden/curate/au/

    python make_curate_au.py tests/golden/curate/au        (NumPy 2.4, pandas 2)

bp4d/: label files without column names; 9 is what BP4D did not code. want-bp4d.tsv: path, split, subject, task, frame, 5 units; blank
where there is none. disfa.tar.gz: 324 label files of DISFA, a few frames each; want-disfa.tsv: what pandas reads in them: path, subject,
fold, frame, 12 units.
"""
import gzip
import io
import os
import sys
import tarfile

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
    """The label files first, then the table that they hold: read back file by file, joined on the frame."""
    units = [1, 2, 4, 5, 6, 9, 12, 15, 17, 20, 25, 26]
    fold = {int(s): i for i, line in enumerate(FOLDS) for s in line.split()}
    files = {}
    for s in sorted(fold):
        for u in units:
            codes = rng.integers(0, 6, 2 + s % 3)
            files[f"ActionUnit_Labels/SN{s:03}/SN{s:03}_au{u}.txt"] = "".join(
                f"{f},{v}\r\n" if s == 9 else f"{f},{v}\n" for f, v in enumerate(codes, 1))
    with gzip.GzipFile(f"{out}/disfa.tar.gz", "wb", mtime=0) as z, tarfile.open(fileobj=z, mode="w") as tar:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text.encode()))
    tables = []
    for s in sorted(fold):
        t = None
        for u in units:
            one = pd.read_csv(io.StringIO(files[f"ActionUnit_Labels/SN{s:03}/SN{s:03}_au{u}.txt"]), header=None,
                              names=["frame", u])
            t = one if t is None else t.merge(one, on="frame", how="outer", validate="1:1")
        t.insert(0, "fold", fold[s])
        t.insert(0, "subject", f"SN{s:03}")
        t.insert(0, "path", [f"frames/SN{s:03}/{f:05}.jpg" for f in t.frame])
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
