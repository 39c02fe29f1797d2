#!/usr/bin/env python3
"""Golden files for frl-weights: checkpoints, ONNX graphs and safetensors as Python's own libraries write them.

    python3 tests/golden/weights.py        # writes tests/golden/weights/

Made with torch 2.15.0, safetensors 0.8.0, onnx 1.23.2, numpy 2.4.6 on Python 3.11. Everything in them comes from
formulas below; *.want.safetensors hold what an import of the file of that name must give.
"""
import argparse
import collections
import json
import os
import pickle
import struct

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from safetensors import safe_open
from safetensors.torch import save_file

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "weights")


def path(name):
    return os.path.join(OUT, name)


def ramp(*shape):
    n = int(np.prod(shape))
    return ((torch.arange(n, dtype=torch.float64) * 37 % 101 - 50) / 8).reshape(shape)


def tensors():
    """Every dtype, and every way in which memory is not the plain row-major block."""
    base = ramp(6, 5).float()
    shared = ramp(4, 3).double()
    t = collections.OrderedDict()
    for name, dtype in [("f64", torch.float64), ("f32", torch.float32), ("f16", torch.float16), ("bf16", torch.bfloat16),
                        ("i64", torch.int64), ("i32", torch.int32), ("i16", torch.int16), ("i8", torch.int8)]:
        t["dtype." + name] = ramp(2, 3).to(dtype)
    t["dtype.u8"] = torch.arange(250, 256, dtype=torch.uint8)
    t["dtype.bool"] = torch.tensor([[True, False], [False, True]])
    t["scalar"] = torch.tensor(7, dtype=torch.int64)
    t["empty"] = torch.zeros(0, 3)
    t["transposed"] = base.t()
    t["sliced"] = base[1::2, 1:4]
    t["expanded"] = ramp(3, 1).float().expand(3, 4)
    t["shared.a"] = shared[:2]
    t["shared.b"] = shared[1:]
    t["channels_last"] = ramp(2, 3, 2, 2).float().contiguous(memory_format=torch.channels_last)
    t["parameter"] = torch.nn.Parameter(ramp(3).float())
    return t


def plain(t):
    return {k: v.detach().clone().contiguous() for k, v in t.items()}


class Evil:
    def __reduce__(self):
        return os.system, ("echo pwned > pwned",)


class Unknown:
    pass


def checkpoints():
    t = tensors()
    save_file(plain(t), path("checkpoint.want.safetensors"))
    model = torch.nn.Sequential(torch.nn.Conv2d(1, 1, 1))
    t._metadata = model.state_dict()._metadata
    torch.save(t, path("zip.pth"))
    torch.save(t, path("legacy.pth"), _use_new_zipfile_serialization=False)
    torch.save(t, path("protocol4.pth"), pickle_protocol=4)
    around = {
        "epoch": 3, "lr": 0.1, "best": np.float64(0.5), "big": 1 << 40, "huge": 1 << 80, "negative": -5, "none": None, "arch": "x",
        "args": argparse.Namespace(lr=0.1, names=["a", "b"]), "size": torch.Size([1, 2]), "counter": collections.Counter([30, 60]),
        "dd": collections.defaultdict(int, {1: 2}), "set": {1, 2}, "device": torch.device("cpu"), "dtype": torch.float32,
        "array": np.arange(3), "optimizer": {"state": {0: {"momentum_buffer": torch.zeros(5)}}, "param_groups": [{"params": [0]}]},
    }
    torch.save({**around, "state_dict": t}, path("nested.pth"))
    torch.save({**around, "state_dict": t}, path("nested_legacy.pth"), _use_new_zipfile_serialization=False)
    with_state = torch.nn.Parameter(ramp(2).float())
    with_state.note = 3
    module = {"module." + k: v for k, v in [("a.weight", ramp(2, 2).float()), ("b", with_state)]}
    torch.save({"model": module, "epoch": 1}, path("module.pth"))
    save_file({"a.weight": ramp(2, 2).float(), "b": ramp(2).float()}, path("module.want.safetensors"))
    # What must be refused.
    torch.save({"state_dict": t, "evil": Evil()}, path("evil.pth"))
    torch.save({"state_dict": t, "evil": Evil()}, path("evil_legacy.pth"), _use_new_zipfile_serialization=False)
    torch.save({"a": torch.zeros(2), "u": Unknown()}, path("class.pth"))
    torch.save({"a": torch.zeros(2, dtype=torch.complex64)}, path("complex.pth"))
    with open(path("bare.pkl"), "wb") as f:
        pickle.dump({"a": 1}, f, protocol=2)


