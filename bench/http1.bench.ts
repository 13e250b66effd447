/**
 * HTTP/1: messages a CPU second through the parser alone, beside llhttp as Node's own http uses it (native, with its headers
 * given to JavaScript); pairs of requests and responses a CPU second through the whole analysis; and from the bytes of a capture
 * file to exchanges, beside tshark on the same file.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Analyzer } from "../src/analysis/index.ts";
import { PacketReassembler } from "../src/analysis/reassembly/index.ts";
import type { Connection, SocketEvent } from "../src/model/index.ts";
import { Http1Parser, type MessageHandler } from "../src/wire/http1/index.ts";
import { SyntheticConnection } from "../src/wire/packet/index.ts";
import { createCaptureReader, detectCaptureFormat, PcapWriter } from "../src/wire/pcap/index.ts";
import { findProgram } from "../test/support/needs.ts";
import { median } from "./support/process-usage.ts";

const REQUEST = lines(
  "GET /api/v1/items/12345?expand=all HTTP/1.1",
  "Host: www.example.com",
  "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
  "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
  "Accept-Encoding: gzip, deflate, br",
  "Accept-Language: en-US,en;q=0.5",
  "Cookie: session=abcdef0123456789abcdef0123456789; theme=dark; lang=en",
  "Connection: keep-alive",
  "Referer: https://www.example.com/index.html",
  "X-Request-Id: 7b1e5d2c-4b1a-4f6e-9d3a-111122223333",
);
const SMALL_REQUEST = lines(
  "GET /index.html?id=12345 HTTP/1.1",
  "Host: example.com",
  "User-Agent: curl/8.5.0",
  "Accept: */*",
);

benchParser("a small request (91 bytes)", SMALL_REQUEST);
benchParser("a browser's request (541 bytes)", REQUEST);
const ours = benchAnalysis(512);
benchAnalysis(16 * 1024);
benchCapture(ours);

function benchParser(what: string, message: Uint8Array): void {
  const repeats = Math.floor(65_536 / message.length);
  const block = Buffer.concat(Array.from({ length: repeats }, () => message));
  const parser = new Http1Parser({ kind: "request", strict: true, handler: countingHandler() });
  const own = measure(200 * repeats, () => {
    for (let i = 0; i < 200; i++) parser.push(block);
  });
  const bytes = (own * message.length) / 1e6;
  console.log(`${what}: ${(own / 1e6).toFixed(2)} M messages/CPU s, ${bytes.toFixed(0)} MB/CPU s`);
  const llhttp = createLlhttp();
  if (llhttp === undefined) {
    console.log("missing: Node's internal http_parser, to compare with");
    return;
  }
  const theirs = measure(20 * repeats, () => {
    for (let i = 0; i < 20; i++) llhttp(block);
  });
  console.log(`  llhttp in Node: ${(theirs / 1e6).toFixed(2)} M; ratio ${(own / theirs).toFixed(1)}`);
}

function countingHandler(): MessageHandler {
  let fields = 0;
  return {
    messageBegin() {},
    span() {
      fields++;
    },
    complete() {},
    headersComplete: () => "none",
    body() {},
    chunkHeader() {},
    chunkComplete() {},
    messageComplete() {},
    violation() {},
    failure(code) {
      throw new Error(`${code} after ${fields} spans`);
    },
  };
}

/** Parses a block of requests with the llhttp that node:http uses; undefined where that is out of reach. */
function createLlhttp(): ((block: Buffer) => void) | undefined {
  type Parser = Record<number, () => void> & {
    initialize(type: number, resource: object): void;
    execute(data: Buffer): unknown;
  };
  type HttpCommon = { HTTPParser: { new (): Parser; REQUEST: number } & Record<string, number> };
  const { HTTPParser } = (process.getBuiltinModule("_http_common") ?? {}) as Partial<HttpCommon>;
  if (HTTPParser === undefined) return undefined;
  const parser = new HTTPParser();
  for (const name of ["kOnMessageBegin", "kOnHeaders", "kOnHeadersComplete", "kOnBody", "kOnMessageComplete"])
    if (HTTPParser[name] !== undefined) parser[HTTPParser[name]] = () => {};
  parser.initialize(HTTPParser.REQUEST, {});
  return (block) => {
    const result = parser.execute(block);
    if (result instanceof Error) throw result;
  };
}

function benchAnalysis(bodyBytes: number): number {
  const response = buildResponse(bodyBytes);
  const pairs = bodyBytes < 1000 ? 40_000 : 5000;
  const pieces = Array.from({ length: Math.ceil(response.length / 16_384) }, (_, i) =>
    response.subarray(i * 16_384, (i + 1) * 16_384),
  );
  const rate = measure(pairs, () => {
    let count = 0;
    const analyzer = new Analyzer({ emit: () => count++ });
    const connection = createConnection(1);
    let [sent, received] = [0, 0];
    for (let i = 0; i < pairs; i++) {
      const time = { seconds: i, nanos: 0 };
      analyzer.observe({ kind: "data", connection, time, direction: "read", offset: sent, data: REQUEST });
      sent += REQUEST.length;
      for (const data of pieces) {
        analyzer.observe({ kind: "data", connection, time, direction: "write", offset: received, data });
        received += data.length;
      }
    }
    analyzer.finish();
    if (count !== pairs || !analyzer.ledger.balanced) throw new Error(`${count} exchanges`);
  });
  const bytes = (rate * (REQUEST.length + response.length)) / 1e6;
  console.log(`analysis, bodies of ${bodyBytes} bytes: ${format(rate)} pairs/CPU s, ${bytes.toFixed(0)} MB/CPU s`);
  return rate;
}

