// A platform's own OpenID provider. It listens on the socket that it inherits as file descriptor 3.
import { createServer } from "node:http";
import { exportJWK, generateKeyPair } from "jose";
import Provider from "oidc-provider";

const [people, audience] = [JSON.parse(process.argv[2]), process.argv[3]];
const server = createServer();
server.listen({ fd: 3 });
await new Promise((resolve) => server.once("listening", resolve));
const issuer = `http://127.0.0.1:${server.address().port}`;

const { privateKey } = await generateKeyPair("ES256", { extractable: true });
const jwk = { ...(await exportJWK(privateKey)), use: "sig", alg: "ES256", kid: "made-at-start" };

const frontEnd = (id) => ({
  client_id: id,
  token_endpoint_auth_method: "none",
  application_type: "native",
  redirect_uris: ["http://127.0.0.1/signed-in"],
  grant_types: ["authorization_code"],
  response_types: ["code"],
  id_token_signed_response_alg: "ES256",
});

const provider = new Provider(issuer, {
  clients: [frontEnd(audience), frontEnd("another-app")],
  jwks: { keys: [jwk] },
  findAccount: (_, id) => people[id] && { accountId: id, claims: () => ({ sub: id, ...people[id] }) },
  claims: { openid: ["sub"], clinic: ["https://clinic.example/practice", "roles"] },
  // The ID token itself has these claims.
  conformIdTokenClaims: false,
  extraTokenClaims: (_, token) => people[token.accountId],
  pkce: { required: () => true },
  features: {
    // A form for any name and password.
    devInteractions: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => "urn:practice-bridge",
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({
        scope: "openid clinic",
        audience,
        accessTokenFormat: "jwt",
        jwt: { sign: { alg: "ES256" } },
      }),
    },
  },
});
server.on("request", provider.callback());
