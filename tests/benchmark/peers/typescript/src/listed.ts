// The sections with one entry for each row.

import { type Cells, knownDay, parseDay } from "./rows.ts";
import { type Entry, named } from "./section.ts";

const KINDS: Record<number, [string, string?]> = {
  1: ["temperature", "\u00b0C"],
  2: ["pulse", "/min"],
  3: ["systolicPressure", "mmHg"],
  4: ["diastolicPressure", "mmHg"],
  6: ["bloodSugar", "mmol/L"],
  7: ["height", "cm"],
  8: ["weight", "kg"],
  9: ["bodyMassIndex", "kg/m\u00b2"],
  10: ["headCircumference", "cm"],
  17: ["waist", "cm"],
  18: ["hip", "cm"],
  21: ["waistHipRatio"],
  26: ["diabetesRisk"],
};
const [SYSTOLIC, DIASTOLIC] = [3, 4];

/** An entry of which part is unreadable is lost if the rest does not say what it is about. */
function entry<T extends Entry>(cells: Cells, found: T, ...about: unknown[]): T | undefined {
  return cells.unreadable.length > 0 && about.every((one) => one === null) ? undefined : named(cells, found);
}

function partialDate(year: number, month: number, day: number): string | null {
  if (year < 1 || year > 9999) return null;
  const pad = (number: number, digits: number) => String(number).padStart(digits, "0");
  if (month < 1 || month > 12) return pad(year, 4);
  const text = `${pad(year, 4)}-${pad(month, 2)}`;
  const whole = parseDay(`${text}-${pad(day, 2)}`);
  return whole === undefined ? text : knownDay(whole);
}

export function condition(cells: Cells) {
  const [year, month, day] = [cells.number("year", "date"), cells.number("month", "date"), cells.number("day", "date")];
  const isFracture = cells.flag("fracture");
  const fracture = {
    displaced: cells.flag("displaced", "fracture.displaced"),
    compound: cells.flag("compound", "fracture.compound"),
    comminuted: cells.flag("comminuted", "fracture.comminuted"),
    spiral: cells.flag("spiral", "fracture.spiral"),
    greenstick: cells.flag("greenstick", "fracture.greenstick"),
  };
  const found = {
    recordId: cells.number("id", "recordId"),
    date: partialDate(year ?? 0, month ?? 0, day ?? 0),
    condition: cells.text("condition"),
    conditionCode: cells.code("conditionCode"),
    snomed: cells.text("snomed"),
    status: cells.text("status"),
    side: cells.text("side"),
    severity: cells.text("severity"),
    acute: cells.flag("acute"),
    inSummary: cells.optionalFlag("summary", "inSummary"),
    fracture: isFracture || Object.values(fracture).includes(true) ? fracture : null,
    details: cells.text("details"),
    recordedOn: cells.date("recordedOn"),
  };
  return entry(cells, found, found.condition, found.conditionCode, found.snomed, found.details);
}

export function medication(cells: Cells) {
  const found = {
    recordId: cells.number("id", "recordId"),
    name: cells.text("name"),
    dose: cells.text("dose"),
    frequency: cells.text("frequency"),
    food: cells.text("food"),
    otherDetail: cells.text("otherDetail"),
    whenNeeded: cells.flag("prn", "whenNeeded"),
    instructions: cells.text("instructions"),
    routeCode: cells.code("routeCode"),
    quantity: cells.code("quantity"),
    unit: cells.text("unit"),
    repeats: cells.number("repeats"),
    indication: cells.text("indication"),
    firstDate: cells.date("firstDate"),
    lastDate: cells.date("lastDate"),
    productId: cells.code("productId"),
    recordedOn: cells.date("recordedOn"),
  };
  return entry(cells, found, found.name, found.productId, found.instructions);
}

export function allergy(cells: Cells) {
  const found = {
    item: cells.text("item"),
    reaction: cells.text("reaction"),
    severity: cells.text("severity"),
    comment: cells.text("comment"),
    recordedOn: cells.date("recordedOn"),
  };
  const isNamed = found.item !== null || found.reaction !== null || found.comment !== null;
  return isNamed ? named(cells, found) : undefined;
}

