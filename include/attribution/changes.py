"""Whose stored credit differs from the computed one: order-free digests of credit rows, one per conversion.

Two sets of rows have equal digests when they hold the same rows in any order, down to the last bit of every weight
(2**-64 chance otherwise). Each row carries its digest, and a conversion's is the exclusive or of its rows': rows are
distinct, since each has its own touch, so none cancel out, and the database folds them before anything is read back.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Int64 = npt.NDArray[np.int64]

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(29)


def digest_rows(columns: Sequence[npt.NDArray[np.int64] | npt.NDArray[np.float64]]) -> npt.NDArray[np.uint64]:
    """Return a 64-bit digest of each row of equally long int64 and float64 columns."""
    digest = np.full(len(columns[0]), 0x243F6A8885A308D3, dtype=np.uint64)
    for column in columns:
        digest ^= np.ascontiguousarray(column).view(np.uint64)
        digest *= _MULTIPLIER
        digest ^= digest >> _SHIFT
    return digest


def digest_conversions(
    conversion_ids: Int64, row_conversion_ids: Int64, row_digests: npt.NDArray[np.uint64]
) -> npt.NDArray[np.uint64]:
    """Return the digest of each conversion's rows, 0 for a conversion without any.

    conversion_ids: ascending. row_conversion_ids: the conversion of each row, any order; a row of a conversion that
    is not among conversion_ids is ignored. row_digests: of digest_rows.
    """
    digests = np.zeros(len(conversion_ids), dtype=np.uint64)
    if len(conversion_ids) == 0 or len(row_conversion_ids) == 0:
        return digests
    order = np.argsort(row_conversion_ids, kind="stable")
    sorted_ids = row_conversion_ids[order]
    starts = np.flatnonzero(np.r_[True, sorted_ids[1:] != sorted_ids[:-1]])
    folded = np.bitwise_xor.reduceat(row_digests[order], starts)
    place = np.searchsorted(conversion_ids, sorted_ids[starts])
    known = place < len(conversion_ids)
    known[known] = conversion_ids[place[known]] == sorted_ids[starts][known]
    digests[place[known]] = folded[known]
    return digests
