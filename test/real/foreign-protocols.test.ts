/**
 * Binary protocols whose bytes resemble HTTP/2's frames are not taken for HTTP: from their start, joined at every message or in the middle
 * of one, with one side or both, however they are cut.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Step, summarize, understand } from "../support/conversation.ts";
import { join, le32, mysql, type Part, sized, sized4, tagged, u16, u32 } from "../support/join-bytes.ts";

interface Talk {
  /** One of each for every round. */
  readonly client: (round: number) => Uint8Array;
  readonly server: (round: number) => Uint8Array;
}

test("text about HTTP in the middle of another protocol is none, however it is cut", () => {
  const texts = [
    "HTTP/1.1 200 is ok",
    "GET / HTTP/1.1\r\n",
    "POST /x HTTP/1.1\r\nand more",
    "HTTP/1.1 404 Not Found\r\n: x",
  ];
  for (const text of texts)
    for (const pieceSize of [...SIZES, Number.POSITIVE_INFINITY])
      for (const side of ["client", "server"] as const) {
        const message = Buffer.concat([Buffer.from([0, 0, 1, 9]), Buffer.from(text), Buffer.from([0, 7, 200, 1])]);
        const steps: Step[] = [
          [side, message],
          [side, message],
          ["close", "fin"],
        ];
        const { emitted } = understand(steps, { pieceSize, roleUnknown: true, isJoinedLate: true });
        assert.deepEqual(
          emitted.map(({ kind }) => kind),
          ["opaque"],
          `${JSON.stringify(text)} in pieces of ${pieceSize}`,
        );
      }
});

const ROUNDS = 24;
const SIZES = [1, 2, 3, 7, 1460];

const TALKS: Readonly<Record<string, Talk>> = {
  // Kafka protocol guide: INT32 size, api key, api version, INT32 correlation id, client id.
  Kafka: {
    client: (round) =>
      sized(u16(round % 4), u16(7), u32(round), u16(5), "admin", u32(-1), u32(1), u16(3), "top", zeros(9)),
    server: (round) =>
      sized(u32(round), u32(1), u16(3), "top", u32(1), zeros(10), u32(round * 3), u32(-1), zeros(round)),
  },
  // ZooKeeper: length, xid, opcode, path, watch.
  ZooKeeper: {
    client: (round) =>
      sized(u32(round), u32(4), u32(6 + (round % 9)), "/zk/ab".slice(0, 6), "c".repeat(round % 9), [0]),
    server: (round) => sized(u32(round), zeros(4), u32(round + 7), zeros(4), u32(round), "x".repeat(round), zeros(40)),
  },
  // MySQL: 3 bytes of length, little-endian, a sequence number, then the command or the result set.
  MySQL: {
    client: (round) => mysql(0, [3], "SELECT * FROM t WHERE id = ", String(round)),
    server: (round) =>
      join(
        mysql(1, [1]),
        mysql(2, [3], "def", [0, 0, 0, 1], "a", [0, 0x0c, 0x3f, 0, 1, 0, 0, 0, 8, 0x81]),
        mysql(3, [1, 0x30 + (round % 9)]),
        mysql(4, [254, 0, 0, 2, 0]),
      ),
  },
  // PostgreSQL 55.7: a type, INT32 length, content.
  PostgreSQL: {
    client: (round) =>
      round === 0 ? sized4(u16(3), u16(0), "user\0a\0\0") : tagged("Q", `select ${"1".repeat(round)}\0`),
    server: (round) =>
      join(
        tagged("T", u16(1), "a\0", zeros(6), u32(23), u16(4), u32(-1), u16(0)),
        tagged("D", u16(1), u32(4), u32(round)),
        tagged("C", "SELECT 1\0"),
        tagged("Z", "I"),
      ),
  },
  // MongoDB wire protocol: OP_MSG with one BSON document.
  BSON: {
    client: (round) =>
      mongo(round, 0, [2], "find\0", le32(2), "c\0", [16], "limit\0", le32(round), [1], "d\0", zeros(6), [0xf0, 0x3f]),
    server: (round) =>
      mongo(round + 9, round, [16], "n\0", le32(round), [18], "id\0", zeros(8), [1], "ok\0", zeros(6), [0xf0, 0x3f]),
  },
  // CQL v4: version, flags, stream, opcode, INT32 length.
  CQL: {
    client: (round) => cql(4, round, 7, u32(26), "SELECT * FROM system.local", u16(1), [0]),
    server: (round) =>
      cql(
        0x84,
        round,
        8,
        u32(2),
        u32(1),
        u32(round % 5),
        u16(6),
        "system",
        u16(5),
        "local",
        u16(4 + (round % 3)),
        "abcdef".slice(0, 4 + (round % 3)),
        u16(12),
        u32(1),
        u32(16),
        zeros(16),
      ),
  },
  // Thrift's binary protocol, framed.
  Thrift: {
    client: (round) => sized([0x80, 1, 0, 1], u32(4), "ping", u32(round), [8], u16(1), u32(round), [0]),
    server: (round) => sized([0x80, 1, 0, 2], u32(4), "ping", u32(round), [10], u16(0), zeros(4), u32(round), [0]),
  },
  // AMQP 0-9-1 §2.3.5: type, channel, size, payload, 0xce.
  AMQP: {
    client: (round) =>
      round === 0
        ? join("AMQP", [0, 0, 9, 1])
        : join(
            amqp(1, u16(60), u16(40), u16(0), [0, 1], "q", [0]),
            amqp(2, u16(60), u16(0), zeros(4), u32(round), u16(0)),
            amqp(3, "x".repeat(round)),
          ),
    server: (round) => amqp(1, u16(60), u16(80), zeros(4), u32(round), [0]),
  },
  // MQTT 3.1.1: a type with flags, the remaining length, content.
  MQTT: {
    client: (round) =>
      round === 0
        ? mqtt(0x10, u16(4), "MQTT", [4, 2], u16(60), u16(1), "c")
        : mqtt(0x32, u16(3), "a/b", u16(round), "y".repeat(round)),
    server: (round) => (round === 0 ? mqtt(0x20, [0, 0]) : mqtt(0x40, u16(round))),
  },
};

