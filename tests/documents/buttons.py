"""The deploy buttons of the README, for the platforms that have them.

Such a button names the repository by its public address, which stands in pyproject.toml. While none stands there, the README says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from tests.documents.marks import put
from tests.documents.site import repository

if TYPE_CHECKING:
    from pathlib import Path

PAGE = "README.md"
NOBODY = "https://github.com/YOUR-ACCOUNT/paperboy"
"""In place of an address: nobody's, and meant to be seen."""
TO_BE_SET = """
A button names a repository by its public address, and this copy knows none yet: `YOUR-ACCOUNT` stands for yours. Push it there, write
the address into `pyproject.toml`, and `make written` brings it into the buttons:

```toml
[project.urls]
Repository = "https://github.com/YOUR-ACCOUNT/paperboy"
```
"""


def buttons(address: str) -> str:
    """A button for each platform; with what is missing if the repository has no address ("")."""
    named = quote(address or NOBODY, safe=":/")
    return (
        f"[![Deploy to Heroku](https://www.herokucdn.com/deploy/button.svg)](https://www.heroku.com/deploy?template={named})\n"
        f"[![Deploy to Render](https://render.com/images/deploy-to-render-button.svg)](https://render.com/deploy?repo={named})\n"
        + ("" if address else TO_BE_SET)
    )


def write(root: Path) -> None:
    """Bring the README up to date."""
    put(root / PAGE, "buttons", buttons(repository()))
