// Signs a person in as their browser would: code flow with PKCE. Prints what the token endpoint answers.
import { createHash, randomBytes } from "node:crypto";

const [issuer, client, redirect, scope, login] = process.argv.slice(2);
const cookies = new Map();
async function visit(address, form) {
  const answer = await fetch(new URL(address, issuer), {
    method: form ? "POST" : "GET", redirect: "manual", body: form && new URLSearchParams(form),
    headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; ") },
  });
  for (const line of answer.headers.getSetCookie()) {
    const [pair] = line.split(";");
    const at = pair.indexOf("=");
    cookies.set(pair.slice(0, at), pair.slice(at + 1));
  }
  return answer;
}
const verifier = randomBytes(32).toString("base64url");
const query = new URLSearchParams({
  client_id: client, redirect_uri: redirect, response_type: "code", scope,
  code_challenge: createHash("sha256").update(verifier).digest("base64url"), code_challenge_method: "S256",
});
let answer = await visit(`/auth?${query}`);
let place = answer.headers.get("location");
for (let step = 0; !place.startsWith(redirect); step += 1) {
  if (step > 20) throw new Error("the provider does not let the person in");
  answer = await visit(place);
  if (answer.status === 200) {
    const prompt = /name="prompt" value="(\w+)"/.exec(await answer.text())[1];
    answer = await visit(place, { prompt, login, password: "made-up" });
  }
  place = answer.headers.get("location");
}
const code = new URL(place).searchParams.get("code");
const token = await visit("/token", {
  grant_type: "authorization_code", code, client_id: client, redirect_uri: redirect, code_verifier: verifier,
});
console.log(await token.text());
