"""The peers of tests/bench/eval: peer_eval.py ijb|subsample|sample|vggface2|imdb-face DIR

ijb: embeddings to TAR at FAR as insightface's eval_ijbc.py does it (its media loop, pairs in batches of 100,000, scikit-learn's
roc_curve). subsample: a manifest, 2 % by the hash of the id, in pandas. sample: the same with pandas' own sample().
vggface2, imdb-face: the published lists to a manifest, in pandas.
"""

import hashlib
import os
import sys

import numpy as np
import pandas as pd

what, data = sys.argv[1:3]


def ijb():
    import sklearn.metrics as skm

    m = pd.read_csv(os.path.join(data, "tid_mid.txt"), sep=" ", header=None).values
    tid, media = m[:, 1].astype(int), m[:, 2].astype(int)
    e = np.asarray(np.memmap(os.path.join(data, "emb.bin"), dtype=[("h", "V64"), ("v", "<f4", 512)], mode="r",
                             shape=(len(tid),))["v"])
    templates = np.unique(tid)
    feature = np.zeros((len(templates), 512))
    order = np.argsort(tid, kind="stable")
    begin = np.searchsorted(tid[order], templates)
    end = np.append(begin[1:], len(tid))
    for k in range(len(templates)):
        own = order[begin[k]:end[k]]
        unique, count = np.unique(media[own], return_counts=True)
        parts = []
        for u, c in zip(unique, count):
            i = own[media[own] == u]
            parts.append(e[i] if c == 1 else np.mean(e[i], axis=0, keepdims=True))
        feature[k] = np.concatenate(parts).sum(0)
    feature /= np.linalg.norm(feature, axis=1, keepdims=True)
    pairs = pd.read_csv(os.path.join(data, "pairs.txt"), sep=" ", header=None).values
    number = np.zeros(templates.max() + 1, int)
    number[templates] = np.arange(len(templates))
    score = np.zeros(len(pairs))
    for a in range(0, len(pairs), 100000):
        p = pairs[a:a + 100000]
        score[a:a + 100000] = np.sum(feature[number[p[:, 0]]] * feature[number[p[:, 1]]], -1)
    fpr, tpr, _ = skm.roc_curve(pairs[:, 2], score)
    fpr, tpr = np.flipud(fpr), np.flipud(tpr)
    for far in (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1):
        print(far, tpr[np.argmin(np.abs(fpr - far))])


def place(i):
    key = hashlib.sha256(i.encode()).hexdigest()[:16]
    return int(hashlib.sha256(f"0 {key}".encode()).hexdigest()[:16], 16)


def vggface2():
    root = os.path.join(data, "vggface2", "bb_landmark")
    b, p = (pd.read_csv(os.path.join(root, f"loose_{w}_train.csv")) for w in ("bb", "landmark"))
    assert (b.NAME_ID == p.NAME_ID).all()
    path = "train/" + b.NAME_ID + ".jpg"
    d = {"id": path, "path": path, "split": "train", "identity": b.NAME_ID.str.split("/").str[0], "x1": b.X, "y1": b.Y,
         "x2": b.X + b.W, "y2": b.Y + b.H}
    for i in range(5):
        d[f"lm{i}x"], d[f"lm{i}y"] = p[f"P{i + 1}X"], p[f"P{i + 1}Y"]
    return pd.DataFrame(d).assign(status="ok")


def imdb_face():
    d = pd.read_csv(os.path.join(data, "imdb-face", "IMDb-Face.csv"))
    path = d.name + "/" + d.image
    box = d.rect.str.split(" ", expand=True).astype(int)
    return pd.DataFrame({"id": path, "path": path, "face": path.groupby(path).cumcount(), "identity": d.name, "x1": box[0],
                         "y1": box[1], "x2": box[2], "y2": box[3], "url": d.url, "status": "ok"})


if what == "ijb":
    ijb()
elif what in ("vggface2", "imdb-face"):
    (vggface2 if what == "vggface2" else imdb_face)().to_csv(os.path.join(data, "peer.tsv"), sep="\t", index=False)
else:
    d = pd.read_csv(os.path.join(data, "big.tsv"), sep="\t", comment="#")
    d = d[d.status == "ok"]
    d = d.sample(frac=.02, random_state=0).sort_index() if what == "sample" else d[d.id.map(place) < 2 ** 64 * .02]
    d.to_csv(os.path.join(data, "peer.tsv"), sep="\t", index=False)
