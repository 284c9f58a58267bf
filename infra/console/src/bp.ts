// What the practice sees in Bp, through the simulator's control API. Local stacks only.
import { action, date, facts, field, fill, h, table } from "./dom.ts";

interface Practice {
  name: string; integrationEnabled: boolean; availability: string; pmsVersion: string; linkInstalled: boolean; timeZone: string;
  users: { userId: number; firstName: string; lastName: string; group: string; registrationNumber: string | null; active: boolean }[];
  patients: { firstName: string | null; lastName: string | null; dateOfBirth: string | null; why: string }[];
}
interface Inbox { items: { reportId: number; userId: number; userName: string | null; patientName: string | null; subject: string | null }[] }
interface Letters { items: { recordId: number; patientName: string | null; subject: string | null; to: string | null; date: string | null }[] }
export interface Appointment {
  appointmentId: number; userId: number; userName: string; patientId: number; patientName: string | null;
  startMinute: number; minutes: number; reason: string | null; status: string | null;
}

export class Bp {
  readonly #url: string;
  constructor(controlUrl: string, siteId: string) {
    this.#url = `${controlUrl.replace(/\/$/, "")}/practices/${siteId}`;
  }
  async call<Result>(method: string, path: string, body?: object): Promise<Result> {
    const answer = await fetch(path.startsWith("/faults") ? new URL(path, this.#url) : this.#url + path, {
      method, ...(body && { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }) });
    const text = await answer.text();
    const read = (text === "" ? {} : JSON.parse(text)) as Result & { message?: string };
    if (!answer.ok) throw new Error(read.message ?? `the simulator answers ${answer.status}`);
    return read;
  }
  practice = (): Promise<Practice> => this.call("GET", "");
  book = (day: string): Promise<{ appointments: Appointment[] }> => this.call("GET", `/book?date=${day}`);
}

/** The pane beside the console. */
export function bpPane(bp: Bp): HTMLElement {
  const body = h("div", {}, h("p", { class: "soft wait" }, "Opening Bp"));
  const said = h("div", { "aria-live": "polite" });
  const [inbox, letters] = [h("div"), h("div")];
  let seen = "";
  /** Shows the lists again if they have changed, unless somebody is in them. */
  const watch = async (): Promise<void> => {
    const [reports, sent] = await Promise.all([bp.call<Inbox>("GET", "/inbox"), bp.call<Letters>("GET", "/correspondence-out")]);
    const now = JSON.stringify([reports, sent]);
    if (now === seen || inbox.contains(document.activeElement) || letters.contains(document.activeElement)) return;
    seen = now;
    fill(inbox, table("Unchecked inbox", ["For", "Patient", "Subject", ""], reports.items.slice(0, 6).map((item) =>
      [item.userName, item.patientName, item.subject, h("button", { type: "button", onclick: (event) => {
        (event.currentTarget as HTMLElement).blur();
        void bp.call("POST", `/inbox/${item.reportId}/check`, { userId: item.userId, notation: 1, action: 1 }).then(watch)
          .catch((error: unknown) => fill(said, h("p", { class: "error" }, String(error))));
      } }, "Check")]), "Everything is checked."));
    fill(letters, table("Correspondence Out", ["Date", "Patient", "Subject", "To"],
      sent.items.slice(0, 6).map((one) => [date(one.date), one.patientName, one.subject, one.to]), "No letters yet."));
  };
  const draw = async (): Promise<void> => {
    const practice = await bp.practice();
    const change = (values: object) => async () => { await bp.call("PUT", "", values); await draw(); };
    const tick = h("input", { type: "checkbox", id: "tick", checked: practice.integrationEnabled, onchange: () => void change({ integrationEnabled: tick.checked })() });
    const code = h("div", { id: "code", "aria-live": "polite" });
    const doctor = practice.users.find((user) => user.active && user.group.includes("Doctor"));
    const fault = h("select", {}, ...["503", "504AfterExecution", "429", "dropAfter", "slow"].map((name) => h("option", {}, name)));
    fill(body,
      h("div", { class: "card" }, h("h3", {}, "Setup third-party integrations"),
        h("label", { class: "tick" }, tick, "Practice Bridge (via Halo Connect)"), code,
        action("Generate pairing code", said, async () => {
          const made = await bp.call<{ siteId: string; pairingCode: string }>("POST", "/pairing-codes");
          fill(code, facts(["Site ID", h("code", {}, made.siteId)], ["Pairing code", h("code", { id: "pairing-code" }, made.pairingCode)]));
        })),
      h("div", { class: "card" }, h("h3", {}, "People to try"),
        facts(["Doctor", doctor && `${doctor.firstName} ${doctor.lastName}`],
          ...practice.patients.slice(0, 4).map((one): [string, string] => ["Patient", `${one.firstName ?? ""} ${one.lastName ?? ""}, ${date(one.dateOfBirth)}`]))),
      h("div", { class: "card" }, h("h3", {}, "Unchecked inbox, newest first"), inbox),
      h("div", { class: "card" }, h("h3", {}, "Correspondence Out, newest first"), letters),
      h("div", { class: "card" }, h("h3", {}, "Make something fail"), h("div", { class: "row" },
        practice.availability === "online" ? action("Take the server offline", said, change({ availability: "offline" })) : action("Bring the server back", said, change({ availability: "online" })),
        field("Next call to Halo", fault), action("Set", said, async () => {
          await bp.call("PUT", "/faults", [{ operation: "any", effect: fault.value, times: 1, ...(fault.value === "slow" && { delayMs: 6000 }) }]);
          fill(said, h("p", { class: "note" }, `The next call to Halo meets: ${fault.value}.`));
        }))));
  };
  const pane = h("aside", { class: "bp", "aria-label": "What the practice sees in Bp" }, h("h2", {}, "At the practice: Best Practice"),
    h("div", { class: "row" }, action("Look again", said, async () => { await draw(); await watch(); })), said, body);
  const timer = setInterval(() => {
    // Somebody else has signed in: this pane is gone.
    if (!pane.isConnected) clearInterval(timer);
    else if (document.visibilityState === "visible") void watch().catch(() => undefined);
  }, 4000);
  void draw().then(watch).catch((error: unknown) => fill(body, h("p", { class: "error" }, String(error))));
  return pane;
}
