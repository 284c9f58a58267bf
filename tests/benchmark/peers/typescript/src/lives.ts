// The sections with entries of several kinds: family history and social history.

import { isDeepStrictEqual } from "node:util";
import { Cells } from "./rows.ts";
import { type Entry, type Reader, Unreadable, type Words, isObject, named } from "./section.ts";

const SMOKING_DISAGREES = "Bp's entries about smoking do not agree.";
const LIVES_DISAGREE = "Bp holds several entries that do not agree, and does not say which is the latest.";

export function family(reader: Reader, words: Words): object {
  const items: Entry[] = [];
  for (const row of reader.objects("Family", "BPS_FamilyHistory")) {
    const cells = new Cells(row);
    const [unknown, text] = [cells.flag("unknown"), cells.text("comment")];
    if (cells.unreadable.length > 0) reader.loseRow("BPS_FamilyHistory");
    const found = [
      unknown && { kind: "familyUnknown" },
      parent(new Cells(row), "father"),
      parent(new Cells(row), "mother"),
      text !== null && { kind: "comment", text },
    ].filter((one): one is Entry => Boolean(one));
    items.push(...found.filter((one) => !items.some((known) => isDeepStrictEqual(known, one))));
  }
  items.push(...reader.entries("Relatives", "BPS_FamilyHistoryDetail", relative));
  return reader.conclude(items, reader.nothingSignificant("FamilyMarker", words));
}

function parent(cells: Cells, relation: "father" | "mother"): Entry | undefined {
  const alive = cells.alive(`${relation}Alive`, "alive");
  const ageAtDeath = cells.code(`${relation}Age`, "ageAtDeath");
  const causeOfDeath = cells.text(`${relation}Cause`, "causeOfDeath");
  const known = [alive, ageAtDeath, causeOfDeath].some((one) => one !== null) || cells.unreadable.length > 0;
  return known ? named(cells, { kind: "parent", relation, alive, ageAtDeath, causeOfDeath }) : undefined;
}

function relative(cells: Cells): Entry | undefined {
  const found = {
    kind: "relative",
    relation: cells.text("relation"),
    condition: cells.text("condition"),
    diseaseCode: cells.code("diseaseCode"),
    comment: cells.text("comment"),
  };
  const isNamed = found.condition !== null || found.diseaseCode !== null || found.comment !== null;
  return isNamed || cells.unreadable.length === 0 ? named(cells, found) : undefined;
}

export function social(reader: Reader): object {
  const tobacco = said(reader, "Tobacco", "BPS_Tobacco", smoked, []);
  const alcohol = said(reader, "Alcohol", "BPS_Alcohol", drinking, ["nonDrinker"]);
  const lives = said(reader, "Circumstances", "BPS_Clinical", living, ["retired", "pacemaker"]);
  const smoking = merged(tobacco, statuses(reader));
  const work = reader.entries("Occupations", "BPS_OccupationHistory", working);
  const remarks = [];
  if (smoking.length > 1 || smoking.some((one) => "otherStatuses" in one)) remarks.push(SMOKING_DISAGREES);
  if (lives.length > 1) remarks.push(LIVES_DISAGREE);
  return reader.conclude([...smoking, ...alcohol, ...lives, ...work], "silent", remarks);
}

/** The different entries of a source. Only a ticked box means something. */
function said<T extends Entry>(reader: Reader, column: string, view: string, make: (cells: Cells) => T, ticks: string[]): T[] {
  const found: T[] = [];
  for (const row of reader.objects(column, view)) {
    const cells = new Cells(row);
    const one = make(cells);
    const bare = Object.entries(one).every(
      ([member, value]) =>
        value === null || member === "kind" || member === "unreadable" || (ticks.includes(member) && value === false),
    );
    if (!bare && !found.some((known) => isDeepStrictEqual(known, one))) found.push(one);
    if (bare && cells.unreadable.length > 0) reader.loseRow(view);
  }
  return found;
}

