"""Settings of a real installation: nothing in them is a test's."""

from typing import Any

SAFE: dict[str, Any] = {
    "environment": "production",
    "allow_test_keys": False,
    "sample_seals": False,
    "tsa_url": "https://tsa.example/",
    "chain_devnet": False,
    "chain_id": 2026,
    "chain_rpc_url": "https://node.example/",
    "key_password": "long and secret",
    "registry": "cn-aqsc",
}
