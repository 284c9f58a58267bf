// `GET …/patients/{patientId}/clinical-summary`: a patient's record, section by section, from one query.

import markers from "../../../../../shared/best-practice/data/markers.json";
import sql from "../../../../../shared/best-practice/statements/public/clinical_summary.sql";
import { type Request, api } from "./api.ts";
import { Halo, type Row, int, statement } from "./halo.ts";
import { allergy, condition, immunisation, medication, observation, pressures } from "./listed.ts";
import { family, social } from "./lives.ts";
import { invalid, malformed, notFound } from "./problem.ts";
import { advisories } from "./releases.ts";
import { whole } from "./rows.ts";
import { serve } from "./runtime.ts";
import { type Marker, Reader, Unreadable, type Words, isObject } from "./section.ts";

const halo = new Halo();
const SQL = statement(sql);
const perCode = Number(process.env["OBSERVATIONS_PER_CODE"] ?? 5);
const plain = ({ nil, recorded }: Words): Words => ({
  nil: nil.map((word) => word.trim().toLowerCase()),
  recorded: recorded.map((word) => word.trim().toLowerCase()),
});
const words = {
  allergies: plain(markers.allergies),
  pastHistory: plain(markers.pastHistory),
  familyHistory: plain(markers.familyHistory),
};

const sections = {
  pastHistory: (reader: Reader) => {
    const items = reader.entries("History", "BPS_History", condition);
    return reader.conclude(items, reader.nothingSignificant("HistoryMarker", words.pastHistory));
  },
  medications: (reader: Reader) => reader.conclude(reader.entries("Medications", "BPS_CurrentRx", medication)),
  allergies: (reader: Reader) => {
    const items = reader.entries("Reactions", "BPS_Reactions", allergy);
    return reader.conclude(items, allergyMarker(reader));
  },
  familyHistory: (reader: Reader) => family(reader, words.familyHistory),
  social,
  observations: (reader: Reader) =>
    reader.conclude(pressures(reader.entries("Observations", "BPS_Observations", observation))),
  immunisations: (reader: Reader) =>
    reader.conclude(reader.entries("Immunisations", "BPS_Immunisations", immunisation)),
};
type Name = keyof typeof sections;
const NAMES = Object.keys(sections) as Name[];

async function read(request: Request): Promise<object> {
  const { names, patientId } = wanted(request.event);
  const connection = await request.session();
  const readAt = new Date().toISOString();
  const asked = [
    int("@patientId", patientId),
    int("@observationsPerCode", perCode),
    int("@identity", false),
    ...NAMES.map((name) => int(`@${name}`, names.includes(name))),
  ];
  const { deadline, used } = request;
  const [row] = await halo.immediate(connection.site.haloGuid, "clinical_summary", SQL, asked, deadline, used);
  if (row === undefined) throw notFound();
  if (whole(row["PatientId"]) === undefined) throw malformed();
  const record = Object.fromEntries(names.map((name) => [name, sections[name](new Reader(row))]));
  await request.record("clinicalSummaryRead", [patientId]);
  return { patientId, readAt, sections: record, advisories: advisories("clinicalSummary", connection.site) };
}

function wanted(event: any): { names: Name[]; patientId: number } {
  const listed: string | undefined = event.queryStringParameters?.sections;
  const asked = listed?.split(",").map((word) => word.trim());
  if (asked?.some((word) => !NAMES.includes(word as Name))) {
    const message = `sections are ${NAMES.join(", ")}, with commas between them`;
    throw invalid([{ pointer: "sections", message }]);
  }
  const { patientId } = event.pathParameters;
  if (!/^[1-9]\d{0,9}$/.test(patientId) || Number(patientId) >= 2 ** 31) throw notFound();
  return { names: asked ? NAMES.filter((name) => asked.includes(name)) : NAMES, patientId: Number(patientId) };
}

/** Bp has a code and a word. The code decides, unless the word says the contrary. */
function allergyMarker(reader: Reader): Marker {
  const [code, lostCode] = attempt(() => coded(reader.rows("AllergyCode", "CLINICAL")));
  const [word, lostWord] = attempt(() => reader.marker("AllergyMarker", words.allergies));
  for (const lost of [lostWord, lostCode]) {
    if (lost && (lost.reason === "malformed-answer" || (lostWord && code === undefined))) reader.missing(lost);
  }
  if (code === undefined) return word ?? "silent";
  const contrary = code === "nil" ? "recorded" : code === "recorded" ? "nil" : undefined;
  return contrary && (word === contrary || word === "contradictory") ? "contradictory" : code;
}

function attempt<T>(read: () => T): [T | undefined, Unreadable | undefined] {
  try {
    return [read(), undefined];
  } catch (error) {
    if (error instanceof Unreadable) return [undefined, error];
    throw error;
  }
}

function coded(rows: unknown[]): Marker | undefined {
  const codes = rows.map((row) => {
    if (!isObject(row)) throw new Unreadable("malformed-answer", "CLINICAL");
    return whole((row as Row)["code"]);
  });
  if (codes.length === 0) return undefined;
  if (new Set(codes).size > 1) return "contradictory";
  return (["silent", "nil", "recorded"] as const)[codes[0] ?? -1] ?? "unknown";
}

await serve(api(read));
