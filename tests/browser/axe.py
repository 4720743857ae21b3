"""axe-core, the accessibility checker, as npm installs it; where it is not, the tests that need it are skipped.

`.ci/run` installs it beside the checkout's other tools. It is read from a file and never from another host.
"""

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page

_INSTALLED = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
_SERIOUS = {"serious", "critical"}
_OF_COLOUR = "color-contrast"
"""The one rule that a page in another colour scheme can break."""


def axe_source() -> str:
    """The checker's script."""
    script = Path(os.environ.get("AXE_CORE", _INSTALLED))
    if not script.is_file():
        pytest.skip("axe-core is not installed (npm install --no-save axe-core)")
    return script.read_text(encoding="utf-8")


async def serious_problems(page: Page, source: str, *, of_colour_alone: bool = False) -> list[str]:
    """What the checker finds serious or critical on the page, in a line each."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(source)
    options = {"resultTypes": ["violations"], **({"runOnly": [_OF_COLOUR]} if of_colour_alone else {})}
    found: dict[str, Any] = await page.evaluate("options => axe.run(document, options)", options)
    return [
        f"{each['id']}: {node['html']}"
        for each in found["violations"]
        if each["impact"] in _SERIOUS
        for node in each["nodes"]
    ]
