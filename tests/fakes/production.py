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
    "chain_node": [
        {"name": f"node{number}", "url": f"https://node{number}.example/"} for number in (1, 2, 3)
    ],
    "key_password": "long and secret",
    "registry": "cn-aqsc",
}
