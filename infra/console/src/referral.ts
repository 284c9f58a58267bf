// A new referral: find the patient, import the record and the documents, send the letter, and follow it.
import { announcement, newId, poll, upload, type Attachment, type ClinicalSummary, type Demographics, type ImportView, type PatientMatch } from "@practice-bridge/client";

import { action, busy, chip, date, facts, field, fill, h, instant, problem, show, table, typedDate } from "./dom.ts";
import { follow, svg } from "./lists.ts";
import type { Session } from "./session.ts";

const SECTIONS: [keyof ClinicalSummary["sections"], string][] = [["pastHistory", "Past medical history"], ["medications", "Medications"], ["allergies", "Allergies and reactions"], ["familyHistory", "Family history"],
  ["social", "Psychosocial"], ["observations", "Recent observations"], ["immunisations", "Immunisations"]];
const STATUS: Record<string, string> = { nilKnown: "Nil known", notRecorded: "Not recorded in Bp", unavailable: "Could not be read" };
const FOLDERS: Record<string, string> = { investigations: "Investigations", correspondenceIn: "Correspondence In", correspondenceOut: "Correspondence Out", enhancedPrimaryCare: "Enhanced Primary Care", clinicalImages: "Clinical Images" };
const CATEGORIES = ["", "Pathology", "Imaging", "Letter", "Other"];

const nameOf = (one: PatientMatch): string => [one.title, one.firstName, one.lastName].filter(Boolean).join(" ");

export function referral(session: Session, place: HTMLElement): void {
  const { bridge, practiceId } = session;
  const [said, found, rest] = [h("div"), h("div", { "aria-live": "polite" }), h("div")];
  const [lastName, born] = [h("input", { autocomplete: "off" }), h("input", { autocomplete: "off", inputmode: "numeric", placeholder: "DD/MM/YYYY" })];
  const button = h("button", { type: "submit", class: "main" }, "Search");
  const search = async (): Promise<void> => {
    fill(rest);
    const { matches, more } = await bridge.post("/v1/practices/{practiceId}/patients/search", { params: { path: { practiceId } }, body: { lastName: lastName.value, dateOfBirth: typedDate(born.value) } });
    fill(found, matches.length === 0 && h("p", { class: "note" }, "Bp has no such patient. Check the spelling and the date of birth. The first letters of the name are enough."),
      more && h("p", { class: "note" }, "More patients match than are shown. Type more of the name."),
      h("ul", { class: "plain" }, ...matches.map((match) => h("li", { class: "row" }, action(`Import ${nameOf(match)}`, said, () => choose(match)),
        h("span", {}, [date(match.dateOfBirth), match.sex, match.suburb].filter(Boolean).join(" · ")), match.status !== "active" && chip(match.status)))));
  };
  const choose = async (match: PatientMatch): Promise<void> => {
    const patient = await bridge.get("/v1/practices/{practiceId}/patients/{patientId}", { params: { path: { practiceId, patientId: match.patientId } } });
    fill(found);
    fill(rest, person(patient), clinical(session, match.patientId), attachments(session, match.patientId), letter(session, patient));
    rest.querySelector<HTMLElement>("h2")?.focus();
  };
  fill(place, h("h1", {}, "New referral"), h("div", { class: "card" }, h("h2", {}, "Patient"),
    h("form", { novalidate: true, onsubmit: (event) => { event.preventDefault(); void busy(button, said, search); } },
      field("Last name", lastName, "/lastName"), field("Date of birth", born, "/dateOfBirth", "DD/MM/YYYY"), h("div", { class: "row" }, button)), said, found), rest);
}

function person(one: Demographics): HTMLElement {
  const { address, phones, medicare } = one;
  return h("div", { class: "card" }, h("h2", { tabindex: -1 }, nameOf(one)), h("p", { class: "soft" }, "Review and confirm these details from Bp."),
    one.deceased && h("p", { class: "note" }, "Bp records this patient as deceased."),
    facts(["Date of birth", date(one.dateOfBirth)], ["Sex", one.sex], ["Gender", one.gender], ["Address", [address.line1, address.line2, address.suburb, address.postcode].filter(Boolean).join(", ")],
      ["Phones", [phones.mobile, phones.home, phones.work].filter(Boolean).join(", ")], ["E-mail", one.email], ["Medicare", medicare && `${medicare.number} / ${medicare.line ?? "–"}`],
      ["DVA", one.dva?.number], ["Pension", one.pension?.number], ["Health fund", one.healthFund?.name], ["IHI", one.ihi], ["Usual doctor", one.usualDoctor],
      ["Next of kin", one.nextOfKin && [one.nextOfKin.firstName, one.nextOfKin.lastName, one.nextOfKin.relationship].filter(Boolean).join(" ")]));
}

