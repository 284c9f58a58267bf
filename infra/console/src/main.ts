// The page: who is signed in, which screen is shown, and beside it what the practice sees.
import { Bp, bpPane } from "./bp.ts";
import { bookings } from "./bookings.ts";
import { connection } from "./connection.ts";
import { action, fill, h, show } from "./dom.ts";
import { audit, deliveries, messages, usage } from "./lists.ts";
import { referral } from "./referral.ts";
import { begin, localToken, readConfig, type Config, type Session } from "./session.ts";

/** A screen fills the place that it is given. `go` shows another screen. */
type Screen = (session: Session, place: HTMLElement, go: (name: string) => void) => void;

/** The screens, and who may use each: people's roles, and `platform` for a platform's server. */
const SCREENS: Record<string, { text: string; show: Screen; roles: string[] }> = {
  connection: { text: "Connection", show: connection, roles: ["clinician", "practice-admin", "platform"] },
  referral: { text: "New referral", show: referral, roles: ["clinician"] },
  deliveries: { text: "Deliveries", show: deliveries, roles: ["clinician", "practice-admin", "platform"] },
  messages: { text: "Messages", show: messages, roles: ["platform"] },
  bookings: { text: "Bookings", show: bookings, roles: ["practice-admin"] },
  audit: { text: "Audit", show: audit, roles: ["practice-admin"] },
  usage: { text: "Usage", show: usage, roles: ["practice-admin", "platform"] },
};
const PEOPLE: [string, string, string][] = [
  ["clinician", "Clinician", "reads records and sends referrals"],
  ["practiceAdmin", "Practice manager", "connects the practice and keeps the bookings"],
  ["platform", "The platform's server", "sends replies to the practice"],
];

function signIn(config: Config): void {
  const said = h("div", { "aria-live": "polite" });
  const start = async (token: () => Promise<string>): Promise<void> =>
    signedIn(await begin(config, token, config.local.practices[0]?.practiceId ?? ""));
  fill(document.body, top(), h("main", { class: "desk" }, h("div", { class: "card" }, h("h1", { tabindex: -1 }, "Sign in"),
    h("p", {}, "This is a local stack with made-up people. Choose who you are."),
    h("ul", { class: "plain" }, ...PEOPLE.map(([who, name, what]) =>
      h("li", { class: "row" }, action(name, said, () => start(() => localToken(who)), who === "clinician"), h("span", { class: "soft" }, what)))),
    said)));
}

function top(session?: Session): HTMLElement {
  return h("header", { class: "top" }, h("strong", {}, "Practice Bridge"), session && h("span", {}, session.me.practice?.practiceName ?? session.practiceId),
    session && h("span", { class: "who" }, session.me.roles.join(", ") || "platform"),
    session && h("button", { type: "button", onclick: () => void boot() }, "Sign out"));
}

function signedIn(session: Session): void {
  const roles: string[] = session.me.kind === "platform" ? ["platform"] : session.me.roles;
  const main = h("main", { id: "main" });
  const tabs = h("nav", { "aria-label": "Screens" });
  const allowed = Object.entries(SCREENS).filter(([, screen]) => screen.roles.some((role) => roles.includes(role)));
  const open = (name: string): void => {
    const screen = SCREENS[name];
    if (screen === undefined) return;
    for (const tab of tabs.children) tab.toggleAttribute("aria-current", tab.id === `tab-${name}`);
    const place = h("div");
    fill(main, place);
    screen.show(session, place, go);
    const title = main.querySelector("h1");
    title?.setAttribute("tabindex", "-1");
    title?.focus();
    document.title = `${screen.text} · Practice Bridge`;
  };
  // The address never changes: which screen is open stands in the history only, and no patient's number anywhere.
  const go = (name: string): void => {
    history.pushState({ screen: name }, "");
    open(name);
  };
  fill(tabs, ...allowed.map(([name, { text }]) => h("button", { type: "button", id: `tab-${name}`, onclick: () => go(name) }, text)));
  window.onpopstate = (event) => open((event.state as { screen?: string } | null)?.screen ?? "connection");
  const local = session.config.local;
  const site = local.practices.find(({ practiceId }) => practiceId === session.practiceId);
  fill(document.body, h("a", { class: "skip", href: "#main" }, "Skip to the content"), top(session), tabs,
    h("div", { class: "desk two" }, main, site && bpPane(new Bp(local.controlUrl, site.siteId))));
  history.replaceState({ screen: "connection" }, "");
  open("connection");
}

async function boot(): Promise<void> {
  signIn(await readConfig());
}

boot().catch((error: unknown) => {
  const place = h("main", { class: "desk" });
  fill(document.body, place);
  show(error, place);
});
