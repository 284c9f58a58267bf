// The pairing wizard of the referral guide, and the state of the connection.
import { isProblem, type ConnectionView } from "@practice-bridge/client";

import { action, advisories, busy, chip, facts, field, fill, h, instant, problem, show } from "./dom.ts";
import type { Session } from "./session.ts";

const SECTIONS: [string, string][] = [
  ["Allow the integration", "In Bp, open Setup › Configuration › Database › Setup third-party integrations. Tick Practice Bridge and answer Yes. Only users who may see Configuration can do this."],
  ["Get a pairing code", "In the same window, select Practice Bridge and press Generate pairing code. Note the Site ID and the code."],
  ["Connect", "Enter both here, with your name exactly as in Bp."],
];

export function connection(session: Session, place: HTMLElement, go: (name: string) => void): void {
  const { bridge, practiceId, me } = session;
  const path = { params: { path: { practiceId } } };
  const body = h("div", {}, h("p", { class: "soft wait" }, "Reading the connection"));
  const isPerson = me.roles.includes("clinician");
  const mayChange = me.roles.includes("practice-admin") || me.kind === "platform";
  fill(place, h("h1", {}, "Connection with Best Practice"), body);

  const wizard = (view: ConnectionView): HTMLElement => {
    const said = h("div");
    const text = (values = {}): HTMLInputElement => h("input", { autocomplete: "off", ...values });
    const [siteId, code] = [text({ inputmode: "numeric", required: true, value: view.siteId ?? "" }), text()];
    const [firstName, lastName, prefix] = [text({ autocomplete: "given-name" }), text({ autocomplete: "family-name" }), text({ inputmode: "numeric", maxlength: 6 })];
    const pending = view.state === "clinicianPending" || (view.state === "connected" && !view.you.linked);
    const button = h("button", { class: "main", type: "submit" }, "Connect");
    const clinician = () => ({ firstName: firstName.value, lastName: lastName.value, ...(prefix.value !== "" && { providerNumberPrefix: prefix.value }) });
    const connect = async (): Promise<void> => {
      const pairingCode = code.value.trim();
      await bridge.put("/v1/practices/{practiceId}/connection", { ...path, body: {
        siteId: siteId.value.trim(), ...(pairingCode !== "" && { pairingCode }), ...(isPerson && { clinician: clinician() }) } });
      await draw();
    };
    return h("div", {},
      !pending && h("ol", { class: "plain card" }, ...SECTIONS.map(([title, what], number) => h("li", {}, h("h2", {}, `${number + 1}. ${title}`), h("p", {}, what)))),
      h("div", { class: "card" },
        pending && h("div", { class: "note" }, h("strong", {}, "The practice is connected. "), "Only your name is still needed, exactly as in Bp. No new code is needed."),
        h("form", { novalidate: true, onsubmit: (event) => { event.preventDefault(); void busy(button, said, async () => {
          try { await connect(); } catch (error) {
            // The code may have been used: then only the name is asked again.
            if (isProblem(error, "clinician-not-found", "clinician-ambiguous")) code.value = "";
            throw error;
          }
        }); } },
          field("Bp Site ID", siteId, "/siteId", "In Bp: Help › About › Site ID"),
          !pending && field("Pairing code", code, "/pairingCode", "It works once"),
          isPerson && field("First name", firstName, "/clinician/firstName", "Exactly as in Bp"),
          isPerson && field("Last name", lastName, "/clinician/lastName"),
          isPerson && field("First 6 digits of your provider number (optional)", prefix, "/clinician/providerNumberPrefix", "Helps if two users have your name"),
          h("div", { class: "row" }, button)), said));
  };

  const status = (view: ConnectionView): HTMLElement => {
    const said = h("div", { "aria-live": "polite" });
    const you = view.you.linked ? `${view.you.firstName ?? ""} ${view.you.lastName ?? ""}` : null;
    return h("div", { class: "card" }, h("p", { class: "row" }, h("strong", {}, view.practiceName ?? "The practice"), chip(view.state)),
      view.state === "offline" && h("div", { class: "note" }, "The practice's server does not answer now. Many are switched off at night. What you send is kept, and arrives when the server is back."),
      view.state === "clinicianPending" && h("div", { class: "note" }, "The practice is connected. Each clinician still enters their name, exactly as in Bp, before they read or send anything."),
      facts(["Site ID", view.siteId], ["You are in Bp", you], ["Bp", view.pmsVersion], ["Halo Link", view.haloLinkVersion],
        ["Server", view.availability && chip(view.availability)], ["Last seen", instant(view.lastHeartbeat, session.timeZone)], ["Checked", instant(view.checkedAt, session.timeZone)],
        ["Linked clinicians", view.clinicians.map((one) => `${one.firstName} ${one.lastName}`).join(", ")]),
      view.problem && problem(view.problem),
      h("div", { class: "row" },
        view.you.linked && action("New referral", said, async () => go("referral"), true),
        action("Ask Bp now", said, async () => draw(true)),
        mayChange && action("Reset the connection", said, async () => { await bridge.delete("/v1/practices/{practiceId}/connection", path); await draw(); })), said);
  };

  const draw = async (live = false): Promise<void> => {
    const view = await bridge.get("/v1/practices/{practiceId}/connection", { params: { path: { practiceId }, ...(live && { query: { live } }) } });
    // A manager links no name: for them the practice is connected as soon as Halo has confirmed the code.
    const isConnected = view.state === "connected" || view.state === "offline" || (view.state === "clinicianPending" && !isPerson);
    fill(body, ...advisories(view.advisories),
      view.state !== "disconnected" && status(view), (!isConnected || (isPerson && !view.you.linked)) && wizard(view));
    if (isConnected && (view.you.linked || !isPerson)) body.prepend(h("p", { class: "note good", role: "status" }, "✓ Connected"));
  };
  void draw().catch((error: unknown) => show(error, body));
}
