import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { promisify } from "node:util";
import { buildExchange, type ExchangeParts } from "../../../../test/support/build-exchange.ts";
import { skipUnless } from "../../../../test/support/needs.ts";
import { type RequestProgram, requestCommand } from "./request-command.ts";

const command = (parts: ExchangeParts, program: RequestProgram = "curl"): string =>
  requestCommand(buildExchange(parts), program)!.split("\n").slice(1).join("\n").trimEnd();

test("what became of it stands above", () => {
  const text = requestCommand(buildExchange({ target: "/a" }), "curl")!;
  assert.equal(text, "# 2023-11-14T22:13:20Z: 200 OK, 30 ms\ncurl http://example.com/a\n");
});

const CASES: readonly [parts: ExchangeParts, curl: string, httpie: string][] = [
  [
    { target: "/a?b=1&c=2" },
    "curl 'http://example.com/a?b=1&c=2'",
    "http --ignore-stdin GET 'http://example.com/a?b=1&c=2'",
  ],
  [
    { method: "POST", requestBody: "it's", requestHeaders: { "Content-Type": "text/plain", "Content-Length": "4" } },
    `curl http://example.com/ -H 'Content-Type: text/plain' --data-binary 'it'\\''s'`,
    `http --ignore-stdin --raw 'it'\\''s' POST http://example.com/ Content-Type:text/plain`,
  ],
  [
    { method: "PUT", requestBody: new Uint8Array([0, 255]) },
    "printf %s AP8= | base64 -d | curl -X PUT http://example.com/ -H 'Content-Type:' --data-binary @-",
    "printf %s AP8= | base64 -d | http PUT http://example.com/",
  ],
  [
    { method: "HEAD", requestHeaders: { "Accept-Encoding": "gzip", "X-Empty": "", Connection: "close" } },
    "curl --head http://example.com/ --compressed -H 'X-Empty;'",
    "http --ignore-stdin HEAD http://example.com/ 'X-Empty;'",
  ],
  [
    { method: "POST", target: "/a[1]{2}", requestBody: "@file" },
    "curl http://example.com/a%5B1%5D%7B2%7D -H 'Content-Type:' --data-raw @file",
    "http --ignore-stdin --raw @file POST http://example.com/a%5B1%5D%7B2%7D",
  ],
];
for (const [parts, curl, httpie] of CASES)
  test(curl, () => assert.deepEqual([command(parts), command(parts, "httpie")], [curl, httpie]));

test("a shell takes every value as one word, whatever is in it", () => {
  const evil = "a'b\"c$(touch x)`d`\\e;f&g|h\n i*?[j]";
  const text = command({ method: "POST", target: `/${evil.replace("\n", "")}`, requestBody: evil });
  const words = execFileSync("/bin/sh", ["-c", `curl() { printf '%s\\0' "$@"; }; ${text}`], { encoding: "utf8" });
  assert.ok(words.split("\0").includes(evil), words);
});

for (const [server, option] of [
  [{ kind: "ip", address: "10.0.0.2", port: 8080 }, "--connect-to ::10.0.0.2:8080"],
  [{ kind: "ip", address: "2001:db8::2", port: 80 }, "--connect-to '::[2001:db8::2]:80'"],
  [{ kind: "pipe", path: "/run/a b" }, "--unix-socket '/run/a b'"],
] as const)
  test(`a replay goes to the server that got it: ${option}`, () => {
    const connection = { role: "server", local: server } as const;
    assert.equal(command({ connection, target: "/a" }, "replay"), `curl ${option} http://example.com/a`);
  });

test("curl replays a request to the server that got it", { skip: skipUnless("curl") }, async (context) => {
  const seen: unknown[] = [];
  const server = createServer(async (request, response) => {
    seen.push([request.method, request.url, request.headers.host, await text(request)]);
    response.end();
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  context.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const local = { kind: "ip", address: "127.0.0.1", port } as const;
  const parts: ExchangeParts = {
    connection: { role: "server", local },
    target: "/a?b=1",
    method: "PUT",
    requestBody: "it's",
  };
  const replay = requestCommand(buildExchange(parts), "replay")!;
  // No proxy of the environment's.
  await promisify(execFile)("/bin/sh", ["-c", `curl() { command curl -sS --noproxy '*' "$@"; }; ${replay}`]);
  assert.deepEqual(seen, [["PUT", "/a?b=1", "example.com", "it's"]]);
});

test("what is no request of HTTP has none", () => {
  assert.equal(requestCommand(buildExchange({ without: "request" }), "curl"), undefined);
});
