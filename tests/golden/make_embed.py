#!/usr/bin/env python3
"""Features of ResNets in evaluation mode by PyTorch and torchvision, for tests/unit/test_embedder.c and tests/cli/embed.bats.

    PYTHONPATH=DIR_OF_seeded_weights.py python tests/golden/make_embed.py
    (Python 3.11, torch 2.15.0, torchvision 0.29.2, Pillow 13.0.0, NumPy 2.4.6)

Weights are seeded ones (seeded_weights.py; tests/unit/support_seeded.c), seed 5: tests/golden/embed/ARCH.tsv names the tensors of
resnet18 and resnet50 behind module.base_net., and FRL's projection head. The picture is a formula too, 100 x 80, resized to 96 x 96 by
Pillow. features.tsv: network, layer, what else, norm, then 64 samples of the features of float64: element floor(j (n - 1) / 63).
"""
import os

import numpy as np
import torch
import torchvision
from PIL import Image
from seeded_weights import tensor

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "embed")
SEED, SIZE, SAMPLES = 5, 96, 64
MEAN, STD = [.485, .456, .406], [.228, .224, .225]


def picture():
    y, x, c = np.meshgrid(np.arange(80), np.arange(100), np.arange(3), indexing="ij")
    v = (5 * x + 3 * y + 40 * c + (x * y) // 9 + 31 * ((x // 8 + y // 8 + c) % 3)) % 256
    return Image.fromarray(v.astype(np.uint8))


def role(name, shape):
    if name.endswith("running_mean"):
        return "bn_mean"
    if name.endswith("running_var"):
        return "bn_var"
    if len(shape) == 4:
        return "conv"
    if len(shape) == 2:
        return "linear"
    last = name.startswith("layer") and (".bn3." in name or (".bn2." in name and ARCH == "resnet18"))
    if name.endswith("weight"):
        return "bn_small" if last else "bn_weight"
    return "bn_bias"


def line(f, *what):
    f.write("\t".join(str(w) for w in what) + "\n")


def net(arch):
    global ARCH
    ARCH = arch
    base = getattr(torchvision.models, arch)()
    width = base.fc.in_features
    base.fc = torch.nn.Identity()
    head = torch.nn.Sequential(torch.nn.Linear(width, 96), torch.nn.BatchNorm1d(96), torch.nn.ReLU(), torch.nn.Linear(96, 40))
    with open(os.path.join(OUT, arch + ".tsv"), "w") as f:
        for m, prefix in ((base, "module.base_net."), (head, "module.projection_net.net.")):
            state = m.state_dict()
            for name, t in state.items():
                if name.endswith("num_batches_tracked"):
                    continue
                r = "bias" if m is head and name in ("0.bias", "3.bias") else role(name, t.shape)
                line(f, prefix + name, ",".join(map(str, t.shape)), r)
                state[name] = torch.from_numpy(tensor(SEED, prefix + name, tuple(t.shape), r))
            m.load_state_dict(state)
    return base.double().eval(), head.double().eval()


def features(base, head, x):
    """Of layer1 .. layer3, pooled and head."""
    out, x = [], base.maxpool(base.relu(base.bn1(base.conv1(x))))
    for stage in (base.layer1, base.layer2, base.layer3, base.layer4):
        x = stage(x)
        out.append(x.mean((2, 3)))
    return dict(zip(("layer1", "layer2", "layer3", "pooled", "head"), out + [head(out[-1])]))


def inputs(m):
    """The picture as the networks take it: normalised here, in float64."""
    a = np.asarray(m.resize((SIZE, SIZE), Image.BILINEAR)).astype(np.float64)
    bgr = a[:, :, ::-1] - np.array([91.4953, 103.8827, 131.0912])
    return {"plain": (a / 255 - MEAN) / STD, "bgr": bgr, "flip": (a[:, ::-1] / 255 - MEAN) / STD}


def main():
    os.makedirs(OUT, exist_ok=True)
    with torch.no_grad(), open(os.path.join(OUT, "features.tsv"), "w") as f:
        for arch in "resnet18", "resnet50":
            base, head = net(arch)
            got, single = {}, {}
            for what, a in inputs(picture()).items():
                x = torch.from_numpy(np.ascontiguousarray(a.transpose(2, 0, 1)))[None]
                got[what] = features(base, head, x)
                single[what] = features(base.float(), head.float(), x.float())
                base.double(), head.double()
            got["flip-sum"] = {k: got["plain"][k] + v for k, v in got.pop("flip").items()}
            for what in "bgr", "plain", "flip-sum": # lines of one network and layer one after the other
                for layer, v in sorted(got[what].items()):
                    once = (what, layer) in (("plain", "pooled"), ("flip-sum", "pooled")) # loading takes long
                    if once or (arch == "resnet18" and (what, layer) in (("bgr", "pooled"), ("plain", "head"), ("plain", "layer2"))):
                        v = v[0].numpy()
                        at = [j * (len(v) - 1) // (SAMPLES - 1) for j in range(SAMPLES)]
                        line(f, arch, layer, what, len(v), "%.9g" % np.linalg.norm(v), *("%.9g" % v[i] for i in at))
                        if what in single:
                            s = single[what][layer][0].numpy()
                            print(arch, layer, what, "PyTorch's float32 is away by", np.linalg.norm(s - v) / np.linalg.norm(v))


if __name__ == "__main__":
    main()
