#!/usr/bin/env python3
"""A downstream task's training steps in PyTorch, without data, for the benchmark of fine-tuning.

    peer_tasks.py TASK BATCH THREADS STEPS [last]        last: channels_last

torchvision's ResNet-50 with the task's head and loss, at the paper's size of input, with its optimiser. TASK decoder is that of
mesh, alone. After a step of warm-up prints samples a second, CPU seconds a sample, peak resident MiB, and the loss.
"""
import resource
import sys
import time

import torch
import torchvision
from torch import nn
from torch.nn import functional as F

POINTS, UNITS, CLASSES, DIMS, PERSONS, WARM = 68, 12, 8, 512, 8631, 1


class Decoder(nn.Module):
    """spiralnet_plus' on tables of the same size as ours for a mesh of 53,130 vertices; which vertices they name costs the same."""

    SIZES, CHANNELS, LENGTH = (53130, 13283, 3321, 831, 208), (32, 32, 32, 64), 9

    def __init__(self):
        super().__init__()
        s, c = self.SIZES, self.CHANNELS
        self.linear = nn.Linear(2048, s[-1] * c[-1])
        self.spirals = [(torch.arange(n)[:, None] + torch.arange(self.LENGTH) * 3) % n for n in s[:-1]]
        self.cols = [(torch.arange(3 * n) * m // (3 * n)).clamp(max=m - 1) for n, m in zip(s, s[1:])]
        self.rows = [torch.arange(3 * n) // 3 for n in s[:-1]]
        widths = [(c[min(k + 1, 3)], c[k]) for k in range(4)]
        self.layers = nn.ModuleList(nn.Linear(self.LENGTH * a, b) for a, b in widths)
        self.last = nn.Linear(self.LENGTH * c[0], 3)

    def spiral(self, x, k, layer):
        n = len(self.spirals[k])
        return layer(torch.index_select(x, 1, self.spirals[k].reshape(-1)).view(len(x), n, -1))

    def up(self, x, k):
        picked = torch.index_select(x, 1, self.cols[k]) * (1 / 3)
        return torch.zeros(len(x), self.SIZES[k], x.shape[2]).index_add(1, self.rows[k], picked)

    def forward(self, x):
        x = self.linear(x).view(len(x), self.SIZES[-1], self.CHANNELS[-1])
        for k in reversed(range(4)):
            x = F.elu(self.spiral(self.up(x, k), k, self.layers[k]))
        return self.spiral(x, 0, self.last)


class Net(nn.Module):
    def __init__(self, task):
        super().__init__()
        self.task = task
        self.backbone = torchvision.models.resnet50()
        del self.backbone.fc
        if task == "landmarks":
            self.stages = nn.ModuleList(nn.Conv2d(256 << i, 256, 1) for i in range(4))
            self.norm = nn.BatchNorm2d(256)
            self.maps = nn.Conv2d(256, POINTS, 1)
        elif task == "mesh":
            self.head = Decoder()
        else:
            self.head = nn.Linear(2048, {"au": UNITS, "emotion": 2 + CLASSES, "recognition": DIMS}[task])
        if task == "recognition":
            self.persons = nn.Parameter(torch.randn(PERSONS, DIMS) * .01)

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
        for head, s in zip(self.stages, stages):
            y = y + F.interpolate(head(s), stages[0].shape[2:], mode="bilinear", align_corners=False)
        return self.maps(F.relu(self.norm(y)))


def heatmaps(points, side):
    centre = torch.arange(side) + .5
    dx = centre[None, None, None, :] - points[..., 0, None, None] / 4
    dy = centre[None, None, :, None] - points[..., 1, None, None] / 4
    return torch.exp(-(dx ** 2 + dy ** 2) / 2) * (dx.abs() <= 3) * (dy.abs() <= 3)


def labels(task, batch, size):
    if task == "au":
        return 5 * torch.rand(batch, UNITS)
    if task == "emotion":
        return 2 * torch.rand(batch, 2) - 1, torch.randint(CLASSES, (batch,))
    if task == "mesh":
        return torch.randn(batch, Decoder.SIZES[0], 3)
    if task == "landmarks":
        return size * torch.rand(batch, POINTS, 2)
    return torch.randint(PERSONS, (batch,))


def loss_of(net, out, label):
    if net.task == "au":
        return F.mse_loss(out, label)
    if net.task == "emotion":
        v, y = label
        total = F.cross_entropy(out[:, 2:], y)
        for k in range(2):
            p, t = out[:, k], v[:, k]
            cov = ((p - p.mean()) * (t - t.mean())).mean()
            ccc = 2 * cov / (p.var(unbiased=False) + t.var(unbiased=False) + (p.mean() - t.mean()) ** 2)
            total = total + ((p - t) ** 2).mean().sqrt() + 1 - ccc
        return total
    if net.task == "mesh":
        return F.l1_loss(out, label)
    if net.task == "landmarks":
        return F.mse_loss(out, heatmaps(label, out.shape[-1]))
    cos = F.normalize(out) @ F.normalize(net.persons).T
    return F.cross_entropy(64 * (cos - .35 * F.one_hot(label, PERSONS)), label)


def cpu():
    use = resource.getrusage(resource.RUSAGE_SELF)
    return use.ru_utime + use.ru_stime


def main():
    task, batch, threads, steps = sys.argv[1], *map(int, sys.argv[2:5])
    layout = torch.channels_last if len(sys.argv) > 5 else torch.contiguous_format
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    size = 112 if task == "recognition" else 256
    net = (Decoder() if task == "decoder" else Net(task)).to(memory_format=layout).train()
    if task == "mesh":
        optim = torch.optim.SGD(net.parameters(), lr=5e-4, momentum=.9, weight_decay=1e-4)
    elif task == "recognition":
        optim = torch.optim.SGD(net.parameters(), lr=1e-3, momentum=.9, weight_decay=5e-4)
    else:
        optim = torch.optim.Adam(net.parameters(), lr=1e-6, betas=(.5, .99), weight_decay=1e-5)
    x = 2 * torch.rand(*((batch, 2048) if task == "decoder" else (batch, 3, size, size))) - 1
    if task != "decoder":
        x = x.to(memory_format=layout)
        label = labels(task, batch, size)

    def decode():
        x.requires_grad_()
        net.zero_grad(set_to_none=True)
        out = net(x)
        out.square().sum().mul(.5).backward()
        return out.flatten()[0].item()

    def step():
        if task == "decoder":
            return decode()
        optim.zero_grad(set_to_none=True)
        loss = loss_of(net, net(x), label)
        loss.backward()
        optim.step()
        return loss.item()

    for _ in range(WARM):
        step()
    wall, used = time.monotonic(), cpu()
    for _ in range(steps):
        loss = step()
    wall, used = time.monotonic() - wall, cpu() - used
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{steps * batch / wall:.4f}\t{used / (steps * batch):.4f}\t{peak:.0f}\t{loss:.4f}")


main()
