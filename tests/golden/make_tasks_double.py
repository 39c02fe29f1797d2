#!/usr/bin/env python3
"""One training step of each downstream task in float64 by PyTorch: tests/golden/tasks_double.tsv

    python tests/golden/make_tasks_double.py > tests/golden/tasks_double.tsv        (torch 2.15.0, torchvision 0.29.2, NumPy 2.4)

The networks, labels and losses of make_tasks.py for three pictures of 32 pixels, and the paper's optimiser at its rate. A line a
thing: task, name, numbers. "loss": the loss. Then each parameter: norm, sum, three elements (index floor(j (n - 1) / 2) of n in C
order) of its gradient, and the norm and sum of how far the step moved it.
"""
import torch

import make_tasks

torch.set_default_dtype(torch.float64)
make_tasks.N, make_tasks.SIZE = 3, 32


def numbers(x, elements):
    x = x.detach().flatten()
    n = x.numel()
    return [x.norm().item(), x.sum().item()] + [x[j * (n - 1) // 2].item() for j in range(elements)]


def show(*fields):
    print(*(f if isinstance(f, str) else f"{f:.12g}" for f in fields), sep="\t")


def step(task):
    net = make_tasks.Net(task).double()
    out = net(make_tasks.seeded("pictures", (make_tasks.N, 3, make_tasks.SIZE, make_tasks.SIZE), "picture"))
    label = make_tasks.labels(task)
    if task == "landmarks":
        label = label.float().double()  # heatmaps are drawn in single precision
    loss = make_tasks.loss_of(net, out, label)
    optim = make_tasks.optimizer(net, 1)
    loss.backward()
    print(task, "loss", f"{loss.item():.15g}", sep="\t")
    before = {name: p.detach().clone() for name, p in net.named_parameters()}
    optim.step()
    for name, p in net.named_parameters():
        show(task, name, *numbers(p.grad, 3), *numbers(p - before[name], 0))


for name in make_tasks.TASKS:
    step(name)
