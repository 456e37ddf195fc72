"""Pictures are a modality that has to be switched on."""

from collections.abc import Iterator

import pytest

from tl_core.modality import content_of, networks_of

MODALITIES = "image=tl_core.images"


@pytest.fixture(scope="module", autouse=True)
def _pictures() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TL_MODALITIES", MODALITIES)
        yield
    content_of.cache_clear()
    networks_of.cache_clear()
