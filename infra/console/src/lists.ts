// Deliveries, messages, the audit trail, and usage.
import { newId, poll, type DeliveryView, type MessageRequest } from "@practice-bridge/client";

import { action, busy, chip, date, facts, field, fill, h, instant, problem, show, table, typedDate } from "./dom.ts";
import type { Session } from "./session.ts";

const KINDS: Record<string, string> = { referral: "Referral", patientSummary: "Patient summary", acknowledgement: "Acknowledgement", advice: "Advice", report: "Report", other: "Message" };
const STEPS: Record<string, string> = { accepted: "Accepted", sending: "On its way to Bp", waiting: "Waiting for the practice", delivered: "In Bp", checked: "Checked in Bp", removed: "Removed in Bp", failed: "Failed" };

/** The life of a delivery: a line of steps. */
export function life(view: DeliveryView, timeZone: string): HTMLElement {
  return h("ol", { class: "life", "aria-label": "Steps so far" }, ...view.history.map((step) =>
    h("li", { class: step.state === "failed" || step.state === "removed" ? "bad" : null }, STEPS[step.state] ?? step.state,
      h("small", {}, instant(step.at, timeZone)), step.reason && h("small", {}, step.reason))));
}

/** A delivery with its steps. */
export function deliveryCard(session: Session, view: DeliveryView, again: () => Promise<void>): HTMLElement {
  const { bridge, practiceId, timeZone } = session;
  const said = h("div", { "aria-live": "polite" });
  const mayRetry = session.me.kind === "platform" || session.me.roles.includes("clinician");
  return h("div", { class: "card", "data-delivery": view.state }, h("h2", { class: "row" }, KINDS[view.kind] ?? view.kind, chip(view.state)),
    life(view, timeZone), facts(["Number in Bp", view.bpRecordId], ["Next attempt", instant(view.nextAttemptAt, timeZone)],
      ["Not allocated", view.allocated === false && "Bp has no matching patient. Somebody at the practice allocates it by hand."],
      ["Patient's summary", view.summary && chip(view.summary.state)]),
    view.problem && problem(view.problem),
    h("div", { class: "row" }, action("Look again", said, again),
      view.state === "failed" && mayRetry && action("Send again", said, async () => {
        await bridge.post("/v1/practices/{practiceId}/deliveries/{deliveryId}/retry", { params: { path: { practiceId, deliveryId: view.deliveryId } } });
        await again();
      }, true)), said);
}

export function deliveries(session: Session, place: HTMLElement): void {
  const { bridge, practiceId, timeZone } = session;
  const [list, one] = [h("div", {}, h("p", { class: "soft wait" }, "Reading the deliveries")), h("div", { "aria-live": "polite" })];
  const state = h("select", { onchange: () => void draw().catch((error: unknown) => show(error, list)) }, h("option", { value: "" }, "all"),
    ...Object.entries(STEPS).map(([value, text]) => h("option", { value }, text)));
  const open = async (deliveryId: string): Promise<void> => {
    const view = await bridge.get("/v1/practices/{practiceId}/deliveries/{deliveryId}", { params: { path: { practiceId, deliveryId } } });
    fill(one, deliveryCard(session, view, () => open(deliveryId)));
  };
  const draw = async (cursor?: string): Promise<void> => {
    const query = { limit: 10, ...(cursor && { cursor }), ...(state.value !== "" && { state: state.value as DeliveryView["state"] }) };
    const page = await bridge.get("/v1/practices/{practiceId}/deliveries", { params: { path: { practiceId }, query } });
    const next = page.nextCursor;
    fill(list, table("Deliveries", ["Accepted", "What", "State", ""], page.items.map((item) =>
      [instant(item.acceptedAt, timeZone), KINDS[item.kind], chip(item.state), action("Show", one, () => open(item.deliveryId))]),
      "Nothing has been sent yet. A referral or a reply appears here as soon as it is accepted."),
      next !== null && action("Older", one, () => draw(next)));
  };
  fill(place, h("h1", {}, "Deliveries"), h("div", { class: "card" }, h("div", { class: "row" }, field("Show", state)), list), one);
  void draw().catch((error: unknown) => show(error, list));
}

