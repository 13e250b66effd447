/** Sends access logs or documents to a collector for some seconds, and prints how many were acknowledged in what time. */
import { randomUUID } from "node:crypto";
import { connect } from "node:http2";
import { create, fromJson, toBinary } from "@bufbuild/protobuf";
import { decodeContent } from "../../../src/analysis/content/node-content-decoder.ts";
import { presentExchange } from "../../../src/analysis/content/present-exchange.ts";
import { fromTelemetry } from "../../../src/analysis/http/telemetry/index.ts";
import { exchangeLine } from "../../../src/analysis/protocols/index.ts";
import { createNodeRedactor } from "../../../src/analysis/redaction/node-redactor.ts";
import { SendRequestSchema } from "../../../src/wire/send/gen/tapline/v1/send_pb.js";
import { EBPFAccessLogMessageSchema } from "../../../src/wire/skywalking/gen/skywalking/v3/access_log_pb.js";
import { readTelemetry } from "../../../src/wire/telemetry/index.ts";
import { frame, openCall } from "./grpc-call.ts";
import { report } from "./reports.ts";

const [kind, port, seconds] = process.argv.slice(2) as [string, string, string];
/** Items of a message, and messages that are not acknowledged. */
const BATCH = 500;
const OPEN = 8;

const session = connect(`http://127.0.0.1:${port}`);
const until = performance.now() + Number(seconds) * 1000;
const started = performance.now();
const items = kind === "send" ? await sendDocuments() : await sendAccessLogs();
console.log(JSON.stringify({ items, seconds: (performance.now() - started) / 1000 }));
session.destroy();

/** One stream, as `--send` has it: batches, each acknowledged by its number. */
async function sendDocuments(): Promise<number> {
  const lines = Array.from({ length: BATCH }, (_, index) => exchangeLine(buildExchange(index)));
  const documents = Buffer.from(lines.join(""));
  const call = openCall(session, "/tapline.v1.CollectorService/Send");
  const sender = `bench/${randomUUID()}`;
  let sent = 0;
  let acknowledged = 0;
  let wake = (): void => {};
  call.on("data", (chunk: Buffer) => {
    // Each answer is a frame of its own: a sequence of one varint.
    for (let at = 0; at < chunk.length; at += 5 + chunk.readUInt32BE(at + 1)) acknowledged++;
    wake();
  });
  while (performance.now() < until || acknowledged < sent) {
    if (performance.now() < until && sent - acknowledged < OPEN)
      call.write(
        frame(
          toBinary(
            SendRequestSchema,
            create(SendRequestSchema, { sender, sequence: BigInt(++sent), documents, version: "bench" }),
          ),
        ),
      );
    else
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
  }
  call.end();
  return acknowledged * BATCH;
}

/** Streams of as many messages, as Rover sends them: each ends when it was answered. */
async function sendAccessLogs(): Promise<number> {
  let count = 0;
  await Promise.all(
    Array.from({ length: OPEN }, async () => {
      const messages = Buffer.concat(Array.from({ length: BATCH }, (_, index) => frame(accessLog(index))));
      while (performance.now() < until) {
        const call = openCall(session, "/skywalking.v3.EBPFAccessLogService/collect");
        const ended = new Promise<string>((resolve, reject) => {
          call.on("trailers", (trailers) => resolve(String(trailers["grpc-status"])));
          call.on("response", (headers) => {
            if (headers["grpc-status"] !== undefined) resolve(String(headers["grpc-status"]));
          });
          call.on("error", reject);
        });
        call.resume();
        call.end(messages);
        const status = await ended;
        if (status === "0") count += BATCH;
        else await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }),
  );
  return count;
}

function buildExchange(index: number) {
  const text = JSON.stringify(report())
    .replaceAll("$ID", randomUUID())
    .replaceAll("$ITEM", String(index))
    .replaceAll("$USER", String(index % 100))
    .replaceAll("$PORT", String(1024 + index))
    .replaceAll("$TRACE", randomUUID().replaceAll("-", ""));
  const reading = readTelemetry(Buffer.from(text));
  if ("fault" in reading) throw new Error(reading.fault.message);
  const exchange = fromTelemetry(reading.telemetry, {
    id: index,
    received: { seconds: 1_795_000_000 + index, nanos: 0 },
    connectionFor: (_, make) => make(),
    nextConnectionId: () => BigInt(index),
    source: "bench",
  });
  return presentExchange(exchange, { decode: decodeContent, redactor: createNodeRedactor(), showsBodies: true });
}

function accessLog(index: number): Uint8Array {
  const at = (offset: number) => ({ offset: { offset: String(1_000_000_000 + index * 1_000_000 + offset) } });
  const pod = (podName: string, port: number) => ({
    kubernetes: { serviceName: `${podName}.shop`, podName, containerName: "app", processName: "node", port },
  });
  const message = fromJson(EBPFAccessLogMessageSchema, {
    ...(index === 0 && { node: { name: "node-1", bootTime: { seconds: "1795000000" } } }),
    ...(index % 10 === 0 && {
      connection: { local: pod("cart", 8080), remote: pod("web", 40_000 + index), role: 1, protocol: 1 },
    }),
    protocolLog: {
      http: {
        startTime: at(0),
        endTime: at(7_000_000),
        request: {
          method: 3,
          path: `/cart/${index}/lines`,
          sizeOfHeadersBytes: "412",
          sizeOfBodyBytes: "46",
          trace: { traceId: randomUUID(), traceSegmentId: randomUUID(), spanId: "0" },
        },
        response: { statusCode: 200, sizeOfHeadersBytes: "220", sizeOfBodyBytes: "96" },
      },
    },
  });
  return toBinary(EBPFAccessLogMessageSchema, message);
}
