/**
 * HTTP/2: HPACK blocks a CPU second, and streams a CPU second through the whole analysis (bytes of both directions to
 * exchanges), on a recorded session of node:http2 that is repeated on many connections. tshark reads the same session from a
 * capture where it is installed.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Analyzer } from "../src/analysis/analyzer.ts";
import { DETECTORS } from "../src/analysis/detectors.ts";
import type { Connection, Header, HttpExchange } from "../src/model/index.ts";
import { openCapture } from "../src/source/capture-file/index.ts";
import { HpackDecoder } from "../src/wire/hpack/index.ts";
import { type RecordedChunk, recordHttp2Session, sendRequest } from "../test/support/http2-session.ts";
import { findProgram, sharedData } from "../test/support/needs.ts";

const STREAMS = 500;
const ROUNDS = 9;

benchHpack();
const chunks = await recordSession();
benchAnalysis(chunks);
await benchCapture(chunks);

function benchHpack(): void {
  const { path, skip } = sharedData("corpora/hpack");
  if (skip !== false) {
    console.log(`HPACK stories: ${skip}`);
    return;
  }
  for (const encoder of readdirSync(path)) {
    const stories = readdirSync(join(path, encoder)).map((file) => {
      const { cases } = JSON.parse(readFileSync(join(path, encoder, file), "utf8")) as {
        cases: { wire: string; header_table_size?: number }[];
      };
      return cases.map(({ wire, header_table_size }) => ({
        wire: new Uint8Array(Buffer.from(wire, "hex")),
        tableSize: header_table_size,
      }));
    });
    const blocks = measure(() => {
      let count = 0;
      for (let repeat = 0; repeat < 5; repeat++)
        for (const story of stories) {
          const decoder = new HpackDecoder();
          for (const { wire, tableSize } of story) {
            if (tableSize !== undefined) decoder.allowTableSize(tableSize);
            const headers: Header[] = [];
            decoder.decode(wire, headers);
            count++;
          }
        }
      return count;
    });
    console.log(`HPACK, ${encoder}: ${format(blocks)} blocks/CPU s`);
  }
}

function benchAnalysis(session: readonly RecordedChunk[]): void {
  const bytes = session.reduce((sum, { data }) => sum + data.length, 0);
  let headers = 0;
  const streams = measure(() => {
    let count = 0;
    headers = 0;
    const analyzer = new Analyzer({
      emit: (exchange) => {
        const { request, response } = exchange as HttpExchange;
        count++;
        headers += (request?.headers.length ?? 0) + (response?.headers.length ?? 0);
      },
      detectors: DETECTORS,
    });
    for (let repeat = 0; repeat < 20; repeat++) playSession(analyzer, session, BigInt(repeat));
    if (count !== 20 * STREAMS || !analyzer.ledger.balanced) throw new Error(`${count} exchanges`);
    return count;
  });
  const each = bytes / STREAMS;
  console.log(
    `analysis: ${format(streams)} streams/CPU s (${Math.round(each)} bytes, ${Math.round(headers / 20 / STREAMS)} headers a stream), ${format((streams * each) / 1e6)} MB/CPU s`,
  );
}

function playSession(analyzer: Analyzer, session: readonly RecordedChunk[], id: bigint): void {
  const connection: Connection = {
    id,
    transport: "tcp",
    local: undefined,
    remote: undefined,
    role: "server",
    opened: { seconds: 0, nanos: 0 },
  };
  const offsets = { read: 0, write: 0 };
  let nanos = 0;
  for (const { direction, data } of session) {
    const time = { seconds: 1, nanos: nanos++ };
    analyzer.observe({ kind: "data", connection, time, direction, offset: offsets[direction], data });
    offsets[direction] += data.length;
  }
  analyzer.observe({ kind: "close", connection, time: { seconds: 2, nanos: 0 }, how: "fin" });
}

/** The session as a capture that text2pcap wrote, read from the file by us and by tshark; start-up is not counted. */
async function benchCapture(session: readonly RecordedChunk[]): Promise<void> {
  if (findProgram("tshark") === undefined || findProgram("text2pcap") === undefined) {
    console.log("missing: tshark and text2pcap, to compare with");
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), "tapline-bench-"));
  try {
    const dump = join(folder, "session.txt");
    const capture = join(folder, "session.pcap");
    writeFileSync(dump, session.map(dumpChunk).join("\n"));
    execFileSync("text2pcap", ["-q", "-D", "-4", "10.0.0.1,10.0.0.2", "-T", "40000,80", dump, capture], {
      stdio: "ignore",
    });
    const ours = await readRepeatedly(capture);
    const tshark = (...args: string[]) =>
      measureProgram("tshark", ["-r", capture, "-d", "tcp.port==80,http2", ...args]);
    const fields = ["http2.streamid", "http2.headers.method", "http2.headers.path", "http2.headers.status"];
    const startUp = tshark("-c", "1");
    const whole = tshark("-Y", "http2.headers", "-T", "fields", ...fields.flatMap((field) => ["-e", field]));
    const theirs = STREAMS / Math.max(0.001, whole - startUp);
    console.log(`capture file, tapline: ${format(ours)} streams/CPU s`);
    console.log(`capture file, tshark: ${format(theirs)} streams/CPU s (without ${startUp.toFixed(2)} s of start-up)`);
    console.log(`ratio: ${(ours / theirs).toFixed(1)} times tshark`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function readRepeatedly(capture: string): Promise<number> {
  const results: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    let count = 0;
    for (let repeat = 0; repeat < 10; repeat++) {
      const analyzer = new Analyzer({ emit: () => count++, detectors: DETECTORS });
      await openCapture(capture, { observer: analyzer });
      analyzer.finish();
    }
    if (count !== 10 * STREAMS) throw new Error(`${count} exchanges`);
    const { user, system } = process.cpuUsage(before);
    results.push(count / ((user + system) / 1e6));
  }
  return results.sort((a, b) => a - b)[ROUNDS >> 1]!;
}

/** The CPU seconds of a program, the fewest of three runs. */
function measureProgram(program: string, args: string[]): number {
  const runs = [1, 2, 3].map(() => {
    const { stderr } = spawnSync("bash", ["-c", 'TIMEFORMAT="%U %S"; time "$@"', "bash", program, ...args], {
      encoding: "utf8",
      maxBuffer: 64 << 20,
    });
    const [user = Number.NaN, system = Number.NaN] = stderr.trim().split("\n").at(-1)!.split(" ").map(Number);
    return user + system;
  });
  return Math.min(...runs);
}

function dumpChunk({ direction, data }: RecordedChunk): string {
  const lines = [direction === "read" ? "O" : "I"];
  for (let at = 0; at < data.length; at += 16)
    lines.push(
      `${at.toString(16).padStart(6, "0")} ${Buffer.from(data.subarray(at, at + 16))
        .toString("hex")
        .replace(/../g, "$& ")}`,
    );
  return lines.join("\n");
}

/** Requests and responses with about twenty headers each, some of which change. */
function recordSession(): Promise<RecordedChunk[]> {
  const common = Object.fromEntries(
    Array.from({ length: 10 }, (_, index) => [`x-common-${index}`, `value of ${index}`]),
  );
  return recordHttp2Session(
    (request, response) => {
      request.resume().on("end", () => {
        response.writeHead(200, {
          ...common,
          "content-type": "application/json",
          "cache-control": "no-cache",
          vary: "accept",
          etag: `"${request.url}"`,
          "x-request-id": request.url,
        });
        response.end(`{"path":"${request.url}"}`);
      });
    },
    async (client) => {
      for (let index = 0; index < STREAMS; index += 10)
        await Promise.all(
          Array.from({ length: 10 }, (_, offset) =>
            sendRequest(client, {
              ...common,
              ":path": `/items/${index + offset}?q=1`,
              "user-agent": "bench/1.0",
              accept: "*/*",
              "accept-encoding": "gzip",
              cookie: `session=${index}`,
              "x-request-id": `${index + offset}`,
            }),
          ),
        );
    },
  );
}

/** The median of what `work` does in a CPU second. */
function measure(work: () => number): number {
  const results: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    const count = work();
    const { user, system } = process.cpuUsage(before);
    results.push(count / ((user + system) / 1e6));
  }
  return results.sort((a, b) => a - b)[ROUNDS >> 1]!;
}

function format(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString("en") : value.toFixed(1);
}
