import { decodeContent } from "../../src/analysis/content/node-content-decoder.ts";
import { presentExchange } from "../../src/analysis/content/present-exchange.ts";
import { fromTelemetry } from "../../src/analysis/http/telemetry/index.ts";
import { createNodeRedactor } from "../../src/analysis/redaction/node-redactor.ts";
import { recordOf } from "../../src/collector/store/record/exchange-record.ts";
import type { SqliteStore } from "../../src/collector/store/sqlite-store.ts";
import type { HttpExchange } from "../../src/model/index.ts";
import { readTelemetry } from "../../src/wire/telemetry/index.ts";
import { report } from "./collector/reports.ts";

const BATCH = 2000;
/** Exchanges are spread over a day that ends at this second of the epoch. */
export const LAST_SECOND = 1_795_000_000;
const DAY = 86_400;

/** Fills a store with exchanges of 12 headers asked with and 8 answered, without bodies: the same ones at each call. */
export async function fillStore(store: SqliteStore, count: number, from = 0): Promise<void> {
  const presentation = { decode: decodeContent, redactor: createNodeRedactor(), showsBodies: true };
  const random = generator(4711 + from);
  const template = JSON.stringify(withoutBodies(report()));
  for (let made = from; made < count; made += BATCH) {
    const records = [];
    for (let index = made; index < Math.min(count, made + BATCH); index++) {
      const exchange = presentExchange(storedExchange(template, index, count, random), presentation);
      records.push(recordOf(exchange, LAST_SECOND * 1000));
    }
    await store.append({ exchanges: records, flows: [], senders: [] });
  }
}

function storedExchange(template: string, index: number, count: number, random: () => number): HttpExchange {
  const hex = (digits: number): string =>
    Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join("");
  const text = template
    .replaceAll("$ID", `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`)
    .replaceAll("$ITEM", String(Math.floor(random() * 1e6)))
    .replaceAll("$USER", String(Math.floor(random() * 1000)))
    .replaceAll("$PORT", String(1024 + Math.floor(random() * 60_000)))
    .replaceAll("$TRACE", hex(32))
    .replace('"201"', random() < 0.01 ? '"503"' : random() < 0.1 ? '"404"' : '"201"')
    .replace("10.0.0.9:8080", `10.0.0.${Math.floor(random() * 40)}:8080`)
    .replaceAll("shop.example.com", `shop${Math.floor(random() * 20)}.example.com`);
  const reading = readTelemetry(Buffer.from(text));
  if ("fault" in reading) throw new Error(reading.fault.message);
  const seconds = LAST_SECOND - DAY + (index / count) * DAY;
  const at = (millis: number) => ({
    seconds: Math.floor(seconds + millis / 1000),
    nanos: Math.floor(((seconds + millis / 1000) % 1) * 1e9),
  });
  const exchange = fromTelemetry(reading.telemetry, {
    id: index,
    received: at(0),
    connectionFor: (_, make) => make(),
    nextConnectionId: () => BigInt(Math.floor(index / 10)),
    source: "bench",
  });
  const took = 1 + random() ** 4 * 1000;
  return {
    ...exchange,
    times: { requestStart: at(0), requestEnd: at(0.3), responseStart: at(took * 0.9), responseEnd: at(took) },
  };
}

function withoutBodies(telemetry: object): object {
  return JSON.parse(JSON.stringify(telemetry, (name, value) => (name === "body" ? "" : value)));
}

/** Numbers below 1 (mulberry32). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
