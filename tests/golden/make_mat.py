#!/usr/bin/env python3
"""Small MATLAB files for test_mat.c and test_wider.c, written by code that is not ours.

    python tests/golden/make_mat.py tests/golden/mat        (SciPy 1.17.1, NumPy 2.4.6)
"""
import os
import sys

import numpy as np
import scipy.io

out = sys.argv[1]
os.makedirs(os.path.join(out, "wider"), exist_ok=True)


def cell(values):
    a = np.empty((len(values), 1), dtype=object)
    for i, v in enumerate(values):
        a[i, 0] = v
    return a


scipy.io.savemat(os.path.join(out, "kinds.mat"), {
    "f64": np.arange(6, dtype=np.float64).reshape(2, 3) + 0.5,
    "f32": np.float32([[0.1, -2]]),
    "u8": np.arange(24, dtype=np.uint8).reshape(2, 3, 4),
    "i16": np.int16([[-5, 300]]),
    "u32": np.uint32([[4000000000]]),
    "flag": np.array([[True, False]]),
    "text": "caf\u00e9 \u4e2d",
    "empty": np.zeros((0, 4)),
    "nested": cell(["a/b", cell([np.float64([[1, 2]]), "x"]), np.zeros((0, 0))]),
    "record": {"a": 1},
    "complex": np.array([[1 + 2j]]),
}, do_compression=True)

# Three pictures of two events in the form of wider_face_val.mat and its three lists.
boxes = [np.int32([[10, 10, 20, 20], [50, 50, 9, 9]]), np.int32([[0, 0, 100, 100]]), np.zeros((0, 4), np.int32)]
events = cell(["0--Parade", "1--Handshaking"])
files = cell([cell(["0_Parade_a_1", "0_Parade_b_2"]), cell(["1_Handshaking_c_3"])])
scipy.io.savemat(os.path.join(out, "wider/wider_face_val.mat"), {
    "event_list": events, "file_list": files,
    "face_bbx_list": cell([cell(boxes[:2]), cell(boxes[2:])])}, do_compression=True)
none = np.zeros((0, 1), np.uint8)
for name, lists in (("easy", [np.uint8([[1]]), np.uint8([[1]]), none]),
                    ("medium", [np.uint8([[1], [2]]), np.uint8([[1]]), none]),
                    ("hard", [np.uint16([[2]]), none, none])):
    scipy.io.savemat(os.path.join(out, f"wider/wider_{name}_val.mat"), {
        "event_list": events, "gt_list": cell([cell(lists[:2]), cell(lists[2:])])}, do_compression=True)
