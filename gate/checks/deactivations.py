"""NPPES's list of deactivated NPIs, kept current from a file that the site replaces once a month."""

import asyncio
from datetime import date
from pathlib import Path
from typing import Final

import structlog

from sources.files.nppes_deactivations import DeactivationListError, Deactivations, read_deactivations

_LOOK_SECONDS: Final = 60.0
_log = structlog.stdlib.get_logger(__name__)


class DeactivationList:
    """Answers from memory. A file that cannot be read leaves the last good list in force, and says so in the log."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._list = Deactivations()
        self._modified: float | None = None
        self._keeping: asyncio.Task[None] | None = None

    def on(self, npi: str) -> date | None:
        """The day on which the NPI was deactivated; None where no list says so."""
        return self._list.on(npi)

    @property
    def edition(self) -> object:
        """The list in force; another object as soon as another list is."""
        return self._list

    def start(self) -> None:
        """Read the file beside the service's start, which a workbook of 330 000 rows would hold up for seconds."""
        if self._file is not None:
            self._keeping = asyncio.create_task(self._keep_current(self._file), name="nppes-deactivations")

    async def aclose(self) -> None:
        """Stop looking after the file."""
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)

    async def _keep_current(self, file: Path) -> None:
        while True:
            await self._refresh(file)
            await asyncio.sleep(_LOOK_SECONDS)

    async def _refresh(self, file: Path) -> None:
        try:
            modified = (await asyncio.to_thread(file.stat)).st_mtime
            if modified == self._modified:
                return
            self._list = await asyncio.to_thread(read_deactivations, file)
            self._modified = modified
        except (DeactivationListError, OSError) as error:
            _log.error("nppes_deactivations_unreadable", error=str(error), listed=len(self._list))
        else:
            _log.info("nppes_deactivations_read", listed=len(self._list))
