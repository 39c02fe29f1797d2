#!/usr/bin/env python3
"""Lists of faces as published, small, and what is in them by other code than ours: tests/golden/curate/lists/

    python tests/golden/make_curate_lists.py tests/golden/curate/lists        (NumPy 2.4.6, pandas 3.0)

300w/, aflw/: HRNet's CSV files (column names as in its repository's copies); wider/: RetinaFace's label.txt; ijbb/, ijbc/: the lists
of insightface's IJB evaluation and NIST's galleries and probes of 1:N, several lines a template. want-*.tsv: what pandas, or a few
lines of Python, read in them. The blanks of a want file stand for what is not known.
"""
import csv
import os
import sys

import numpy as np
import pandas as pd

out = sys.argv[1]
rng = np.random.default_rng(606)


def folder(name):
    os.makedirs(f"{out}/{name}", exist_ok=True)
    return f"{out}/{name}"


def text(value):
    return "" if pd.isna(value) else f"{value:.12g}" if isinstance(value, (float, np.floating)) else str(value)


def want(name, rows):
    with open(f"{out}/{name}", "w", encoding="utf-8") as f:
        for row in rows:
            f.write("\t".join(text(v) for v in row) + "\n")


# ---- HRNet

def hrnet(path, names, points, with_size, faces=None):
    if faces is None:
        xy = np.round(rng.uniform(20, 400, (len(names), 2 * points)), 6)
        d = pd.DataFrame(xy, columns=[f"original_{i}_{c}" for i in range(points) for c in "xy"])
        d.insert(0, "center_h", np.floor(xy[:, 1::2].mean(1)) + .5)
        d.insert(0, "center_w", np.floor(xy[:, 0::2].mean(1)))
        if with_size:
            d.insert(0, "box_size", np.round(rng.uniform(50, 300, len(names)), 3))
        d.insert(0, "scale", np.round(rng.uniform(.4, 3, len(names)), 3))
        d.insert(0, "image_name", names)
        faces = d
    faces.to_csv(path, index=False)
    return faces


def square(d, base):
    half = d.scale * 100
    return [d.center_w - base - half, d.center_h - base - half, d.center_w - base + half, d.center_h - base + half]


f = folder("300w")
lists = {"train": ("train", ["afw/1_1.jpg", "helen/trainset/2_1.jpg"]), "common": ("valid_common", ["lfpw/testset/image_0001.png"]),
         "challenge": ("valid_challenge", ["ibug/image_092 _01.jpg"]), "test": ("test", ["Test/01_Indoor/indoor_001.png"])}
rows = []
for split, (name, pictures) in lists.items():
    hrnet(f"{f}/face_landmarks_300w_{name}.csv", pictures, 68, False)
    d = pd.read_csv(f"{f}/face_landmarks_300w_{name}.csv")
    for i, r in d.iterrows():
        rows.append(["images/" + r.image_name, split, *square(r, 1), *(v - 1 for v in r.iloc[4:])])
want("want-300w.tsv", rows)

f = folder("aflw")
hrnet(f"{f}/face_landmarks_aflw_train.csv", ["0/a.jpg", "0/b.jpg", "0/a.jpg"], 19, True)
t = hrnet(f"{f}/face_landmarks_aflw_test.csv", ["2/c.jpg", "2/c.jpg", "0/a.jpg"], 19, True)
hrnet(f"{f}/face_landmarks_aflw_test_frontal.csv", None, 19, True, t.iloc[[1]])
seen, rows = {}, []
for split in ("train", "test"):
    d = pd.read_csv(f"{f}/face_landmarks_aflw_{split}.csv")
    for i, r in d.iterrows():
        number = seen[r.image_name] = seen.get(r.image_name, -1) + 1
        rows.append([r.image_name, split, number, *square(r, 0), r.box_size, "", int(i == 1) if split == "test" else "",
                     *r.iloc[5:]])
want("want-aflw.tsv", rows)

# ---- RetinaFace's labels of WIDER FACE: the first lines are those that its users quote

