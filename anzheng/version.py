"""The version that the HTTP applications name; who only wants it loads nothing else."""

from typing import Final

VERSION: Final = "0.1.0"
