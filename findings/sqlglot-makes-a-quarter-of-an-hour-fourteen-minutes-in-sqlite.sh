#!/usr/bin/env bash
# Subject:  sqlglot 30.30.0 and polyglot-sql 0.13.4 (PyPI): T-SQL's DATEDIFF written for SQLite and for MySQL.
# Input:    DATEDIFF(minute, STARTED, ENDED) over appointments of 5 to 45 minutes, as a practice books them.
# Expected: the length of each appointment. T-SQL counts the minutes that begin between the two times.
# Seen:     a third of the appointments is one minute short, 28 November 2026. sqlglot multiplies a difference of Julian
#           days, which is no whole number of minutes, and cuts the rest off. For MySQL it drops the unit, and the
#           result is days. polyglot-sql takes the unit for a column: SQLite says "no such column".
# This script installs the pinned packages in a temporary folder, and fails if what is seen changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

python3 -m venv python >/dev/null
python/bin/python -m pip install --quiet --disable-pip-version-check sqlglot==30.30.0 polyglot-sql==0.13.4
cat >seen.py <<'PY'
import sqlite3
from datetime import datetime, timedelta
import polyglot_sql
import sqlglot

statement = "SELECT DATEDIFF(minute, STARTED, ENDED) FROM BOOKED"
for library in (sqlglot, polyglot_sql):
    for database in ("sqlite", "mysql"):
        print(f"{library.__name__}, {database}: {library.transpile(statement, 'tsql', database)[0]}")

booked = sqlite3.connect(":memory:")
booked.execute("CREATE TABLE BOOKED (STARTED TEXT, ENDED TEXT)")
short = total = 0
for quarter in range(8 * 4, 18 * 4):
    for length in (5, 10, 15, 20, 30, 45):
        started = datetime(2026, 11, 30) + timedelta(minutes=15 * quarter)
        booked.execute("DELETE FROM BOOKED")
        booked.execute("INSERT INTO BOOKED VALUES (?, ?)", (str(started), str(started + timedelta(minutes=length))))
        (seen,), = booked.execute(sqlglot.transpile(statement, "tsql", "sqlite")[0])
        total += 1
        short += seen == length - 1
        if (started.hour, started.minute, length) in ((9, 0, 15), (9, 15, 15), (9, 30, 15), (9, 45, 15)):
            print(f"{started:%H:%M} for {length} minutes: {seen}")
print(f"{short} of {total} appointments are a minute short")
try:
    booked.execute(polyglot_sql.transpile(statement, "tsql", "sqlite")[0])
except sqlite3.OperationalError as error:
    print(f"polyglot_sql: {error}")
PY
python/bin/python seen.py >seen.txt

diff - seen.txt <<'SEEN'
sqlglot, sqlite: SELECT CAST((JULIANDAY(ENDED) - JULIANDAY(STARTED)) * 1440.0 AS INTEGER) FROM BOOKED
sqlglot, mysql: SELECT DATEDIFF(CAST(ENDED AS DATETIME), CAST(STARTED AS DATETIME)) FROM BOOKED
polyglot_sql, sqlite: SELECT CAST((JULIANDAY(MINUTE) - JULIANDAY(STARTED)) AS INTEGER) FROM BOOKED
polyglot_sql, mysql: SELECT DATEDIFF(MINUTE, STARTED, ENDED) FROM BOOKED
09:00 for 15 minutes: 14
09:15 for 15 minutes: 15
09:30 for 15 minutes: 14
09:45 for 15 minutes: 14
82 of 240 appointments are a minute short
polyglot_sql: no such column: MINUTE
SEEN
echo 'as it was on 28 November 2026'
