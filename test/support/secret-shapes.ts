import type { ExchangeParts } from "./build-exchange.ts";
import type { Random } from "./random.ts";

/** One exchange with something in it, and what to look for in the outputs. */
export interface Shape {
  readonly name: string;
  readonly parts: ExchangeParts;
  /** None of them may be shown; or, of what only sounds like a secret, all of them. */
  readonly texts: readonly string[];
}

type Place = (name: string, value: string, random: Random) => ExchangeParts;

const body = (type: string, requestBody: string | Uint8Array): ExchangeParts => ({
  method: "POST",
  requestHeaders: type === "" ? {} : { "content-type": type },
  requestBody,
});
const json = (value: unknown): ExchangeParts => body("application/json", JSON.stringify(value));
const encode = encodeURIComponent;
const nest = (depth: number, inner: string): string =>
  Array.from({ length: depth }).reduce<string>((text) => JSON.stringify({ a: 1, b: text }), inner);
const utf16 = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "utf16le"));
const entities = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
const kebab = (name: string): string => name.replace(/([a-z])([A-Z])/g, "$1-$2").replaceAll("_", "-");

/** Where a value may stand beside its name, and how it may be written there. */
export const PLACES: Readonly<Record<string, Place>> = {
  header: (name, value) => ({ requestHeaders: { [kebab(name)]: value } }),
  "response header": (name, value) => ({ responseHeaders: { [`X-Acme-${kebab(name)}`]: value } }),
  query: (name, value) => ({ target: `/p?x=1&${encode(name)}=${encode(value)}&y=2` }),
  "absolute form": (name, value) => ({ target: `http://a.example/p?${encode(name)}=${encode(value)}` }),
  "a URL in the query": (name, value) => ({ target: `/p?to=${encode(`https://b/?x=1&${name}=${encode(value)}`)}` }),
  "JSON in the query": (name, value) => ({ target: `/p?q=${encode(JSON.stringify({ a: [{ [name]: value }] }))}` }),
  fragment: (name, value) => ({ responseHeaders: { location: `https://a/cb#x=1&${name}=${encode(value)}` } }),
  referer: (name, value) => ({ requestHeaders: { referer: `https://a/?${name}=${encode(value)}&b=c` } }),
  link: (name, value) => ({ responseHeaders: { link: `<https://a/?page=2&${name}=${encode(value)}>; rel="next"` } }),
  JSON: (name, value) => json({ a: 1, [name]: value, z: 2 }),
  "JSON, deep": (name, value) => json({ a: [[{ b: { c: [{ [name]: value }] } }]] }),
  "JSON, indented": (name, value) => body("application/json", JSON.stringify({ a: 1, [name]: value }, undefined, 2)),
  "JSON in JSON": (name, value, random) =>
    body("application/json", nest(1 + random.below(4), JSON.stringify({ [name]: value }))),
  "JSON without a type": (name, value) => body("", JSON.stringify({ [name]: value })),
  "a form in JSON": (name, value) => json({ body: `x=1&${name}=${encode(value)}` }),
  "XML in JSON": (name, value) => json({ soap: `<a x="1"><${name}>${value}</${name}></a>` }),
  "JSON cut": (name, value) => body("application/json", JSON.stringify({ a: 1, [name]: value }).slice(0, -2)),
  NDJSON: (name, value) => body("application/x-ndjson", `{"a":1}\n${JSON.stringify({ [name]: value })}\n`),
  "base64 of JSON": (name, value) => json({ data: Buffer.from(JSON.stringify({ [name]: value })).toString("base64") }),
  "name and value": (name, value) =>
    json({
      items: [
        { name: "x", value: "y" },
        { name, value },
      ],
    }),
  "value and name": (name, value) => json([{ value, name }]),
  "key and value": (name, value) => json([{ key: name.toUpperCase(), value }]),
  "list of pairs": (name, value) =>
    json({
      headers: [
        ["accept", "a"],
        [name, value],
      ],
    }),
  form: (name, value) => body("application/x-www-form-urlencoded", `u=1&${encode(name)}=${encode(value)}&z=1`),
  "form, encoded name": (name, value) =>
    body(
      "application/x-www-form-urlencoded",
      `u=1&%${name.charCodeAt(0).toString(16)}${name.slice(1)}=${encode(value)}`,
    ),
  "JSON in a form": (name, value) =>
    body("application/x-www-form-urlencoded", `a=b&payload=${encode(JSON.stringify({ [name]: value }))}`),
  multipart: (name, value) =>
    body(
      "multipart/form-data; boundary=b",
      `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\nx\r\n${value}\r\n--b--\r\n`,
    ),
  "JSON in multipart": (name, value) =>
    body(
      "multipart/form-data; boundary=b",
      `--b\r\nContent-Disposition: form-data; name="f"; filename="a.json"\r\nContent-Type: application/json\r\n\r\n${JSON.stringify({ [name]: value })}\r\n--b--\r\n`,
    ),
  element: (name, value) => body("text/xml", `<a><x:${name} b="c">${value}</x:${name}></a>`),
  CDATA: (name, value) => body("application/soap+xml", `<${name}><![CDATA[${value}]]></${name}>`),
  attribute: (name, value) => body("text/xml", `<user id="1" ${name}="${value}"/>`),
  "named element": (name, value) => body("text/xml", `<property name="${name}"><value>${value}</value></property>`),
  "parameter of XML": (name, value) => body("text/xml", `<param name="${name}" value="${value}"/>`),
  plist: (name, value) => body("text/xml", `<dict><key>${name}</key><string>${value}</string></dict>`),
  "hidden input": (name, value) =>
    body("text/html", `<form><input value="${value}" type=hidden name="${name}"></form>`),
  meta: (name, value) => body("text/html", `<meta name="${kebab(name)}" content="${value}">`),
  "entities in HTML": (name, value) =>
    body("text/html", `<div data-x="${entities(JSON.stringify({ [name]: value }))}">`),
  script: (name, value) => body("text/html", `<script>window.cfg = {a: 1, ${name}: "${value}"};</script>`),
  JavaScript: (name, value) => body("application/javascript", `const o = { ${name}: '${value}', b: 2 };`),
  YAML: (name, value) => body("application/yaml", `a: b\n  ${name}: ${value}\nc: d\n`),
  "YAML, quoted": (name, value) => body("application/yaml", `a: b\n${name}: "${value}"\n`),
  "YAML, a block": (name, value) => body("application/yaml", `${name}: |\n  first\n  ${value}\nx: y\n`),
  "YAML, flow": (name, value) => body("application/yaml", `db: {user: a, ${name}: ${value}}\n`),
  "YAML, a pair": (name, value) =>
    body("application/yaml", `env:\n  - name: ${name.toUpperCase()}\n    value: ${value}\n`),
  TOML: (name, value) => body("application/toml", `[a]\n${name} = "${value}"\n`),
  properties: (name, value) => body("text/plain", `a.b=c\ndb.${name}=${value}\n`),
  "environment file": (name, value) => body("text/plain", `export APP_${name.toUpperCase()}=${value}\n`),
  "log line": (name, value) => body("text/plain", `2026-11-29 12:00:00 INFO login user=u ${name}=${value} ok\n`),
  "log of JSON": (name, value) =>
    body("text/plain", `12:00 DEBUG sent ${JSON.stringify({ u: 1, [name]: value })} to b\n`),
  Python: (name, value) => body("text/plain", `{'user': 'u', '${name}': '${value}', 'n': None}`),
  CSV: (name, value) => body("text/csv", `user,${name},x\nu,${value},1\n"v,w",${value},2\n`),
  GraphQL: (name, value) => json({ query: `mutation { login(user: "u", ${name}: "${value}") { ok } }` }),
  "GraphQL's variables": (name, value) =>
    json({ query: "mutation($i:I){f(i:$i)}", variables: { i: { [name]: value } } }),
  option: (name, value) => body("text/plain", `run --verbose --${kebab(name)} ${value} x`),
  "header in a text": (name, value) => body("text/plain", `curl -H "${kebab(name)}: ${value}" https://a`),
  "HTTP in a body": (name, value) =>
    body(
      "multipart/mixed; boundary=b",
      `--b\r\nContent-Type: application/http\r\n\r\nGET / HTTP/1.1\r\n${kebab(name)}: ${value}\r\n\r\n--b--`,
    ),
  "UTF-16": (name, value) => body("application/json", utf16(JSON.stringify({ [name]: value }))),
  "no UTF-8": (name, value) => body("application/json", Buffer.from(`{"a":"é","${name}":"${value}"}`, "latin1")),
  "between bytes": (name, value) =>
    body("application/octet-stream", Buffer.from(`\xff\x00\x01${name}=${value}\x00\x02`, "latin1")),
  "reason phrase": (name, value) => ({ exchange: { response: { ...EMPTY_RESPONSE, reason: `bad ${name}=${value}` } } }),
  trailer: (name, value) => ({
    exchange: { response: { ...EMPTY_RESPONSE, trailers: [{ name: kebab(name), value }] } },
  }),
  "WebSocket message": (name, value) => message("text", JSON.stringify({ type: "init", payload: { [name]: value } })),
  "WebSocket ping": (name, value) => message("ping", `${name}=${value}`),
  "event of a stream": (name, value) => message("event", `event: a\ndata: ${JSON.stringify({ [name]: value })}`),
};

const START = { seconds: 1_700_000_000, nanos: 0 };
const EMPTY_RESPONSE = {
  status: 200,
  reason: "OK",
  headers: [],
  trailers: [],
  body: { bytes: new Uint8Array(0), size: 0, truncated: false, complete: true },
  headBytes: 80,
  started: START,
  finished: START,
};

function message(kind: string, text: string): ExchangeParts {
  const bytes = Buffer.from(text);
  return {
    exchange: {
      application: [{ name: "websocket" }],
      messages: [{ from: "client", time: START, kind, bytes, size: bytes.length, truncated: false }],
    },
  };
}

/** Names that are secret whatever the value is. */
export const STRONG_NAMES = [
  "password", "passwd", "pwd", "db_password", "userPassword", "newPassword", "passwordConfirm", "passphrase", "secret", "client_secret",
  "clientSecret", "webhook_secret", "token", "accessToken", "refresh_token", "id_token", "authToken", "csrf_token", "session_token",
  "private_token", "api_key", "apiKey", "x_api_key", "secret_key", "secretKey", "privateKey", "access_key", "signing_key", "encryptionKey",
  "masterKey", "accountKey", "authkey", "credential", "authorization", "mnemonic", "bearer", "jwt", "otp", "cvv", "ssn", "code_verifier",
  "client_assertion", "session_id", "recovery_code", "verification_code", "device_code", "security_answer", "card_number", "smtpPassword",
  "SecretString", "bot_token", "oauth_token", "subscription_key", "license_key", "backup_code", "totp_secret", "ldap_passwd",
]; // biome-ignore format: a list
/** Names that are secret when the value looks like it. */
export const WEAK_NAMES = [
  "key", "code", "pass", "session", "signature", "sig", "auth", "state", "nonce", "salt", "hmac", "ticket", "data_key", "kms_key", "db_pass",
  "oauth_signature", "user_session", "sid", "seed", "license", "next_token", "pin", "totp", "csrf", "invite_code", "shared_secret_id",
]; // biome-ignore format: a list

/** Values as programs draw them. */
export function drawToken(random: Random): string {
  const draw = (alphabet: string, length: number): string =>
    Array.from({ length }, () => random.pick([...alphabet])).join("");
  const lower = "abcdefghijklmnopqrstuvwxyz";
  const digits = "0123456789";
  const upper = lower.toUpperCase();
  const length = 20 + random.below(24);
  return random.pick([
    () => draw("0123456789abcdef", length),
    () => draw(lower + upper + digits, length),
    () => draw(lower + digits, length),
    () => `${draw(`${lower}${upper}${digits}-_`, length)}x9Z`,
    () => `Zq${draw("0123456789abcdef", 24)}`,
    () => [8, 4, 4, 4, 12].map((size) => draw("0123456789abcdef", size)).join("-"),
  ])();
}

/** Values as people choose them. */
export function choosePassword(random: Random): string {
  const word = random.pick(["hunter", "Sommer", "correct", "dragon", "letmein", "Tr0ub4dor"]);
  return word + random.pick(["!", "2", "2026!", "-Staple", "_x", "$ecret"]) + random.below(1_000_000).toString(36);
}

/** Values that sound like secrets and are none: a name, and values that it has. */
export const READABLE: readonly (readonly [name: string, ...values: string[]])[] = [
  ["status_code", "200", "NOT_FOUND"], ["error_code", "E_CONN_042"], ["errorCode", "card_declined"], ["country_code", "DE"],
  ["currencyCode", "EUR"], ["zip_code", "80331"], ["promo_code", "SUMMER-SALE"], ["code", "NOT_FOUND", "invalid_request"],
  ["primary_key", "order_line_id"], ["foreign_key", "customer_id"], ["sort_key", "created_at:desc"], ["cache_key", "shop:/cart:de"],
  ["partition_key", "tenant-7"], ["public_key_type", "ed25519"], ["key", "shipping.address.line1"], ["keyboard", "de-nodeadkeys"],
  ["keyword", "running shoes"], ["monkey", "capuchin"], ["passenger", "Ada Lovelace"], ["passengers", "3"], ["pass_rate", "0.982"],
  ["pass", "upper-deck"], ["compass", "north-by-north-west"], ["bypass_reason", "maintenance"], ["max_tokens", "4096"],
  ["total_tokens", "15873"], ["completion_tokens", "512"], ["token_type", "Bearer-style"], ["token_count", "12"], ["tokenizer", "cl100k_base"],
  ["secretary", "Moneypenny"], ["secret_menu", "animal-style"], ["secret_santa", "office party"], ["author", "Grace Hopper"],
  ["authors", "B. Kernighan"], ["authority_region", "eu-central-1"], ["session_type", "guest"], ["session_length_minutes", "37"],
  ["signature_algorithm", "rsa-pss-sha256"], ["credential_type", "public-key"], ["credits", "250"], ["pin_color", "teal"],
  ["pin", "below-map"], ["salt", "2 teaspoons"], ["hash_algorithm", "sha512"], ["cookie_flavor", "oatmeal raisin"],
  ["mnemonic_device", "ROY G BIV"], ["state", "CA", "pending"], ["access_level", "read-only"], ["private_label", "house-brand"],
  ["commit", "699a3a3d0c1b2f4e5a6978817263544f5e6d7c8b"], ["trace_id", "4bf92f3577b34da6a3ce929d0e0e4736"],
  ["uuid", "7b0e3b1e-53a4-4f0a-9d55-0f2a4f7d9e11"], ["ulid", "01J9ZQ4T8R5K6M7N8P9QARSTVW"], ["etag", "686897696a7c876b7e"],
  ["checksum", "d41d8cd98f00b204e9800998ecf8427e"], ["has_password", "true"], ["password_policy", "strict"], ["apiKeyStatus", "rotated"],
  ["version", "24.21.0-rc.3+build.77"], ["path", "/var/lib/app/secrets-manager/readme.txt"], ["sku", "ABCD-1234-EFGH-5678"],
  ["image", "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"], ["order_id", "ord_2026_000123"],
]; // biome-ignore format: a list
