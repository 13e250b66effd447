/** Every format that can be written, by each command that writes: what is written reads as what it was made of. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { encodeTrace, type TraceWrapper } from "../src/wire/envoy/index.ts";
import { findFormat, formatOfPath, WRITABLE_EXTENSIONS, WRITABLE_FORMATS } from "../src/wire/formats.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";

const TAPLINE = join(import.meta.dirname, "../bin/tapline");
const UTF8 = new TextEncoder();
const folder = makeTemporaryFolder();
after(folder.remove);

const address = (last: number, portValue: number) =>
  ({ kind: "socket", address: `10.0.0.${last}`, portValue }) as const;
const event = (kind: "read" | "write", nanos: number, text: string) => ({
  kind,
  timestamp: { seconds: 1_700_000_000, nanos },
  data: { asBytes: UTF8.encode(text), truncated: false },
});
const TRACE: TraceWrapper = {
  trace: {
    kind: "socket-buffered",
    traceId: 1n,
    connection: { localAddress: address(2, 80), remoteAddress: address(1, 4000) },
    events: [
      event("read", 0, "GET /a HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer abcdefghijklmnop\r\n\r\n"),
      event("write", 1_000_000, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
    ],
    readTruncated: false,
    writeTruncated: false,
  },
};

/** The output of `tapline read` for a file: method, target and status of each exchange. */
function readExchanges(path: string): string {
  const fields = ["request.method", "request.path", "response.code"].flatMap((name) => ["-e", name]);
  const { stdout, stderr, status } = spawnSync(TAPLINE, ["read", path, "-q", "-T", "fields", ...fields], {
    encoding: "utf8",
  });
  assert.equal(status, 0, stderr);
  return stdout;
}

describe("tap -w", () => {
  let admin: Server;
  let url: string;

  /** An admin listener that sends one trace to whoever attaches. */
  before(async () => {
    admin = createServer((message, response) => {
      message.resume();
      response.end(encodeTrace(TRACE, "JSON_BODY_AS_BYTES"));
    }).listen(0, "127.0.0.1");
    await once(admin, "listening");
    url = `http://127.0.0.1:${(admin.address() as AddressInfo).port}`;
  });
  after(() => admin.close());

  async function tap(...flags: string[]): Promise<{ status: number; stderr: string }> {
    const child = spawn(TAPLINE, ["tap", url, "--config-id", "one", ...flags], { stdio: ["ignore", "ignore", "pipe"] });
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    const [status] = (await once(child, "close")) as [number];
    return { status, stderr };
  }

  for (const format of WRITABLE_FORMATS.filter(({ name, extensions }) => formatOfPath(extensions[0]!)?.name !== name))
    test(`${format.name}, asked for by name`, async () => {
      const path = join(folder.path, `tap-${format.name}`);
      const { status, stderr } = await tap("-w", path, "--write-format", format.name);
      assert.equal(status, 0, stderr);
      assert.equal(readExchanges(path), "GET\t/a\t200\n");
    });

  for (const extension of WRITABLE_EXTENSIONS)
    test(`${extension.toUpperCase()}, by the extension in upper case`, async () => {
      const path = join(folder.path, `TAP${extension.toUpperCase()}`);
      const { status, stderr } = await tap("-w", path);
      assert.equal(status, 0, stderr);
      assert.equal(readExchanges(path), "GET\t/a\t200\n");
    });

  test("credentials are redacted in files of exchanges, unless that is refused", async () => {
    for (const [flags, wanted] of [
      [[], false],
      [["--no-redact"], true],
    ] as const) {
      const path = join(folder.path, `secret${flags.length}.har`);
      await tap("-w", path, ...flags);
      const { stdout } = spawnSync("cat", [path], { encoding: "utf8" });
      assert.equal(stdout.includes("abcdefghijklmnop"), wanted);
    }
  });

  test("an extension that says nothing: the advice can be followed, and nothing is left behind", async () => {
    const path = join(folder.path, "x.foo");
    const { status, stderr } = await tap("-w", path);
    assert.equal(status, 2);
    const [, names] = /add --write-format with ([^;]+);/.exec(stderr)!;
    for (const name of names!.split(", ")) assert.notEqual(findFormat(name), undefined, name);
    assert.deepEqual(
      readdirSync(folder.path).filter((name) => name.includes("x.foo")),
      [],
    );
  });

  test("what cannot be shown and written as exchanges at once is refused", async () => {
    const path = join(folder.path, "events.har");
    const { status, stderr } = await tap("-w", path, "--events");
    assert.equal(status, 2);
    assert.match(stderr, /a file of exchanges cannot be written with --events, -z or --explain/);
    assert.ok(!existsSync(path));
  });

  test("nothing is left behind where the other side cannot be reached", async () => {
    const path = join(folder.path, "unreached.har");
    const child = spawnSync(TAPLINE, ["tap", "http://127.0.0.1:9", "--config-id", "one", "-w", path]);
    assert.equal(child.status, 1);
    assert.deepEqual(
      readdirSync(folder.path).filter((name) => name.includes("unreached")),
      [],
    );
  });
});

