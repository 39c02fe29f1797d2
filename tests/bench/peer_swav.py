#!/usr/bin/env python3
"""SwAV in PyTorch, whole steps with data, for the benchmark of pre-training.

    peer_swav.py SHARD f32|bf16 BATCH THREADS STEPS [channels_last]

Written for this benchmark after the paper: torchvision's ResNet-50, a projection head 2048-2048-128, 3000 prototypes,
2x224 + 6x96 views by torchvision, Sinkhorn, swapped prediction, SGD with momentum (LARS' norms are left out: they cost the
peer nothing). bf16 is autocast. After two steps of warm-up prints samples a second, CPU seconds a sample, peak resident
MiB, and the loss.
"""
import resource
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F
import torchvision
from PIL import Image
from torchvision import transforms as T

FEATURES, PROTOTYPES, WARM = 128, 3000, 2
CROPS = ((2, 224, (.14, 1.)), (6, 96, (.05, .14)))


class Views(torch.utils.data.Dataset):
    def __init__(self, shard):
        size = np.memmap(shard, "<u4", "r")[2]
        record = np.dtype([("header", "V64"), ("image", "u1", (size, size, 3))])
        n = (np.memmap(shard, "u1", "r").size - 64) // record.itemsize
        self.records = np.memmap(shard, record, "r", shape=(n,))
        jitter = T.RandomApply([T.ColorJitter(.8, .8, .8, .2)], p=.8)
        self.transforms = []
        for count, side, area in CROPS:
            self.transforms += count * [T.Compose([
                T.RandomResizedCrop(side, scale=area), T.RandomHorizontalFlip(), jitter, T.RandomGrayscale(.2),
                T.RandomApply([T.GaussianBlur(23, (.1, 2.))], p=.5), T.ToTensor(),
                T.Normalize((.485, .456, .406), (.228, .224, .225))])]

    def __len__(self):
        return 1 << 30

    def __getitem__(self, i):
        picture = Image.fromarray(np.array(self.records[i % len(self.records)]["image"]))
        return [t(picture) for t in self.transforms]


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = torchvision.models.resnet50()
        self.backbone.fc = torch.nn.Identity()
        self.head = torch.nn.Sequential(torch.nn.Linear(2048, 2048), torch.nn.BatchNorm1d(2048), torch.nn.ReLU(inplace=True),
                                        torch.nn.Linear(2048, FEATURES))
        self.prototypes = torch.nn.Linear(FEATURES, PROTOTYPES, bias=False)

    def forward(self, groups):
        z = self.head(torch.cat([self.backbone(x) for x in groups]))
        return self.prototypes(F.normalize(z, dim=1))


@torch.no_grad()
def sinkhorn(scores):
    q = torch.exp((scores - scores.max()) / .05).t()
    q /= q.sum()
    for _ in range(3):
        q /= q.sum(1, keepdim=True) * q.shape[0]
        q /= q.sum(0, keepdim=True) * q.shape[1]
    return (q * q.shape[1]).t()


def swapped(scores, batch, views):
    loss = 0
    for i in range(2):
        q = sinkhorn(scores[i * batch:(i + 1) * batch].detach())
        for v in range(views):
            if v != i:
                log_p = F.log_softmax(scores[v * batch:(v + 1) * batch] / .1, dim=1)
                loss -= (q * log_p).sum(1).mean() / (2 * (views - 1))
    return loss


def cpu():
    t = [resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in t)


def main():
    shard, dtype, batch, threads, steps = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6])
    layout = torch.channels_last if len(sys.argv) > 6 else torch.contiguous_format
    torch.set_num_threads(threads)
    net = Net().to(memory_format=layout).train()
    optim = torch.optim.SGD(net.parameters(), .01, momentum=.9, weight_decay=1e-6)
    net.prototypes.weight.requires_grad_(False)
    # In the main process: two workers beside two threads of computing are slower on two cores.
    data = Views(shard)
    views = sum(c[0] for c in CROPS)
    order = iter(range(1 << 30))

    def step():
        samples = [data[next(order)] for _ in range(batch)]
        groups, at = [], 0
        for count, _, _ in CROPS:
            x = torch.stack([s[v] for v in range(at, at + count) for s in samples])
            groups.append(x.to(memory_format=layout))
            at += count
        net.prototypes.weight.copy_(F.normalize(net.prototypes.weight, dim=1))
        optim.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=dtype == "bf16"):
            scores = net(groups)
        loss = swapped(scores.float(), batch, views)
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
