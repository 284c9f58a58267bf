// A section of the clinical record: what is recorded, what Bp's marker says, and what could not be read.

import type { Row } from "./halo.ts";
import { Cells, whole } from "./rows.ts";

export type Entry = Record<string, unknown> & { unreadable?: string[] };
export type Words = { nil: string[]; recorded: string[] };
export type Marker = "silent" | "nil" | "recorded" | "contradictory" | "unknown";

const TITLES = {
  "malformed-answer": "The practice's answer could not be understood",
  "bp-permission-missing": "Bp does not let us read this",
  "bp-release-differs": "This release of Bp lacks something we need",
  "bp-refused": "Bp's database rejected the query",
};
type Reason = keyof typeof TITLES;

const NIL_BUT_LISTED = "Bp also says that there is nothing to list here. Ask the patient.";
const RECORDED_BUT_EMPTY = "Bp says that something is recorded here, but lists nothing. Ask the patient.";
const MARKERS_DISAGREE =
  "Bp holds several entries that do not agree whether there is anything to list here. Ask the patient.";
const MARKER_UNKNOWN =
  "Bp's word for whether there is anything to list here is not known to this service. Ask the patient.";
const ROWS_UNREADABLE =
  "Some of what Bp lists here could not be read and is missing, so the list is not complete. Ask the patient.";
const VALUES_UNREADABLE = "Some values could not be read. The entries that they belong to name them.";

const LISTED: Partial<Record<Marker, string>> = { nil: NIL_BUT_LISTED, contradictory: MARKERS_DISAGREE };
const EMPTY: Record<Marker, [string, string?]> = {
  silent: ["notRecorded"],
  nil: ["nilKnown"],
  recorded: ["notRecorded", RECORDED_BUT_EMPTY],
  contradictory: ["notRecorded", MARKERS_DISAGREE],
  unknown: ["notRecorded", MARKER_UNKNOWN],
};
// SQL Server before 2016 does not know FOR JSON.
const OLD_SERVER = [102, 156, 319];
const NOT_PERMITTED = [229, 230, 262, 297, 300, 916];
const NO_SUCH_OBJECT = [207, 208, 911, 2812, 8144, 8145];

/** A source could not be read. */
export class Unreadable extends Error {
  constructor(
    readonly reason: Reason,
    readonly view: string,
  ) {
    super(reason);
  }
}

/** Reads the sources of one section from the statement's row. */
export class Reader {
  // `lost` is how many of a view's rows could not be read; 0 is the whole view.
  readonly #unreadable: { view: string; reason: Reason; lost: number }[] = [];

  constructor(readonly row: Row) {}

  missing({ reason, view }: Unreadable): void {
    const known = this.#unreadable.some((one) => one.view === view && one.reason === reason && one.lost === 0);
    if (!known) this.#unreadable.push({ view, reason, lost: 0 });
  }

  loseRow(view: string): void {
    const known = this.#unreadable.find((one) => one.view === view);
    if (known) known.lost += 1;
    else this.#unreadable.push({ view, reason: "malformed-answer", lost: 1 });
  }

  rows(column: string, view: string): unknown[] {
    const number = whole(this.row[`${column}Error`]);
    if (number === undefined || number < 0) throw new Unreadable("malformed-answer", view);
    if (number === 0) return json(this.row[column], view);
    if (OLD_SERVER.includes(number) || NO_SUCH_OBJECT.includes(number)) {
      throw new Unreadable("bp-release-differs", view);
    }
    throw new Unreadable(NOT_PERMITTED.includes(number) ? "bp-permission-missing" : "bp-refused", view);
  }

  /** A source's rows, or undefined after it was reported as missing. */
  tried<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      this.missing(error);
      return undefined;
    }
  }

  objects(column: string, view: string): Row[] {
    const objects: Row[] = [];
    for (const row of this.tried(() => this.rows(column, view)) ?? []) {
      if (isObject(row)) objects.push(row);
      else this.loseRow(view);
    }
    return objects;
  }

  entries<T extends Entry>(column: string, view: string, make: (cells: Cells) => T | undefined): T[] {
    const entries: T[] = [];
    for (const row of this.objects(column, view)) {
      const entry = make(new Cells(row));
      if (entry) entries.push(entry);
      else this.loseRow(view);
    }
    return entries;
  }

  /** What the words of Bp's marker say. */
  marker(column: string, words: Words): Marker {
    const said = this.rows(column, "BPS_Clinical").map((row): Marker => {
      if (!isObject(row)) throw new Unreadable("malformed-answer", "BPS_Clinical");
      const cells = new Cells(row);
      const word = cells.text("word")?.toLowerCase();
      if (word === undefined) return cells.unreadable.length > 0 ? "unknown" : "silent";
      if (words.nil.includes(word)) return "nil";
      return words.recorded.includes(word) ? "recorded" : "unknown";
    });
    if (said.includes("nil") && said.includes("recorded")) return "contradictory";
    return (["unknown", "nil", "recorded"] as const).find((marker) => said.includes(marker)) ?? "silent";
  }

  nothingSignificant(column: string, words: Words): Marker {
    const marker = this.tried(() => this.marker(column, words)) ?? "silent";
    return marker === "recorded" ? "silent" : marker;
  }

  /** Items are always shown. An empty list means "nil known" only if Bp's marker says so. */
  conclude(items: Entry[], marker: Marker = "silent", remarks: string[] = []): object {
    const unreadable = this.#unreadable;
    const [status, remark] =
      items.length > 0
        ? ["recorded", LISTED[marker]]
        : unreadable.length > 0
          ? ["unavailable"]
          : EMPTY[marker];
    const unreadableRows = unreadable.reduce((sum, { lost }) => sum + lost, 0);
    const notes = [
      remark,
      unreadableRows > 0 && ROWS_UNREADABLE,
      items.some((item) => item.unreadable) && VALUES_UNREADABLE,
      ...remarks,
    ].filter(Boolean);
    // A whole view matters more than some rows.
    const first = unreadable.find(({ lost }) => lost === 0) ?? unreadable[0];
    const problem = first && {
      type: first.reason,
      title: TITLES[first.reason],
      unreadable: unreadable.map(({ view }) => view),
      ...(unreadableRows > 0 && { unreadableRows }),
    };
    return { status, items, ...(notes.length > 0 && { note: notes.join(" ") }), ...(problem && { problem }) };
  }
}

export const isObject = (value: unknown): value is Row =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function json(text: unknown, view: string): unknown[] {
  if (text === null || (typeof text === "string" && text.trim() === "")) return [];
  try {
    const found = JSON.parse(text as string);
    if (typeof text === "string" && Array.isArray(found)) return found;
  } catch {
    // The same as any other text that is not a list.
  }
  throw new Unreadable("malformed-answer", view);
}

/** The entry with the names of its unreadable members, if there are some. */
export function named<T extends object>(cells: Cells, entry: T): T & { unreadable?: string[] } {
  return cells.unreadable.length > 0 ? { ...entry, unreadable: cells.unreadable } : entry;
}
