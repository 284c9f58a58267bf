// The booking guide: settings, staff, and visits with the day of Bp's book.
import { newId, poll, type BookingView, type StaffView } from "@practice-bridge/client";

import { Bp, type Appointment } from "./bp.ts";
import { action, busy, chip, date, field, fill, h, problem, show, table, typedDate } from "./dom.ts";
import { svg } from "./lists.ts";
import { refreshZone, type Session } from "./session.ts";

const ZONES = ["Australia/Sydney", "Australia/Brisbane", "Australia/Melbourne", "Australia/Adelaide", "Australia/Darwin", "Australia/Hobart", "Australia/Perth"];
const number = (text: string): number | null => (text === "" ? null : Number(text));

export function bookings(session: Session, place: HTMLElement): void {
  fill(place, h("h1", {}, "Bookings"), sending(session), staff(session), visits(session));
}

function sending(session: Session): HTMLElement {
  const { bridge, practiceId } = session;
  const path = { params: { path: { practiceId } } };
  const [said, body] = [h("div", { "aria-live": "polite" }), h("div", {}, h("p", { class: "soft wait" }, "Reading the settings"))];
  const draw = async (): Promise<void> => {
    const [settings, { locations }, { items: types }] = await Promise.all([bridge.get("/v1/practices/{practiceId}/settings", path),
      bridge.get("/v1/practices/{practiceId}/locations", path), bridge.get("/v1/practices/{practiceId}/appointment-types", path)]);
    const now = settings.bookings;
    const choice = (value: number | null, all: [number, string | null][]): HTMLSelectElement =>
      h("select", {}, h("option", { value: "" }, "Choose"), ...all.map(([code, name]) => h("option", { value: code, selected: code === value }, name ?? String(code))));
    const enabled = h("input", { type: "checkbox", checked: now.enabled });
    const location = choice(now.locationId, locations.map((one) => [one.locationId, one.name]));
    const type = choice(now.appointmentTypeCode, types.filter(({ bookable }) => bookable).map((one) => [one.code, one.name]));
    const minutes = h("input", { type: "number", min: 5, step: 5, value: now.durationMinutes ?? 15 });
    const zone = h("select", {}, ...ZONES.map((name) => h("option", { selected: name === (settings.timeZone ?? session.timeZone) }, name)));
    const button = h("button", { class: "main", type: "submit" }, "Save");
    const siteId = h("input", { inputmode: "numeric", autocomplete: "off" });
    const valid = h("div", { "aria-live": "polite" });
    fill(body, h("div", { class: "row" }, field("Bp Site ID", siteId, "/siteId"), action("Validate", valid, async () => {
        const view = await bridge.post("/v1/practices/{practiceId}/connection/validation", { ...path, body: { siteId: siteId.value.trim() } });
        fill(valid, view.valid ? h("p", { class: "note good" }, `✓ ${view.practiceName ?? "The Site ID is known"}`) : view.problem && problem(view.problem));
      })), valid,
      h("form", { novalidate: true, onsubmit: (event) => { event.preventDefault(); void busy(button, said, async () => {
        await bridge.put("/v1/practices/{practiceId}/settings", { ...path, body: { timeZone: zone.value, bookings: { enabled: enabled.checked, locationId: number(location.value),
          durationMinutes: number(minutes.value), appointmentTypeCode: number(type.value) } } });
        await refreshZone(session);
        fill(said, h("p", { class: "note good", role: "status" }, "✓ Saved"));
      }); } },
        h("label", { class: "tick" }, enabled, "Send visits to Best Practice"), field("Location", location, "/bookings/locationId"), field("Minutes of a visit", minutes, "/bookings/durationMinutes"),
        field("Appointment type", type, "/bookings/appointmentTypeCode"), field("Time zone", zone, "/timeZone"), h("div", { class: "row" }, button)));
  };
  void draw().catch((error: unknown) => show(error, body));
  return h("div", { class: "card" }, h("h2", {}, "Sending"), body, said);
}

function staff(session: Session): HTMLElement {
  const { bridge, practiceId } = session;
  const path = { params: { path: { practiceId } } };
  const [said, list] = [h("div", { "aria-live": "polite" }), h("div")];
  const input = (): HTMLInputElement => h("input", { autocomplete: "off" });
  const [ahpra, first, last] = [input(), input(), input()];
  let known: StaffView["staff"] = [];
  const draw = (view: StaffView): void => {
    known = view.staff;
    fill(list, table("Staff", ["Name", "AHPRA number", "State"], known.map((one) => [`${one.firstName} ${one.lastName}`, one.ahpraNumber,
      h("div", {}, chip(one.state), one.candidates && h("p", { class: "soft" }, `Same name in Bp: ${one.candidates.map((other) => `${other.firstName} ${other.lastName} (number ends ${other.ahpraEnding ?? "–"})`).join(", ")}`), one.problem && problem(one.problem))]),
      "No staff yet. Add the doctors whom representatives visit."));
  };
  const button = h("button", { type: "submit" }, "Add to the list");
  void bridge.get("/v1/practices/{practiceId}/staff", path).then(draw).catch((error: unknown) => show(error, list));
  return h("div", { class: "card" }, h("h2", {}, "Medical staff"), list,
    h("form", { novalidate: true, onsubmit: (event) => { event.preventDefault(); void busy(button, said, async () => {
      const listed = known.map(({ ahpraNumber, firstName, lastName }) => ({ ahpraNumber, firstName, lastName }));
      draw(await bridge.put("/v1/practices/{practiceId}/staff", { ...path, body: [...listed, { ahpraNumber: ahpra.value.trim(), firstName: first.value, lastName: last.value }] }));
    }); } }, field("Doctor's first name", first), field("Doctor's last name", last), field("AHPRA number", ahpra, undefined, "Exactly as in Bp: Setup › Users"), h("div", { class: "row" }, button,
      action("Sync staff", said, async () => draw(await bridge.post("/v1/practices/{practiceId}/staff/sync", path)), true))), said);
}

