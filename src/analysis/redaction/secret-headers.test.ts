import assert from "node:assert/strict";
import { test } from "node:test";
import { buildExchange } from "../../../test/support/build-exchange.ts";
import { redactHttpExchange } from "../http/redact-exchange.ts";
import { Redactor } from "./index.ts";

/** Written down beside the tables of rules and of words, so that a name that is lost there is missed here. */
const HEADERS = `
  authorization cookie2 set-cookie2 auth x-amzn-oidc-data x-amzn-oidc-accesstoken x-ms-client-principal
  x-ms-client-principal-id x-client-cert x-ssl-client-cert x-ssl-cert ssl-client-cert client-cert client-cert-chain
  x-wsse x-otp x-github-otp x-sentry-auth stripe-signature x-twilio-signature x-signature signature
  x-line-signature x-goog-iap-jwt-assertion cf-access-jwt-assertion x-application-key x-app-key x-api-token
  x-user-token x-ns-proxy-token x-datadog-api-key dd-application-key x-goog-channel-token
  x-telegram-bot-api-secret-token x-hasura-admin-secret x-rundeck-auth-token fastly-key x-query-key x-insert-key x-honeycomb-team x-auth-key x-access-key
  x-secret-key x-master-key proxy-authorization cookie set-cookie x-api-key api-key apikey x-auth x-auth-token
  x-access-token x-refresh-token x-id-token x-session-token x-session-id x-csrf-token x-xsrf-token csrf-token
  x-amz-security-token x-goog-api-key x-goog-iam-authorization-token x-ms-token-aad-access-token x-functions-key
  ocp-apim-subscription-key x-forwarded-client-cert x-forwarded-access-token x-forwarded-authorization
  x-original-authorization x-vault-token x-consul-token x-gitlab-token private-token job-token x-github-token
  x-hub-signature x-hub-signature-256 x-shopify-access-token x-slack-signature x-jwt-assertion authentication-info
  dpop token secret password
`
  .trim()
  .split(/\s+/);
const NAMES = `
  x_amz_signature x_amz_credential x_amz_security_token x_goog_signature x_goog_credential access_key_id client_assertion
  phpsessid jsessionid asp.net_sessionid connect.sid __requestverificationtoken __viewstate viewstate authenticity_token
  j_password backup_codes recovery_codes security_answer mothers_maiden_name mother_maiden_name sasl_jaas_config
  aws_secret_access_key identity_token private_key_id
`
  .trim()
  .split(/\s+/);
/** As plain a word as a secret can be: only the name says that it is one. */
const VALUE = "plain-word";

test("the value of every header that is known to be secret is hidden, in requests and responses", () => {
  const redactor = new Redactor();
  for (const known of HEADERS)
    for (const name of [known, known.replaceAll("-", "_"), known.replaceAll("-", "")]) {
      const exchange = buildExchange({
        requestHeaders: { [name]: VALUE },
        responseHeaders: { [name.toUpperCase()]: VALUE },
      });
      const { request, response } = redactHttpExchange(exchange, redactor);
      for (const { headers } of [request!, response!])
        assert.ok(!headers.some(({ value }) => value?.includes(VALUE)), `${name} is shown`);
    }
});

test("the value of every name that is known to be secret is hidden in a query and in JSON, however it is written", () => {
  const redactor = new Redactor();
  for (const known of NAMES)
    for (const name of [known, known.toUpperCase(), known.replaceAll("_", "-"), known.replaceAll("_", "")]) {
      assert.doesNotMatch(redactor.target(`/?${encodeURIComponent(name)}=${VALUE}&x=y`), /plain/, name);
      const body = redactor.content(new TextEncoder().encode(JSON.stringify({ [name]: VALUE })), "application/json");
      assert.doesNotMatch(new TextDecoder().decode(body), /plain/, name);
    }
});

test("every cookie is hidden, however many there are, in one field or several", () => {
  const cookies = Array.from({ length: 40 }, (_, index) => `name${index}=${VALUE}${index}`);
  const exchange = buildExchange({
    requestHeaders: { cookie: cookies.slice(0, 30).join("; "), Cookie: cookies.slice(30).join(";") },
  });
  const { request } = redactHttpExchange(exchange, new Redactor());
  const shown = request!.headers.map(({ value }) => value).join("\n");
  assert.ok(!shown.includes(VALUE), shown);
  for (let index = 0; index < cookies.length; index++) assert.match(shown, new RegExp(`\\bname${index}=redacted`));
});

test("every field of a head is looked at, every cookie that is set, every protocol that a WebSocket names", () => {
  const redactor = new Redactor();
  const fields = Array.from({ length: 40 }, (_, index) => ({
    name: `x-auth-${index}-token`,
    value: `${VALUE}${index}`,
  }));
  for (const { value } of redactor.headers(fields)) assert.match(value!, /^redacted-/);
  const parts = Array.from({ length: 20 }, (_, index) => `name${index}=${VALUE}${index}`);
  const [set] = redactor.headers([{ name: "set-cookie", value: parts.join("; Secure; ") }]);
  assert.equal(set!.value!.match(/redacted-/g)!.length, parts.length, set!.value);
  assert.ok(!set!.value!.includes(VALUE), set!.value);
  const protocols = Array.from({ length: 10 }, (_, index) => `token, ${VALUE}-${index}`);
  const [named] = redactor.headers([{ name: "sec-websocket-protocol", value: protocols.join(", ") }]);
  assert.equal(named!.value!.match(/redacted-/g)!.length, protocols.length, named!.value);
  assert.ok(!named!.value!.includes(VALUE), named!.value);
});

test("a header of gRPC's that is base64 is hidden where a secret is in it, or what is no text", () => {
  const redactor = new Redactor();
  const show = (value: string) => redactor.headers([{ name: "some-state-bin", value }])[0]!.value!;
  const base64 = (...bytes: (string | number)[]) =>
    Buffer.concat(bytes.map((one) => (typeof one === "string" ? Buffer.from(one) : Buffer.of(one)))).toString("base64");
  for (const value of [base64("hello there, friend of mine"), base64("ab"), base64(0, 1, 2), "", "not base64!"])
    assert.equal(show(value), value);
  assert.match(show(base64("password=hunter22x")), /^redacted-/);
  assert.match(show(base64(0, 1, 2, 0xff, 0xfe, 0x80, 0x81, 0x82, 0x83, 0x84, 0x99, 0xa0, 0xb1, 0xc2)), /^redacted-/);
});
