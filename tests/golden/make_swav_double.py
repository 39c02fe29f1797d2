#!/usr/bin/env python3
"""One step of SwAV in float64 by PyTorch, from weights and pictures that a formula gives: tests/golden/swav_double.tsv

    python make_swav_double.py > swav_double.tsv        (torch 2.15.0, NumPy 2.4)

ResNet-18 (hidden 64, 32 features, 10 prototypes) and ResNet-50 (the same), batch 2, views 2 x 32 px + 2 x 24 px, temperature
.1, epsilon .05, 3 iterations of Sinkhorn. A line a thing: network, name, norm, sum, eight elements (index floor(j (n - 1)
/ 7) of n in C order): z before normalisation, each gradient, each running statistic; and the loss.
The formula is that of tests/unit/support_seeded.c, seed 5; pictures are linear with fan_in 1 under the name "input32",
"input24" ([4, 3, s, s], view by view).
"""
import math

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from formula import seeded

torch.set_default_dtype(torch.float64)
BATCH, HIDDEN, FEATURES, PROTOTYPES = 2, 64, 32, 10


class Block(nn.Module):
    def __init__(self, ic, planes, stride, deep):
        super().__init__()
        oc = 4 * planes if deep else planes
        if deep:
            layers = [(ic, planes, 1, 1), (planes, planes, 3, stride), (planes, oc, 1, 1)]
        else:
            layers = [(ic, planes, 3, stride), (planes, planes, 3, 1)]
        self.n = len(layers)
        for i, (a, b, k, s) in enumerate(layers, 1):
            setattr(self, f"conv{i}", nn.Conv2d(a, b, k, s, k // 2, bias=False))
            setattr(self, f"bn{i}", nn.BatchNorm2d(b))
        self.downsample = None
        if stride != 1 or ic != oc:
            self.downsample = nn.Sequential(nn.Conv2d(ic, oc, 1, stride, bias=False), nn.BatchNorm2d(oc))
        self.oc = oc

    def forward(self, x):
        y = x
        for i in range(1, self.n + 1):
            y = getattr(self, f"bn{i}")(getattr(self, f"conv{i}")(y))
            if i < self.n:
                y = F.relu(y)
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNet(nn.Module):
    def __init__(self, blocks, deep):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        ic = 64
        for i, n in enumerate(blocks):
            layer = []
            for j in range(n):
                layer.append(Block(ic, 64 << i, 2 if i and not j else 1, deep))
                ic = layer[-1].oc
            setattr(self, f"layer{i + 1}", nn.Sequential(*layer))
        self.channels = ic

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        for i in range(1, 5):
            x = getattr(self, f"layer{i}")(x)
        return x.mean((2, 3))


class Net(nn.Module):
    def __init__(self, blocks, deep):
        super().__init__()
        self.base_net = ResNet(blocks, deep)
        head = nn.Sequential(nn.Linear(self.base_net.channels, HIDDEN), nn.BatchNorm1d(HIDDEN), nn.ReLU(),
                             nn.Linear(HIDDEN, FEATURES))
        self.projection_net = nn.Module()
        self.projection_net.net = head
        self.prototypes = nn.Linear(FEATURES, PROTOTYPES, bias=False)


def role(module, name):
    if isinstance(module, nn.Conv2d):
        return "conv"
    if isinstance(module, nn.Linear):
        return "linear" if name.endswith("weight") else "bias"
    return "bn_weight" if name.endswith("weight") else "bn_bias"


def sinkhorn(scores):
    q = torch.exp((scores - scores.max()) / 0.05).t()
    q /= q.sum()
    for _ in range(3):
        q /= q.sum(1, keepdim=True) * q.shape[0]
        q /= q.sum(0, keepdim=True) * q.shape[1]
    return (q * q.shape[1]).t()


def show(net, name, x):
    x = x.detach().flatten()
    n = x.numel()
    values = [x.norm(), x.sum()] + [x[j * (n - 1) // 7] for j in range(8)]
    print(net, name, *(f"{float(v):.12g}" for v in values), sep="\t")


def step(label, blocks, deep):
    net = Net(blocks, deep)
    for path, module in net.named_modules():
        for name, p in module.named_parameters(recurse=False):
            p.data = seeded(f"module.{path}.{name}", tuple(p.shape), role(module, name))
    net.prototypes.weight.data = F.normalize(net.prototypes.weight.data, dim=1)
    rows = torch.cat([net.base_net(seeded(f"input{s}", (2 * BATCH, 3, s, s), "picture")) for s in (32, 24)])
    z = net.projection_net.net(rows)
    scores = net.prototypes(F.normalize(z, dim=1)).chunk(4)
    loss = 0
    for i in range(2):
        q = sinkhorn(scores[i].detach())
        loss += sum(-(q * F.log_softmax(scores[v] / 0.1, 1)).sum(1).mean() for v in range(4) if v != i) / 3
    loss /= 2
    loss.backward()
    print(label, "loss", f"{loss.item():.15g}", sep="\t")
    show(label, "z", z)
    for name, p in net.named_parameters():
        show(label, f"module.{name}", p.grad)
    for name, b in net.named_buffers():
        if "num_batches" not in name:
            show(label, f"module.{name}", b)


step("resnet18", [2, 2, 2, 2], False)
step("resnet50", [3, 4, 6, 3], True)
