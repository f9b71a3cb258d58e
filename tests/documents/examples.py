"""The diffs that show how something is added: real ones, which a test applies and runs, shown in the pages file by file.

A change nearby may move what a diff stands beside. `write` then puts it there and writes the diff anew, as long as `patch` finds the place.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.documents.marks import put

EXAMPLES = {"source": "docs/add-a-source.md", "command": "docs/add-a-command.md", "platform": "docs/add-a-platform.md"}
"""By the name of the diff in docs/examples: the page that shows it."""
TREE = ("bot", "adapters", "tests", "config", "pyproject.toml", ".importlinter")
"""What diffs may change, and what it takes to run it."""

_IGNORED = shutil.ignore_patterns("__pycache__", "pictures", "golden")


def diff_of(root: Path, name: str) -> Path:
    """Where the diff of an example lies."""
    return root / "docs" / "examples" / f"{name}.diff"


def files(diff: str) -> dict[str, str]:
    """By the path of each file that a diff changes: its part of the diff, without what only git reads."""
    parts = re.split(r"^diff --git a/\S+ b/(\S+)\n", diff, flags=re.MULTILINE)[1:]
    shown = (re.sub(r"\A(?:(?:index|new file mode|old mode|new mode|similarity).*\n)+", "", part) for part in parts[1::2])
    return dict(zip(parts[::2], shown, strict=True))


def copied(root: Path, to: Path) -> Path:
    """A copy of the tree to change and to run."""
    for name in TREE:
        if (root / name).is_dir():
            shutil.copytree(root / name, to / name, ignore=_IGNORED)
        else:
            to.mkdir(parents=True, exist_ok=True)
            shutil.copy(root / name, to / name)
    return to


def write(root: Path) -> None:
    """Put every diff where it fits now, and show it in its page."""
    for name, page in EXAMPLES.items():
        diff = diff_of(root, name)
        with tempfile.TemporaryDirectory() as work:
            _moved(root, diff, Path(work))
        for path, part in files(diff.read_text("utf-8")).items():
            if path.endswith("/__init__.py") and not part.strip():
                continue
            put(root / page, f"diff {path}", f"```diff\n{part.rstrip()}\n```")


def _moved(root: Path, diff: Path, work: Path) -> None:
    before = copied(root, work / "a")
    after = copied(before, work / "b")  # not of the root once more: somebody may be at work there
    patched = subprocess.run(
        ["patch", "--strip=1", "--fuzz=3", "--no-backup-if-mismatch", f"--input={diff.resolve()}"],
        cwd=after,
        check=False,
        capture_output=True,
        text=True,
    )
    if patched.returncode:
        raise SystemExit(f"{diff} fits no more; put it right by hand.\n{patched.stdout}")
    # Exit status 1 says that there are differences.
    made = subprocess.run(
        ["git", "diff", "--no-index", "--no-prefix", "--unified=2", before.name, after.name],
        cwd=work,
        check=False,
        capture_output=True,
        text=True,
    )
    # A file that is new stands on the side b alone, and git names only that.
    named = re.sub(r"^diff --git b/", "diff --git a/", made.stdout, flags=re.MULTILINE)
    diff.write_text(re.sub(r"^index .*\n", "", named, flags=re.MULTILINE), "utf-8")