f = folder("wider/train")
with open(f"{f}/label.txt", "w", encoding="utf-8", newline="") as g:
    g.write("# 0--Parade/0_Parade_marchingband_1_849.jpg\r\n"
            "449 330 122 149 488.906 373.643 0.0 542.089 376.442 0.0 515.031 412.83 0.0 485.174 425.893 0.0 "
            "538.357 431.491 0.0 0.82\r\n"
            "# 0--Parade/nobody.jpg\n"
            "# 0--Parade/0_Parade_marchingband_1_799.jpg\n"
            "78 221 7 8 " + "-1.0 " * 15 + "0.2 \n"
            "78 238 14 17 84.188 244.607 1.0 89.527 244.491 1.0 86.973 247.857 1.0 85.116 250.643 1.0 88.482 250.643 1.0 0.36\n"
            "5 6 0 9 " + "-1 " * 16 + "\n")
os.makedirs(f"{out}/wider/val", exist_ok=True)
with open(f"{out}/wider/val/label.txt", "w", encoding="utf-8") as g:
    g.write("# 1--Handshaking/v.jpg\n10 20 30 40\n# 1--Handshaking/none.jpg\n")
rows = []
for split in ("train", "val"):
    picture, faces = None, 0

    def nobody():
        if picture and not faces:
            rows.append([picture, split] + [""] * 16 + ["none:no-face"])

    for line in open(f"{out}/wider/{split}/label.txt", encoding="utf-8"):
        if line.startswith("#"):
            nobody()
            picture, faces = f"{split}/images/{line[1:].strip()}", 0
            continue
        v = [float(s) for s in line.split()]
        x, y, w, h = v[:4]
        points = [c for k in range(5) for c in v[4 + 3 * k: 6 + 3 * k]] if len(v) == 20 and v[4] >= 0 else [""] * 10
        rows.append([picture, split, faces, x, y, x + w, y + h, v[19] if len(v) == 20 and v[19] >= 0 else "", *points,
                     "ok" if w * h else "none:empty-box"])
        faces += 1
    nobody()
want("want-wider.tsv", rows)

# ---- IJB

for name, galleries in (("ijbb", ("S1", "S2")), ("ijbc", ("G1", "G2"))):
    f = folder(f"{name}/meta")
    templates, subject = rng.permutation(np.arange(1, 40))[:12] * 3, rng.integers(1000, 1010, 12)
    n = 30
    member = np.r_[np.arange(12), rng.integers(0, 12, n - 12)]
    media = rng.integers(1, 9, n) + 69000
    points = np.round(rng.uniform(10, 90, (n, 10)), 3)
    score = np.round(rng.uniform(.1, 1, n), 6)
    with open(f"{f}/{name}_face_tid_mid.txt", "w", newline="") as g, open(f"{f}/{name}_name_5pts_score.txt", "w", newline="") as h:
        for i in range(n):
            g.write(f"{i + 1}.jpg {templates[member[i]]} {media[i]}\n")
            h.write(f"{i + 1}.jpg {' '.join(map(str, points[i]))} {score[i]}\r\n")
    head = "TEMPLATE_ID,SUBJECT_ID,FILENAME,SIGHTING_ID,FACE_X,FACE_Y,FACE_WIDTH,FACE_HEIGHT\n"
    # Templates 0-2 and 3-5 are in the galleries, 6-10 are probes, 11 is in none of the lists.
    for part, own in zip((f"gallery_{galleries[0]}", f"gallery_{galleries[1]}", "probe_mixed"), (range(3), range(3, 6), range(6, 11))):
        with open(f"{f}/{name}_1N_{part}.csv", "w", newline="") as g:
            g.write(head)
            for k in own:
                for j in range(1 + k % 3):
                    g.write(f'{templates[k]},{subject[k]},"img/{k}, {j}.jpg",{j},1,2,3,4\r\n')
    m = pd.read_csv(f"{f}/{name}_face_tid_mid.txt", sep=" ", header=None, names=["name", "template", "media"])
    p = pd.read_csv(f"{f}/{name}_name_5pts_score.txt", sep=" ", header=None)
    who = pd.concat(pd.read_csv(f"{f}/{name}_1N_{part}.csv") for part in
                    (f"gallery_{galleries[0]}", f"gallery_{galleries[1]}", "probe_mixed"))
    who = who.drop_duplicates(["TEMPLATE_ID", "SUBJECT_ID"]).set_index("TEMPLATE_ID").SUBJECT_ID
    want(f"want-{name}.tsv", [["loose_crop/" + r["name"], r.template, r.media, who.get(r.template, ""), p.iloc[i, 11], *p.iloc[i, 1:11]]
                              for i, r in m.iterrows()])
