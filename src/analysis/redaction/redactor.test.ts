import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { buildExchange, type ExchangeParts } from "../../../test/support/build-exchange.ts";
import { shareOf } from "../../../test/support/share-of.ts";
import type { HttpExchange } from "../../model/index.ts";
import { harEntry } from "../http/har/har-entry.ts";
import { redactHttpExchange } from "../http/redact-exchange.ts";
import { exchangeDocument, exchangeLine } from "../protocols/index.ts";
import { Redactor } from "./index.ts";

const redactor = new Redactor({ key: new Uint8Array(32) });
const JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl";
const SECRET = /s3cr3t|eyJ|AKIAIOSFODNN7EXAMPLE/;

describe("no secret is left, and what is around it is", () => {
  for (const [name, parts, left] of [
    ["authorization", { requestHeaders: { Authorization: "Bearer s3cr3t" } }, "Bearer redacted-bearer-"],
    ["basic", { requestHeaders: { authorization: "Basic s3cr3t==" } }, "Basic redacted-basic-"],
    ["no scheme", { requestHeaders: { "proxy-authorization": "s3cr3t" } }, "redacted-proxy-authorization-"],
    ["api key", { requestHeaders: { "X-Api-Key": "s3cr3t" } }, "redacted-x-api-key-"],
    ["a like", { requestHeaders: { "x-acme-auth-token": "s3cr3t" } }, "redacted-x-acme-auth-token-"],
    [
      "cookies keep their names",
      { requestHeaders: { cookie: "a=s3cr3t; b=s3cr3t" } },
      /a=redacted-a-(\w{8}); b=redacted-a-\1/,
    ],
    ["a cookie without name", { requestHeaders: { cookie: "s3cr3t" } }, "redacted-cookie-"],
    [
      "set-cookie keeps its attributes",
      { responseHeaders: { "set-cookie": "a=s3cr3t; Path=/; HttpOnly" } },
      /a=redacted-a-\w{8}; Path=\/; HttpOnly/,
    ],
    [
      "every part of a set-cookie that is no attribute",
      { responseHeaders: { "set-cookie": "a=s3cr3t; Path=/; b=s3cr3t; Secure; c=s3cr3t" } },
      /a=(redacted-a-\w{8}); Path=\/; b=\1; Secure; c=\1/,
    ],
    [
      "a token in the query",
      { target: "/a?x=1&access_token=s3cr3t&y=2" },
      /\/a\?x=1&access_token=redacted-access_token-\w{8}&y=2/,
    ],
    ["camel case in the query", { target: "/a?apiKey=s3cr3t" }, "apiKey=redacted-api_key-"],
    ["user information", { target: "http://u:s3cr3t@h/a" }, /http:\/\/redacted-userinfo-\w{8}@h\/a/],
    [
      "a location",
      { responseHeaders: { location: "https://a/cb?code=1#id_token=s3cr3t" } },
      "#id_token=redacted-id_token-",
    ],
    ["a referer", { requestHeaders: { referer: `https://a/?q=${JWT}` } }, "redacted-jwt-"],
    ["a JWT in the path", { target: `/t/${JWT}/x` }, /\/t\/redacted-jwt-\w{8}\/x/],
    ["a JWT in any header", { requestHeaders: { "x-any": `a ${JWT}` } }, "a redacted-jwt-"],
    ["an AWS key", { requestBody: "key AKIAIOSFODNN7EXAMPLE." }, "key redacted-aws-key-"],
    [
      "JSON",
      { requestBody: '{"user":"u","password":"s3cr3t","n":1}' },
      /\{"user":"u","password":"redacted-password-\w{8}","n":1\}/,
    ],
    [
      "nested JSON",
      { responseBody: '{"a":[{"clientSecret": "s3\\"cr3t"}]}' },
      '{"a":[{"clientSecret": "redacted-client_secret-',
    ],
    ["JSON in JSON", { responseBody: '{"a":"{\\"token\\":\\"s3cr3t\\"}"}' }, '"{\\"token\\":\\"redacted-token-'],
    ["cut JSON", { responseBody: '{"token":"s3cr3t' }, '{"token":"redacted-token-'],
    ["a number", { responseBody: '{"pin": 4711}' }, '"pin": "redacted-pin-'],
    [
      "a form",
      {
        requestHeaders: { "content-type": "application/x-www-form-urlencoded" },
        requestBody: "grant=a&client_secret=s3cr3t&x=y",
      },
      /grant=a&client_secret=redacted-client_secret-\w{8}&x=y/,
    ],
    [
      "multipart",
      {
        requestHeaders: { "content-type": "multipart/form-data; boundary=b" },
        requestBody:
          '--b\r\nContent-Disposition: form-data; name="password"\r\nContent-Type: text/plain\r\n\r\ns3cr3t\r\n--b--',
      },
      "\r\n\r\nredacted-password-",
    ],
    [
      "bytes that are no text",
      { responseBody: new Uint8Array([0xff, 0, ...Buffer.from(` ${JWT} `), 0xfe]) },
      /\0 redacted-jwt-\w{8}\*+ /,
    ],
    [
      "JSON that is no UTF-8",
      { responseBody: Buffer.from('[{"name":"José","password":"s3cr3t"}', "latin1") },
      '","password":"******"}',
    ],
    [
      "a form that is no UTF-8",
      {
        requestHeaders: { "content-type": "application/x-www-form-urlencoded" },
        requestBody: Buffer.from("name=José&password=s3cr3t&x=1", "latin1"),
      },
      "&password=******&x=1",
    ],
    [
      "a parameter between other bytes",
      { responseBody: Buffer.from("\xff\0token=s3cr3t\x01", "latin1") },
      "token=*******",
    ],
    [
      "an object",
      { responseBody: '{"credentials":{"user":"s3cr3t","keys":["}s3cr3t"]},"a":1}' },
      /\{"credentials":"redacted-credentials-\w{8}","a":1\}/,
    ],
    ["a name with escapes", { responseBody: '{"pass\\u0077ord":"s3cr3t"}' }, '"redacted-password-'],
    ["a name that ends so", { responseBody: '{"dbAdminPassword":"s3cr3t"}' }, '"redacted-db_admin_password-'],
    ["single quotes", { responseBody: "{'password': 's3cr3t', 'a': 1}" }, "'password': 'redacted-password-"],
    [
      "XML",
      {
        responseHeaders: { "content-type": "text/xml" },
        responseBody: '<a><s:password x="1">s3cr3t</s:password><b token="s3cr3t"/><pin><![CDATA[s3cr3t]]></pin></a>',
      },
      /<s:password x="1">(redacted-\w+-\w{8})<\/s:password><b token="\1"\/><pin><!\[CDATA\[\1\]\]><\/pin>/,
    ],
    [
      "a hidden input",
      {
        responseHeaders: { "content-type": "text/html" },
        responseBody: '<input type="hidden" name="csrf_token" value="s3cr3t">',
      },
      'value="redacted-csrf_token-',
    ],
    [
      "YAML",
      { responseHeaders: { "content-type": "application/yaml" }, responseBody: "user: a\n  password: s3cr3t\nx: y\n" },
      /user: a\n {2}password: redacted-password-\w{8}\nx: y\n/,
    ],
    ["a part of a parameter's name", { target: "/a?user[password]=s3cr3t" }, "user[password]=redacted-password-"],
    [
      "a parameter without a name",
      { target: "/a?=Bearer%20s3cr3ts3cr3ts3cr3ts3cr3t&b" },
      /\?=Bearer\+redacted-bearer-\w{8}&b$/,
    ],
    [
      "a name too long for one",
      { target: `/a?${"n".repeat(600)}=sk_live_s3cr3ts3cr3ts3cr3ts3cr3t` },
      /n=redacted-[\w-]+-\w{8}$/,
    ],
    ["an apostrophe", { target: "/a?password=it's%20s3cr3t&b=c" }, /password=redacted-password-\w{8}&b=c/],
    [
      "a URL in a parameter",
      { target: "/a?to=https%3A%2F%2Fh%2F%3Faccess_token%3Ds3cr3t%26x%3Dy" },
      /access_token%3Dredacted-access_token-\w{8}%26x%3Dy/,
    ],
    ["any token's header", { requestHeaders: { "X-Acme-Token": "s3cr3t" } }, "redacted-x-acme-token-"],
    ["a Host with user information", { requestHeaders: { Host: "u:s3cr3t@h" } }, /^redacted-userinfo-\w{8}@h$/],
    [
      "a WebSocket's bearer",
      { requestHeaders: { "Sec-WebSocket-Protocol": "bearer, s3cr3ts3cr3t" } },
      "bearer, redacted-bearer-",
    ],
    [
      "a private key",
      { responseBody: "-----BEGIN RSA PRIVATE KEY-----\ns3cr3t\n-----END RSA PRIVATE KEY-----\n" },
      "redacted-private-key-",
    ],
  ] as const satisfies readonly (readonly [string, ExchangeParts, string | RegExp])[])
    test(name, () => {
      // A value keeps the name that it had first, so each begins with none.
      const exchange = redact(new Redactor(), buildExchange(parts));
      const shown = exchangeLine(exchange);
      assert.doesNotMatch(shown, SECRET);
      const texts = [
        exchange.request?.target ?? "",
        ...(exchange.request?.headers ?? []).map(({ value }) => value ?? ""),
        ...(exchange.response?.headers ?? []).map(({ value }) => value ?? ""),
        Buffer.from(exchange.request?.body.bytes ?? []).toString(),
        Buffer.from(exchange.response?.body.bytes ?? []).toString(),
      ];
      const found = (text: string): boolean => (typeof left === "string" ? text.includes(left) : left.test(text));
      assert.ok(texts.some(found), texts.join("\n"));
    });
});

