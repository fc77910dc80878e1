// A real OpenID provider on loopback, set up as FranceConnect v2 or ProConnect is. Its standard input says who signs in.
// node provider.mjs <port> <franceconnect|proconnect> <redirect uri> <home uri>
import { createInterface } from "node:readline";
import { createServer } from "node:http";
import { generateKeyPairSync, randomUUID } from "node:crypto";
import Provider from "oidc-provider";

const [port, kind, redirect, home] = process.argv.slice(2);
const citizen = kind === "franceconnect";
const base = "/api/v2";
const issuer = `http://127.0.0.1:${port}${base}`;
const LEVELS = ["eidas0", "eidas0-mfa", "eidas1", "eidas1-mfa", "eidas2", "eidas3"];
// What FranceConnect lets through at /authorize; anything else is refused there (forbidNonWhitelisted).
const KNOWN = new Set(
  ("client_id redirect_uri response_type scope acr_values state nonce claims prompt idp_hint ui_locales").split(" "),
);

let next = { sub: "nobody", acr: "eidas1", claims: {} };
createInterface({ input: process.stdin }).on("line", (line) => {
  next = JSON.parse(line);
  console.log("heard");
});
process.stdin.on("end", () => process.exit(0));

const people = new Map();
const key = { ...generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "jwk" }) };
const own = citizen
  ? ["given_name", "family_name", "preferred_username", "birthdate", "email"]
  : ["given_name", "usual_name", "siret", "email"];

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: "guichet",
      client_secret: "a-secret-that-only-this-test-knows",
      redirect_uris: [redirect],
      post_logout_redirect_uris: [home],
      token_endpoint_auth_method: "client_secret_post",
      id_token_signed_response_alg: "ES256",
      userinfo_signed_response_alg: "ES256",
      grant_types: ["authorization_code"],
      response_types: ["code"],
    },
  ],
  jwks: { keys: [{ ...key, kid: randomUUID(), alg: "ES256", use: "sig" }] },
  enabledJWA: {
    idTokenSigningAlgValues: ["ES256"],
    userinfoSigningAlgValues: ["ES256"],
  },
  scopes: ["openid", ...own],
  claims: { openid: ["sub"], acr: null, amr: null, ...Object.fromEntries(own.map((name) => [name, [name]])) },
  acrValues: citizen ? ["eidas1"] : LEVELS,
  responseTypes: ["code"],
  clientAuthMethods: ["client_secret_post"],
  pkce: { required: () => !citizen, methods: ["S256"] },
  ttl: { AuthorizationCode: 30, AccessToken: 60, IdToken: 60, Session: 1800, Interaction: 600, Grant: 1800 },
  cookies: { keys: ["k"] },
  routes: {
    authorization: "/authorize",
    token: "/token",
    userinfo: "/userinfo",
    jwks: "/jwks",
    end_session: "/session/end",
  },
  features: {
    devInteractions: { enabled: false },
    userinfo: { enabled: true },
    jwtUserinfo: { enabled: true },
    claimsParameter: { enabled: true },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: (ctx, form) => {
        ctx.body = `<!doctype html><title>x</title>${form}`;
      },
    },
  },
  interactions: { url: (_, interaction) => `${base}/interaction/${interaction.uid}` },
  findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub, ...people.get(sub) }) }),
  loadExistingGrant: async (ctx) => {
    const { client, account, params } = ctx.oidc;
    const grant = new ctx.oidc.provider.Grant({ clientId: client.clientId, accountId: account.accountId });
    grant.addOIDCScope(params.scope);
    grant.addOIDCClaims(["acr", "amr", ...own]);
    await grant.save();
    return grant;
  },
  renderError: (ctx, out) => {
    ctx.type = "json";
    ctx.body = out;
  },
});

const oidc = provider.callback();
createServer(async (request, response) => {
  const url = new URL(request.url, issuer);
  const path = url.pathname.startsWith(base) ? url.pathname.slice(base.length) : null;
  const refuse = (why) => response.writeHead(400, { "content-type": "text/plain" }).end(why);
  if (path === null) return refuse("not here");
  if (path === "/authorize") {
    const asked = url.searchParams;
    const unknown = [...asked.keys()].filter((name) => citizen && !KNOWN.has(name));
    if (unknown.length) return refuse(`Y000400 ${unknown}`);
    if (citizen && !asked.get("acr_values")) return refuse("Y000400 acr_values");
    if ((asked.get("nonce") ?? "").length < 32 || (asked.get("state") ?? "").length < 32) return refuse("Y000400 nonce");
  }
  if (path.startsWith("/interaction/")) {
    const { sub, acr, claims, error } = next;
    people.set(sub, claims ?? {});
    const result = error ? { error, error_description: "no" } : { login: { accountId: sub, acr, amr: ["pwd", "mfa"] } };
    return provider.interactionFinished(request, response, result);
  }
  request.originalUrl = request.url;
  request.url = request.url.slice(base.length) || "/";
  return oidc(request, response);
}).listen(Number(port), "127.0.0.1", () => console.log(`ready ${issuer}`));
