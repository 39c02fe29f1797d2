#!/usr/bin/env python3
"""Golden files for frl-weights import of ResNets: checkpoints with the key names and shapes of the published ones.

    python3 tests/golden/weights_resnet.py        # writes tests/golden/weights/resnet-*.pth

Made with torch 2.15.0, torchvision 0.29.2. Every tensor is one number repeated (expand), the number of its place in the dictionary, all of
one storage, so that files are small; *.want.tsv: what frl-weights info has to say of the tensors that come out. Key names: FRL and SwAV,
the README and main_swav.py of their repositories; VGGFace2, the conversion to PyTorch that Oxford's group published (conv2_1_1x1_reduce_bn).
"""
import collections
import os
import zlib

import torch
import torchvision

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "weights")


def constants(shapes):
    """name -> shape to name -> tensor; integers stay integers."""
    values = torch.arange(1, len(shapes) + 1, dtype=torch.float32)
    out = collections.OrderedDict()
    for i, (name, shape) in enumerate(shapes.items()):
        whole = name.endswith("num_batches_tracked")
        out[name] = torch.tensor(i + 1) if whole else values[i:i + 1].expand(shape) if shape else values[i]
    return out


def shapes_of(module):
    return collections.OrderedDict((k, tuple(v.shape)) for k, v in module.state_dict().items())


def want(name, tensors, rename):
    """rename: name -> the name that comes out, or None."""
    with open(os.path.join(OUT, name + ".want.tsv"), "w") as f:
        f.write("name\tdtype\tshape\tbytes\tcrc32\n")
        for k, v in tensors.items():
            if rename(k) and not k.endswith("num_batches_tracked"):
                data = v.contiguous().numpy().astype("<f4").tobytes()
                f.write("%s\tF32\t%s\t%d\t%08x\n" % (rename(k), ",".join(map(str, v.shape)), len(data), zlib.crc32(data)))


def save(name, tensors, around, rename, **how):
    torch.save({**around, "state_dict": tensors} if around else tensors, os.path.join(OUT, name + ".pth"), **how)
    want(name, tensors, rename)


def head(width, features):
    nn = torch.nn
    return nn.Sequential(nn.Linear(width, width), nn.BatchNorm1d(width), nn.ReLU(), nn.Linear(width, features))


def vggface2(name):
    """torchvision's name to that of Oxford's conversion."""
    if name.startswith("fc."):
        return "classifier" + name[2:]
    if not name.startswith("layer"):
        return name.replace("conv1", "conv1_7x7_s2").replace("bn1", "conv1_7x7_s2_bn")
    stage, block, *what, part = name.split(".")
    what = {"conv1": "1x1_reduce", "bn1": "1x1_reduce_bn", "conv2": "3x3", "bn2": "3x3_bn", "conv3": "1x1_increase",
            "bn3": "1x1_increase_bn", "downsample.0": "1x1_proj", "downsample.1": "1x1_proj_bn"}[".".join(what)]
    return "conv%d_%d_%s.%s" % (int(stage[5:]) + 1, int(block) + 1, what, part)


def main():
    resnet50, resnet18 = shapes_of(torchvision.models.resnet50()), shapes_of(torchvision.models.resnet18())
    base = {k: v for k, v in resnet50.items() if not k.startswith("fc.")}
    small = {k: v for k, v in resnet18.items() if not k.startswith("fc.")}
    around = {"epoch": 199, "optimizer": {"param_groups": [{"lr": .1}]}}
    ours = "module.base_net."

    save("resnet-torchvision", constants(resnet50), None, lambda k: None if k.startswith("fc.") else k)
    frl = {ours + k: v for k, v in base.items()}
    frl.update(("module.projection_net.net." + k, v) for k, v in shapes_of(head(2048, 128)).items())
    frl["module.prototypes.weight"] = (3000, 128)
    save("resnet-frl", constants(frl), around, lambda k: k)
    swav = {"module." + k: v for k, v in small.items()}
    swav.update(("module.projection_head." + k, v) for k, v in shapes_of(head(512, 128)).items())
    swav["module.prototypes.weight"] = (30, 128)

    def from_swav(k):
        k = k[len("module."):]
        if k.startswith("prototypes"):
            return "module." + k
        return k.replace("projection_head.", "module.projection_net.net.") if k.startswith("projection") else ours + k
    save("resnet-swav", constants(swav), around, from_swav, _use_new_zipfile_serialization=False)
    theirs = {vggface2(k): v for k, v in resnet50.items()}
    back = {vggface2(k): k for k in resnet50}
    save("resnet-vggface2", constants(theirs), None, lambda k: None if k.startswith("classifier") else back[k])
    # What must be refused: a tensor missing, of another shape, too many; and, left as it is, a deeper network.
    t = constants(resnet18)
    torch.save({k: v for k, v in t.items() if k != "layer2.1.bn2.running_var"}, os.path.join(OUT, "resnet-missing.pth"))
    torch.save({**t, "layer3.0.conv1.weight": t["conv1.weight"]}, os.path.join(OUT, "resnet-shape.pth"))
    torch.save({**t, "layer3.0.se.weight": t["bn1.weight"]}, os.path.join(OUT, "resnet-strange.pth"))
    save("resnet-34", constants(shapes_of(torchvision.models.resnet34())), None, lambda k: k)


if __name__ == "__main__":
    main()
