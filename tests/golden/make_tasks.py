#!/usr/bin/env python3
"""Training steps of the downstream tasks by PyTorch, in float64 and float32: tests/golden/tasks.tsv

    python tests/golden/make_tasks.py > tests/golden/tasks.tsv        (torch 2.15.0, torchvision 0.29.2, NumPy 2.4)

torchvision's ResNet-18 with each task's head, six pictures of 64 pixels, five steps at a hundredth of the paper's rate and two
at the rate itself, with the paper's optimiser. A line a step: task, part of the rate, step, loss in float64, in float32.
Weights, pictures and labels are numbers of a formula (tests/unit/support_seeded.c, seed 5): what is not a convolution of the
backbone or batch norm has the role linear or bias; pictures and labels are linear with fan_in 1 under the names used here.
"""
import numpy as np
import torch
import torchvision
from torch import nn
from torch.nn import functional as F

import make_spiral
from formula import seeded

TASKS = ("recognition", "landmarks", "au", "emotion", "mesh")
N, SIZE, UNITS, CLASSES, POINTS, PERSONS, DIMS = 6, 64, 4, 8, 5, 5, 16
VERTICES, CHANNELS, LENGTH, DEVIATION = 147, (8, 16), 5, 20


def mesh_levels():
    """Spirals and upsampling of make_spiral.py's sheet and of its two coarser levels: [(spirals, matrix)], vertices left."""
    at, faces = make_spiral.sheet()
    levels = []
    for _ in CHANNELS:
        spirals = make_spiral.spirals(at, make_spiral.rings(len(at), faces), LENGTH, 1)
        kept, coarse = make_spiral.decimate(at, faces, (len(at) + 3) // 4)
        low = at[kept]
        up = np.zeros((len(at), len(kept)))
        for v, p in enumerate(at):
            found = [make_spiral.nearest(p, low[list(f)]) for f in coarse]
            k = min(range(len(found)), key=lambda i: (round(found[i][0], 12), i))
            for corner, w in zip(coarse[k], found[k][1]):
                up[v, corner] += w
        levels.append((torch.tensor(spirals), torch.from_numpy(up)))
        at, faces = low, coarse
    return levels, len(at)


class SpiralDecoder(nn.Module):
    """Linear, then upsampling, spiral convolution and ELU a level, then a spiral convolution to x y z (spiralnet_plus)."""

    def __init__(self, features):
        super().__init__()
        levels, coarsest = mesh_levels()
        self.coarsest = coarsest
        self.linear = nn.Linear(features, coarsest * CHANNELS[-1])
        channels = CHANNELS[-1]
        for k in reversed(range(len(levels))):
            self.register_buffer(f"spiral{k}", levels[k][0])
            self.register_buffer(f"up{k}", levels[k][1])
            setattr(self, f"level{k}", nn.Linear(LENGTH * channels, CHANNELS[k]))
            channels = CHANNELS[k]
        self.vertices = nn.Linear(LENGTH * channels, 3)

    def spiral(self, x, k, layer):
        s = getattr(self, f"spiral{k}")
        return layer(x[:, s.flatten()].reshape(len(x), len(s), -1))

    def forward(self, x):
        x = self.linear(x).reshape(len(x), self.coarsest, CHANNELS[-1])
        for k in reversed(range(len(CHANNELS))):
            x = F.elu(self.spiral(getattr(self, f"up{k}") @ x, k, getattr(self, f"level{k}")))
        return self.spiral(x, 0, self.vertices)


class Net(nn.Module):
    def __init__(self, task):
        super().__init__()
        self.task = task
        self.backbone = torchvision.models.resnet18()
        del self.backbone.fc
        if task == "landmarks":
            self.head = nn.Module()
            for i in range(4):
                setattr(self.head, f"stage{i + 1}", nn.Conv2d(64 << i, 256, 1))
            self.head.norm = nn.BatchNorm2d(256)
            self.head.maps = nn.Conv2d(256, POINTS, 1)
        elif task == "mesh":
            self.head = SpiralDecoder(512)
        else:
            self.head = nn.Linear(512, {"au": UNITS, "emotion": 2 + CLASSES, "recognition": DIMS}[task])
        if task == "recognition":
            self.classes = nn.Module()
            self.classes.weight = nn.Parameter(torch.zeros(PERSONS, DIMS))
        for name, p in self.named_parameters():
            module = self.get_submodule(name.rsplit(".", 1)[0])
            kind = name.rsplit(".", 1)[1]
            if isinstance(module, nn.BatchNorm2d):
                role = "bn_" + kind
            elif kind == "bias":
                role = "bias"
            else:
                role = "conv" if name.startswith("backbone.") else "linear"
            p.data = seeded(name, tuple(p.shape), role)

    def forward(self, x):
        b = self.backbone
        x = b.maxpool(b.relu(b.bn1(b.conv1(x))))
        stages = []
        for layer in (b.layer1, b.layer2, b.layer3, b.layer4):
            x = layer(x)
            stages.append(x)
        if self.task != "landmarks":
            return self.head(x.mean((2, 3)))
        y = 0
        for i, s in enumerate(stages):
            s = getattr(self.head, f"stage{i + 1}")(s)
            y = y + F.interpolate(s, stages[0].shape[2:], mode="bilinear", align_corners=False)
        return self.head.maps(F.relu(self.head.norm(y)))


def labels(task):
    if task == "au":
        t = 2.5 + 2.5 * seeded("au", (N, UNITS), "picture")
        t[1, 2] = t[N - 2, 0] = torch.nan
        return t
    if task == "emotion":
        v = seeded("affect", (N, 2), "picture")
        v[2, 0] = torch.nan
        y = torch.arange(N) % CLASSES
        y[N // 2] = -1
        return v, y
    if task == "mesh":
        return (32 + 24 * seeded("vertices", (N, VERTICES, 3), "picture") - seeded("mean", (VERTICES, 3), "picture")) / \
            DEVIATION
    if task == "landmarks":
        p = SIZE / 2 + 3 * SIZE / 8 * seeded("points", (N, POINTS, 2), "picture")
        side = SIZE // 4
        centre = torch.arange(side, dtype=torch.float64) + .5
        dx = centre[None, None, None, :] - p[..., 0, None, None] / 4
        dy = centre[None, None, :, None] - p[..., 1, None, None] / 4
        return torch.exp(-(dx ** 2 + dy ** 2) / 2) * (dx.abs() <= 3) * (dy.abs() <= 3)
    return torch.arange(N) % PERSONS


def loss_of(net, out, label):
    if net.task == "au":
        ok = ~torch.isnan(label)
        return ((out - label)[ok] ** 2).mean()
    if net.task == "emotion":
        v, y = label
        total = F.cross_entropy(out[y >= 0, 2:], y[y >= 0])
        for k in range(2):
            ok = ~torch.isnan(v[:, k])
            p, t = out[ok, k], v[ok, k]
            cov = ((p - p.mean()) * (t - t.mean())).mean()
            ccc = 2 * cov / (p.var(unbiased=False) + t.var(unbiased=False) + (p.mean() - t.mean()) ** 2)
            total = total + ((p - t) ** 2).mean().sqrt() + 1 - ccc
        return total
    if net.task == "mesh":
        return F.l1_loss(out, label)
    if net.task == "landmarks":
        return F.mse_loss(out, label)
    cos = F.normalize(out) @ F.normalize(net.classes.weight).T
    return F.cross_entropy(64 * (cos - .35 * F.one_hot(label, PERSONS)), label)


def optimizer(net, part):
    """The paper's, at that part of its rate."""
    if net.task in ("recognition", "mesh"):
        lr, decay = {"recognition": (.1, 5e-4), "mesh": (.05, 1e-4)}[net.task]
        return torch.optim.SGD(net.parameters(), lr=lr * part, momentum=.9, weight_decay=decay)
    decay = {"au": 5e-6, "emotion": 1e-4, "landmarks": 1e-5}[net.task]
    return torch.optim.Adam(net.parameters(), lr=1e-4 * part, betas=(.5, .99), weight_decay=decay)


def run(task, dtype, part, steps):
    net = Net(task).to(dtype)
    label = labels(task)
    label = tuple(x.to(dtype) if x.is_floating_point() else x for x in label) if isinstance(label, tuple) else \
        label.to(dtype) if label.is_floating_point() else label
    x = seeded("pictures", (N, 3, SIZE, SIZE), "picture").to(dtype)
    optim = optimizer(net, part)
    losses = []
    for _ in range(steps):
        optim.zero_grad()
        loss = loss_of(net, net(x), label)
        loss.backward()
        optim.step()
        losses.append(loss.item())
    return losses


def main():
    for task in TASKS:
        for part, steps in ((.01, 5), (1, 2)):
            both = zip(run(task, torch.float64, part, steps), run(task, torch.float32, part, steps))
            for i, (a, b) in enumerate(both):
                print(task, part, i, repr(a), repr(b), sep="\t")


if __name__ == "__main__":
    main()
