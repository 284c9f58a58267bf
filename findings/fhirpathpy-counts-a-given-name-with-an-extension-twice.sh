#!/usr/bin/env bash
# Subject:  fhirpathpy 2.2.4 (PyPI) beside fhirpath 5.2.2 (npm): members of a list of texts that have an extension.
# Input:    a Patient with the given names Ana and Bo. Bo has an extension in `_given`, and so has the birth date.
# Expected: two given names. The last is Bo. The birth date has ten letters, with or without an extension.
# Seen:     four given names, 28 November 2026. The entries of `_given` count as names of their own, so last() is
#           nothing. The birth date becomes no text: toString() is empty, and length() is an error.
# This script installs the pinned packages in a temporary folder, and fails if what is seen changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

python3 -m venv python >/dev/null
python/bin/python -m pip install --quiet --disable-pip-version-check fhirpathpy==2.2.4
npm install --silent --no-audit --no-fund fhirpath@5.2.2
cat >patient.json <<'JSON'
{
  "resourceType": "Patient",
  "name": [{
    "given": ["Ana", "Bo"],
    "_given": [null, {"extension": [{"url": "https://clinic.example/preferred", "valueBoolean": true}]}]
  }],
  "birthDate": "1984-02-29",
  "_birthDate": {"extension": [{"url": "https://clinic.example/seen-on-card", "valueBoolean": true}]}
}
JSON
cat >expressions.json <<'JSON'
["name.given.count()", "name.given.last()", "name.given.where($this = 'Bo')", "birthDate", "birthDate.toString()",
  "birthDate.length()"]
JSON
cat >seen.mjs <<'JS'
import fhirpath from "fhirpath";
import r4 from "fhirpath/fhir-context/r4/index.js";
import { readFileSync } from "node:fs";
const [patient, expressions] = ["patient.json", "expressions.json"].map((name) => JSON.parse(readFileSync(name)));
for (const expression of expressions) {
  console.log(`fhirpath ${expression}: ${JSON.stringify(fhirpath.evaluate(patient, expression, {}, r4).map(String))}`);
}
JS
cat >seen.py <<'PY'
import json
from fhirpathpy import evaluate
from fhirpathpy.models import models
patient, expressions = (json.load(open(name)) for name in ("patient.json", "expressions.json"))
for expression in expressions:
    try:
        seen = json.dumps([str(value) for value in evaluate(patient, expression, {}, models["r4"])])
    except Exception:
        seen = "an error"
    print(f"fhirpathpy {expression}: {seen}")
PY
{
    node seen.mjs
    python/bin/python seen.py
} >seen.txt

diff - seen.txt <<'SEEN'
fhirpath name.given.count(): ["2"]
fhirpath name.given.last(): ["Bo"]
fhirpath name.given.where($this = 'Bo'): ["Bo"]
fhirpath birthDate: ["1984-02-29"]
fhirpath birthDate.toString(): ["1984-02-29"]
fhirpath birthDate.length(): ["10"]
fhirpathpy name.given.count(): ["4"]
fhirpathpy name.given.last(): []
fhirpathpy name.given.where($this = 'Bo'): ["Bo"]
fhirpathpy birthDate: ["1984-02-29"]
fhirpathpy birthDate.toString(): []
fhirpathpy birthDate.length(): an error
SEEN
echo 'as it was on 28 November 2026'