/** The words of one item, whatever its section is. */
function words(item: object): string {
  const shown = ["relation", "name", "condition", "item", "vaccine", "status", "causeOfDeath", "livesWith", "maritalStatus", "socialHistory", "value", "unit", "dose", "frequency", "reaction", "severity", "occupation", "text", "description", "date", "givenOn", "observedAt"];
  return shown.map((key) => (item as Record<string, unknown>)[key]).filter((value) => typeof value === "string" || typeof value === "number")
    .map((value) => (typeof value === "string" ? date(value) || value : String(value))).join(" · ");
}

function clinical(session: Session, patientId: number): HTMLElement {
  const { bridge, practiceId, timeZone } = session;
  const [said, body] = [h("div"), h("div")];
  const read = async (): Promise<void> => {
    const { sections, readAt } = await bridge.get("/v1/practices/{practiceId}/patients/{patientId}/clinical-summary", { params: { path: { practiceId, patientId } } });
    fill(body, h("p", { class: "soft" }, `Read from Bp on ${instant(readAt, timeZone)}`), ...SECTIONS.map(([name, title]) => {
      const section = sections[name];
      if (section === undefined) return null;
      return h("section", {}, h("h3", {}, title), section.status !== "recorded" && h("p", { class: section.status === "unavailable" ? "error" : "" }, STATUS[section.status] ?? section.status),
        section.problem && h("p", { class: "note" }, section.problem.title), name === "observations" && overTime(sections.observations?.items ?? []),
        section.items.length > 0 && h("ul", {}, ...section.items.map(words).filter((text) => text !== "").slice(0, 12).map((text) => h("li", {}, text))),
        section.items.length > 12 && h("p", { class: "soft" }, `and ${section.items.length - 12} more`));
    }));
  };
  return h("div", { class: "card" }, h("h2", {}, "Clinical data"), action("Import clinical data", said, read), said, body);
}

/** Weights over time, or the pulse if there are no two weights. */
function overTime(all: NonNullable<ClinicalSummary["sections"]["observations"]>["items"]): SVGElement | null {
  for (const code of ["weight", "pulse", "temperature"]) {
    const points = all.filter((one) => one.code === code && one.observedAt !== null && Number.isFinite(Number.parseFloat(one.value ?? "")))
      .map((one) => ({ at: Date.parse(one.observedAt ?? ""), value: Number.parseFloat(one.value ?? ""), day: date(one.observedAt) })).sort((one, other) => one.at - other.at);
    const [first, last] = [points[0], points.at(-1)];
    if (first === undefined || last === undefined || points.length < 2 || first.at === last.at) continue;
    const [low, high] = [Math.min(...points.map(({ value }) => value)), Math.max(...points.map(({ value }) => value))];
    const at = ({ at: x, value }: { at: number; value: number }): [number, number] => [30 + ((x - first.at) / (last.at - first.at)) * 420, 100 - ((value - low) / (high - low || 1)) * 70];
    return svg("svg", { viewBox: "0 0 480 130", width: "100%", style: "max-width: 480px", role: "img", "aria-label": `${code} over time, from ${first.value} to ${last.value}` },
      svg("polyline", { points: points.map((point) => at(point).join(",")).join(" "), fill: "none", stroke: "#0b5f73", "stroke-width": 2 }),
      ...points.flatMap((point) => { const [x, y] = at(point); return [svg("circle", { cx: x, cy: y, r: 4, fill: "#0b5f73" }), svg("text", { x, y: y - 8, "text-anchor": "middle" }, String(point.value))]; }),
      svg("text", { x: 30, y: 122 }, `${first.day}, ${code}`), svg("text", { x: 450, y: 122, "text-anchor": "end" }, last.day));
  }
  return null;
}

