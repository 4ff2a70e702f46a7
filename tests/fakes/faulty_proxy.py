"""The demo's faulty node, for tests: scripted by `faults`, or random by `chance`."""

from anzheng.demo.faulty_node import LIES, NETWORK, Chance, FaultyNode, faulty_node

FaultyProxy = FaultyNode
"""Forwards JSON-RPC; `faults[method]` lists what happens to the next requests."""

__all__ = ["LIES", "NETWORK", "Chance", "FaultyProxy", "faulty_node"]
