// The running local stack, and what people at a practice do in Bp. No front end needs this file.
import { readFileSync } from "node:fs";

/** The part of `.local/stack.json` that the examples use. */
export interface Stack {
  apiUrl: string;
  practices: { practiceId: string; siteId: string }[];
  tokens: { practiceAdmin: string; clinician: string; platform: string };
  simulator: { controlUrl: string };
}

/** A user of the practice's Bp. */
export interface BpUser {
  userId: number;
  firstName: string;
  lastName: string;
  active: boolean;
  group: string | null;
  registrationNumber: string | null;
}

/** Who and what can be tried. */
export interface Demonstration {
  users: BpUser[];
  patients: { lastName: string | null; dateOfBirth: string | null }[];
}

/** Reads the file that the command line names. */
export function stack(): Stack {
  const path = process.argv[2];
  if (path === undefined) {
    throw new Error("name the stack's file, such as .local/stack.json");
  }
  return JSON.parse(readFileSync(path, "utf8")) as Stack;
}

/** A person at the practice uses Bp: the simulator's control API. */
export async function inBp<Result>({ simulator }: Stack, method: string, path: string, body?: object): Promise<Result> {
  const answer = await fetch(simulator.controlUrl.replace(/\/$/, "") + path, {
    method,
    ...(body && { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) {
    throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  }
  return JSON.parse(text || "null") as Result;
}

/** The first entry that fits. */
export function pick<Entry>(entries: Iterable<Entry>, fits: (entry: Entry) => boolean, what: string): Entry {
  for (const entry of entries) {
    if (fits(entry)) {
      return entry;
    }
  }
  throw new Error(`there is no ${what}`);
}

/** Stops the example if something is not as its text says. */
export function expect(isSo: boolean, what: string): asserts isSo {
  if (!isSo) {
    throw new Error(`it is not so: ${what}`);
  }
  console.log(`- ${what}`);
}