export function messages(session: Session, place: HTMLElement): void {
  const { bridge, practiceId } = session;
  const [said, fate] = [h("div"), h("div", { "aria-live": "polite" })];
  const input = (): HTMLInputElement => h("input", { autocomplete: "off" });
  const [lastName, firstName, born, doctor, subject] = [input(), input(), input(), input(), input()];
  const kind = h("select", {}, ...["acknowledgement", "advice", "report", "other"].map((value) => h("option", { value }, KINDS[value])));
  const text = h("textarea", { rows: 5 });
  const button = h("button", { type: "submit", class: "main" }, "Send");
  const send = async (): Promise<void> => {
    const accepted = await bridge.put("/v1/practices/{practiceId}/correspondence/{messageId}", {
      params: { path: { practiceId, messageId: newId() } },
      body: { patient: { lastName: lastName.value, firstName: firstName.value, dateOfBirth: typedDate(born.value) }, addressee: { ahpraNumber: doctor.value.trim() },
        kind: kind.value as MessageRequest["kind"], subject: subject.value, text: text.value } });
    await follow(session, accepted.deliveryId, fate);
  };
  fill(place, h("h1", {}, "Send a message to a doctor"), h("div", { class: "card" }, h("p", {}, "The message goes to the doctor's unchecked inbox in Bp."),
    h("form", { novalidate: true, onsubmit: (event) => { event.preventDefault(); void busy(button, said, send); } },
      field("Kind", kind), field("Doctor's AHPRA number", doctor, "/addressee/ahpraNumber"),
      field("Patient's last name", lastName, "/patient/lastName"), field("First name", firstName, "/patient/firstName"), field("Date of birth", born, "/patient/dateOfBirth", "DD/MM/YYYY"),
      field("Subject", subject, "/subject"), field("Text", text, "/text"), h("div", { class: "row" }, button)), said), fate);
}

/** Follows a delivery and shows each step, until Bp has it or it has failed. */
export async function follow(session: Session, deliveryId: string, place: HTMLElement): Promise<DeliveryView | undefined> {
  const { bridge, practiceId } = session;
  const read = async (): Promise<DeliveryView> => {
    const view = await bridge.get("/v1/practices/{practiceId}/deliveries/{deliveryId}", { params: { path: { practiceId, deliveryId } } });
    fill(place, deliveryCard(session, view, async () => void (await read())));
    return view;
  };
  return await poll(read, ({ state }) => ["delivered", "checked", "failed", "removed", "waiting"].includes(state), { longestWait: 4 });
}

export function audit(session: Session, place: HTMLElement): void {
  const { bridge, practiceId, timeZone } = session;
  const list = h("div", {}, h("p", { class: "soft wait" }, "Reading the audit trail"));
  const said = h("div", { "aria-live": "polite" });
  const draw = async (cursor?: string): Promise<void> => {
    const page = await bridge.get("/v1/practices/{practiceId}/audit", { params: { path: { practiceId }, query: { limit: 25, ...(cursor && { cursor }) } } });
    const next = page.nextCursor;
    fill(list, table("Audit trail", ["When", "What", "Patients", "By"], page.items.map((line) =>
      [instant(line.at, timeZone), line.action.replace(/([A-Z])/g, " $1").toLowerCase(), line.patients.join(", "), line.userId === undefined ? line.subject : `Bp user ${line.userId}`]),
      "Nothing has been read or written yet."), next !== null && action("Older", said, () => draw(next)));
  };
  fill(place, h("h1", {}, "Audit"), h("div", { class: "card" }, h("p", {}, "Who read or wrote which record."), list, said));
  void draw().catch((error: unknown) => show(error, list));
}

export function usage(session: Session, place: HTMLElement): void {
  const { bridge, practiceId } = session;
  const body = h("div", {}, h("p", { class: "soft wait" }, "Reading the usage"));
  fill(place, h("h1", {}, "Usage"), h("div", { class: "card" }, h("p", {}, "Queries at Halo, per day of the practice."), body));
  const draw = async (): Promise<void> => {
    const { days, cap } = await bridge.get("/v1/practices/{practiceId}/usage", { params: { path: { practiceId } } });
    const sorted = [...days].sort((one, other) => one.date.localeCompare(other.date)).slice(-14);
    fill(body, cap.queriesPerDay !== undefined && h("p", {}, `The cap is ${cap.queriesPerDay.toLocaleString("en-AU")} queries in a day.`), bars(sorted.map((day) => ({ name: date(day.date).slice(0, 5), value: day.queries }))),
      table("Usage per day", ["Day", "Queries", "Received"], [...sorted].reverse().map((day) => [date(day.date), day.queries, `${Math.ceil(day.bytesReceived / 1024)} kB`]), "No query has been sent yet."));
  };
  void draw().catch((error: unknown) => show(error, body));
}

/** An element of a drawing. */
export function svg(name: string, values: Record<string, string | number>, ...children: (Node | string)[]): SVGElement {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(values)) element.setAttribute(key, String(value));
  element.append(...children);
  return element;
}

function bars(all: { name: string; value: number }[]): SVGElement | null {
  if (all.length === 0) return null;
  const most = Math.max(1, ...all.map(({ value }) => value));
  return svg("svg", { viewBox: `0 0 ${Math.max(7, all.length) * 50} 160`, role: "img", "aria-label": `Queries per day, at most ${most}`, width: "100%", style: "max-height: 200px" },
    ...all.flatMap(({ name, value }, index) => {
      const height = (value / most) * 110;
      return [svg("rect", { x: index * 50 + 8, y: 130 - height, width: 34, height, fill: "#0b5f73", rx: 3 }),
        svg("text", { x: index * 50 + 25, y: 124 - height, "text-anchor": "middle" }, String(value)), svg("text", { x: index * 50 + 25, y: 150, "text-anchor": "middle" }, name)];
    }));
}
