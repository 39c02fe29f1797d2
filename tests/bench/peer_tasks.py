#!/usr/bin/env python3
"""A downstream task's training steps in PyTorch, without data, for the benchmark of fine-tuning.

    peer_tasks.py TASK BATCH THREADS STEPS [last]        last: channels_last

torchvision's ResNet-50 with the task's head, loss and optimiser, at the paper's size of input. After a step of warm-up prints
samples a second, CPU seconds a sample, peak resident MiB, and the loss.
"""
import resource
import sys
import time

import torch
import torchvision
from torch import nn
from torch.nn import functional as F

POINTS, UNITS, CLASSES, DIMS, PERSONS, WARM = 68, 12, 8, 512, 8631, 1


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
    net = Net(task).to(memory_format=layout).train()
    if task == "recognition":
        optim = torch.optim.SGD(net.parameters(), lr=1e-3, momentum=.9, weight_decay=5e-4)
    else:
        optim = torch.optim.Adam(net.parameters(), lr=1e-6, betas=(.5, .99), weight_decay=1e-5)
    x = (2 * torch.rand(batch, 3, size, size) - 1).to(memory_format=layout)
    label = labels(task, batch, size)

    def step():
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
