"""The finished licences that all judges are shown."""

import pytest

from tests.interop.dossier import Dossier, open_dossier


@pytest.fixture(scope="session")
def dossier(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Dossier:
    """Every sample in every profile, finished; and bad twins of the first."""
    return open_dossier(tmp_path_factory, worker_id)
