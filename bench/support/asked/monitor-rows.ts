import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { EventSample, encodePayload, PAYLOAD_DEFINITION } from "../../../src/wire/cilium/index.ts";
import { logRecordMessage } from "../../../test/support/cilium-log-record.ts";
import { buildGoPeer } from "../../../test/support/go-peer.ts";
import { TAPLINE } from "../http1-readers.ts";
import type { AskedRows } from "./asked-row.ts";
import { compare } from "./compare.ts";

const EVENTS = 600_000;
const VERSION = "1.20.2";

type Message = (i: number) => Uint8Array;

export const MONITOR_ROWS: readonly AskedRows[] = [
  {
    name: "monitor",
    needs: ["go"],
    async *measure(folder) {
      const peer = await buildGoPeer("cilium-messages-go", `cilium-monitor-${VERSION}`, "./monitor");
      const path = join(folder, "events.gob");
      const inputs: readonly [kind: string, message: Message, ways: readonly Way[]][] = [
        ["all alike", () => trace(1), [INFO, JSON_LINES, VERBOSE]],
        ["all different", trace, [INFO, JSON_LINES, VERBOSE]],
        ["records of requests", record, [L7]],
      ];
      for (const [kind, message, ways] of inputs) {
        writeSession(path, message);
        for (const { name, flags, mode, asked } of ways)
          yield* compare({
            work: `monitor ${name}, 600 000 events`,
            peer: `Go, Cilium's own code (v${VERSION})`,
            asked,
            kind,
            ours: [TAPLINE, ["monitor", "-q", "-i", path, ...flags]],
            // It reads its standard input.
            theirs: ["sh", ["-c", 'exec "$0" "$1" < "$2"', peer, mode, path]],
          });
      }
    },
  },
];

interface Way {
  readonly name: string;
  readonly flags: readonly string[];
  readonly mode: string;
  readonly asked: number;
}
const INFO: Way = { name: "INFO", flags: [], mode: "info", asked: 0.5 };
const JSON_LINES: Way = { name: "JSON", flags: ["-j"], mode: "json", asked: 0.2 };
const VERBOSE: Way = { name: "VERBOSE", flags: ["-vv"], mode: "verbose", asked: 0.2 };
const L7: Way = { name: "L7", flags: [], mode: "info", asked: 0.2 };

/** A packet of TCP with its options, traced on its way to an endpoint: another one for each number. */
function trace(i: number): Uint8Array {
  const bytes = Buffer.from(
    "04000a00efbeadde4a0000004a00010064000000c80000001400000000000000000000000000000000000000000000000233456789ab0123456789ab08004500003c0001000040064b860a0b0c0d0a0e0f10c82200500000000100000002a00220007dc40000020405b40402080a0001e2400000000001030307",
    "hex",
  );
  bytes.writeUInt32LE((0xdeadbeef + i) >>> 0, 4);
  bytes.writeUInt32LE(100 + (i % 300), 16);
  const packet = 48;
  bytes.writeUInt32BE(0x0a0b0000 + (i % 60_000), packet + 26);
  bytes.writeUInt16BE(1024 + (i % 60_000), packet + 34);
  bytes.writeUInt32BE(i, packet + 38);
  return bytes;
}

function record(i: number): Uint8Array {
  const end = (id: number, app: string) => ({
    ID: id,
    IPv4: `10.0.${(i >> 8) & 255}.${i & 255}`,
    Port: 30_000 + (i % 30_000),
    Identity: 200 + (i % 90),
    Labels: [{ Key: "app", Value: app, Source: "k8s" }],
  });
  const http = { Code: 200, Method: "GET", URL: Buffer.from(`http://echo:8080/public/${i}?a=1`), Protocol: "HTTP/1.1" };
  return logRecordMessage(
    {
      Type: "Request",
      Timestamp: "2020-10-19T12:34:56.789Z",
      ObservationPoint: "Egress",
      SourceEndpoint: end(1021, "client"),
      DestinationEndpoint: end(7, "echo"),
      Verdict: "Forwarded",
      HTTP: http,
    },
    { labels: "structs", addresses: "binary", kafka: false },
  );
}

function writeSession(path: string, message: Message): void {
  const file = openSync(path, "w");
  writeSync(file, PAYLOAD_DEFINITION);
  for (let i = 0; i < EVENTS; ) {
    const payloads: Uint8Array[] = [];
    for (const end = i + 10_000; i < end; i++)
      payloads.push(encodePayload({ data: message(i), cpu: i % 8, lost: 0n, type: EventSample }));
    writeSync(file, Buffer.concat(payloads));
  }
  closeSync(file);
}
