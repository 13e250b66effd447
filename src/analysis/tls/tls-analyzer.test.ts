import assert from "node:assert/strict";
import { test } from "node:test";
import { at } from "../../../test/support/conversation.ts";
import { viewAsHttp } from "../../../test/support/view-as-http.ts";
import { type Connection, type HttpExchange, Ledger } from "../../model/index.ts";
import { Analyzer } from "../analyzer.ts";
import { createTlsDetector } from "./tls-detector.ts";

const CLIENT_HELLO = handshake(1, [3, 3, ...new Array<number>(32).fill(7), 0, 0, 2, 0x13, 0x01, 1, 0]);
const SERVER_HELLO = handshake(2, [3, 3, ...new Array<number>(32).fill(9), 0, 0xc0, 0x2b, 0]);
const UNKNOWN_CA = Uint8Array.of(0x15, 3, 3, 0, 2, 2, 48);
const CLOSE_NOTIFY = Uint8Array.of(0x15, 3, 3, 0, 2, 1, 0);

const CASES: readonly { name: string; client: Uint8Array[]; server: Uint8Array[]; seen: string }[] = [
  { name: "a hello without an answer", client: [CLIENT_HELLO], server: [], seen: "tls unfinished" },
  { name: "hellos alone", client: [CLIENT_HELLO, CLOSE_NOTIFY], server: [SERVER_HELLO], seen: "tls complete" },
  {
    name: "a handshake that an alert ended",
    client: [CLIENT_HELLO, UNKNOWN_CA],
    server: [SERVER_HELLO],
    seen: "tls complete tls-alert:unknown_ca",
  },
];

for (const { name, client, server, seen } of CASES)
  test(`${name} is an exchange without content`, () => {
    const ledger = new Ledger();
    const exchanges: HttpExchange[] = [];
    const detectors = [createTlsDetector({ ledger })];
    const analyzer = new Analyzer({ emit: (exchange) => exchanges.push(viewAsHttp(exchange)), ledger, detectors });
    const connection: Connection = {
      id: 1n,
      transport: "tcp",
      local: undefined,
      remote: undefined,
      role: "server",
      opened: at(0),
    };
    const push = (direction: "read" | "write", pieces: Uint8Array[]): void => {
      let offset = 0;
      for (const data of pieces) {
        analyzer.observe({ kind: "data", connection, time: at(1), direction, offset, data });
        offset += data.length;
      }
    };
    push("read", client.slice(0, 1));
    push("write", server);
    if (client.length > 1)
      analyzer.observe({
        kind: "data",
        connection,
        time: at(2),
        direction: "read",
        offset: client[0]!.length,
        data: client[1]!,
      });
    analyzer.observe({ kind: "close", connection, time: at(3), how: "fin" });
    assert.deepEqual(
      exchanges.map(({ protocol, quality, problems }) => [protocol, quality, ...problems].join(" ")),
      [seen],
    );
    assert.equal(exchanges[0]!.request?.body.size, 0);
    assert.ok(ledger.balanced, ledger.format().join("\n"));
  });

/** A record with one handshake message (RFC 8446 §4, §5.1). */
function handshake(type: number, body: readonly number[]): Uint8Array {
  return Uint8Array.of(0x16, 3, 1, 0, body.length + 4, type, 0, 0, body.length, ...body);
}
