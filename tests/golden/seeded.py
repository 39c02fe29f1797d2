#!/usr/bin/env python3
"""First and last values of seeded tensors, one per role, for tests/unit/test_safetensors.c.

    PYTHONPATH=DIR_OF_seeded_weights.py python3 tests/golden/seeded.py > tests/golden/weights/seeded.inc

Made with numpy 2.4.6; seeded_weights.py is the formula written out in tests/unit/support_seeded.c.
"""
from seeded_weights import tensor

for role in "conv linear bias bn_weight bn_small bn_bias bn_mean bn_var bn_var_px bn_zero bn_one".split():
    t = tensor(11, "body." + role, (4, 6), role).flatten()
    print('{ "body.%s", "%s", %sF, %sF },' % (role, role, float(t[0]).hex(), float(t[-1]).hex()))
