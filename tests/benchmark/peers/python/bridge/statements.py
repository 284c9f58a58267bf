"""The SQL statements and data files, the same as the functions use: `shared/best-practice`."""

from pathlib import Path

import orjson

_FOLDER = Path(__file__).resolve().parents[5] / "shared/best-practice"


def statement(name: str) -> str:
    """A statement as it is sent: its first line and its SQL, without the header for people."""
    for folder in ("public", "assumed"):
        path = _FOLDER / "statements" / folder / f"{name}.sql"
        if path.exists():
            lines = path.read_text(encoding="utf-8").splitlines()
            begin = next(at for at, line in enumerate(lines) if not line.startswith("--"))
            return "\n".join([lines[0], *lines[begin:]]).rstrip() + "\n"
    raise FileNotFoundError(name)


def data(name: str) -> dict:
    return orjson.loads((_FOLDER / "data" / name).read_bytes())