test("a URL with marks in it is a URL, with the parameters that it had", () => {
  const target = "/s?api_key=s3cr3t%2Fs3cr3t&page=2&user=bob#x";
  const { request } = harEntry(redact(redactor, buildExchange({ target }))) as {
    request: { url: string; queryString: { name: string; value: string }[] };
  };
  const { searchParams, hash } = new URL(request.url);
  assert.match(searchParams.get("api_key")!, /^redacted-[\w.~-]+$/);
  // A request's target has no fragment: what looks like one is a part of the query (RFC 9112 section 3.2).
  assert.deepEqual([searchParams.get("page"), searchParams.get("user"), hash], ["2", "bob#x", ""]);
  assert.deepEqual(
    request.queryString.map(({ name, value }) => `${name}=${value}`),
    [...searchParams].map(([name, value]) => `${name}=${value}`),
  );
});

test("what is no secret stays, byte for byte", () => {
  const exchange = buildExchange({
    target: "/a?b=c&d=e#f",
    requestHeaders: {
      accept: "*/*",
      "x-request-id": "1-2-3",
      "idempotency-key": "k",
      "x-page": "a=b",
      "sec-websocket-key": "dGhl",
    },
    requestBody: '{"name":"x","tokens_used":3,"path":"a=b&c","nextPageToken":"t","it\'s":"a"}',
    responseBody: new Uint8Array([0, 1, 2, 255]),
  });
  assert.deepEqual(exchangeDocument(redact(redactor, exchange)), exchangeDocument(exchange));
  assert.equal(redact(redactor, exchange).response?.body, exchange.response?.body);
});