function attachments(session: Session, patientId: number): HTMLElement {
  const { bridge, practiceId } = session;
  const [said, list, progress] = [h("div"), h("div"), h("div", { "aria-live": "polite" })];
  const chosen = new Map<string, { item: Attachment; category: HTMLSelectElement }>();
  const draw = async (cursor?: string): Promise<void> => {
    const page = await bridge.get("/v1/practices/{practiceId}/patients/{patientId}/attachments", { params: { path: { practiceId, patientId }, query: { limit: 10, ...(cursor && { cursor }) } } });
    const next = page.nextCursor;
    fill(list, ...page.unavailableFolders.map(({ folder }) => h("p", { class: "note" }, `${FOLDERS[folder]} could not be read.`)),
      table("Attachments", ["Import", "Date", "Subject", "Folder", "Category"], page.items.map((item) => {
        const key = `${item.folder} ${item.documentId}`;
        const category = h("select", { "aria-label": "Category" }, ...CATEGORIES.map((name) => h("option", {}, name)));
        const tick = h("input", { type: "checkbox", disabled: item.hasFile === false, checked: chosen.has(key), "aria-label": `Import ${item.subject ?? "document"}`,
          onchange: () => { if (tick.checked) chosen.set(key, { item, category }); else chosen.delete(key); } });
        return [tick, date(item.date), item.subject, FOLDERS[item.folder], category];
      }), "Bp has no attachments for this patient."),
      h("div", { class: "row" }, page.items.length > 0 && action("Import the chosen", said, start, true), next !== null && action("Older documents", said, () => draw(next))));
  };
  const start = async (): Promise<void> => {
    if (chosen.size === 0) { fill(progress, h("p", { class: "note" }, "Choose at least one document first.")); return; }
    const importId = newId();
    await bridge.post("/v1/practices/{practiceId}/patients/{patientId}/attachment-imports", { params: { path: { practiceId, patientId } }, body: { importId,
      items: [...chosen.values()].map(({ item, category }) => ({ folder: item.folder, documentId: item.documentId, ...(category.value !== "" && { category: category.value }) })) } });
    await poll(async () => {
      const view = await bridge.get("/v1/practices/{practiceId}/attachment-imports/{importId}", { params: { path: { practiceId, importId } } });
      fill(progress, imported(view));
      return view;
    }, ({ state }) => state !== "running", { longestWait: 3 });
  };
  return h("div", { class: "card" }, h("h2", {}, "Attachments"), action("Show attachments", said, () => draw()), list, said, progress);
}

function imported(view: ImportView): HTMLElement {
  const done = view.items.filter(({ state }) => state !== "queued" && state !== "fetching").length;
  return h("div", { "data-import": view.state }, h("p", { class: "row" }, `${done} of ${view.items.length} copied`, chip(view.state)), h("progress", { max: view.items.length, value: done, "aria-label": "Copied" }),
    h("ul", { class: "plain" }, ...view.items.map((item) => h("li", { class: "row" }, chip(item.state), item.downloadUrl === undefined ? h("span", {}, `Document ${item.documentId}`) : h("a", { href: item.downloadUrl, rel: "noreferrer" }, item.fileName ?? `Document ${item.documentId}`),
      item.bytes !== null && h("span", { class: "soft" }, `${Math.ceil(item.bytes / 1024)} kB`), item.problem && problem(item.problem)))));
}

function letter(session: Session, patient: Demographics): HTMLElement {
  const { bridge, practiceId, timeZone } = session;
  const [said, fate] = [h("div"), h("div", { "aria-live": "polite" })];
  const [recipient, subject] = [h("input", { autocomplete: "off" }), h("input", { autocomplete: "off" })];
  const text = h("textarea", { rows: 6 });
  const summary = h("input", { type: "checkbox" });
  const button = h("button", { type: "submit", class: "main" }, "Submit referral");
  const referralId = newId();
  const documentId = newId();
  const submit = async (): Promise<void> => {
    const body = new Blob([`${recipient.value}\n\n${subject.value}\n\n${text.value}\n`]);
    const announced = await announcement(documentId, "text/plain", body);
    await upload(await bridge.post("/v1/practices/{practiceId}/documents", { params: { path: { practiceId } }, body: announced }), body);
    const accepted = await bridge.put("/v1/practices/{practiceId}/referrals/{referralId}", { params: { path: { practiceId, referralId } }, body: {
      patientId: patient.patientId, patient: { lastName: patient.lastName ?? "", dateOfBirth: patient.dateOfBirth ?? "" }, documentId,
      subject: subject.value, recipientName: recipient.value, ...(summary.checked && { summary: true }) } });
    const view = await follow(session, accepted.deliveryId, fate);
    if (view?.state === "delivered") fate.append(h("div", { class: "card", id: "proof" }, h("h2", {}, "Proof of delivery"),
      facts(["What", subject.value], ["To", recipient.value], ["Patient", `${nameOf(patient)}, ${date(patient.dateOfBirth)}`], ["Accepted", instant(view.acceptedAt, timeZone)],
        ["In Bp", instant(view.history.findLast(({ state }) => state === "delivered")?.at, timeZone)], ["Number in Correspondence Out", view.bpRecordId], ["SHA-256 of the letter", announced.sha256]),
      h("button", { type: "button", onclick: () => window.print() }, "Print")));
  };
  return h("div", { class: "card" }, h("h2", {}, "Letter"), h("form", { novalidate: true, onsubmit: (event) => { event.preventDefault(); void busy(button, said, submit).catch((error: unknown) => show(error, said)); } },
    field("To", recipient, "/recipientName"), field("Subject", subject, "/subject"), field("Text of the letter", text),
    h("label", { class: "tick" }, summary, "Send the patient's summary with it"), h("div", { class: "row" }, button)), said, fate);
}
