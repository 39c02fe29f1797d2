#!/usr/bin/env python3
"""The spiral decoder by PyTorch in float64: outputs and all gradients, for tests/unit/test_mesh_task.c

    python tests/golden/make_decoder.py > tests/golden/decoder.tsv        (torch 2.15.0, NumPy 2.4)

make_tasks.py's decoder, alone, on rows of FEATURES numbers, with a random gradient of its output. A line a tensor: name,
norm, sum, eight elements evenly spread. Names: out, in (its gradient), and the parameters'. Then the loss: l1 and its
gradient by a label that equals the output at some places.
"""
import torch
from torch.nn import functional as F

from formula import seeded
from make_tasks import VERTICES, SpiralDecoder

ROWS, FEATURES = 3, 20


def line(name, x):
    x = x.detach().flatten()
    places = [i * (len(x) - 1) // 7 for i in range(8)]
    print(name, repr(x.norm().item()), repr(x.sum().item()), *(repr(x[i].item()) for i in places), sep="\t")


decoder = SpiralDecoder(FEATURES).double()
for name, p in decoder.named_parameters():
    p.data = seeded("head." + name, tuple(p.shape), "bias" if name.endswith("bias") else "linear")
x = seeded("rows", (ROWS, FEATURES), "picture").requires_grad_()
out = decoder(x)
out.backward(seeded("gradient", (ROWS, VERTICES, 3), "picture"))
line("out", out)
line("in", x.grad)
for name, p in decoder.named_parameters():
    line("head." + name, p.grad)

said = seeded("said", (ROWS, VERTICES, 3), "picture").requires_grad_()
label = seeded("label", (ROWS, VERTICES, 3), "picture")
label[:, ::10] = said.detach()[:, ::10]
loss = F.l1_loss(said, label)
loss.backward()
line("loss", loss.reshape(1))
line("dloss", said.grad)