export function immunisation(cells: Cells) {
  const givenOn = cells.date("givenOn");
  const elsewhere = cells.number("notGivenHere");
  const found = {
    recordId: cells.number("id", "recordId"),
    givenOn,
    notGivenHere: elsewhere === null ? null : elsewhere !== 0,
    vaccine: cells.text("vaccine"),
    vaccineId: cells.code("vaccineId"),
    batchNumber: cells.text("batchNumber"),
    sequence: cells.code("sequence"),
    siteCode: cells.code("siteCode"),
    routeCode: cells.code("routeCode"),
    consentCode: cells.code("consentCode"),
    comment: cells.text("comment"),
    provider: cells.text("provider"),
  };
  return entry(cells, found, found.vaccine, found.vaccineId, found.comment);
}

export type Observation = NonNullable<ReturnType<typeof observation>>;

export function observation(cells: Cells) {
  const date = cells.date("date", "observedAt");
  const recordId = cells.number("id", "recordIds");
  const bpCode = cells.number("code", "bpCode");
  const value = cells.text("value");
  const observedAt = moment(cells, date);
  const modifier = cells.code("modifier");
  const [code, unit] = KINDS[bpCode ?? 0] ?? ["other"];
  const found = {
    code,
    bpCode,
    recordIds: recordId === null ? [] : [recordId],
    name: cells.text("name"),
    value,
    ...(unit !== undefined && { unit }),
    ...(value !== null && bpCode === SYSTOLIC && { systolic: value }),
    ...(value !== null && bpCode === DIASTOLIC && { diastolic: value }),
    observedAt,
    ...(modifier !== null && { modifier }),
    provider: cells.text("provider"),
  };
  return entry<typeof found & Entry>(cells, found, bpCode, found.name, value);
}

function moment(cells: Cells, date: string | null): string | null {
  const seconds = cells.code("time", "observedAt");
  if (seconds === null) return date;
  if (seconds < 0 || seconds >= 86_400) {
    cells.refuse("observedAt");
    return date;
  }
  const [hour, minute] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const pad = (number: number) => String(number).padStart(2, "0");
  return date && `${date}T${pad(hour)}:${pad(minute)}`;
}

/** The two halves of a blood pressure become one measurement. */
export function pressures(readings: Observation[]): Observation[] {
  const halves = new Map<string, Observation[]>();
  for (const one of readings) {
    const isHalf = one.bpCode === SYSTOLIC || one.bpCode === DIASTOLIC;
    if (!isHalf || one.value === null || one.recordIds.length === 0) continue;
    if (one.observedAt === null || one.unreadable?.includes("observedAt")) continue;
    const place = `${one.bpCode} ${one.observedAt}`;
    const known = halves.get(place);
    if (known) known.push(one);
    else halves.set(place, [one]);
  }
  const partners = new Map<Observation, Observation>();
  for (const [place, upper] of halves) {
    const [code, at] = place.split(" ");
    const lower = halves.get(`${DIASTOLIC} ${at}`);
    if (code !== String(SYSTOLIC) || upper.length !== lower?.length || !isClear(upper) || !isClear(lower)) continue;
    const [own, others] = [upper, lower].map((half) => half.toSorted((a, b) => a.recordIds[0]! - b.recordIds[0]!));
    own!.forEach((one, turn) => partners.set(one, others![turn]!));
  }
  const joined = new Set(partners.values());
  return readings.filter((one) => !joined.has(one)).map((one) => together(one, partners.get(one)));
}

const isClear = (halves: Observation[]) => new Set(halves.map((one) => one.recordIds[0])).size === halves.length;

function together(upper: Observation, lower: Observation | undefined): Observation {
  if (lower?.value == null) return upper;
  const unreadable = [...new Set([...(upper.unreadable ?? []), ...(lower.unreadable ?? [])])];
  return {
    ...upper,
    code: "bloodPressure",
    recordIds: [...upper.recordIds, ...lower.recordIds],
    name: "Blood pressure",
    value: `${upper.value}/${lower.value}`,
    diastolic: lower.value,
    ...(unreadable.length > 0 && { unreadable }),
  };
}