describe("convert and read -w", () => {
  const trace = join(folder.path, "in.pb");
  const capture = join(folder.path, "in.pcapng");
  const har = join(folder.path, "in.har");
  before(() => {
    writeFileSync(trace, encodeTrace(TRACE, "PROTO_BINARY"));
    for (const path of [capture, har]) assert.equal(run("convert", "--force", trace, path).status, 0);
  });

  function run(...args: string[]): { status: number | null; stderr: string } {
    return spawnSync(TAPLINE, args, { encoding: "utf8" });
  }

  for (const extension of WRITABLE_EXTENSIONS)
    test(`both take ${extension.toUpperCase()}`, () => {
      const name = `taken${extension}`.toUpperCase();
      for (const args of [
        ["convert", trace, join(folder.path, `C-${name}`)],
        ["read", trace, "-q", "-w", join(folder.path, `R-${name}`)],
      ]) {
        const { status, stderr } = run(...args);
        assert.equal(status, 0, stderr);
        assert.equal(readExchanges(args.at(-1)!), "GET\t/a\t200\n");
      }
    });

  for (const [name, input, format, family] of [
    ["a capture", capture, "json-string", "pcapng"],
    ["a HAR", har, "pcap-ns", "har"],
    ["a HAR", har, "text", "har"],
  ] as const)
    test(`${name} to ${format}: refused, with advice that can be followed`, () => {
      const { status, stderr } = run("convert", input, "-o", format, join(folder.path, "refused"));
      assert.equal(status, 2);
      assert.ok(!existsSync(join(folder.path, "refused")));
      const [, from, to, advised] =
        /cannot convert (\w+) to ([\w-]+): only .* can be; write ([\w, ]+)$/m.exec(stderr) ?? [];
      assert.deepEqual([from, to], [family, format], stderr);
      for (const advice of advised!.split(/, | or /)) {
        const followed = join(folder.path, `followed-${format}.${advice}`);
        assert.equal(run("convert", "--force", input, followed).status, 0, advice);
      }
    });

  test("a capture becomes packets of every kind", () => {
    for (const { name } of WRITABLE_FORMATS.filter(({ kind }) => kind === "packets")) {
      const out = join(folder.path, `from-capture.${name}`);
      assert.equal(run("convert", "--force", capture, "-o", name, out).status, 0);
      assert.equal(readExchanges(out), "GET\t/a\t200\n");
    }
  });

  test("a capture on standard input is converted as a file is", () => {
    const out = join(folder.path, "piped.pcapng");
    const { status, stderr } = spawnSync("sh", ["-c", `cat "${capture}" | "${TAPLINE}" convert - "${out}"`], {
      encoding: "utf8",
    });
    assert.equal(status, 0, stderr);
    assert.equal(readExchanges(out), "GET\t/a\t200\n");
  });
});
