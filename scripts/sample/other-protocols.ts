import { Packets } from "./packets.ts";

const START = Date.UTC(2026, 0, 31, 2, 50, 22, 537);

/** A few commands of Redis, one of which fails, and three questions of DNS. */
export function makeRedisAndDns(): Packets {
  const packets = new Packets();
  const command = (at: number, words: readonly string[], answer: string, takes: number) =>
    [
      { from: "client", at: START + at, data: `*${words.length}\r\n${words.map(bulk).join("")}` },
      { from: "server", at: START + at + takes, data: answer },
    ] as const;
  packets.talk("10.0.1.2:57538", "10.0.1.5:6379", [
    ...command(0, ["SET", "greeting", "hello"], "+OK\r\n", 0.49),
    ...command(20, ["INCR", "greeting"], "-ERR value is not an integer or out of range\r\n", 0.217),
    ...command(40, ["GET", "user:17"], bulk('{"name":"mia"}'), 14.2),
  ]);
  const ask = (
    at: number,
    id: number,
    name: string,
    takes: number,
    response: readonly number[],
    answers: number[][],
  ) => {
    const question = [...nameBytes(name), 0, 1, 0, 1];
    const head = (flags: readonly number[], count: number) => [0, id, ...flags, 0, 1, 0, count, 0, 0, 0, 0];
    const records = answers.flatMap((address) => [0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4, ...address]);
    const client = `10.0.1.2:${40_811 + id}`;
    packets.datagram(client, "10.0.1.6:53", START + at, Uint8Array.from([...head([1, 0], 0), ...question]));
    const answer = Uint8Array.from([...head(response, answers.length), ...question, ...records]);
    packets.datagram("10.0.1.6:53", client, START + at + takes, answer);
  };
  ask(100, 1, "none.example.com", 0.231, [0x81, 0x83], []);
  ask(130, 2, "payments.example.com", 1.1, [0x81, 0x80], [[192, 0, 2, 1]]);
  ask(
    160,
    3,
    "shop.example.com",
    0.4,
    [0x81, 0x80],
    [
      [192, 0, 2, 7],
      [192, 0, 2, 8],
    ],
  );
  return packets;
}

function bulk(text: string): string {
  return `$${text.length}\r\n${text}\r\n`;
}

function nameBytes(name: string): number[] {
  return [...name.split(".").flatMap((label) => [label.length, ...new TextEncoder().encode(label)]), 0];
}
