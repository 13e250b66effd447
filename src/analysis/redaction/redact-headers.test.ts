import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Redactor } from "./index.ts";
import { DEFAULT_RULES } from "./rules.ts";

const value = (name: string, text: string, redactor = new Redactor()): string =>
  redactor.headers([{ name, value: text }])[0]!.value!;

/** Written down beside the table of rules, so that a name that is lost there is missed here. */
const PUBLIC = `
  etag if-match if-none-match if-range sec-websocket-key sec-websocket-accept sec-websocket-extensions x-request-id x-correlation-id traceparent
  tracestate b3 x-b3-traceid x-b3-spanid x-b3-parentspanid uber-trace-id sw8 x-amzn-trace-id x-amzn-requestid x-amz-request-id x-amz-id-2 x-amz-cf-id
  x-amz-cf-pop x-amz-version-id x-amz-content-sha256 x-goog-hash x-goog-generation cf-ray x-trace-id x-cloud-trace-context x-vercel-id fly-request-id
  x-github-request-id x-datadog-trace-id request-id x-ms-request-id x-ms-client-request-id idempotency-key content-md5 digest content-digest
  repr-digest want-digest content-type content-length content-encoding content-security-policy content-security-policy-report-only user-agent accept
  accept-encoding accept-language server date last-modified expires cache-control vary connection upgrade te transfer-encoding
  access-control-allow-headers access-control-allow-credentials access-control-allow-methods access-control-expose-headers
  access-control-request-headers www-authenticate proxy-authenticate strict-transport-security report-to nel alt-svc sec-ch-ua permissions-policy
  x-content-type-options grpc-encoding grpc-accept-encoding
`
  .trim()
  .split(/\s+/);

describe("every header of the table", () => {
  for (const name of DEFAULT_RULES.headers)
    test(`${name} is hidden, also from who writes it otherwise`, () => {
      for (const written of [name, name.toUpperCase(), name.replaceAll("-", "_")]) {
        const shown = value(written, "some=plain value");
        assert.doesNotMatch(shown, /plain|value/, written);
        assert.match(shown, /redacted-[\w.~-]+-[0-9a-f]{8}/);
      }
    });

  for (const name of PUBLIC)
    test(`${name} is shown, whatever it looks like`, () => {
      assert.equal(value(name, "Zq4a44dc15364204a80fe80e90"), "Zq4a44dc15364204a80fe80e90");
    });
});

test("a header of the table is one in a filter, and where its value goes on on the next line", () => {
  for (const name of DEFAULT_RULES.headers) {
    const redactor = new Redactor();
    assert.match(
      redactor.filter(`request.headers["${name}"] == "plain words"`),
      /^request\.headers\["[^"]+"\] == "redacted-filter-\w{8}"$/,
    );
    const lines = redactor
      .stream()
      .redact(new TextEncoder().encode(`${name}: plain\r\n words\r\nx-page: 2\r\n more\r\n`));
    assert.match(
      new TextDecoder().decode(lines),
      /^[^ ]+: redacted-\S+\r\n(?: redacted-\S+\r\n)?x-page: 2\r\n more\r\n$/,
      name,
    );
  }
});

test("every name of the table is hidden in a query and in JSON", () => {
  for (const name of DEFAULT_RULES.names) {
    const redactor = new Redactor();
    assert.doesNotMatch(redactor.target(`/?${encodeURIComponent(name)}=plain&x=y`), /plain/, name);
    const body = redactor.content(new TextEncoder().encode(JSON.stringify({ [name]: "plain" })), "application/json");
    assert.doesNotMatch(new TextDecoder().decode(body), /plain/, name);
  }
});

test("every cookie is hidden, and its name is not", () => {
  assert.match(
    value("Cookie", "a=one1; b=two2;c=three3; d=four4; e=; five5"),
    /^a=redacted-a-\w{8}; b=redacted-b-\w{8};c=redacted-c-\w{8}; d=redacted-d-\w{8}; e=; redacted-cookie-\w{8}$/,
  );
});

test("a token among WebSocket's protocols is hidden, and what follows a hidden one is not", () => {
  const redactor = new Redactor();
  const once = value(
    "Sec-WebSocket-Protocol",
    "base64url.bearer.authorization.k8s.io.Zq44cb730c420480a0477b505a, b.k8s.io",
    redactor,
  );
  assert.match(once, /^base64url\.bearer\.authorization\.k8s\.io\.redacted-bearer-\w{8}, b\.k8s\.io$/);
  assert.equal(value("Sec-WebSocket-Protocol", once, redactor), once);
  assert.match(
    value("Sec-WebSocket-Protocol", "access_token, hunter2hunter"),
    /^access_token, redacted-access_token-\w{8}$/,
  );
});

test("a filter is shown without what it compares secrets with", () => {
  const redactor = new Redactor();
  for (const [filter, shown] of [
    [
      "request.headers['authorization'] == 'Bearer abc'",
      /^request\.headers\['authorization'\] == 'redacted-filter-\w{8}'$/,
    ],
    [
      'request.headers["x-api-key"].startsWith("abcdefgh1") && request.path == "/a"',
      /startsWith\("redacted-filter-\w{8}"\) && request\.path == "\/a"$/,
    ],
    ["request.body.contains('ghp_a79d6eaa2676189eb927f2e16a7009147407')", /contains\('redacted-[\w-]+'\)$/],
    ["request.headers['x-user'] == 'bob' && 5xx", /^request\.headers\['x-user'\] == 'bob' && 5xx$/],
  ] as const)
    assert.match(redactor.filter(filter), shown);
});

test("a header's value that goes on on the next line is hidden, wherever the pieces are cut", () => {
  const text =
    "GET / HTTP/1.1\r\nAuthorization: Bearer\r\n hunter2hunter2\r\n\thunter3\r\nHost: a\r\n more\r\nX-Api-Key:\r\n hunter4\r\n\r\n";
  const lines = text.split(/(?<=\n)/);
  for (let cut = 0; cut <= lines.length; cut++) {
    const stream = new Redactor().stream();
    const shown = [lines.slice(0, cut), lines.slice(cut)]
      .map((some) => new TextDecoder().decode(stream.redact(new TextEncoder().encode(some.join("")))))
      .join("");
    assert.doesNotMatch(shown, /hunter/, `cut after ${cut} lines: ${shown}`);
    assert.match(shown, /Host: a\r\n more/);
  }
});

test("answers to AUTH are hidden, in the lines that follow", () => {
  const stream = new Redactor().stream();
  const shown = ["EHLO a\r\nAUTH LOGIN\r\n", "Ym9i\r\n", "aHVudGVyMng=\r\n", "MAIL FROM:<a@b>\r\nYm9i\r\n"].map(
    (piece) => new TextDecoder().decode(stream.redact(new TextEncoder().encode(piece))),
  );
  assert.match(shown[1]!, /^redacted-sasl-\w{8}\r\n$/);
  assert.match(shown[2]!, /^redacted-sasl-\w{8}\r\n$/);
  assert.equal(shown[3], "MAIL FROM:<a@b>\r\nYm9i\r\n");
});
