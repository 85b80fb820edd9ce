"""Warming up compiles what tasks use: no later call, whatever arrays Arrow hands over, compiles anything again."""

import subprocess
import sys

_CODE = """
import numpy as np, pyarrow as pa
from include.attribution import journeys, minor_units, weights
from include.attribution.warm_up import warm_up
from include.attribution.credits import credit_all
from include.attribution.journeys import *

warm_up()
kernels = [value for module in (journeys, minor_units, weights) for value in vars(module).values()
           if hasattr(value, "signatures")]
assert len(kernels) >= 15
before = [len(kernel.signatures) for kernel in kernels]

def column(type, *chunks):
    return pa.chunked_array([pa.array(chunk, type) for chunk in chunks], type).to_numpy()

for chunks in ([[]], [[1, 2]], [[1], [2]]):
    c = column(pa.int64(), *chunks)
    touches = TouchColumns(c, c, c, column(pa.int16(), *chunks), c, column(pa.int8(), *chunks))
    for rules in (JourneyRules(), JourneyRules(view_weight=0.5, direct="keep")):
        table = build_journeys(touches, ConversionColumns(c, c, c, c), IdentityColumns(c, c), rules)
        credit_all(table.journeys, c, touch_weight=table.touch_weight)
after = [len(kernel.signatures) for kernel in kernels]
assert before == after, [(k.__name__, k.signatures) for k, b, a in zip(kernels, before, after) if a != b]
"""


def test_nothing_is_compiled_after_warming_up() -> None:
    done = subprocess.run([sys.executable, "-c", _CODE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
