/**
 * Sends exchanges of now to a collector, so many a second for so many seconds: `PORT RATE SECONDS`. Prints how many were acknowledged.
 * All have the same times but for the second: to make them must cost next to nothing beside a browser.
 */
import { randomUUID } from "node:crypto";
import { connect } from "node:http2";
import { setTimeout as delay } from "node:timers/promises";
import { create, toBinary } from "@bufbuild/protobuf";
import { exchangeLine } from "../../../src/analysis/protocols/index.ts";
import { SendRequestSchema } from "../../../src/wire/send/gen/tapline/v1/send_pb.js";
import { buildExchange } from "../../../test/support/build-exchange.ts";
import { frame, openCall } from "../collector/grpc-call.ts";

const [port, rate, seconds] = process.argv.slice(2).map(Number) as [number, number, number];
const BATCHES_A_SECOND = 10;
const batch = Math.round(rate / BATCHES_A_SECOND);

const [MADE, ITEM] = ["2026-11-18T11:06:40", "$ITEM"];
const at = (millis: number) => ({ seconds: Date.parse(`${MADE}Z`) / 1000, nanos: millis * 1e6 });
const HEADERS = { "user-agent": "curl/8", accept: "*/*", "x-request-id": ITEM };
const template = Array.from({ length: batch }, (_, index) =>
  exchangeLine(
    buildExchange({
      target: `/cart/${ITEM}-${index}/lines`,
      status: index % 100 === 0 ? 503 : 200,
      requestHeaders: HEADERS,
      responseHeaders: { "content-type": "application/json" },
      exchange: {
        id: index,
        times: { requestStart: at(1), requestEnd: at(2), responseStart: at(40), responseEnd: at(50) },
      },
    }),
  ),
).join("");

const session = connect(`http://127.0.0.1:${port}`);
const call = openCall(session, "/tapline.v1.CollectorService/Send");
let acknowledged = 0;
call.on("data", (chunk: Buffer) => {
  for (let place = 0; place < chunk.length; place += 5 + chunk.readUInt32BE(place + 1)) acknowledged++;
});
const sender = `bench/${randomUUID()}`;
const began = performance.now();
for (let sequence = 1; sequence <= seconds * BATCHES_A_SECOND; sequence++) {
  const text = template.replaceAll(MADE, new Date().toISOString().slice(0, 19)).replaceAll(ITEM, String(sequence));
  const message = { sender, sequence: BigInt(sequence), documents: Buffer.from(text), version: "bench" };
  call.write(frame(toBinary(SendRequestSchema, create(SendRequestSchema, message))));
  await delay(Math.max(0, began + (sequence * 1000) / BATCHES_A_SECOND - performance.now()));
}
for (let waited = 0; acknowledged < seconds * BATCHES_A_SECOND && waited < 100; waited++) await delay(100);
console.log(acknowledged * batch);
session.destroy();
