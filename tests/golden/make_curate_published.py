#!/usr/bin/env python3
"""VGGFace2, IMDb-Face, WIDER FACE, WFLW, 300W and LFW as published, small: tests/golden/curate/published/

    python tests/golden/make_curate_published.py tests/golden/curate/published        (NumPy 2.4.6, pandas 3.0)

The lists are written by pandas, NumPy and the csv module; want-*.tsv is what pandas or NumPy read back from them, in the manifest's
columns (a blank stands for none). Pictures are not there: the readers are asked not to look.
"""
import csv
import os
import sys

import numpy as np
import pandas as pd

out = sys.argv[1]
rng = np.random.default_rng(1931)


def path(name):
    name = f"{out}/{name}"
    os.makedirs(os.path.dirname(name), exist_ok=True)
    return name


def text(value):
    if isinstance(value, str):
        return value
    return "" if pd.isna(value) else f"{float(value):.12g}"


def want(name, rows):
    with open(path(f"want-{name}.tsv"), "w", encoding="utf-8") as f:
        for row in rows:
            f.write("\t".join(text(v) for v in row) + "\n")


def points(n, count, low=0, high=450):
    return np.round(rng.uniform(low, high, (n, 2 * count)), 4)


# ---- VGGFace2: names in quotes, nothing else; corners left of and above the picture
rows = []
for split, persons in (("train", ("n000002", "n000003")), ("test", ("n000001",))):
    names = [f"{p}/{i:04}_0{k}" for p in persons for i, k in ((1, 1), (2, 1), (2, 2), (17, 1))]
    box = pd.DataFrame(rng.integers(-30, 400, (len(names), 4)), columns=list("XYWH"))
    box[["W", "H"]] = box[["W", "H"]].abs()
    box.insert(0, "NAME_ID", names)
    mark = pd.DataFrame(points(len(names), 5), columns=[f"P{i}{c}" for i in range(1, 6) for c in "XY"])
    mark.insert(0, "NAME_ID", names)
    for what, d in (("bb", box), ("landmark", mark)):
        d.to_csv(path(f"vggface2/bb_landmark/loose_{what}_{split}.csv"), index=False, quoting=csv.QUOTE_NONNUMERIC)
        # The published files have no quotes around the names of columns.
        s = open(path(f"vggface2/bb_landmark/loose_{what}_{split}.csv")).read().split("\n", 1)
        open(path(f"vggface2/bb_landmark/loose_{what}_{split}.csv"), "w").write(s[0].replace('"', "") + "\n" + s[1])
    b, p = (pd.read_csv(path(f"vggface2/bb_landmark/loose_{w}_{split}.csv")) for w in ("bb", "landmark"))
    both = b.merge(p, on="NAME_ID", validate="1:1")
    rows += [[f"{split}/{r.NAME_ID}.jpg", split, r.NAME_ID.split("/")[0], r.X, r.Y, r.X + r.W, r.Y + r.H, *list(r)[6:]]
             for r in both.itertuples()]
want("vggface2", rows)

# ---- IMDb-Face
d = pd.DataFrame({"name": ["A_B", "A_B", "C_D", "A_B"], "index": ["nm1", "nm1", "nm2", "nm1"],
                  "image": ["rm1_1.jpg", "rm2_1.jpg", "rm3_2.jpg", "rm1_1.jpg"],
                  "rect": ["16 20 120 150", "0 0 5 5", "33 44 55 66", "200 20 280 90"],
                  "height width": ["400 300", "10 20", "900 1200", "400 300"],
                  "url": ["https://x.example/a_V1_.jpg", "https://x.example/b,c.jpg", "https://x.example/?a=1", "https://x.example/a_V1_.jpg"]})
d.to_csv(path("imdb-face/IMDb-Face.csv"), index=False)
d = pd.read_csv(path("imdb-face/IMDb-Face.csv"))
d["face"] = d.groupby(["name", "image"]).cumcount()
want("imdb-face", [[f"{r['name']}/{r.image}", r.face, r["name"], *map(int, r.rect.split()), r.url] for _, r in d.iterrows()])

