#!/usr/bin/env python3
"""A MATLAB file of version 7.3 (HDF5) as the colour files of COFW are, for test_mat.c.

    python tests/golden/make_mat73.py tests/golden/mat/v73.mat        (h5py 3.16.0, NumPy 2.4.6)

MATLAB writes HDF5 with a user block of 512 bytes, arrays transposed, the class in an attribute, and the elements of cells as
references to datasets in #refs#.
"""
import sys

import h5py
import numpy as np

phis = np.arange(12, dtype=np.float64).reshape(3, 4) / 4
images = [np.arange(24, dtype=np.uint8).reshape(2, 4, 3), np.arange(6, dtype=np.uint8).reshape(2, 3) + 100]


def set_class(d, kind):
    """As MATLAB does: a string of exactly that many bytes that calls itself NUL-terminated."""
    t = h5py.h5t.C_S1.copy()
    t.set_size(len(kind))
    t.set_strpad(h5py.h5t.STR_NULLTERM)
    a = h5py.h5a.create(d.id, b"MATLAB_class", t, h5py.h5s.create(h5py.h5s.SCALAR))
    a.write(np.array(kind, dtype=f"S{len(kind)}"), mtype=t)


def put(group, name, value, kind):
    d = group.create_dataset(name, data=np.ascontiguousarray(value.T), compression="gzip", track_times=False)
    set_class(d, kind)
    return d


with h5py.File(sys.argv[1], "w", userblock_size=512, libver="earliest") as f:
    put(f, "phisT", phis, "double")
    refs = f.create_group("#refs#")
    cells = np.empty((1, 2), dtype=h5py.ref_dtype)
    for i, image in enumerate(images):
        cells[0, i] = put(refs, "ab"[i], image, "uint8").ref
    d = f.create_dataset("IsT", data=cells, track_times=False)
    set_class(d, "cell")
    text = f.create_dataset("name", data=np.array([[ord(c)] for c in "caf\u00e9"], dtype=np.uint16), track_times=False)
    set_class(text, "char")
    text.attrs["MATLAB_int_decode"] = np.int32(2)
with open(sys.argv[1], "r+b") as f:
    head = b"MATLAB 7.3 MAT-file, Platform: GLNXA64, Created on: Thu Jan  1 00:00:00 2026 HDF5 schema 1.00 ."
    f.write(head.ljust(124) + b"\x00\x02IM")
