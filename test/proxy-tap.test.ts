/** Envoy's own integration tests of the tap and capture sockets, over real sockets with real TLS. */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import type { Socket } from "node:net";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import { type Certificates, createCertificates } from "./support/certificates.ts";
import { skipUnless } from "./support/needs.ts";
import { dial, ip, readAll, startService, until, writeBootstrap } from "./support/proxy-harness.ts";
import { idOf, listTraces, readBinaryTrace, readCapture, readDelimitedTraces } from "./support/read-traces.ts";
import { startTaplineProxy } from "./support/tapline-process.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";

const TLS = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext";
const TAP = "type.googleapis.com/envoy.extensions.transport_sockets.tap.v3.Tap";
const CAPTURE = "type.googleapis.com/envoy.config.transport_socket.capture.v2alpha.Capture";
const RAW = "{name: envoy.transport_sockets.raw_buffer}";

describe("Envoy's integration tests", { skip: skipUnless("openssl") }, () => {
  const temporary = makeTemporaryFolder();
  let certificates: Certificates;
  before(() => {
    certificates = createCertificates(temporary.path);
  });
  after(temporary.remove);

  const tls = () =>
    `{name: envoy.transport_sockets.tls, typed_config: {"@type": ${TLS}, common_tls_context: {tls_certificates: [{certificate_chain: {filename: ${certificates.server.certificate}}, private_key: {filename: ${certificates.server.key}}}]}}}`;
  const tap = (folder: string, format: string, inner: string, output = "") =>
    `transport_socket: {name: envoy.transport_sockets.tap, typed_config: {"@type": ${TAP}, common_config: {static_config: {match: {any_match: true}, output_config: {sinks: [{format: ${format}, file_per_tap: {path_prefix: ${folder}/tap}}]${output}}}}, transport_socket: ${inner}}}`;
  const capture = (folder: string, format: string, inner: string) =>
    `transport_socket: {name: envoy.transport_sockets.capture, typed_config: {"@type": ${CAPTURE}, file_sink: {path_prefix: ${folder}/tap, format: ${format}}, transport_socket: ${inner}}}`;

  /** One HTTP exchange, written piece by piece on one connection; gives what came back. */
  type Exchange = readonly { readonly send: string; readonly reply: string }[];

  /** Runs exchanges, one a connection, through a proxy whose sockets are configured as given; its traces are whole then. */
  async function run(
    name: string,
    sockets: (folder: string) => { chain?: string; cluster?: string },
    exchanges: readonly Exchange[],
    secure: boolean,
  ): Promise<string> {
    const folder = join(temporary.path, name);
    mkdirSync(folder);
    const waiting: Exchange[] = [...exchanges];
    const service = await startService((socket) => {
      const steps = [...(waiting.shift() ?? [])];
      socket.on("data", () => socket.write(steps.shift()?.reply ?? ""));
      socket.on("end", () => socket.end());
    });
    const config = join(folder, "envoy.yaml");
    writeFileSync(config, writeBootstrap({ endpoints: [ip(service.port)], ...sockets(folder) }));
    const proxy = await startTaplineProxy(config);
    const port = proxy.ports["front"]!;
    for (const exchange of exchanges) {
      const client: Socket = secure
        ? connectTls({
            host: "127.0.0.1",
            port,
            ca: readFileSync(certificates.authority),
            allowHalfOpen: true,
          } as object)
        : await dial(port);
      let received = "";
      let expected = "";
      client.on("data", (bytes: Buffer) => {
        received += bytes;
      });
      for (const { send, reply } of exchange) {
        client.write(send);
        expected += reply;
        await until(() => received === expected, "the reply has come");
        await sleep(5);
      }
      const rest = readAll(client);
      client.end();
      await rest;
    }
    assert.equal(await proxy.stop(), 0, proxy.output());
    service.stop();
    return folder;
  }

  const post = (request: number, response: number): Exchange => [
    {
      send: `POST /test/long/url HTTP/1.1\r\nhost: host\r\ncontent-length: ${request}\r\n\r\n${"a".repeat(request)}`,
      reply: `HTTP/1.1 200 OK\r\ncontent-length: ${response}\r\n\r\n${"b".repeat(response)}`,
    },
  ];
  const get: Exchange = [
    {
      send: "GET /test/long/url HTTP/1.1\r\nhost: host\r\n\r\n",
      reply: "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
    },
  ];

  test("two requests with binary proto", async () => {
    const folder = await run(
      "binary",
      (to) => ({ chain: tap(to, "PROTO_BINARY", tls()) }),
      [post(128, 256), get],
      true,
    );
    const names = listTraces(folder, ".pb");
    assert.equal(names.length, 2);
    for (const [index, name] of names.entries()) {
      const { trace } = readBinaryTrace(folder, name);
      assert.ok(trace.case === "socketBufferedTrace");
      const { traceId, connection, events, readTruncated, writeTruncated } = trace.value;
      assert.equal(traceId, idOf(name));
      const local = connection!.localAddress!.address;
      const remote = connection!.remoteAddress!.address;
      assert.ok(local.case === "socketAddress" && remote.case === "socketAddress");
      assert.equal(local.value.address, "127.0.0.1");
      assert.equal(remote.value.address, "127.0.0.1");
      assert.notDeepEqual(local.value.portSpecifier, remote.value.portSpecifier);
      assert.ok(events.length >= 2);
      const [first, second] = events;
      assert.ok(first!.eventSelector.case === "read" && second!.eventSelector.case === "write");
      const textOf = (body: { bodyType: { value?: unknown } } | undefined) =>
        Buffer.from(body!.bodyType.value as Uint8Array).toString();
      const method = index === 0 ? "POST" : "GET";
      assert.ok(textOf(first!.eventSelector.value.data).startsWith(`${method} /test/long/url HTTP/1.1`));
      assert.ok(textOf(second!.eventSelector.value.data).startsWith("HTTP/1.1 200 OK"));
      assert.deepEqual([readTruncated, writeTruncated], [false, false]);
    }
  });

  test("truncation with multiple data frames", async () => {
    const exchange = [
      {
        send: "POST / HTTP/1.1\r\ncontent-length: 6\r\n\r\none",
        reply: "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nthree",
      },
      { send: "two", reply: "four" },
    ];
    const limits = ", max_buffered_rx_bytes: 4, max_buffered_tx_bytes: 5";
    const folder = await run("cut", (to) => ({ chain: tap(to, "PROTO_BINARY", tls(), limits) }), [exchange], true);
    const [name] = listTraces(folder, ".pb");
    const { trace } = readBinaryTrace(folder, name!);
    assert.ok(trace.case === "socketBufferedTrace");
    assert.deepEqual(
      trace.value.events.map(({ eventSelector }) => {
        assert.ok(eventSelector.case === "read" || eventSelector.case === "write");
        const { data } = eventSelector.value;
        return [eventSelector.case, Buffer.from(data!.bodyType.value as Uint8Array).toString(), data!.truncated];
      }),
      [
        ["read", "POST", true],
        ["write", "HTTP/", true],
      ],
    );
    assert.deepEqual([trace.value.readTruncated, trace.value.writeTruncated], [true, true]);
  });

  test("request with text proto", async () => {
    const folder = await run("text", (to) => ({ chain: tap(to, "PROTO_TEXT", tls()) }), [post(1024, 512)], true);
    const [name] = listTraces(folder, ".pb_text");
    const text = readFileSync(join(folder, name!), "utf8");
    assert.match(text, /as_bytes: "POST \/test\/long\/url HTTP\/1\.1/);
    assert.match(text, /as_bytes: "HTTP\/1\.1 200 OK/);
    assert.match(text, /^ {2}read_truncated: true$/m);
    assert.doesNotMatch(text, /write_truncated/);
  });

  test("request with a JSON body as string, upstream", async () => {
    const limits = ", max_buffered_rx_bytes: 5, max_buffered_tx_bytes: 4";
    const sockets = (to: string) => ({ cluster: tap(to, "JSON_BODY_AS_STRING", RAW, limits) });
    const folder = await run("json", sockets, [get], false);
    const [name] = listTraces(folder, ".json");
    const { socket_buffered_trace: trace } = JSON.parse(readFileSync(join(folder, name!), "utf8"));
    assert.deepEqual(trace.events[0].write.data, { as_string: "GET ", truncated: true });
    assert.deepEqual(trace.events[1].read.data, { as_string: "HTTP/", truncated: true });
    assert.deepEqual([trace.read_truncated, trace.write_truncated], [true, true]);
  });

  test("request with a streaming tap, upstream", async () => {
    const output = ", streaming: true, max_buffered_rx_bytes: 5, max_buffered_tx_bytes: 4";
    const sockets = (to: string) => ({ cluster: tap(to, "PROTO_BINARY_LENGTH_DELIMITED", RAW, output) });
    const folder = await run("streamed", sockets, [get], false);
    const [name] = listTraces(folder, ".pb_length_delimited");
    const wrappers = await readDelimitedTraces(folder, name!);
    const pieces = wrappers.map(({ trace }) => {
      assert.ok(trace.case === "socketStreamedTraceSegment");
      assert.equal(trace.value.traceId, idOf(name!));
      return trace.value.messagePiece;
    });
    assert.ok(pieces.length >= 4);
    const [connection, first, second] = [pieces[0]!, pieces[1]!, pieces[2]!];
    assert.ok(connection.case === "connection" && first.case === "event" && second.case === "event");
    assert.equal(connection.value.localAddress, undefined);
    assert.equal(connection.value.remoteAddress?.address.case, "socketAddress");
    const { eventSelector: write } = first.value;
    const { eventSelector: read } = second.value;
    assert.ok(write.case === "write" && read.case === "read");
    assert.deepEqual(Buffer.from(write.value.data!.bodyType.value as Uint8Array).toString(), "GET ");
    assert.deepEqual(Buffer.from(read.value.data!.bodyType.value as Uint8Array).toString(), "HTTP/");
    assert.deepEqual([write.value.data!.truncated, read.value.data!.truncated], [true, true]);
    const last = pieces.at(-1)!;
    assert.ok(last.case === "event" && last.value.eventSelector.case === "closed");
  });

  test("captures of the years before, in binary", async () => {
    const sockets = (to: string) => ({ chain: capture(to, "PROTO_BINARY", tls()) });
    const folder = await run("capture", sockets, [post(128, 256), get], true);
    const names = listTraces(folder, ".pb");
    assert.equal(names.length, 2);
    for (const name of names) {
      const { connection, events } = readCapture(folder, name);
      assert.equal(connection!.id, idOf(name));
      const [first, second] = events;
      assert.ok(first!.eventSelector.case === "read" && second!.eventSelector.case === "write");
      assert.match(Buffer.from(first!.eventSelector.value.data).toString(), /^(POST|GET) \/test\/long\/url HTTP\/1\.1/);
      assert.match(Buffer.from(second!.eventSelector.value.data).toString(), /^HTTP\/1\.1 200 OK/);
    }
  });

  test("captures of the years before, in text, and without a limit", async () => {
    const sockets = (to: string) => ({ chain: capture(to, "PROTO_TEXT", tls()) });
    const folder = await run("capture-text", sockets, [post(100_000, 512)], true);
    const [name] = listTraces(folder, ".pb_text");
    const text = readFileSync(join(folder, name!), "utf8");
    assert.match(text, /data: "POST \/test\/long\/url HTTP\/1\.1/);
    assert.match(text, /data: "HTTP\/1\.1 200 OK/);
    assert.equal([...text.matchAll(/a/g)].length >= 100_000, true);
  });

  test("a tap and a capture on each side see the same connection", async () => {
    const both = (to: string, side: string, inner: string) =>
      tap(
        `${to}/${side}`,
        "PROTO_BINARY",
        `{${capture(`${to}/${side}-capture`, "PROTO_BINARY", inner).slice("transport_socket: {".length, -1)}}`,
      );
    const sockets = (to: string) => ({ chain: both(to, "down", tls()), cluster: both(to, "up", RAW) });
    const folder = await run("nested", sockets, [post(128, 256)], true);
    const bytes: string[] = [];
    for (const [side, directions] of [
      ["down", ["read", "write"]],
      ["up", ["write", "read"]],
    ] as const) {
      const [tapped] = listTraces(join(folder, side), ".pb");
      const [captured] = listTraces(join(folder, `${side}-capture`), ".pb");
      assert.equal(idOf(tapped!), idOf(captured!));
      const { events } = readCapture(join(folder, `${side}-capture`), captured!);
      for (const direction of directions)
        bytes.push(
          events
            .map(({ eventSelector }) =>
              eventSelector.case === direction ? Buffer.from(eventSelector.value.data).toString() : "",
            )
            .join(""),
        );
    }
    const [{ send, reply }] = post(128, 256) as [Exchange[0]];
    assert.deepEqual(bytes, [send, reply, send, reply]);
  });
});
