// Who is signed in, and where. A deployed page signs in with a code and PKCE, a local one by choosing a person.
import { connect, type Bridge, type MeView } from "@practice-bridge/client";

export interface Config {
  apiUrl: string;
  local?: { controlUrl: string; practices: { practiceId: string; siteId: string; name: string }[] };
  signIn?: { domain: string; clientId: string };
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

const encoded = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

/** Goes to the sign-in page. It comes back with a code. */
export async function goToSignIn({ domain, clientId }: NonNullable<Config["signIn"]>): Promise<void> {
  const random = (): string => encoded(crypto.getRandomValues(new Uint8Array(32)));
  const [verifier, state] = [random(), random()];
  sessionStorage.setItem("sign-in", JSON.stringify({ verifier, state }));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  location.assign(`${domain}/oauth2/authorize?${new URLSearchParams({
    response_type: "code", client_id: clientId, redirect_uri: `${location.origin}/`, scope: "openid email", state,
    code_challenge: encoded(new Uint8Array(digest)), code_challenge_method: "S256" })}`);
}

/** Takes the code out of the address and trades it for tokens. Keeps them in memory only. */
export async function tradeCode({ domain, clientId }: NonNullable<Config["signIn"]>): Promise<(() => Promise<string>) | undefined> {
  const query = new URLSearchParams(location.search);
  const [code, kept] = [query.get("code"), sessionStorage.getItem("sign-in")];
  if (code === null || kept === null) return undefined;
  const { verifier, state } = JSON.parse(kept) as { verifier: string; state: string };
  sessionStorage.removeItem("sign-in");
  history.replaceState(null, "", "/");
  if (query.get("state") !== state) return undefined;
  const ask = async (more: Record<string, string>): Promise<{ id_token: string; refresh_token?: string }> => {
    const answer = await fetch(`${domain}/oauth2/token`, { method: "POST", body: new URLSearchParams({ client_id: clientId, ...more }) });
    if (!answer.ok) throw new Error("the sign-in has ended; sign in again");
    return (await answer.json()) as { id_token: string; refresh_token?: string };
  };
  const first = await ask({ grant_type: "authorization_code", code, redirect_uri: `${location.origin}/`, code_verifier: verifier });
  let unused: string | undefined = first.id_token;
  return async () => {
    const token = unused ?? (await ask({ grant_type: "refresh_token", refresh_token: first.refresh_token ?? "" })).id_token;
    unused = undefined;
    return token;
  };
}
