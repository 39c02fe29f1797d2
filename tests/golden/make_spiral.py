#!/usr/bin/env python3
"""Spirals, decimation and upsampling of a small mesh, for tests/unit/test_mesh_levels.c.

    python3 tests/golden/make_spiral.py >tests/golden/spiral.tsv        (Python 3.11, NumPy 2.4)

Written from the published descriptions (spiralnet_plus: rings walked neighbour by neighbour; COMA: quadric error,
collapse into the cheaper end; barycentric coordinates of the nearest point), with plain lists and dense matrices, not
from the C code. What both must share is stated in common/model/mesh.h: rings wind as the faces do and start at a border
or at the first face; ties go to smaller numbers. The mesh: a bumpy sheet with a hole, and a loose triangle fan.
"""
import heapq
import numpy as np

W, H = 13, 11


def sheet():
    at, faces = [], []
    for y in range(H):
        for x in range(W):
            z = np.sin(0.7 * x) * np.cos(0.9 * y) + 0.02 * ((7 * x + 5 * y) % 11)
            at.append((x + 0.1 * ((x * y) % 3), y + 0.05 * ((x + 2 * y) % 5), z))
    for y in range(H - 1):
        for x in range(W - 1):
            if (x, y) in ((5, 4), (6, 4)):
                continue
            a, b, c, d = y * W + x, y * W + x + 1, (y + 1) * W + x, (y + 1) * W + x + 1
            faces += [(a, b, d), (a, d, c)] if (x + y) % 2 else [(a, b, c), (b, d, c)]
    base = len(at)
    at += [(20, 0, 0), (21, 0, .5), (20, 1, .25), (19, .25, 1)]
    faces += [(base, base + 1, base + 2), (base, base + 2, base + 3)]
    return np.array(np.float32(at), dtype=np.float64), faces


def rings(n, faces):
    out = []
    for v in range(n):
        follows, first = {}, []
        for f in faces:
            if v in f:
                k = f.index(v)
                follows[f[(k + 1) % 3]] = f[(k + 2) % 3]
                first.append(f[(k + 1) % 3])
        ring = []
        while follows:
            heads = [a for a in first if a in follows and a not in follows.values()] or [a for a in first if a in follows]
            a = heads[0]
            while True:
                if a not in ring:
                    ring.append(a)
                if a not in follows:
                    break
                a = follows.pop(a)
        out.append(ring)
    return out


def spirals(at, ring, length, dilation):
    def after(last, seen):
        new = []
        ok = lambda u: u not in last and u not in seen and u not in new
        for v in last:
            inside = [k for k, u in enumerate(ring[v]) if u in last]
            start = inside[0] if inside else len(ring[v])
            # what follows the first neighbour of the last ring, then what stands before it
            for u in ring[v][start + 1:] + ring[v][:start]:
                if ok(u):
                    new.append(u)
        return new

    out = []
    for v in range(len(at)):
        want, last, spiral = length * dilation, list(ring[v]), [v]
        nxt = after(last, spiral)
        spiral += last
        while len(spiral) + len(nxt) < want and nxt:
            last = nxt
            nxt = after(last, spiral)
            spiral += last
        if nxt:
            spiral += nxt
        else:
            far = np.sum((at - at[v]) ** 2, axis=1)
            spiral = sorted(range(len(at)), key=lambda u: (far[u], u))
        out.append(spiral[:want:dilation])
    return out


def decimate(at, faces, target):
    q = np.zeros((len(at), 4, 4))
    for f in faces:
        a, b, c = at[list(f)]
        n = np.cross(b - a, c - a)
        p = np.append(n, -n @ a) / np.linalg.norm(n)
        for v in f:
            q[v] += np.outer(p, p)
    hom = np.hstack([at, np.ones((len(at), 1))])

    def cost(a, b):
        s = q[a] + q[b]
        return hom[a] @ s @ hom[a], hom[b] @ s @ hom[b]

    heap = [(min(cost(a, b)), a, b) for a, b in {tuple(sorted((f[i], f[(i + 1) % 3]))) for f in faces for i in range(3)}]
    heapq.heapify(heap)
    into = list(range(len(at)))
    find = lambda v: v if into[v] == v else find(into[v])
    faces = [list(f) for f in faces]
    used = lambda: {v for f in faces for v in f}
    while len(used()) > target and heap:
        c, a, b = heapq.heappop(heap)
        a, b = find(a), find(b)
        if a == b or not {a, b} <= used():
            continue
        ka, kb = cost(a, b)
        if min(ka, kb) > c:
            heapq.heappush(heap, (min(ka, kb), a, b))
            continue
        keep, gone = (a, b) if ka < kb else (b, a)
        q[keep] = q[keep] + q[gone]
        into[gone] = keep
        faces = [[keep if v == gone else v for v in f] for f in faces]
        faces = [f for f in faces if len(set(f)) == 3]
    kept = sorted(used())
    number = {v: i for i, v in enumerate(kept)}
    return kept, [[number[v] for v in f] for f in faces]


def nearest(p, tri):
    """Barycentric coordinates by constrained least squares over corners, sides and the inside."""
    best = None
    for live in ((0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2)):
        base = tri[live[0]]
        m = np.array([tri[k] - base for k in live[1:]]).T
        w = np.linalg.lstsq(m, p - base, rcond=None)[0] if len(live) > 1 else np.array([])
        w = np.append(1 - w.sum(), w)
        if (w < -1e-12).any():
            continue
        full = np.zeros(3)
        full[list(live)] = w
        d = np.sum((full @ tri - p) ** 2)
        if best is None or d < best[0] - 1e-15:
            best = d, full
    return best


def main():
    at, faces = sheet()
    for p in at:
        print("vertex", *[f"{v:.9g}" for v in p], sep="\t")
    for f in faces:
        print("face", *f, sep="\t")
    ring = rings(len(at), faces)
    for v, r in enumerate(ring):
        print("ring", v, *r, sep="\t")
    for length, dilation in ((9, 1), (5, 2)):
        for v, s in enumerate(spirals(at, ring, length, dilation)):
            print(f"spiral{length}x{dilation}", v, *s, sep="\t")
    kept, coarse = decimate(at, faces, (len(at) + 3) // 4)
    print("kept", *kept, sep="\t")
    for f in coarse:
        print("coarse", *f, sep="\t")
    low = at[kept]
    for v, p in enumerate(at):
        d, f, w = min((*nearest(p, low[f])[:1], k, tuple(nearest(p, low[f])[1])) for k, f in enumerate(coarse))
        dense = {}
        for k, x in zip(coarse[f], w):
            if abs(x) > 1e-9:
                dense[k] = dense.get(k, 0) + x
        print("up", v, f"{d:.9g}", *[f"{k}:{x:.9g}" for k, x in sorted(dense.items())], sep="\t")


if __name__ == "__main__":
    main()
