import { join, le32, mysql, sized, sized4, tagged, u16, u32 } from "./join-bytes.ts";
import type { Random } from "./random.ts";

/** One message of a binary protocol, of which kind and content are drawn. */
export type DrawMessage = (random: Random, side: "client" | "server", round: number) => Uint8Array;

/** The framing of protocols whose bytes resemble HTTP/2's; what they carry is drawn. */
export const FOREIGN_TALKS: Readonly<Record<string, DrawMessage>> = {
  // Kafka protocol guide: INT32 size; a request has api key, api version, correlation id and client id.
  Kafka: (random, side, round) =>
    side === "client"
      ? sized(u16(random.below(20)), u16(random.below(14)), u32(round), u16(5), "admin", content(random))
      : sized(u32(round), content(random)),
  // ZooKeeper: length, xid, opcode or zxid and error.
  ZooKeeper: (random, side, round) =>
    side === "client"
      ? sized(u32(round), u32(random.below(15)), u32(6), "/zk/ab", content(random))
      : sized(u32(round), u32(0), u32(random.below(5000)), u32(0), content(random)),
  // MySQL: 3 bytes of length, little-endian, and a sequence number.
  MySQL: (random, side) =>
    side === "client"
      ? mysql(0, [3 + random.below(20)], content(random))
      : join(...Array.from({ length: 1 + random.below(8) }, (_, i) => mysql(i + 1, content(random)))),
  // PostgreSQL 55.7: a type, and INT32 length that counts itself.
  PostgreSQL: (random, side, round) =>
    side === "client" && round === 0
      ? sized4(u16(3), u16(0), "user\0a\0database\0b\0\0")
      : join(
          ...Array.from({ length: 1 + random.below(5) }, () =>
            tagged(random.pick([..."QPBEDSHCTZKRN123tns"]), content(random)),
          ),
        ),
  // MongoDB: OP_MSG or OP_REPLY, lengths little-endian, with a document of BSON.
  BSON: (random, side, round) => {
    const document = join([random.pick([1, 2, 3, 4, 8, 16, 18])], "field\0", content(random), [0]);
    const body = join(le32(0), [0], le32(document.length + 4), document);
    return join(
      le32(body.length + 16),
      le32(round),
      le32(side === "client" ? 0 : round),
      le32(random.pick([1, 2013])),
      body,
    );
  },
  // CQL: version, flags, stream, opcode, INT32 length.
  CQL: (random, side) => {
    const version = 3 + random.below(3) + (side === "client" ? 0 : 0x80);
    return join(
      [version, random.below(4)],
      u16(random.below(random.pick([4, 300, 32_768]))),
      [random.below(17)],
      sized(content(random)),
    );
  },
  // Thrift's binary protocol, framed.
  Thrift: (random, side, round) =>
    sized([0x80, 1, 0, side === "client" ? 1 : 2], u32(4), "ping", u32(round), content(random), [0]),
  // AMQP 0-9-1 §2.3.5: type, channel, size, payload, 0xce.
  AMQP: (random, side, round) =>
    side === "client" && round === 0
      ? join("AMQP", [0, 0, 9, 1])
      : join(
          [1 + random.below(3)],
          u16(random.below(4)),
          sized(u16(10 * random.below(10)), u16(10), content(random)),
          [0xce],
        ),
  // MQTT 3.1.1: a type with flags, the remaining length as a varint, content.
  MQTT: (random) => {
    const body = join(u16(3), "a/b", content(random));
    const length = body.length < 128 ? [body.length] : [(body.length & 127) | 128, body.length >> 7];
    return join([(1 + random.below(14)) * 16 + random.below(16)], length, body);
  },
};

/** Numbers as protocols have them, words, zeros, or anything. */
function content(random: Random): Uint8Array {
  const size = random.pick([0, 1, 4, 9, 17, 60, 300]);
  const draw = random.pick([
    () => Uint8Array.from({ length: size }, () => random.below(256)),
    () => Uint8Array.from({ length: size }, () => random.below(random.pick([2, 10]))),
    () => new Uint8Array(size),
    () => join(...Array.from({ length: size >> 2 }, () => u32(random.below(random.pick([3, 50, 70_000]))))),
    () =>
      join(
        ...Array.from({ length: size >> 2 }, () =>
          random.pick(["GET ", "key\0", "val,", "HTTP", "/a/b", "200 ", "\r\n", "{}[]"]),
        ),
      ),
  ]);
  return draw();
}
