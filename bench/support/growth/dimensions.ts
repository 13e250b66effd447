import { join } from "node:path";
import { writeBufferedTraces } from "../asked/write-traces.ts";
import { CapturedConnection, CaptureFile } from "../capture-file.ts";
import { writeExchangeCapture } from "../exchange-captures.ts";
import { TAPLINE } from "../http1-readers.ts";
import { measureProgram } from "../measure-program.ts";
import type { Dimension, Usage } from "./measure-growth.ts";
import { measureTaps } from "./measure-taps.ts";

/** The cost of a command that has nearly nothing to do. */
export async function measureIdle(folder: string): Promise<Usage> {
  const path = join(folder, "idle.pcap");
  writeExchangeCapture(path, { body: "text", alike: true, requestsPerConnection: 1 }, 1);
  return run("read", path, "-q", "-o", "ndjson");
}

/** Each measure that may be larger in one input than in another. @param folder for the inputs */
export function createGrowthDimensions(folder: string): readonly Dimension[] {
  const path = join(folder, "input.pcap");
  const reads = (name: string, from: number, write: (file: CaptureFile, size: number) => void): Dimension => ({
    name,
    from,
    measure: (size) => {
      const file = new CaptureFile(path);
      write(file, size);
      file.close();
      return run("read", path, "-q", "-o", "ndjson");
    },
  });
  const readPairs = (size: number, requestsPerConnection: number) => {
    writeExchangeCapture(path, { body: "text", alike: false, requestsPerConnection }, size);
    return run("read", path, "-q", "-o", "ndjson");
  };
  return [
    { name: "connections", from: 2500, measure: (size) => readPairs(size, 1) },
    {
      name: "requests a connection",
      from: 4000,
      measure: (size) => readPairs(size, Number.POSITIVE_INFINITY),
    },
    reads("connections that stay open", 2000, (file, size) => {
      for (let i = 0; i < size; i++) converse(new CapturedConnection(file, i), i, "");
    }),
    reads("pieces a message", 20_000, (file, size) => {
      const connection = new CapturedConnection(file, 1);
      connection.request(REQUEST);
      connection.response(head(`Content-Length: ${size * 40}`));
      for (let i = 0; i < size; i++) connection.response(PIECE);
    }),
    reads("fields a head", 200, (file, size) => {
      const fields = Array.from({ length: size }, (_, i) => `X-Field-${i}: value ${i}\r\n`).join("");
      const connection = new CapturedConnection(file, 1);
      for (let i = 0; i < 200; i++) converse(connection, i, fields);
    }),
    reads("bytes a body", 200_000, (file, size) => {
      const connection = new CapturedConnection(file, 1);
      const body = Buffer.from("some text of a body, ".repeat(Math.ceil(size / 21))).subarray(0, size);
      for (let i = 0; i < 20; i++) {
        connection.request(REQUEST);
        connection.response(Buffer.concat([head(`Content-Length: ${size}`), body]));
      }
    }),
    reads("distinct names of fields", 8000, (file, size) => {
      const connection = new CapturedConnection(file, 1);
      for (let i = 0; i < size; i += 20)
        converse(connection, i, Array.from({ length: 20 }, (_, j) => `X-Name-${i + j}: v\r\n`).join(""));
    }),
    reads("secrets", 8000, (file, size) => {
      const connection = new CapturedConnection(file, 1);
      for (let i = 0; i < size; i += 100) {
        const members = Array.from(
          { length: 100 },
          (_, j) => `{"user":"u${i + j}","password":"S3cret-${(i + j) * 7919}"}`,
        );
        const body = `[${members.join(",")}]`;
        connection.request(REQUEST);
        connection.response(
          Buffer.concat([head(`Content-Type: application/json\r\nContent-Length: ${body.length}`), Buffer.from(body)]),
        );
      }
    }),
    {
      name: "terms of a filter",
      from: 20,
      measure: (size) => {
        writeExchangeCapture(path, { body: "text", alike: false, requestsPerConnection: 100 }, 4000);
        const terms = Array.from({ length: size }, (_, i) => `request.path.startsWith("/none/${i}")`);
        return run("read", path, "-q", "-Y", terms.join("||"));
      },
    },
    { name: "taps with filters of bodies", from: 12, measure: (size) => measureTaps(folder, size) },
    {
      name: "files",
      from: 1000,
      measure: (size) => {
        const traces = join(folder, "traces");
        writeBufferedTraces(traces, size);
        return run("convert", "--force", traces, `${path}ng`);
      },
    },
  ];
}

/** Runs the command to its end; what it prints goes nowhere. */
async function run(...args: string[]): Promise<Usage> {
  const usage = await measureProgram(TAPLINE, args);
  if (usage.exitCode !== 0) throw new Error(`tapline ${args[0]}: ${usage.messages.slice(0, 200)}`);
  return usage;
}

function converse(connection: CapturedConnection, i: number, fields: string): void {
  connection.request(Buffer.from(`GET /items/${i} HTTP/1.1\r\nHost: example.com\r\n${fields}\r\n`));
  connection.response(head("Content-Length: 0"));
}

function head(fields: string): Buffer {
  return Buffer.from(`HTTP/1.1 200 OK\r\n${fields}\r\n\r\n`);
}

const REQUEST = Buffer.from("GET /large HTTP/1.1\r\nHost: example.com\r\n\r\n");
const PIECE = Buffer.alloc(40, "piece of a body ");
