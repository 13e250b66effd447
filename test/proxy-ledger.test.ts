/** A proxy's ledger, held against bytes that others counted: this test's own sockets, and curl. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from "node:net";
import { join } from "node:path";
import { after, afterEach, beforeEach, describe, test } from "node:test";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { writeHttpBootstrap } from "./support/http-tap-harness.ts";
import { skipUnless } from "./support/needs.ts";
import { readBook } from "./support/printed-balance.ts";
import { addForeignClient } from "./support/proxy-books.ts";
import { startService } from "./support/proxy-harness.ts";
import { startTaplineProxy } from "./support/tapline-process.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";

let folder: string;
let cleanups: (() => unknown)[] = [];
beforeEach(() => {
  const temporary = makeTemporaryFolder();
  folder = temporary.path;
  cleanups = [temporary.remove];
});
afterEach(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
});

const tapTo = (prefix: string) =>
  `common_config: { static_config: { match: { any_match: true }, output_config: { sinks: [ { format: JSON_BODY_AS_STRING, file_per_tap: { path_prefix: ${prefix} } } ] } } }`;

/** Runs the proxy, and gives what it said in all once it has drained. */
async function withProxy(
  service: number,
  taps: readonly string[],
  flags: readonly string[],
  talk: (port: number) => Promise<void>,
): Promise<{ output: string; code: number | null }> {
  const config = join(folder, "envoy.yaml");
  writeFileSync(config, writeHttpBootstrap(service, taps));
  const proxy = await startTaplineProxy(config, flags);
  cleanups.push(() => proxy.stop("SIGKILL"));
  await talk(proxy.ports["front"] ?? Object.values(proxy.ports)[0]!);
  const code = await proxy.stop("SIGTERM");
  return { output: proxy.output(), code };
}

test("bytes that an HTTP tap's analysis did not understand are told, by reason", async () => {
  const service = await startService((socket) => socket.pipe(socket));
  cleanups.push(service.stop);
  const text = "this is no HTTP at all, whatever the listener says\r\n".repeat(40);
  const { output, code } = await withProxy(service.port, [tapTo(join(folder, "t"))], [], async (port) => {
    const socket = connect(port, "127.0.0.1");
    socket.end(text);
    let heard = 0;
    for await (const chunk of socket) heard += (chunk as Buffer).length;
    assert.equal(heard, text.length);
  });
  const book = readBook(output, "analysis-bytes");
  assert.deepEqual([book?.entered, book?.handled], [2 * text.length, 0], output);
  assert.deepEqual(Object.values(book?.reasons ?? {}), [2 * text.length], output);
  assert.equal(code, 0);
});

describe("an HTTP tap and --show analyse a connection once", () => {
  const BODY = Buffer.from(`${"hay".repeat(30_000)} needle`);
  const counted = { received: 0, sent: 0 };
  const server = createServer((request, response) => {
    if (request.url === "/gzip") response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(BODY));
    else response.end(BODY);
  });
  server.on("connection", (socket: Socket) =>
    socket.on("close", () => {
      counted.received += socket.bytesRead;
      counted.sent += socket.bytesWritten;
    }),
  );
  after(() => server.close());

  for (const [name, flags, taps] of [
    ["only the tap", [], 1],
    ["two taps and --show", ["--show"], 2],
  ] as const)
    test(name, async () => {
      Object.assign(counted, { received: 0, sent: 0 });
      if (!server.listening) await once(server.listen(0, "127.0.0.1"), "listening");
      const prefixes = Array.from({ length: taps }, (_, index) => join(folder, `tap${index}`));
      const { output, code } = await withProxy(
        (server.address() as AddressInfo).port,
        prefixes.map(tapTo),
        flags,
        async (port) => {
          for (const path of ["/", "/gzip"])
            await (await fetch(`http://127.0.0.1:${port}${path}`, { headers: { connection: "close" } })).arrayBuffer();
        },
      );
      assert.equal(code, 0, output);
      const { entered, handled, reasons } = readBook(output, "analysis-bytes")!;
      assert.equal(entered, counted.received + counted.sent, output);
      // That a tap keeps no bodies in the analysis is no loss; of --show, what is beyond its limit of a body is.
      if (flags.length === 0) assert.deepEqual([handled, reasons], [entered, {}]);
      else assert.equal(handled + (reasons["body-limit"] ?? 0), entered);
      assert.equal(output.match(/GET .* 200 /g)?.length ?? 0, flags.length === 0 ? 0 : 2, output);
      for (const prefix of prefixes) {
        const files = readdirSync(folder).filter((file) => join(folder, file).startsWith(`${prefix}_`));
        assert.equal(files.length, 2);
        for (const file of files) assert.match(readFileSync(join(folder, file), "utf8"), /http_buffered_trace/);
      }
    });

  test("a filter sees what is in a body with a content coding", async () => {
    if (!server.listening) await once(server.listen(0, "127.0.0.1"), "listening");
    const service = (server.address() as AddressInfo).port;
    const filter = ["--show", "-Y", "response.body.contains('hayhay')"];
    const { output } = await withProxy(service, [], filter, async (port) => {
      await (await fetch(`http://127.0.0.1:${port}/gzip`, { headers: { connection: "close" } })).arrayBuffer();
    });
    assert.equal(output.match(/GET .*\/gzip .* 200 /g)?.length, 1, output);
  });
});

test("downstream and upstream bytes are those that curl counted", { skip: skipUnless("curl") }, async () => {
  const server = createServer((request, response) => {
    request.resume();
    request.on("end", () => response.end("x".repeat(123_456)));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  cleanups.push(() => server.close());
  let sent = 0;
  let received = 0;
  const { output } = await withProxy((server.address() as AddressInfo).port, [], [], async (port) => {
    for (let i = 0; i < 3; i++) {
      const format = "%{size_request} %{size_header} %{size_download}";
      const { stdout } = await promisify(execFile)("curl", [
        "-s",
        "-o",
        "/dev/null",
        "-w",
        format,
        "-H",
        `x-pad: ${"y".repeat(1000 + i)}`,
        `http://127.0.0.1:${port}/`,
      ]);
      const [request, header, download] = stdout.split(" ").map(Number);
      sent += request!;
      received += header! + download!;
    }
  });
  addForeignClient(sent, received);
  assert.equal(readBook(output, "downstream-bytes")?.entered, sent, output);
  assert.deepEqual(
    readBook(output, "upstream-bytes"),
    { entered: received, handled: received, reasons: {}, dropped: {} },
    output,
  );
});

test("a service that gets the port of a proxy that has ended is counted by itself", async () => {
  const echo = (socket: Socket) => socket.pipe(socket);
  const first = await startService(echo);
  cleanups.push(first.stop);
  const said = "once\n".repeat(100);
  let freed = 0;
  await withProxy(first.port, [], [], async (port) => {
    freed = port;
    assert.equal(await sayTo(port, said), said);
  });
  const second = createTcpServer({ allowHalfOpen: true }, echo);
  await once(second.listen(freed, "127.0.0.1"), "listening");
  cleanups.push(() => second.close());
  await withProxy(freed, [], [], async (port) => {
    assert.equal(await sayTo(port, said), said);
  });
});

async function sayTo(port: number, text: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.end(text);
  let heard = "";
  for await (const chunk of socket) heard += chunk;
  return heard;
}
