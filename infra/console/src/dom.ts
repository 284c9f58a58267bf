// Elements, and the states that every screen has: loading, a problem, nothing yet.
import { isProblem, type Advisory, type ProblemBody } from "@practice-bridge/client";

export type Child = Node | string | number | null | undefined | false;
type Values = Record<string, string | number | boolean | null | undefined | ((event: Event) => void)>;

/** Makes an element. Values whose name begins with `on` are listeners. */
export function h<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  values: Values = {},
  ...children: Child[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(values)) {
    if (typeof value === "function") element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(key, String(value));
  }
  element.append(...shown(children));
  return element;
}

/** Replaces the content of an element. */
export function fill(element: Element, ...children: Child[]): void {
  element.replaceChildren(...shown(children));
}

function shown(children: Child[]): (Node | string)[] {
  return children
    .filter((child) => child !== null && child !== undefined && child !== false)
    .map((child) => (typeof child === "number" ? String(child) : child));
}

/** A button that is busy while its work runs, and shows a problem in `place`. */
export function action(text: string, place: Element, work: () => Promise<unknown>, main = false): HTMLButtonElement {
  const button = h("button", { type: "button", class: main && "main", onclick: () => void busy(button, place, work) }, text);
  return button;
}

/** Runs work while a button is disabled. Shows a problem in `place`. */
export async function busy(button: HTMLButtonElement, place: Element, work: () => Promise<unknown>): Promise<void> {
  if (button.disabled) return;
  button.disabled = true;
  button.setAttribute("aria-busy", "true");
  fill(place);
  const slow = setTimeout(() => fill(place, h("p", { class: "soft wait" }, "This takes longer than usual. Still working")), 4000);
  try {
    await work();
    clearTimeout(slow);
    if (place.querySelector(".wait") !== null) fill(place);
  } catch (error) {
    clearTimeout(slow);
    show(error, place);
  } finally {
    button.disabled = false;
    button.removeAttribute("aria-busy");
  }
}

/** A field with its label. `pointer` names the member of the request, so that its error is shown here. */
export function field(label: string, input: HTMLElement, pointer?: string, hint?: string): HTMLLabelElement {
  if (pointer !== undefined) input.dataset["pointer"] = pointer;
  return h("label", {}, label, input, hint !== undefined && h("small", {}, hint));
}

/** Shows an error as people need it: what it is, what to do, whom to ask. */
export function show(error: unknown, place: Element): void {
  const scope = place.closest("main, .bp") ?? document.body;
  for (const marked of scope.querySelectorAll("[aria-invalid]")) marked.removeAttribute("aria-invalid");
  if (isProblem(error)) {
    fill(place, problem(error.problem, error.requestId));
    for (const wrong of error.problem.errors ?? []) {
      scope.querySelector(`[data-pointer="${CSS.escape(wrong.pointer)}"]`)?.setAttribute("aria-invalid", "true");
    }
  } else {
    const detail = error instanceof Error ? error.message : String(error);
    fill(place, h("div", { class: "problem", role: "alert" }, h("h3", {}, "The service did not answer as expected"),
      h("p", {}, detail), h("p", {}, "Check your network connection and try again.")));
  }
  const first = scope.querySelector<HTMLElement>("[aria-invalid]");
  if (first !== null) first.focus();
}

/** A problem of the service. */
export function problem(body: ProblemBody, requestId?: string): HTMLElement {
  const { contact, steps = [], errors = [], retryAfterSeconds } = body;
  return h("div", { class: "problem", role: "alert", "data-type": body.type },
    h("h3", {}, body.title), h("p", {}, body.detail),
    errors.length > 0 && h("ul", {}, ...errors.map(({ message }) => h("li", {}, message))),
    steps.length > 0 && h("p", {}, h("strong", {}, "What to do")),
    steps.length > 0 && h("ol", {}, ...steps.map((step) => h("li", {}, step))),
    retryAfterSeconds !== undefined && h("p", {}, `Try again in ${retryAfterSeconds} seconds.`),
    contact !== undefined && h("p", {}, "Help: ", h("strong", {}, contact.organisation), contact.phone !== undefined && ` · ${contact.phone}`,
      contact.website !== undefined && " · ", contact.website !== undefined && h("a", { href: contact.website, rel: "noreferrer" }, contact.website)),
    h("small", { class: "soft" }, body.type, requestId !== undefined && ` · request ${requestId}`));
}

export function advisories(all: Advisory[]): Child[] {
  return all.map((one) => h("div", { class: "note" }, h("h3", {}, one.title), h("p", {}, one.detail),
    h("ol", {}, ...one.steps.map((step) => h("li", {}, step)))));
}

export const nothing = (text: string): HTMLElement => h("p", { class: "soft" }, text);

/** A table, or a text if it has no rows. */
export function table(caption: string, heads: string[], rows: Child[][], empty: string): HTMLElement {
  if (rows.length === 0) return nothing(empty);
  return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": caption }, h("table", {},
    h("thead", {}, h("tr", {}, ...heads.map((head) => h("th", { scope: "col" }, head)))),
    h("tbody", {}, ...rows.map((row) => h("tr", {}, ...row.map((cell) => h("td", {}, cell)))))));
}

export function facts(...pairs: [string, Child][]): HTMLElement {
  return h("dl", {}, ...pairs.filter(([, value]) => value !== null && value !== undefined && value !== false && value !== "")
    .flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

const GOOD = ["connected", "synced", "delivered", "checked", "staged", "complete", "online"];
const BAD = ["failed", "conflict", "revoked", "removed", "notFound", "partlyFailed", "unreachable"];
const WORDS: Record<string, string> = {
  clinicianPending: "name needed", notFound: "not found", notSynced: "not synced", partlyFailed: "partly failed",
};

/** A state, by its word and a colour. */
export function chip(state: string): HTMLElement {
  const tone = GOOD.includes(state) ? "good" : BAD.includes(state) ? "bad" : "warn";
  return h("span", { class: `chip ${tone}` }, WORDS[state] ?? state);
}

/** `2026-11-29` as `29/11/2026`, and `2026-11-29T08:30` with its time. */
export function date(text: string | null | undefined): string {
  const parts = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d:\d\d))?/.exec(text ?? "");
  return parts === null ? "" : `${parts[3]}/${parts[2]}/${parts[1]}${parts[4] === undefined ? "" : ` ${parts[4]}`}`;
}

/** An instant in the practice's time. */
export function instant(text: string | null | undefined, timeZone: string): string {
  return text === null || text === undefined ? "" : new Date(text).toLocaleString("en-AU", {
    timeZone, day: "2-digit", month: "2-digit", year: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
}

/** A day typed as DD/MM/YYYY, as the service wants it. Other texts are left to the service, which says what is wrong. */
export function typedDate(text: string): string {
  const parts = /^\s*(\d{1,2})\/(\d{1,2})\/(\d{4})\s*$/.exec(text);
  return parts === null ? text.trim() : `${parts[3]}-${parts[2]?.padStart(2, "0")}-${parts[1]?.padStart(2, "0")}`;
}