function visits(session: Session): HTMLElement {
  const { bridge, practiceId, config } = session;
  const [said, list, book] = [h("div", { "aria-live": "polite" }), h("div", {}, h("p", { class: "soft wait" }, "Reading the visits")), h("div")];
  const input = (values = {}): HTMLInputElement => h("input", { autocomplete: "off", ...values });
  const [day, time, name, company, ahpra] = [input({ placeholder: "DD/MM/YYYY" }), input({ placeholder: "HH:MM" }), input(), input(), input()];
  const site = config.local.practices.find((one) => one.practiceId === practiceId);
  const bp = site && new Bp(config.local.controlUrl, site.siteId);
  const one = (bookingId: string) => ({ params: { path: { practiceId, bookingId } } });
  const follow = async (bookingId: string): Promise<void> => {
    await poll(() => bridge.get("/v1/practices/{practiceId}/bookings/{bookingId}", one(bookingId)), ({ state }) => state !== "pending", { longestWait: 3 });
    await draw();
  };
  const showDay = async (view: BookingView): Promise<void> => {
    const { appointments } = (await bp?.book(view.start.slice(0, 10))) ?? { appointments: [] };
    fill(book, h("h3", {}, `Bp's appointment book on ${date(view.start.slice(0, 10))}`), dayOfBook(appointments, ours));
  };
  const ours = new Set<number>();
  const draw = async (): Promise<void> => {
    const { items } = await bridge.get("/v1/practices/{practiceId}/bookings", { params: { path: { practiceId }, query: { limit: 25 } } });
    for (const { bpAppointmentId } of items) if (bpAppointmentId !== undefined) ours.add(bpAppointmentId);
    fill(list, table("Visits", ["When", "Who", "State", ""], items.map((item) => [date(item.start), `${item.representative.name}, ${item.representative.company}`, h("div", { "data-booking": item.state }, chip(item.state), item.problem && problem(item.problem)),
      h("div", { class: "row" }, bp && !item.cancelled && action("Day", said, () => showDay(item)),
        !item.cancelled && action("Resend", said, async () => { await bridge.post("/v1/practices/{practiceId}/bookings/{bookingId}/resend", one(item.bookingId)); await follow(item.bookingId); }),
        !item.cancelled && action("Cancel", said, async () => { await bridge.delete("/v1/practices/{practiceId}/bookings/{bookingId}", one(item.bookingId)); await follow(item.bookingId); }))]),
      "No visits yet."));
  };
  const button = h("button", { class: "main", type: "submit" }, "Book");
  void draw().catch((error: unknown) => show(error, list));
  return h("div", { class: "card" }, h("h2", {}, "Visits"), list, book,
    h("form", { novalidate: true, onsubmit: (event) => { event.preventDefault(); void busy(button, said, async () => {
      const bookingId = newId();
      await bridge.put("/v1/practices/{practiceId}/bookings/{bookingId}", { ...one(bookingId), body: { ahpraNumber: ahpra.value.trim(), start: `${typedDate(day.value)}T${time.value.trim()}`, representative: { name: name.value, company: company.value } } });
      await follow(bookingId);
    }); } }, field("Doctor's AHPRA number", ahpra, "/ahpraNumber"), field("Day of the visit", day, "/start", "DD/MM/YYYY"), field("Time of the visit", time, undefined, "HH:MM, the practice's time"),
      field("Representative", name, "/representative/name"), field("Company", company, "/representative/company"), h("div", { class: "row" }, button,
        action("Resend all future visits", said, async () => { await bridge.post("/v1/practices/{practiceId}/bookings/resend", { params: { path: { practiceId } } }); await draw(); }))), said);
}

/** A day of the book: a column for each doctor, our visits marked. */
function dayOfBook(all: Appointment[], ours: Set<number>): Element {
  if (all.length === 0) return h("p", { class: "soft" }, "The day is empty.");
  const people = [...new Map(all.map((one) => [one.userId, one.userName]))].slice(0, 6);
  const [from, to] = [Math.min(...all.map((one) => one.startMinute)), Math.max(...all.map((one) => one.startMinute + one.minutes))];
  const y = (minute: number): number => 30 + (minute - from) * 1.2;
  const clock = (minute: number): string => `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
  return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Day of the book" }, svg("svg", { viewBox: `0 0 ${60 + people.length * 130} ${y(to) + 10}`, width: 60 + people.length * 130, role: "img",
    "aria-label": `${all.length} appointments, ${all.filter((one) => ours.has(one.appointmentId)).length} of them ours` },
    ...people.map(([, name], column) => svg("text", { x: 60 + column * 130, y: 16 }, name)),
    ...all.flatMap((one) => {
      const column = people.findIndex(([id]) => id === one.userId);
      if (column < 0) return [];
      const isOurs = ours.has(one.appointmentId);
      return [svg("rect", { x: 60 + column * 130, y: y(one.startMinute), width: 122, height: Math.max(14, one.minutes * 1.2 - 2), rx: 3, fill: isOurs ? "#cfe6ec" : "#e8ecee", stroke: isOurs ? "#0b5f73" : "#9aa8ae", "stroke-width": isOurs ? 3 : 1 }),
        svg("text", { x: 65 + column * 130, y: y(one.startMinute) + 12 }, `${clock(one.startMinute)} ${isOurs ? "★ our visit" : "patient"}`)];
    })));
}
