import type { Socket } from "node:net";

/** Answers commands of Redis as they come: each of the demo's is one chunk. */
export function answerRedis(socket: Socket): void {
  const stored = new Map<string, string>();
  socket.on("data", (chunk: Buffer) => {
    const words = chunk
      .toString("latin1")
      .split("\r\n")
      .filter((_, index) => index > 0 && index % 2 === 0);
    const [command = "", key = "", value = ""] = words;
    if (command === "SET") {
      stored.set(key, value);
      socket.write("+OK\r\n");
    } else if (command === "GET") {
      const found = stored.get(key);
      socket.write(found === undefined ? "$-1\r\n" : `$${found.length}\r\n${found}\r\n`);
    } else socket.write(`-ERR unknown command '${command}'\r\n`);
  });
}

export function redisCommand(...words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join("")}`;
}

const RESPONSE = 0x8180;
const NAME_ERROR = 3;

/** Answers questions of DNS over TCP (RFC 1035 section 4.2.2): `shop.example` has an address, nothing else is there. */
export function answerDns(socket: Socket): void {
  socket.on("data", (chunk: Buffer) => {
    if (chunk.length < 14) return;
    const question = chunk.subarray(14);
    const isKnown = question.includes("shop");
    const head = Buffer.alloc(12);
    chunk.copy(head, 0, 2, 4);
    head.writeUInt16BE(RESPONSE | (isKnown ? 0 : NAME_ERROR), 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(isKnown ? 1 : 0, 6);
    // Its name as a pointer to the question's, A, IN, 60 seconds, 192.0.2.7 (RFC 5737).
    const answer = Buffer.from("c00c00010001 0000003c 0004 c0000207".replaceAll(" ", ""), "hex");
    const message = Buffer.concat([head, question, ...(isKnown ? [answer] : [])]);
    socket.write(Buffer.concat([lengthOf(message), message]));
  });
}

export function dnsQuestion(name: string, id: number): Buffer {
  const head = Buffer.from("0000010000010000 00000000".replace(" ", ""), "hex");
  head.writeUInt16BE(id, 0);
  const labels = name.split(".").map((label) => Buffer.from([label.length, ...Buffer.from(label)]));
  const message = Buffer.concat([head, ...labels, Buffer.from([0, 0, 1, 0, 1])]);
  return Buffer.concat([lengthOf(message), message]);
}

function lengthOf(message: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return length;
}
