"""Environments for the clients of other houses: apart from ours, made on first use from lock files with hashes."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
CACHE = HERE.parent.parent.parent / ".venv" / "clients"


def python() -> Path:
    """Returns the interpreter of an environment with the locked Python clients."""
    folder = _folder("python", "requirements.lock")
    interpreter = folder / "bin" / "python"
    if not (folder / "ready").exists():
        shutil.rmtree(folder, ignore_errors=True)
        _run(sys.executable, "-m", "venv", str(folder))
        _run(str(interpreter), "-m", "pip", "install", "-q", "--disable-pip-version-check", "--require-hashes",
             "--no-deps", "-r", str(HERE / "requirements.lock"))  # fmt: skip
        (folder / "ready").touch()
    return interpreter


def node_modules() -> Path:
    """Returns a folder with the locked JavaScript client, where scripts can import it."""
    folder = _folder("node", "package-lock.json")
    if not (folder / "ready").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, folder / name)
        _run("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", cwd=folder)
        (folder / "ready").touch()
    return folder


def play(script: str, *arguments: str) -> Any:
    """Runs a script of this folder with the real client; returns the JSON that it prints last."""
    if script.endswith(".mjs"):
        folder = node_modules()
        shutil.copy(HERE / script, folder / script)
        command = ["node", str(folder / script)]
    else:
        command = [str(python()), str(HERE / script)]
    return json.loads(_run(*command, *arguments).strip().splitlines()[-1])


def _folder(kind: str, lock: str) -> Path:
    """Named after the lock file and the interpreter: another lock makes another environment."""
    seed = (HERE / lock).read_bytes() + f"{sys.version_info[:2]}".encode()
    return CACHE / f"{kind}-{hashlib.sha256(seed).hexdigest()[:12]}"


def _run(*command: str, cwd: Path | None = None) -> str:
    environment = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, f"{command[0]} {command[1]}\n{done.stdout[-3000:]}\n{done.stderr[-5000:]}"
    return done.stdout
