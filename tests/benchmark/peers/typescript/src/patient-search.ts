// `POST …/patients/search`: patients by last name and date of birth.

import sql from "../../../../../shared/best-practice/statements/public/patient_search.sql";
import { type Request, api } from "./api.ts";
import { Halo, type Row, date, statement, varChar } from "./halo.ts";
import { type FieldError, invalid } from "./problem.ts";
import { Cells, parseDay, whole } from "./rows.ts";
import { log, serve } from "./runtime.ts";
import { like, refusal, surnameKey } from "./spelling.ts";
import { database, saveShown } from "./table.ts";

const halo = new Halo();
const SQL = statement(sql);
const MOST = 50;

async function search(request: Request): Promise<object> {
  const { surname, born } = wanted(request.event);
  const connection = await request.session();
  const parameters = [
    date("@dateOfBirth", born),
    varChar("@surname", surname),
    varChar("@surnamePattern", like(surname)),
  ];
  const { deadline, used } = request;
  const rows = await halo.immediate(connection.site.haloGuid, "patient_search", SQL, parameters, deadline, used);
  const found = matches(rows);
  await Promise.all([
    request.record("patientSearch", found.matches.map((person) => person.patientId)),
    remember(request, database(connection), found.matches),
  ]);
  return found;
}

function wanted(event: any): { surname: string; born: string } {
  const body = parsed(event.body);
  const { lastName, dateOfBirth: born } = body ?? {};
  if (typeof lastName !== "string" || typeof born !== "string" || Object.keys(body).length !== 2) {
    throw invalid([{ pointer: "", message: "the body is an object with lastName and dateOfBirth" }]);
  }
  const errors: FieldError[] = [];
  const refused = refusal(lastName);
  if (refused) errors.push({ pointer: "/lastName", message: refused });
  // A new day begins first in Auckland, up to 13 hours ahead.
  const latest = new Date(Date.now() + 13 * 3_600_000).toISOString().slice(0, 10);
  if (born.length !== 10 || parseDay(born) === undefined) {
    errors.push({ pointer: "/dateOfBirth", message: "a date of birth is a real date, written YYYY-MM-DD" });
  } else if (born < "1850" || born > latest) {
    errors.push({ pointer: "/dateOfBirth", message: "a date of birth lies between 1850 and today" });
  }
  const surname = surnameKey(lastName);
  if (errors.length > 0 || surname === null) throw invalid(errors);
  return { surname, born };
}

function parsed(body: string | null): any {
  try {
    return JSON.parse(body ?? "");
  } catch {
    return undefined;
  }
}

type Match = NonNullable<ReturnType<typeof match>>;

function matches(rows: Row[]) {
  const people = new Map<number, Match>();
  let unreadableRows = 0;
  for (const row of rows) {
    const person = match(row);
    if (person === undefined) {
      log({ level: "WARN", message: "a row cannot be read and is left out" });
      unreadableRows += 1;
    } else if (!people.has(person.patientId)) {
      people.set(person.patientId, person);
    }
  }
  const more = rows.length > MOST;
  return { matches: [...people.values()].slice(0, MOST), more, ...(unreadableRows > 0 && { unreadableRows }) };
}

function match(row: Row) {
  const cells = new Cells(row);
  const ending = cells.text("MedicareEnding", "medicareEnding");
  const status = (cells.text("StatusText", "status") ?? "").toLowerCase();
  const patientId = whole(row["InternalID"]) ?? 0;
  if (patientId < 1 || patientId >= 2 ** 31) return undefined;
  const person = {
    patientId,
    status: ["active", "inactive", "deceased"].includes(status) ? status : "other",
    title: cells.text("Title", "title"),
    firstName: cells.text("Firstname", "firstName"),
    middleName: cells.text("Middlename", "middleName"),
    lastName: cells.text("Surname", "lastName"),
    preferredName: cells.text("Preferredname", "preferredName"),
    dateOfBirth: cells.date("DOB", "dateOfBirth"),
    sex: cells.text("Sex", "sex"),
    suburb: cells.text("City", "suburb"),
    medicareEnding: ending !== null && /^\d+$/.test(ending) ? ending : null,
  };
  return cells.unreadable.length > 0 ? { ...person, unreadable: cells.unreadable } : person;
}

/** Stores which patients the caller was shown. If that fails, they are shown nevertheless. */
async function remember(request: Request, site: string, people: Match[]): Promise<void> {
  const shown = people.map(({ patientId, lastName, dateOfBirth, status }): [number, object] => [
    patientId,
    { surname: surnameKey(lastName), dateOfBirth, status },
  ]);
  try {
    await saveShown(request.practice, request.account, site, shown);
  } catch (error) {
    const name = error instanceof Error ? error.name : "unknown";
    log({ level: "WARN", message: "the patients that a caller was shown are not stored", error: name });
  }
}

await serve(api(search));
