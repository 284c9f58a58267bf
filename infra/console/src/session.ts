// Who is signed in, and where.
import { connect, type Bridge, type MeView } from "@practice-bridge/client";

export interface Config {
  apiUrl: string;
  local: { controlUrl: string; practices: { practiceId: string; siteId: string; name: string }[] };
}

export interface Session {
  config: Config;
  bridge: Bridge;
  me: MeView;
  practiceId: string;
  timeZone: string;
}

/** Reads the page's configuration. */
export async function readConfig(): Promise<Config> {
  const answer = await fetch("/config.json");
  return (await answer.json()) as Config;
}

/** Signs in with what supplies tokens. */
export async function begin(config: Config, token: () => Promise<string>, fallback: string): Promise<Session> {
  const bridge = connect({ baseUrl: config.apiUrl, token });
  const me = await bridge.get("/v1/me");
  const practiceId = me.practice?.practiceId ?? fallback;
  const session = { config, bridge, me, practiceId, timeZone: "Australia/Sydney" };
  await refreshZone(session);
  return session;
}

/** The practice's time zone, once its settings have one. */
export async function refreshZone(session: Session): Promise<void> {
  const { bridge, practiceId } = session;
  const settings = await bridge.get("/v1/practices/{practiceId}/settings", { params: { path: { practiceId } } }).catch(() => undefined);
  if (typeof settings?.timeZone === "string") session.timeZone = settings.timeZone;
}

/** A person of the local stack. */
export async function localToken(who: string): Promise<string> {
  const answer = await fetch("/sign-in", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ who }) });
  if (!answer.ok) throw new Error("the local stack gives no token; is it still up?");
  return ((await answer.json()) as { token: string }).token;
}
