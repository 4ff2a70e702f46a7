"""Keys of the signer, by URI, behind one Protocol that hardware fits too."""

from signer.keys.file import FileKey, new_rsa_key, write_key_file
from signer.keys.open import open_key, open_private_key
from signer.keys.ports import Secrets, SigningKey

__all__ = [
    "FileKey",
    "Secrets",
    "SigningKey",
    "new_rsa_key",
    "open_key",
    "open_private_key",
    "write_key_file",
]
