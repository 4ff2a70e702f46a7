"""The gate to the chain: the only folder that knows the Ethereum libraries.

Importing that family must not change the interpreter for everybody else. py_ecc, which eth_account
brings in, raises the recursion limit to 100,000; from then on a foreign JSON text of deeply nested
brackets would overflow the C stack and kill the process instead of raising RecursionError. So the
family is imported here, before every module of this folder, and the limit is put back.
"""

import sys

_LIMIT = sys.getrecursionlimit()

import eth_account  # noqa: E402, F401 - for its side effect, which the next line undoes

sys.setrecursionlimit(_LIMIT)
