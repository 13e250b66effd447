import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { exchangeLine } from "../src/analysis/protocols/index.ts";
import { buildExchange } from "./support/build-exchange.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";

const folder = makeTemporaryFolder();
after(folder.remove);
const PROGRAM = join(import.meta.dirname, "../bin/tapline");

function tapline(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(PROGRAM, args, { encoding: "utf8" });
}

function write(name: string, content: string): string {
  const path = join(folder.path, name);
  writeFileSync(path, content);
  return path;
}

const EXCHANGE = buildExchange({
  target: "/login?api_key=hunter2hunter2",
  requestHeaders: { authorization: "Bearer hunter3hunter3", "x-request-id": "1" },
  responseHeaders: { "content-type": "application/json" },
  responseBody: '{"iban":"GB82WEST12345698765432","customer_no":"abc","n":1}',
});
const NDJSON = write("a.ndjson", `${exchangeLine(EXCHANGE)}\n`);

describe("tapline audit", () => {
  test("tells where something looks like a secret, of what kind, and never what it is", () => {
    const { status, stdout, stderr } = tapline("audit", NDJSON);
    assert.equal(status, 5);
    assert.match(stdout, /request\.target: api_key\n/);
    assert.match(stdout, /request\.headers\.authorization\.value: bearer\n/);
    assert.doesNotMatch(stdout + stderr, /hunter/);
    assert.match(stderr, /a\.ndjson: 2 found/);
  });

  test("finds nothing in what Tapline wrote, in any format", () => {
    for (const name of ["b.har", "b.ndjson"]) {
      const path = join(folder.path, name);
      assert.equal(tapline("convert", NDJSON, path).status, 0);
      const { status, stdout } = tapline("audit", path);
      assert.deepEqual([status, stdout], [0, ""], name);
    }
  });

  test("looks at any text, by lines, and at what is asked for", () => {
    const text = write("notes.txt", "line one\nexport API_KEY=hunter2hunter2\nmail bob@example.com\n");
    const { status, stdout } = tapline("audit", "-o", "ndjson", "--redact-pii", "email", text);
    assert.equal(status, 5);
    assert.deepEqual(
      stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)),
      [
        { file: text, place: "line 2", kind: "api_key" },
        { file: text, place: "line 3", kind: "email" },
      ],
    );
    assert.equal(tapline("audit", write("clean.json", '{"status_code":200,"max_tokens":5}')).status, 0);
    assert.equal(tapline("audit", join(folder.path, "absent")).status, 1);
  });

  test("looks at what comes through a pipe, of any kind", () => {
    const har = join(folder.path, "piped.har");
    assert.equal(tapline("convert", "--no-redact", NDJSON, har).status, 0);
    for (const [content, place] of [
      [readFileSync(NDJSON), "request.target: api_key"],
      [readFileSync(har), "request.target: api_key"],
      [gzipSync(readFileSync(har)), "request.target: api_key"],
      ["a log\nexport API_KEY=hunter2hunter2\n", "line 2: api_key"],
      ['{"password":"hunter2hunter2"}', "line 1: password"],
    ] as const) {
      const { status, stdout } = spawnSync(PROGRAM, ["audit", "-"], { input: content, encoding: "utf8" });
      assert.equal(status, 5, stdout);
      assert.ok(stdout.includes(place), stdout);
      assert.doesNotMatch(stdout, /hunter/);
    }
    const clean = spawnSync(PROGRAM, ["audit", "-"], { input: "nothing here\n", encoding: "utf8" });
    assert.deepEqual([clean.status, clean.stdout], [0, ""]);
  });
});

describe("what is redacted can be chosen", () => {
  const read = (...args: string[]): string => tapline("read", "-q", "-o", "ndjson", NDJSON, ...args).stdout;

  test("names, headers, exceptions and classes", () => {
    assert.match(read(), /customer_no\\":\\"abc/);
    assert.match(read("--redact-names", "customer_no,other"), /customer_no\\":\\"redacted-customer_no-/);
    assert.match(read("--redact-headers", "X-Request-Id"), /"x-request-id","value":"redacted-x-request-id-/);
    assert.match(read("--redact-except", "api_key"), /api_key=hunter2hunter2/);
    assert.match(read("--redact-pii"), /iban\\":\\"redacted-iban-/);
    assert.match(read("--redact-pii", "email"), /iban\\":\\"GB82WEST/);
    const out = join(folder.path, "c.har");
    assert.equal(tapline("convert", "--redact-names", "customer_no", NDJSON, out).status, 0);
    assert.match(tapline("read", "-q", "-o", "ndjson", out).stdout, /customer_no\\":\\"redacted-customer_no-/);
  });

  test("a key keeps marks equal between runs, and without one they differ", () => {
    const key = write("key", "0123456789abcdef0123456789abcdef");
    assert.equal(read("--redact-key", key), read("--redact-key", key));
    assert.notEqual(read(), read());
  });

  test("wrong flags are refused", () => {
    for (const [args, message] of [
      [["--redact-pii", "shoe"], /there is no class shoe/],
      [["--redact-key", join(folder.path, "absent")], /no such file.*\n?.*make one/s],
      [["--redact-key", write("short", "abc")], /3 bytes are no key/],
      [["--no-redact", "--redact-names", "a"], /--no-redact hides nothing/],
    ] as const) {
      const { status, stderr } = tapline("read", NDJSON, ...args);
      assert.equal(status, 2, stderr);
      assert.match(stderr, message);
    }
  });
});

test("a HAR's forms are redacted by what it says that they are, also as parameters alone", () => {
  const entry = (postData: object) => ({
    startedDateTime: "2026-01-01T00:00:00Z",
    time: 1,
    request: {
      method: "POST",
      url: "http://h/login",
      httpVersion: "HTTP/1.1",
      headers: [],
      cookies: [],
      queryString: [],
      headersSize: -1,
      bodySize: 9,
      postData,
    },
    response: {
      status: 200,
      statusText: "OK",
      httpVersion: "HTTP/1.1",
      headers: [],
      cookies: [],
      content: { size: 0, mimeType: "" },
      redirectURL: "",
      headersSize: -1,
      bodySize: 0,
    },
    cache: {},
    timings: { send: 0, wait: 1, receive: 0 },
  });
  const har = write(
    "forms.har",
    JSON.stringify({
      log: {
        version: "1.2",
        creator: { name: "x", version: "1" },
        entries: [
          entry({
            mimeType: "multipart/form-data; boundary=B",
            text: '--B\r\nContent-Disposition: form-data; name="password"\r\n\r\nhunter2zz\r\nhunter3\r\n--B--\r\n',
          }),
          entry({
            mimeType: "application/x-www-form-urlencoded",
            params: [
              { name: "user", value: "bob" },
              { name: "password", value: "hunter4" },
            ],
          }),
          entry({
            mimeType: "multipart/form-data; boundary=B",
            params: [
              { name: "user", value: "bob" },
              { name: "password", value: "hunter5" },
            ],
          }),
        ],
      },
    }),
  );
  const { stdout } = tapline("read", "-q", "-o", "har", har);
  assert.doesNotMatch(stdout, /hunter/);
  assert.equal(stdout.match(/redacted-password-/g)!.length >= 3, true);
  assert.match(stdout, /user=bob/);
});
