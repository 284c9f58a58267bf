"""The functions' peer in Python: `peer.py patient-search|clinical-import|attachment-importer`.

It does the work of the function of the same name, with the same environment variables. `--versions` prints
what it runs on.
"""

import importlib
import sys

FUNCTIONS = {
    "patient-search": "bridge.search",
    "clinical-import": "bridge.clinical",
    "attachment-importer": "bridge.staging",
}


def versions() -> str:
    import boto3
    import orjson
    import requests

    python = ".".join(map(str, sys.version_info[:3]))
    packages = [("boto3", boto3), ("requests", requests), ("orjson", orjson)]
    return ", ".join([f"Python {python}", *(f"{name} {it.__version__}" for name, it in packages)])


if __name__ == "__main__":
    if sys.argv[1:] == ["--versions"]:
        print(versions())
    else:
        function = importlib.import_module(FUNCTIONS[sys.argv[1]])
        runtime = importlib.import_module("bridge.runtime")
        runtime.serve(function.handle)
