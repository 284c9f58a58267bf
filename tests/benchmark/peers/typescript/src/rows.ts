// Cells of rows. A value that cannot be understood is null, and its member's name is kept.

import type { Row } from "./halo.ts";

/** The day in a text, if it begins with a real one. */
export function parseDay(text: string): string | undefined {
  const day = text.slice(0, 10);
  if (!/^\d{4}-\d\d-\d\d$/.test(day)) return undefined;
  const at = new Date(`${day}T00:00:00Z`);
  // 30 February is not a date, or becomes another one.
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(day) ? day : undefined;
}

/** Two days mean that no date is known. */
export const knownDay = (day: string) => (day === "1900-01-01" || day === "1899-12-30" ? null : day);

/** A whole number, written as a number or as text. */
export function whole(value: unknown): number | undefined {
  if (typeof value === "string" && /^\s*[+-]?\d+\s*$/.test(value)) value = Number(value);
  return Number.isSafeInteger(value) ? (value as number) : undefined;
}

/** The cells of one row, by their columns. `member` is the name that the answer has for one. */
export class Cells {
  readonly unreadable: string[] = [];

  constructor(readonly row: Row) {}

  refuse(member: string): null {
    if (!this.unreadable.includes(member)) this.unreadable.push(member);
    return null;
  }

  text(column: string, member = column): string | null {
    const value = this.row[column];
    if (typeof value === "string") return value.trim() || null;
    if (value === null || value === undefined) return null;
    return typeof value === "number" ? String(value) : this.refuse(member);
  }

  number(column: string, member = column): number | null {
    return whole(this.row[column]) ?? this.refuse(member);
  }

  /** A number of which 0 means nothing. */
  code(column: string, member = column): number | null {
    return this.number(column, member) || null;
  }

  optionalCode(column: string): number | null {
    return (this.row[column] ?? null) === null ? null : this.code(column);
  }

  flag(column: string, member = column): boolean | null {
    const value = this.row[column];
    if (typeof value === "boolean") return value;
    const word = typeof value === "string" ? value.trim().toLowerCase() : undefined;
    if (word === "yes") return true;
    return word === "no" || word === "" ? false : this.refuse(member);
  }

  optionalFlag(column: string, member = column): boolean | null {
    return (this.row[column] ?? null) === null ? null : this.flag(column, member);
  }

  alive(column: string, member: string): boolean | null {
    const word = (this.text(column, member) ?? "unknown").toLowerCase();
    if (word === "yes" || word === "no") return word === "yes";
    return word === "unknown" ? null : this.refuse(member);
  }

  date(column: string, member = column): string | null {
    const text = this.text(column, member);
    if (text === null) return null;
    const day = parseDay(text);
    return day === undefined ? this.refuse(member) : knownDay(day);
  }
}