function statuses(reader: Reader): string[] {
  try {
    const rows = reader.rows("Circumstances", "BPS_Clinical").filter(isObject);
    const found = rows.map((row) => new Cells(row).text("smokingStatus"));
    return [...new Set(found.filter((status) => status !== null))];
  } catch (error) {
    if (error instanceof Unreadable) return [];
    throw error;
  }
}

/** Bp keeps the smoking status in two places. */
function merged(tobacco: ReturnType<typeof smoked>[], elsewhere: string[]): Entry[] {
  const others = elsewhere.filter((status) => tobacco.every((one) => one.status !== status));
  if (others.length === 0) return tobacco;
  const [first = nothingSmoked, ...rest] = tobacco;
  const status = first.status ?? others.shift() ?? null;
  return [{ ...first, status, ...(others.length > 0 && { otherStatuses: others }) }, ...rest];
}

const nothingSmoked = {
  kind: "tobacco",
  status: null,
  type: null,
  perDay: null,
  yearStarted: null,
  pastStatus: null,
  pastPerDay: null,
  pastYearStarted: null,
  pastYearStopped: null,
};

function smoked(cells: Cells) {
  return named(cells, {
    kind: "tobacco",
    status: cells.text("status"),
    type: cells.text("type"),
    perDay: cells.code("perDay"),
    yearStarted: cells.code("yearStarted"),
    pastStatus: cells.text("pastStatus"),
    pastPerDay: cells.code("pastPerDay"),
    pastYearStarted: cells.code("pastStarted", "pastYearStarted"),
    pastYearStopped: cells.code("pastStopped", "pastYearStopped"),
  });
}

function drinking(cells: Cells) {
  return named(cells, {
    kind: "alcohol",
    nonDrinker: cells.flag("nonDrinker"),
    daysPerWeek: cells.code("daysPerWeek"),
    drinksPerDay: cells.code("drinksPerDay"),
    description: cells.text("description"),
    pastLevel: cells.text("pastLevel"),
    yearStarted: cells.code("yearStarted"),
    yearStopped: cells.code("yearStopped"),
    comment: cells.text("comment"),
  });
}

function living(cells: Cells) {
  // The status is shown as tobacco. This entry names it if it is unreadable.
  cells.text("smokingStatus");
  return named(cells, {
    kind: "circumstances",
    socialHistory: cells.text("socialHistory"),
    recreation: cells.text("recreation"),
    accommodation: cells.text("accommodation"),
    livesWith: cells.text("livesWith"),
    hasCarer: cells.text("hasCarer"),
    isCarer: cells.text("isCarer"),
    maritalStatus: cells.text("maritalStatus"),
    sexuality: cells.text("sexuality"),
    retired: cells.flag("retired"),
    eliteSports: cells.text("eliteSports"),
    bloodGroup: cells.text("bloodGroup"),
    pacemaker: cells.flag("paceMaker", "pacemaker"),
    advanceCareDirective: cells.optionalCode("advanceCareDirective"),
    powerOfAttorney: cells.optionalCode("powerOfAttorney"),
  });
}

function working(cells: Cells): Entry | undefined {
  const found = {
    kind: "occupation",
    occupation: cells.text("occupation"),
    description: cells.text("description"),
    employer: cells.text("employer"),
    yearStarted: cells.code("yearStarted"),
    yearStopped: cells.code("yearStopped"),
    asbestos: cells.flag("asbestos"),
    dust: cells.flag("dust"),
    radiation: cells.flag("radiation"),
    animals: cells.flag("animals"),
    comment: cells.text("comment"),
    adfStatus: cells.code("adfStatus"),
  };
  const isNamed = [found.occupation, found.description, found.employer, found.comment].some(Boolean);
  return isNamed || cells.unreadable.length === 0 ? named(cells, found) : undefined;
}
