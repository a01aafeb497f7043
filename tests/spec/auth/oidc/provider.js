// A real OpenID Connect provider on loopback: client credentials, and RS256 access tokens for one resource.
// Prints one JSON line with its issuer once it listens; `rotate` on standard input puts a new signing key first.
import { createServer } from "node:http";
import { generateKeyPairSync, randomUUID } from "node:crypto";
import { createInterface } from "node:readline";
import Provider from "oidc-provider";

const RESOURCE = "urn:callboard:graph";

function signingKey() {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return { ...privateKey.export({ format: "jwk" }), kid: randomUUID(), use: "sig", alg: "RS256" };
}

function configuration(keys) {
  return {
    jwks: { keys },
    cookies: { keys: [randomUUID()] },
    scopes: ["graph"],
    clients: [
      {
        client_id: "deploy-bot",
        client_secret: "deploy-bot-secret",
        grant_types: ["client_credentials"],
        redirect_uris: [],
        response_types: [],
        scope: "graph",
      },
    ],
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
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
    extraTokenClaims: () => ({ realm_access: { roles: ["release-manager", "unmapped"] } }),
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
