#!/usr/bin/env python3
"""Steps of PyTorch's optimisers on fixed numbers, in double: tests/golden/optim.tsv

    python make_optim.py > optim.tsv        (torch 2.15.0)

Two tensors, w [3,4] and b [4]; value i of a tensor is sin(i + 1) / 2 (b: cos), its gradient at step t is
sin(3 i + t + 1) (b: cos). The second tensor's rate is a tenth and its decay none (a parameter group). A line a step and
tensor: optimiser, step, tensor, values after the step.
"""
import math

import torch

torch.set_default_dtype(torch.float64)


def tensors():
    w = torch.tensor([math.sin(i + 1) / 2 for i in range(12)]).reshape(3, 4).requires_grad_()
    b = torch.tensor([math.cos(i + 1) / 2 for i in range(4)]).requires_grad_()
    return w, b


def run(name, make):
    w, b = tensors()
    optimiser = make(w, b)
    for t in range(5):
        w.grad = torch.tensor([math.sin(3 * i + t + 1) for i in range(12)]).reshape(3, 4)
        b.grad = torch.tensor([math.cos(3 * i + t + 1) for i in range(4)])
        optimiser.step()
        for label, x in (("w", w), ("b", b)):
            print(name, t, label, *(repr(float(v)) for v in x.detach().flatten()), sep="\t")


def groups(w, b, lr, decay):
    return [{"params": [w]}, {"params": [b], "lr": lr / 10, "weight_decay": 0.0}], {"lr": lr, "weight_decay": decay}


def make(cls, lr, decay, **more):
    def build(w, b):
        g, common = groups(w, b, lr, decay)
        return cls(g, **common, **more)
    return build


run("sgd", make(torch.optim.SGD, 0.1, 5e-4, momentum=0.9))
run("adam", make(torch.optim.Adam, 1e-2, 1e-2, betas=(0.5, 0.99)))
run("adamw", make(torch.optim.AdamW, 1e-2, 1e-1, betas=(0.9, 0.999)))