test("equal values have equal marks under one key, whatever they are called, and others under another", () => {
  const mark = (redactor: Redactor, headers: Record<string, string>): string =>
    /(redacted-\S+)/.exec(
      redact(redactor, buildExchange({ requestHeaders: headers })).request!.headers[1]!.value!,
    )![1]!;
  const other = new Redactor();
  assert.equal(mark(redactor, { authorization: "Bearer a1b2c3d4" }), mark(redactor, { "x-api-key": "a1b2c3d4" }));
  assert.notEqual(mark(redactor, { authorization: "Bearer a" }), mark(redactor, { authorization: "Bearer b" }));
  assert.notEqual(mark(redactor, { authorization: "Bearer a" }), mark(other, { authorization: "Bearer a" }));
});

test("rules can be added and names let through", () => {
  const own = new Redactor({ also: { headers: ["X-Mine"], names: ["shoe_size"] }, except: ["cookie"] });
  const { request } = redact(
    own,
    buildExchange({ target: "/?shoeSize=43", requestHeaders: { "x-mine": "a", cookie: "b=c" } }),
  );
  assert.match(request!.target!, /shoeSize=redacted-shoe_size-/);
  assert.match(request!.headers[1]!.value!, /^redacted-x-mine-/);
  assert.equal(request!.headers[2]!.value, "b=c");
});

test("a value that HPACK never indexes is secret, pseudo-headers are not", () => {
  const headers = new Redactor().headers([
    { name: ":path", value: "/a", sensitive: true },
    { name: "x-thing", value: "s3cr3t", sensitive: true },
    { name: undefined, value: "s3cr3t" },
    { name: "x-unknown", value: undefined },
  ]);
  assert.deepEqual(
    headers.map(({ value }) => value?.replace(/-[0-9a-f]{8}$/, "-›")),
    ["/a", "redacted-x-thing-›", "redacted-x-thing-›", undefined],
  );
});

test("what was redacted stays as it is, also for input made to be slow to search", () => {
  for (const unit of [
    "eyJ",
    "eyJa.",
    "bearer ",
    '"token":',
    '"a":"',
    "a=&",
    "http://",
    "-----BEGIN PRIVATE KEY-----",
    'name="password"\r\n',
    "AKIA",
    "&token=",
    '"token":"a',
  ]) {
    const body = unit.repeat(Math.ceil(shareOf(262_144) / unit.length));
    const once = redact(
      redactor,
      buildExchange({
        target: `/?${body.slice(0, 65_536)}`,
        requestHeaders: { authorization: `Bearer ${unit}`, cookie: `a=${unit}` },
        responseBody: body,
        responseHeaders: { "content-type": "multipart/form-data" },
      }),
    );
    assert.deepEqual(exchangeDocument(redact(redactor, once)), exchangeDocument(once), unit);
  }
});

function redact(redactor: Redactor, exchange: HttpExchange): HttpExchange {
  return redactHttpExchange(exchange, redactor);
}
