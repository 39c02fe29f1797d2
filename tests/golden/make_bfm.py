#!/usr/bin/env python3
"""A small 3D face model in the two published forms, and what it comes to: tests/golden/weights/bfm/

    python tests/golden/make_bfm.py tests/golden/weights/bfm        (SciPy 1.17.1, NumPy 2.4.6)

BFM.mat: the struct that face3d makes (shapePC single, tri and kpt_ind from 1, with texture); Model_Shape.mat and Model_Exp.mat: 3DDFA's
variables. Random numbers of 70 vertices, 5 + 3 components. want.txt, a number a line: coefficients (5, 3), the 70 vertices that they give
by 3DDFA's formula on what SciPy reads back, 40 triangles and 68 keypoints from 0, the deviations (5, 3).
"""
import os
import sys

import numpy as np
import scipy.io

out = sys.argv[1]
os.makedirs(out, exist_ok=True)
rng = np.random.default_rng(2009)
V, K, E, T = 70, 5, 3, 40
mu, mu_exp = rng.normal(0, 5e4, (3 * V, 1)), rng.normal(0, 10, (3 * V, 1))
w, w_exp = rng.normal(0, 1, (3 * V, K)), rng.normal(0, 1e4, (3 * V, E))
sigma, sigma_exp = np.sort(rng.uniform(1, 9e5, (K, 1)))[::-1], rng.uniform(0, 1, (E, 1))
tri = rng.integers(1, V + 1, (3, T)).astype(np.float64)
keypoints = rng.choice(V, 68, replace=False) + 1.0
scipy.io.savemat(f"{out}/BFM.mat", {"model": {
    "shapeMU": mu.astype(np.float32), "shapePC": w.astype(np.float32), "shapeEV": sigma, "expMU": mu_exp, "expPC": w_exp, "expEV": sigma_exp,
    "texMU": mu, "texPC": w, "texEV": sigma, "tri": tri, "tri_mouth": tri[:, :4], "kpt_ind": keypoints[None].astype(np.uint16)}},
    do_compression=True)
scipy.io.savemat(f"{out}/Model_Shape.mat", {"mu_shape": mu, "w": w, "sigma": sigma, "mu_tex": mu, "w_tex": w, "tri": tri,
                                            "keypoints": keypoints[None]}, do_compression=True)
scipy.io.savemat(f"{out}/Model_Exp.mat", {"mu_exp": mu_exp, "w_exp": w_exp, "sigma_exp": sigma_exp}, do_compression=True)
a, b = rng.normal(0, 1e5, (K, 1)), rng.normal(0, 1, (E, 1))
s, x = (scipy.io.loadmat(f"{out}/Model_{n}.mat") for n in ("Shape", "Exp"))
face = (s["mu_shape"] + x["mu_exp"] + s["w"] @ a + x["w_exp"] @ b).reshape(-1, 3)
with open(f"{out}/want.txt", "w", encoding="utf-8") as f:
    for values in (a, b, face, s["tri"].T - 1, s["keypoints"] - 1, s["sigma"], x["sigma_exp"]):
        f.write("\n".join(f"{v:.12g}" for v in np.ravel(values)) + "\n")


def small(name, **other):
    """A model of four vertices, sound but for what is given; None: left out."""
    v = {"shapeMU": np.ones((12, 1)), "shapePC": np.ones((12, 2)), "shapeEV": np.ones((2, 1)), "expMU": np.ones((12, 1)),
         "expPC": np.ones((12, 1)), "expEV": np.ones((1, 1)), "tri": np.ones((3, 2)), "kpt_ind": np.ones((1, 68))} | other
    scipy.io.savemat(f"{out}/{name}.mat", {"model": {k: x for k, x in v.items() if x is not None}}, do_compression=True)


small("sound")
small("transposed-triangles", tri=np.array([[1., 2, 3], [2, 3, 4]]))
small("bad-triangle-0", tri=np.zeros((3, 2)))
small("bad-triangle-5", tri=np.full((3, 2), 5.))
small("bad-triangle-half", tri=np.full((3, 2), 1.5))
small("bad-keypoints-67", kpt_ind=np.ones((1, 67)))
small("bad-basis-of-3-vertices", shapePC=np.ones((9, 2)))
small("bad-expression-of-3-vertices", expMU=np.ones((9, 1)))
small("bad-deviations-3", shapeEV=np.ones((3, 1)))
small("bad-nan", shapePC=np.full((12, 2), np.nan))
small("bad-infinite-mean", shapeMU=np.full((12, 1), np.inf))
small("bad-mean-10", shapeMU=np.ones((10, 1)))
small("bad-no-basis", shapePC=None)
scipy.io.savemat(f"{out}/bad-no-struct.mat", {"model": np.ones((2, 2))})
x = scipy.io.loadmat(f"{out}/Model_Exp.mat")
scipy.io.savemat(f"{out}/Model_Exp-no-sigma.mat", {k: x[k] for k in ("mu_exp", "w_exp")}, do_compression=True)
