// A real OpenID Connect provider on loopback: client credentials with RS256 access tokens for one resource, and sign-in of
// people by its own plain pages, back to the REDIRECT_URI of the environment.
// Prints one JSON line with its issuer once it listens; `rotate` on standard input puts a new signing key first.
import { createServer } from "node:http";
import { generateKeyPairSync, randomUUID } from "node:crypto";
import { createInterface } from "node:readline";
import Provider from "oidc-provider";

const RESOURCE = "urn:callboard:graph";
const ROLES = { realm_access: { roles: ["release-manager", "unmapped"] } };
const redirectUris = process.env.REDIRECT_URI ? [process.env.REDIRECT_URI] : [];

function signingKey() {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return { ...privateKey.export({ format: "jwk" }), kid: randomUUID(), use: "sig", alg: "RS256" };
}

function signInClient(id, method, secret) {
  return {
    client_id: id,
    ...(secret && { client_secret: secret }),
    token_endpoint_auth_method: method,
    grant_types: ["authorization_code"],
    response_types: ["code"],
    redirect_uris: redirectUris,
    scope: "openid profile",
  };
}

function configuration(keys) {
  return {
    jwks: { keys },
    cookies: { keys: [randomUUID()] },
    scopes: ["graph", "openid", "profile"],
    clients: [
      {
        client_id: "deploy-bot",
        client_secret: "deploy-bot-secret",
        grant_types: ["client_credentials"],
        redirect_uris: [],
        response_types: [],
        scope: "graph",
      },
      ...(redirectUris.length
        ? [
            signInClient("callboard-page", "none"),
            signInClient("callboard-server", "client_secret_basic", "callboard+server/secret"),
          ]
        : []),
    ],
    claims: { openid: ["sub", "realm_access"], profile: ["preferred_username"] },
    conformIdTokenClaims: false,
    findAccount: (_context, id) => ({
      accountId: id,
      claims: () => ({ sub: id, preferred_username: id, ...ROLES }),
    }),
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: redirectUris.length > 0 },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({
          scope: "graph",
          audience: RESOURCE,
          accessTokenFormat: "jwt",
          accessTokenTTL: 600,
          jwt: { sign: { alg: "RS256" } },
        }),
      },
    },
    ttl: { ClientCredentials: 600 },
    extraTokenClaims: () => ROLES,
  };
}

let keys = [signingKey()];
let provider;
const requests = [];
const server = createServer((request, response) => {
  if (request.url === "/requests") return response.end(JSON.stringify(requests));
  requests.push(request.url);
  return provider.callback()(request, response);
});

server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const begin = () => { provider = new Provider(issuer, configuration(keys)); };
  begin();
  console.log(JSON.stringify({ issuer, resource: RESOURCE }));
  createInterface({ input: process.stdin }).on("line", (line) => {
    if (line !== "rotate") return;
    keys = [signingKey()];
    begin();
    console.log(JSON.stringify({ rotated: true }));
  }).on("close", () => process.exit(0));
});
