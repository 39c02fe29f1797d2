#!/usr/bin/env python3
"""Learning rates of the SwAV reference (its formula, NumPy) and of PyTorch's MultiStepLR: tests/golden/schedule.tsv

    python make_schedule.py > schedule.tsv        (numpy 2.4.6, torch 2.15.0)

A row a step: the schedule (kind, start, base, final, warm-up, total, drops, factor), the step, its rate. Long schedules have
some of their steps only. Warm-up is the reference's linspace for every kind.
"""
import math
import sys

import numpy as np
import torch


def reference(start, base, final, warmup, total):
    """main_swav.py: linspace, then a list comprehension over arange."""
    warm = np.linspace(start, base, warmup)
    iters = np.arange(total - warmup)
    cos = np.array([final + 0.5 * (base - final) * (1 + math.cos(math.pi * t / (total - warmup))) for t in iters])
    return np.concatenate((warm, cos))


def pytorch(base, drops, factor, total):
    optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=base)
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimiser, drops, gamma=factor)
    rates = []
    for _ in range(total):
        rates.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        scheduler.step()
    return np.array(rates)


def emit(kind, start, base, final, warmup, total, drops, factor, rates):
    assert len(rates) == total
    if total <= 40:
        steps = range(total)
    else:
        steps = sorted({0, 1, 2, 3, warmup // 2, warmup - 2, warmup - 1, warmup, warmup + 1, total // 3, total // 2,
                        total - 2, total - 1} | {s for d in drops for s in (d - 1, d, d + 1)})
    for i in steps:
        if 0 <= i < total:
            print(kind, start, base, final, warmup, total, ",".join(map(str, drops)) or "-", factor, i,
                  repr(float(rates[i])), sep="\t")


print("kind", "start", "base", "final", "warmup", "total", "drops", "factor", "step", "lr", sep="\t")
for case in ((0.3, 4.8, 0.0048, 12, 40), (0.0, 0.6, 0.0006, 0, 20), (0.0, 0.6, 0.0006, 1, 9), (0.1, 0.7, 0.0, 2, 5),
             (0.3, 4.8, 0.045, 8300, 166000), (0.3, 4.8, 0.0048, 3130, 125200), (0.0, 0.1, 0.0, 7, 7)):
    emit("cosine", *case, (), 0.1, reference(*case))
for start, base, warmup, total, drops, factor in ((0.0, 0.1, 0, 30, (10, 20, 25), 0.1), (0.02, 0.1, 5, 30, (5, 20), 0.3),
                                                  (0.0, 0.05, 0, 90000, (30000, 60000, 80000), 0.1)):
    rates = pytorch(base, drops, factor, total)
    rates[:warmup] = np.linspace(start, base, warmup)
    emit("steps", start, base, 0.0, warmup, total, drops, factor, rates)
rates = np.full(8, 0.01)
rates[:4] = np.linspace(0.001, 0.01, 4)
emit("constant", 0.001, 0.01, 0.0, 4, 8, (), 0.1, rates)
print(f"numpy {np.__version__}, torch {torch.__version__}", file=sys.stderr)
