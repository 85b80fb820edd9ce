"""The ids by which a shop and its pixel name visitors, customers, orders and touches, and the click ids of platforms.

Two shops of one seed share visitor ids and order numbers on purpose: only the tenant keeps their rows apart.
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sandbox.world.draws import scramble

_FIRST_CUSTOMER = 7_000_000_000_000
_FIRST_ORDER = 5_400_000_000_000

Codes = npt.NDArray[np.int64] | npt.NDArray[np.int32]


def visitor_ids(visitor: Codes, seed: int) -> pa.StringArray:
    """Return the pixel's id of each visitor; null where the code is -1."""
    mixed = pa.array(scramble(visitor.astype(np.int64), seed)).cast(pa.string())
    return _known(visitor, pc.binary_join_element_wise("v", mixed, ""))


def customer_ids(customer: Codes) -> pa.StringArray:
    """Return the shop's number of each customer as text; null where the code is -1."""
    return _known(customer, pa.array(customer.astype(np.int64) + _FIRST_CUSTOMER).cast(pa.string()))


def order_ids(order: Codes) -> pa.StringArray:
    """Return the shop's number of each order as text."""
    return pa.array(order.astype(np.int64) + _FIRST_ORDER).cast(pa.string())


def touch_ids(number: Codes) -> pa.StringArray:
    """Return the pixel's id of each touch."""
    return pc.binary_join_element_wise("t", pa.array(number).cast(pa.string()), "")


def click_ids(click: Codes, seed: int) -> pa.StringArray:
    """Return the platform's click id of each touch, before it is known whether the touch carries one."""
    mixed = pa.array(scramble(click.astype(np.int64) + (1 << 40), seed)).cast(pa.string())
    return pc.binary_join_element_wise("c", mixed, "")


def _known(codes: Codes, ids: pa.StringArray) -> pa.StringArray:
    return pc.if_else(pa.array(codes >= 0), ids, pa.scalar(None, pa.string()))
