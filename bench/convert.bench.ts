/**
 * Converting traces: events and bytes a second of CPU for the whole command, start included; the memory that a long trace
 * takes; and how many times the algorithm of tap2pcap.py that is, on the same file in the same run.
 */
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeTrace, type TraceEvent, type TraceFormat, type TraceWrapper } from "../src/wire/envoy/index.ts";
import { findProgram } from "../test/support/needs.ts";
import { median } from "./support/process-usage.ts";

const MB = 1_000_000;
const ROUNDS = 3;
/** Megabytes of the longest trace. */
const longest = Number(process.env["BENCH_CONVERT_MB"] ?? 1000);
/** Events that tap2pcap's algorithm has to do. */
const peerEvents = Number(process.env["BENCH_CONVERT_PEER_EVENTS"] ?? 8000);
const folder = mkdtempSync(join(tmpdir(), "tapline-bench-"));
const TAPLINE = join(import.meta.dirname, "../bin/tapline");
/** Tells the command's CPU seconds and the most memory it had, at its end. */
const TELL = `data:text/javascript,process.on("exit",()=>{const u=process.resourceUsage();process.stderr.write("\\n"+JSON.stringify({cpu:(u.userCPUTime+u.systemCPUTime)/1e6,rss:u.maxRSS/1024})+"\\n")})`;

const CONNECTION = {
  localAddress: { kind: "socket", address: "127.0.0.1", portValue: 80 },
  remoteAddress: { kind: "socket", address: "10.0.0.1", portValue: 5000 },
} as const;

try {
  measure("length-delimited, 1 KiB events", "PROTO_BINARY_LENGTH_DELIMITED", 1024, 300 * MB, "pcap");
  measure("length-delimited, 64 B events", "PROTO_BINARY_LENGTH_DELIMITED", 64, 100 * MB, "pcap");
  measure("length-delimited, 16 KiB events", "PROTO_BINARY_LENGTH_DELIMITED", 16_384, 300 * MB, "pcap");
  measure(
    "the same to pcapng with handshake",
    "PROTO_BINARY_LENGTH_DELIMITED",
    16_384,
    300 * MB,
    "pcapng",
    "--handshake",
  );
  measure("JSON, 1 KiB events", "JSON_BODY_AS_BYTES", 1024, 100 * MB, "pcap");
  measure("text, 1 KiB events", "PROTO_TEXT", 1024, 100 * MB, "pcap");
  measure(`length-delimited, ${longest} MB`, "PROTO_BINARY_LENGTH_DELIMITED", 1024, longest * MB, "pcap");
  comparePeer();
} finally {
  rmSync(folder, { recursive: true });
}

function measure(name: string, format: TraceFormat, size: number, total: number, ...[to, ...options]: string[]): void {
  const input = join(folder, "input");
  const events = writeStreamed(input, format, size, total);
  const bytes = statSync(input).size;
  const runs = Array.from({ length: ROUNDS }, () =>
    runTapline(["convert", "--force", ...options, "-o", to!, input, join(folder, "output")]),
  );
  const cpu = median(runs.map((run) => run.cpu));
  const rss = Math.max(...runs.map((run) => run.rss));
  console.log(
    `${name}: ${Math.round(events / cpu).toLocaleString("en")} events/s, ${Math.round(bytes / cpu / MB)} MB/s of CPU, ${Math.round(rss)} MiB resident`,
  );
}

function comparePeer(): void {
  const missing = ["od", "text2pcap", "bash"].filter((program) => findProgram(program) === undefined);
  if (missing.length > 0) {
    console.log(`tap2pcap's algorithm: not measured, missing: ${missing.join(", ")}`);
    return;
  }
  const input = join(folder, "peer.pb");
  writeBuffered(input, peerEvents);
  const ours = median(
    Array.from({ length: ROUNDS }, () => runTapline(["tap2pcap", input, join(folder, "ours.pcap")]).cpu),
  );
  const peer = join(import.meta.dirname, "support/tap2pcap-peer.ts");
  const { stderr } = spawnSync(
    "bash",
    ["-c", `TIMEFORMAT="%U %S"; time "$@"`, "bash", process.execPath, peer, input, join(folder, "peer.pcap")],
    { encoding: "utf8" },
  );
  const theirs = stderr
    .trim()
    .split("\n")
    .at(-1)!
    .split(" ")
    .reduce((sum, seconds) => sum + Number(seconds), 0);
  console.log(
    `tap2pcap's algorithm, ${peerEvents} events of 1 KiB: ${theirs.toFixed(1)} s of CPU (${Math.round(peerEvents / theirs)} events/s); tapline ${ours.toFixed(2)} s: ${Math.round(theirs / ours)} times as fast`,
  );
}

function runTapline(args: readonly string[]): { cpu: number; rss: number } {
  const { status, stderr } = spawnSync(TAPLINE, args, {
    encoding: "utf8",
    env: { ...process.env, TAPLINE_NODE_OPTIONS: `--import=${TELL.replaceAll(" ", "%20")}` },
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stderr.trim().split("\n").at(-1)!) as { cpu: number; rss: number };
}

/** A streamed trace of one connection; gives the number of its events. */
function writeStreamed(path: string, format: TraceFormat, size: number, total: number): number {
  const file = openSync(path, "w");
  const data = Uint8Array.from({ length: size }, (_, index) => (index * 7) & 0xff);
  let events = 0;
  let written = 0;
  let chunk: Uint8Array[] = [encodeTrace(segment({ kind: "connection", connection: CONNECTION }), format)];
  let gathered = 0;
  while (written < total) {
    const bytes = encodeTrace(segment({ kind: "event", event: makeEvent(events++, data) }), format);
    chunk.push(bytes);
    gathered += bytes.length;
    if (gathered < MB) continue;
    writeSync(file, Buffer.concat(chunk));
    written += gathered;
    gathered = 0;
    chunk = [];
  }
  closeSync(file);
  return events;
}

function writeBuffered(path: string, count: number): void {
  const data = Uint8Array.from({ length: 1024 }, (_, index) => (index * 7) & 0xff);
  const wrapper: TraceWrapper = {
    trace: {
      kind: "socket-buffered",
      traceId: 1n,
      connection: CONNECTION,
      events: Array.from({ length: count }, (_, index) => makeEvent(index, data)),
      readTruncated: false,
      writeTruncated: false,
    },
  };
  const file = openSync(path, "w");
  writeSync(file, encodeTrace(wrapper, "PROTO_BINARY"));
  closeSync(file);
}

type Segment = Extract<TraceWrapper["trace"], { kind: "socket-streamed" }>;

function segment(piece: NonNullable<Segment["piece"]>): TraceWrapper {
  return { trace: { kind: "socket-streamed", traceId: 5n, piece } };
}

function makeEvent(index: number, data: Uint8Array): TraceEvent {
  return {
    kind: index % 2 === 0 ? "read" : "write",
    timestamp: { seconds: 1_700_000_000 + Math.floor(index / 1000), nanos: (index % 1000) * 1_000_000 + 1000 },
    data: { asBytes: data, truncated: false },
    seqNum: BigInt(1 + index * data.length),
  };
}