def safetensors_files():
    """python.safetensors: written by Python, to be read; frl.safetensors: what we must write, here read by Python."""
    t = {k: v for k, v in plain(tensors()).items() if k.startswith("dtype.") or k in ("scalar", "empty")}
    save_file(t, path("python.safetensors"), metadata={"format": "pt", "note": "tab\there, \"quote\", é"})
    order = ["dtype.f32", "dtype.u8", "dtype.bool", "scalar", "empty", "dtype.bf16"]
    names = {torch.float32: "F32", torch.uint8: "U8", torch.bool: "BOOL", torch.int64: "I64", torch.bfloat16: "BF16"}
    header, data = {"__metadata__": {"note": "tab\there, \"quote\", é", "frl.x": "1"}}, b""
    for k in order:
        raw = t[k].contiguous().flatten().view(torch.uint8).numpy().tobytes() if t[k].numel() and t[k].dim() else (
            struct.pack("<q", int(t[k])) if t[k].numel() else b"")
        header[k] = {"dtype": names[t[k].dtype], "shape": list(t[k].shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).replace("\\t", "\\u0009").encode()
    text += b" " * (-len(text) % 8)
    with open(path("frl.safetensors"), "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + data)
    with safe_open(path("frl.safetensors"), "pt") as f:
        assert f.metadata() == header["__metadata__"]
        assert set(f.keys()) == set(order)
        for k in order:
            assert torch.equal(f.get_tensor(k), t[k]), k


def graph(name, nodes, initializers, want):
    g = helper.make_graph(nodes, name, [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 2, 8, 8])],
                          [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)], initializers)
    onnx.save(helper.make_model(g, opset_imports=[helper.make_opsetid("", 13)]), path(name + ".onnx"))
    save_file({k: torch.from_numpy(v.copy()) for k, v in want.items()}, path(name + ".want.safetensors"))


def onnx_files():
    a = ramp(4, 2, 3, 3).numpy().astype(np.float32)
    b = ramp(4).numpy().astype(np.float32)
    c = ramp(4, 4, 1, 1).numpy().astype(np.float32)
    d = (ramp(4).numpy() / 2).astype(np.float32)
    h = ramp(2, 4).numpy().astype(np.float16)
    slope = np.array([0.25], np.float32)
    as_floats = helper.make_tensor("onnx::Conv_2", TensorProto.FLOAT, b.shape, [float(v) for v in b])
    nodes = [
        helper.make_node("Identity", ["onnx::Conv_1"], ["onnx::Conv_8"], name="Identity_0"),
        helper.make_node("Identity", ["onnx::Conv_8"], ["onnx::Conv_9"], name="Identity_1"),
        helper.make_node("Conv", ["x", "onnx::Conv_1", "onnx::Conv_2"], ["1"], name="/net/stem/stem.0/Conv"),
        helper.make_node("Conv", ["x", "onnx::Conv_9", "onnx::Conv_2"], ["2"], name="/net/stem/stem.0_1/Conv"),
        helper.make_node("Constant", [], ["onnx::Conv_5"], name="Constant_3", value=numpy_helper.from_array(c)),
        helper.make_node("Constant", [], ["shape"], name="/net/Constant", value=numpy_helper.from_array(np.array([1, -1]))),
        helper.make_node("Conv", ["1", "onnx::Conv_5"], ["3"], name="/net/Block.0/conv1x1/Conv"),
        helper.make_node("BatchNormalization", ["3", "bn.weight", "bn.bias", "onnx::BN_3", "onnx::BN_4"], ["4"],
                         name="/bn/BatchNormalization"),
        helper.make_node("PRelu", ["4", "onnx::PRelu_7"], ["5"], name="/act/PRelu"),
        helper.make_node("Reshape", ["5", "onnx::Reshape_6"], ["y"], name="/Reshape"),
    ]
    inits = [
        numpy_helper.from_array(a, "onnx::Conv_1"), as_floats,
        numpy_helper.from_array(b, "bn.weight"), numpy_helper.from_array(d, "bn.bias"),
        numpy_helper.from_array(b, "onnx::BN_3"), numpy_helper.from_array(np.abs(d), "onnx::BN_4"),
        numpy_helper.from_array(slope, "onnx::PRelu_7"), numpy_helper.from_array(h, "head.table"),
        numpy_helper.from_array(np.array([1, -1]), "onnx::Reshape_6"),
    ]
    graph("graph", nodes, inits, {
        "net.stem.0.weight": a, "net.stem.0.bias": b, "net.Block.0.conv1x1.weight": c, "bn.weight": b, "bn.bias": d,
        "bn.running_mean": b, "bn.running_var": np.abs(d), "act.weight": slope, "head.table": h,
    })
    # Values in the typed fields, for every type.
    typed = [("f32", TensorProto.FLOAT, np.float32), ("f64", TensorProto.DOUBLE, np.float64), ("i64", TensorProto.INT64, np.int64),
             ("f16", TensorProto.FLOAT16, np.float16)]
    values = {n: ramp(2, 3).numpy().astype(dt) for n, _, dt in typed}
    inits = [helper.make_tensor(n + ".weight", t, (2, 3), values[n].flatten().tolist()) for n, t, _ in typed]
    nodes = [helper.make_node("Conv", ["x", n + ".weight"], [n], name="") for n, _, _ in typed]
    graph("typed", nodes, inits, {n + ".weight": v for n, v in values.items()})


if __name__ == "__main__":
    os.makedirs(OUT, exist_ok=True)
    checkpoints()
    safetensors_files()
    onnx_files()