# ---- WIDER FACE: a line of zeros after 0 faces, a blank at the ends of lines
rows = []
with open(path("wider/wider_face_split/wider_face_train_bbx_gt.txt"), "w") as f:
    for i, n in enumerate((1, 0, 3)):
        name = f"{i}--Event/{i}_Event_{i}_{i}.jpg"
        f.write(f"{name}\n{n}\n")
        if not n:
            f.write("0 0 0 0 0 0 0 0 0 0 \n")
            rows.append([f"WIDER_train/images/{name}", "train"] + [""] * 11 + ["none:no-face"])
        for k in range(n):
            v = np.r_[rng.integers(0, 900, 2), rng.integers(0 if k == 1 else 1, 1 if k == 1 else 200, 2), rng.integers(0, 3), rng.integers(0, 2, 3),
                      rng.integers(0, 3), rng.integers(0, 2)]
            f.write(" ".join(map(str, v)) + " \n")
            rows.append([f"WIDER_train/images/{name}", "train", k, v[0], v[1], v[0] + v[2], v[1] + v[3], *v[4:],
                         "none:empty-box" if k == 1 else "ok"])
want("wider", rows)

# ---- WFLW: 207 fields
n = 5
table = np.hstack([points(n, 98), rng.integers(0, 400, (n, 4)), rng.integers(0, 2, (n, 6))])
for k in (196, 197):
    table[:, [k, k + 2]] = np.sort(table[:, [k, k + 2]], 1)
names = [f"{i % 2}--Event/{i % 2}_{i % 3}.jpg" for i in range(n)]
for split in ("train", "test"):
    file = path(f"wflw/WFLW_annotations/list_98pt_rect_attr_train_test/list_98pt_rect_attr_{split}.txt")
    with open(file, "w") as f:
        for row, name in zip(table, names):
            f.write(" ".join([f"{v:.6f}" for v in row[:196]] + [f"{v:.0f}" for v in row[196:]] + [name]) + "\n")
d = pd.concat([pd.read_csv(file.replace("_test.txt", f"_{s}.txt"), sep=" ", header=None).assign(split=s) for s in ("train", "test")])
assert d.shape[1] == 208
d["face"] = d.groupby(206).cumcount()
want("wflw", [[f"WFLW_images/{r[206]}", r["split"], r["face"], *[r[k] for k in range(196, 206)], *[r[k] for k in range(196)]]
              for _, r in d.iterrows()])

# ---- 300W: NumPy reads the lines between the braces
rows = []
for folder, split in (("afw", "train"), ("helen/trainset", "train"), ("lfpw/trainset", "train"), ("helen/testset", "common"),
                      ("lfpw/testset", "common"), ("ibug", "challenge")):
    base = f"300w/{folder}/" + ("image_092 _01" if folder == "ibug" else "image_0001_1")
    open(path(base + (".png" if "lfpw" in folder else ".jpg")), "w").write("picture\n")
    np.savetxt(path(base + ".pts"), points(1, 68).reshape(68, 2), "%.6f", header="version: 1\nn_points:  68\n{", footer="}", comments="")
    xy = np.loadtxt(path(base + ".pts"), skiprows=3, max_rows=68) - 1
    rows.append([base[5:] + (".png" if "lfpw" in folder else ".jpg"), split, *xy.min(0), *xy.max(0), *xy.ravel()])
want("300w", rows)

# ---- LFW: two folds of two pairs of each kind
persons = [f"Ann_{c}" for c in "ABCDEFGH"]
with open(path("lfw/pairs.txt"), "w", newline="") as f:
    w = csv.writer(f, delimiter="\t", lineterminator="\n")
    w.writerow([2, 2])
    for fold in (0, 4):
        w.writerows([[persons[fold + i], 1, 2] for i in range(2)] + [[persons[fold + i], 1, persons[fold + 2 + i], 1 + i] for i in range(2)])
listed = {}
lines = list(csv.reader(open(path("lfw/pairs.txt")), delimiter="\t"))[1:]
for i, line in enumerate(lines):
    for who, k in ([(line[0], line[1]), (line[0], line[2])] if len(line) == 3 else [(line[0], line[1]), (line[2], line[3])]):
        listed[f"lfw/{who}/{who}_{int(k):04}.jpg"] = (who, i // 4 + 1)
for name in (*listed, "lfw/Bob/Bob_0001.jpg"):
    open(path("lfw/" + name), "w").write("picture\n")
listed["lfw/Bob/Bob_0001.jpg"] = ("Bob", "")
want("lfw", [[p, *listed[p]] for p in sorted(listed)])