/** Connections of a hundred pairs each, written as a capture and read again. */
function benchCapture(inMemory: number): void {
  const pairs = 20_000;
  const capture = writeCapture(pairs);
  const rate = measure(pairs, () => {
    let count = 0;
    const analyzer = new Analyzer({ emit: () => count++ });
    const reassembler = new PacketReassembler({ observer: analyzer });
    const reader = createCaptureReader(detectCaptureFormat(capture)!, { packet: (packet) => reassembler.push(packet) });
    for (let at = 0; at < capture.length; at += 65_536) reader.push(capture.subarray(at, at + 65_536));
    reader.end();
    reassembler.finish();
    analyzer.finish();
    if (count !== pairs) throw new Error(`${count} exchanges`);
  });
  const bytes = ((rate / pairs) * capture.length) / 1e6;
  const share = ((rate / inMemory) * 100).toFixed(0);
  console.log(
    `from a capture: ${format(rate)} pairs/CPU s, ${bytes.toFixed(0)} MB/CPU s (${share} % of the analysis alone)`,
  );
  if (findProgram("tshark") === undefined) {
    console.log("missing: tshark, to compare with");
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), "tapline-bench-"));
  try {
    const path = join(folder, "http1.pcap");
    writeFileSync(path, capture);
    const fields = ["http.request.method", "http.request.uri", "http.response.code"].flatMap((name) => ["-e", name]);
    const theirs =
      pairs / runCpuSeconds("tshark", ["-r", path, "-Y", "http", "-T", "fields", ...fields], join(folder, "out"));
    const found = readFileSync(join(folder, "out"), "utf8").split("\n").length - 1;
    console.log(
      `  tshark: ${format(theirs)} pairs/CPU s (${found} messages found); ratio ${(rate / theirs).toFixed(1)}`,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function writeCapture(pairs: number): Uint8Array {
  const writer = new PcapWriter();
  const response = buildResponse(512);
  for (let first = 0; first < pairs; first += 100) {
    const connection = createConnection(first / 100);
    const packets = new SyntheticConnection(writer, connection.local, connection.remote, {
      handshake: true,
      role: "server",
    });
    const time = (i: number) => ({ seconds: first + i, nanos: 0 });
    const observe = (event: object, i: number) =>
      packets.observe({ connection, time: time(i), ...event } as SocketEvent);
    observe({ kind: "open" }, 0);
    for (let i = 0; i < 100; i++) {
      observe({ kind: "data", direction: "read", offset: i * REQUEST.length, data: REQUEST }, i);
      observe({ kind: "data", direction: "write", offset: i * response.length, data: response }, i);
    }
    observe({ kind: "close", how: "fin" }, 100);
  }
  return writer.take();
}

function createConnection(number: number): Connection {
  return {
    id: BigInt(number),
    transport: "tcp",
    local: { kind: "ip", address: "10.0.0.2", port: 80 },
    remote: { kind: "ip", address: "10.0.0.1", port: 10_000 + number },
    role: "server",
    opened: { seconds: 0, nanos: 0 },
  };
}

function buildResponse(bodyBytes: number): Uint8Array {
  const head = lines(
    "HTTP/1.1 200 OK",
    "Server: nginx/1.24.0",
    "Date: Fri, 20 Nov 2026 10:54:45 GMT",
    "Content-Type: application/json",
    `Content-Length: ${bodyBytes}`,
    "Connection: keep-alive",
    'ETag: "abc-def"',
  );
  return Buffer.concat([head, Buffer.alloc(bodyBytes, "x")]);
}

function lines(...head: string[]): Uint8Array {
  return new Uint8Array(Buffer.from(`${head.join("\r\n")}\r\n\r\n`));
}

/** Times a CPU second: the median of seven runs after one that warms up. */
function measure(times: number, run: () => void): number {
  run();
  const rates = Array.from({ length: 7 }, () => {
    const before = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(before);
    return (times / (user + system)) * 1e6;
  });
  return median(rates);
}

/** CPU seconds of a program, as the shell counts them. */
function runCpuSeconds(program: string, args: readonly string[], output: string): number {
  const script = 'out=$1; shift; "$@" > "$out" 2> /dev/null; times';
  const { stdout } = spawnSync("bash", ["-c", script, "bash", output, program, ...args], { encoding: "utf8" });
  const [minutes, seconds, systemMinutes, systemSeconds] = stdout
    .trim()
    .split("\n")[1]!
    .match(/[\d.]+/g)!
    .map(Number);
  return minutes! * 60 + seconds! + systemMinutes! * 60 + systemSeconds!;
}

function format(rate: number): string {
  return Math.round(rate).toLocaleString("en-US").replaceAll(",", " ");
}
