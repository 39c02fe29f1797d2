#!/usr/bin/env python3
"""The losses and targets of the downstream heads by PyTorch and NumPy, in double: tests/golden/heads.tsv

    python tests/golden/make_heads.py > tests/golden/heads.tsv        (torch 2.15.0, NumPy 2.4)

affect: RMSE + 1 - CCC of valence and arousal, and cross-entropy, with labels missing, constant batches, and one sample.
    affect N CLASSES, then per sample: out[2 + CLASSES] valence arousal class (nan, nan, -1: missing), then the parts of
    the loss and its gradient.
draw: HRNet's generate_target; peak: its decoding (get_preds, and the quarter shift), in the pixel's own coordinates.
"""
import numpy as np
import torch

torch.set_default_dtype(torch.float64)


def affect(out, v, a, y):
    loss = []
    for p, t in ((out[:, 0], v), (out[:, 1], a)):
        ok = ~torch.isnan(t)
        if not ok.any():
            loss.append(torch.zeros(()))
            continue
        p, t = p[ok], t[ok]
        d2 = ((p - t) ** 2).mean()
        rmse = d2.sqrt() if d2 > 0 else torch.zeros(())
        cov = ((p - p.mean()) * (t - t.mean())).mean()
        spread = p.var(unbiased=False) + t.var(unbiased=False) + (p.mean() - t.mean()) ** 2
        loss.append(rmse + 1 - (2 * cov / spread if spread > 0 else torch.zeros(())))
    ok = y >= 0
    loss.append(torch.nn.functional.cross_entropy(out[ok, 2:], y[ok]) if ok.any() else torch.zeros(()))
    return loss


def show_affect(out, v, a, y):
    out = out.clone().requires_grad_()
    parts = affect(out, v, a, y)
    total = sum(parts)
    if total.requires_grad:
        total.backward()
    g = out.grad if out.grad is not None else torch.zeros_like(out)
    print("affect", len(out), out.shape[1] - 2, sep="\t")
    num = lambda x: repr(float(x))
    for i in range(len(out)):
        print("sample", *map(num, out[i]), num(v[i]), num(a[i]), int(y[i]), *map(num, g[i]), sep="\t")
    print("parts", *map(num, parts), sep="\t")


def make_affect():
    g = torch.Generator().manual_seed(7)
    n, k = 12, 8
    out = torch.randn(n, 2 + k, generator=g)
    v, a = torch.rand(n, generator=g) * 2 - 1, torch.rand(n, generator=g) * 2 - 1
    y = torch.randint(0, k, (n,), generator=g)
    show_affect(out, v, a, y)
    v2, a2, y2 = v.clone(), a.clone(), y.clone()
    v2[::3] = torch.nan
    a2[1::2] = torch.nan
    y2[2::4] = -1
    show_affect(out, v2, a2, y2)
    show_affect(out[:1], v[:1], a[:1], y[:1])
    same = out.clone()
    same[:, 0], same[:, 1] = .25, .5
    show_affect(same, torch.full((n,), .25), torch.full((n,), -.5), y)
    show_affect(out, torch.full((n,), torch.nan), a, torch.full((n,), -1))


def hrnet_draw(w, h, pt, sigma):
    img = np.zeros((h, w))
    tmp = sigma * 3
    ul = [int(pt[0] - tmp), int(pt[1] - tmp)]
    br = [int(pt[0] + tmp + 1), int(pt[1] + tmp + 1)]
    if ul[0] >= w or ul[1] >= h or br[0] < 0 or br[1] < 0:
        return img
    size = 2 * tmp + 1
    x = np.arange(0, size, 1, np.float64)
    c = size // 2
    g = np.exp(-((x - c) ** 2 + (x[:, None] - c) ** 2) / (2 * sigma ** 2))
    gx = max(0, -ul[0]), min(br[0], w) - ul[0]
    gy = max(0, -ul[1]), min(br[1], h) - ul[1]
    img[max(0, ul[1]):min(br[1], h), max(0, ul[0]):min(br[0], w)] = g[gy[0]:gy[1], gx[0]:gx[1]]
    return img


def hrnet_peak(img):
    h, w = img.shape
    y, x = divmod(int(img.argmax()), w)
    if img[y, x] <= 0:
        return 0., 0.
    p = [x + .5, y + .5]
    if 0 < x < w - 1 and 0 < y < h - 1:
        p[0] += .25 * np.sign(img[y, x + 1] - img[y, x - 1])
        p[1] += .25 * np.sign(img[y + 1, x] - img[y - 1, x])
    return tuple(p)


def make_maps():
    for sigma in (1., 1.5):
        for x, y in ((5.7, 4.2), (.3, 1.9), (11.99, 9.5), (-2.5, 3.), (15.5, 4.), (-4., 2.), (6., -1.), (6.4, 0.)):
            img = hrnet_draw(12, 10, (int(x), int(y)), sigma) if y > 0 else np.zeros((10, 12))
            print("draw", x, y, sigma, *(f"{v:.9g}" for v in img.ravel()), sep="\t")
    r = np.random.default_rng(3)
    for i in range(6):
        img = np.float32(r.standard_normal((5, 6)))
        if i == 5:
            img = -abs(img)
        print("peak", *hrnet_peak(img), *(f"{v:.9g}" for v in img.ravel()), sep="\t")


make_affect()
make_maps()