for (const [name, { client, server }] of Object.entries(TALKS))
  describe(name, () => {
    const steps: Step[] = Array.from({ length: ROUNDS }, (_, round): Step[] => [
      ["client", client(round)],
      ["server", server(round)],
    ]).flat();
    const served = steps.filter(([side]) => side === "server");
    const asked = steps.filter(([side]) => side === "client");

    for (const pieceSize of SIZES)
      test(`in pieces of ${pieceSize} bytes`, () => {
        for (const roleUnknown of [false, true]) {
          checkForeign(steps, { pieceSize, roleUnknown }, "from the start");
          const joined = { pieceSize, roleUnknown, isJoinedLate: true };
          for (let first = 0; first < 8; first++)
            for (const some of [steps, served, asked]) {
              const rest = some.slice(first);
              checkForeign(rest, joined, `joined before message ${first}`);
              // As few messages as a short capture has: less speaks for either answer.
              for (const count of [1, 2, 3]) checkForeign(rest.slice(0, count), joined, `${count} from ${first}`);
            }
          for (let bytes = 1; bytes < 20; bytes++)
            for (const some of [steps, served, asked])
              checkForeign(dropFirst(some, bytes), joined, `without ${bytes} bytes`);
        }
      });
  });

function checkForeign(steps: readonly Step[], options: Parameters<typeof understand>[1], where: string): void {
  const { emitted } = understand(steps, options);
  const taken = emitted.filter(({ kind }) => kind === "http").map(summarize);
  assert.deepEqual(taken, [], `${where}, ${JSON.stringify(options)}`);
}

function dropFirst([first, ...rest]: readonly Step[], bytes: number): Step[] {
  const [side, data] = first as ["client", Uint8Array];
  return bytes < data.length ? [[side, data.subarray(bytes)], ...rest] : rest;
}

function zeros(size: number): Uint8Array {
  return new Uint8Array(size);
}

function mongo(id: number, to: number, ...parts: readonly Part[]): Uint8Array {
  const content = join(...parts, [0]);
  const length = content.length + 4;
  return join(le32(length + 21), le32(id), le32(to), le32(2013), zeros(5), le32(length), content);
}

function cql(version: number, stream: number, opcode: number, ...parts: readonly Part[]): Uint8Array {
  return join([version, 0], u16(stream), opcode, sized(...parts));
}

function amqp(type: number, ...parts: readonly Part[]): Uint8Array {
  return join(type, u16(1), sized(...parts), 0xce);
}

function mqtt(type: number, ...parts: readonly Part[]): Uint8Array {
  const content = join(...parts);
  return join([type, content.length], content);
}
