"""Finds the Chromium that the browser tests drive."""

import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).parent
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
UNPACK = "import chromium from '@sparticuz/chromium'; console.log(await chromium.executablePath())"


def find_chromium() -> str:
    """The one on PATH, else the packaged one from npm, which is fetched on first use (about 70 MB)."""
    installed = next(filter(None, map(shutil.which, NAMES)), None)
    return installed or packaged_chromium()


def packaged_chromium() -> str:
    if not (HERE / "node_modules").is_dir():
        subprocess.run(["npm", "ci"], cwd=HERE, check=True, capture_output=True)
    command = ["node", "--input-type=module", "--eval", UNPACK]
    return subprocess.run(command, cwd=HERE, check=True, capture_output=True, text=True).stdout.strip()
