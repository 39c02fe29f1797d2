#!/usr/bin/env python3
"""Training steps of the downstream tasks by PyTorch, in float64 and float32: tests/golden/tasks.tsv

    python tests/golden/make_tasks.py > tests/golden/tasks.tsv        (torch 2.15.0, torchvision 0.29.2, NumPy 2.4)

torchvision's ResNet-18 with each task's head, six pictures of 64 pixels, five steps at a hundredth of the paper's rate and two
at the rate itself, with the paper's optimiser. A line a step: task, part of the rate, step, loss in float64, in float32.
Weights, pictures and labels are numbers of a formula (tests/unit/support_seeded.c, seed 5): what is not a convolution of the
backbone or batch norm has the role linear or bias; pictures and labels are linear with fan_in 1 under the names used here.
"""
import torch
import torchvision
from torch import nn
from torch.nn import functional as F

from formula import seeded

N, SIZE, UNITS, CLASSES, POINTS, PERSONS, DIMS = 6, 64, 4, 8, 5, 5, 16


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
        t[1, 2] = t[4, 0] = torch.nan
        return t
    if task == "emotion":
        v = seeded("affect", (N, 2), "picture")
        v[2, 0] = torch.nan
        y = torch.arange(N) % CLASSES
        y[3] = -1
        return v, y
    if task == "landmarks":
        p = 32 + 24 * seeded("points", (N, POINTS, 2), "picture")
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
    if net.task == "landmarks":
        return F.mse_loss(out, label)
    cos = F.normalize(out) @ F.normalize(net.classes.weight).T
    return F.cross_entropy(64 * (cos - .35 * F.one_hot(label, PERSONS)), label)


def run(task, dtype, part, steps):
    net = Net(task).to(dtype)
    label = labels(task)
    label = tuple(x.to(dtype) if x.is_floating_point() else x for x in label) if isinstance(label, tuple) else \
        label.to(dtype) if label.is_floating_point() else label
    x = seeded("pictures", (N, 3, SIZE, SIZE), "picture").to(dtype)
    if task == "recognition":
        optim = torch.optim.SGD(net.parameters(), lr=.1 * part, momentum=.9, weight_decay=5e-4)
    else:
        decay = {"au": 5e-6, "emotion": 1e-4, "landmarks": 1e-5}[task]
        optim = torch.optim.Adam(net.parameters(), lr=1e-4 * part, betas=(.5, .99), weight_decay=decay)
    losses = []
    for _ in range(steps):
        optim.zero_grad()
        loss = loss_of(net, net(x), label)
        loss.backward()
        optim.step()
        losses.append(loss.item())
    return losses


for task in ("recognition", "landmarks", "au", "emotion"):
    for part, steps in ((.01, 5), (1, 2)):
        both = zip(run(task, torch.float64, part, steps), run(task, torch.float32, part, steps))
        for i, (a, b) in enumerate(both):
            print(task, part, i, repr(a), repr(b), sep="\t")
