import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Step, understand } from "../../../../test/support/conversation.ts";

describe("Redis is not taken for", () => {
  const OTHERS: readonly [name: string, steps: readonly Step[]][] = [
    [
      "POP3",
      [
        ["server", "+OK POP3 ready\r\n"],
        ["client", "USER a\r\n"],
        ["server", "+OK\r\n"],
        ["client", "QUIT\r\n"],
        ["server", "+OK bye\r\n"],
      ],
    ],
    [
      "POP3 with AUTH",
      [
        ["server", "+OK POP3 ready\r\n"],
        ["client", "AUTH PLAIN\r\n"],
        ["server", "+ \r\n"],
      ],
    ],
    [
      "numbers below zero",
      [
        ["client", "*-5\r\n*-6\r\nhowdy\r\n"],
        ["server", "+OK\r\n"],
      ],
    ],
    [
      "memcached",
      [
        ["client", "get foo\r\n"],
        ["server", "VALUE foo 0 3\r\nbar\r\nEND\r\n"],
      ],
    ],
    [
      "NATS",
      [
        ["server", 'INFO {"a":1}\r\n'],
        ["client", "PING\r\n"],
        ["server", "PONG\r\n+OK\r\n"],
      ],
    ],
    [
      "SMTP",
      [
        ["server", "220 x\r\n"],
        ["client", "HELO x\r\n"],
        ["server", "250 x\r\n"],
        ["client", "QUIT\r\n"],
      ],
    ],
    [
      "HTTP/0.9",
      [
        ["client", "GET /\r\n"],
        ["server", "<html>\r\n"],
      ],
    ],
    [
      "MySQL",
      [
        ["server", "\x2a\x00\x00\x00\x0a8.0.36\x00abc"],
        ["client", "\x03\x00\x00\x01abc"],
      ],
    ],
  ];
  for (const [name, steps] of OTHERS)
    it(name, () => {
      for (const exchange of understand(steps).emitted) assert.notEqual(exchange.kind, "redis");
    });

  it("HTTP/1, which is HTTP", () => {
    const { emitted: exchanges } = understand([
      ["client", "GET / HTTP/1.1\r\nhost: a\r\n\r\n"],
      ["server", "HTTP/1.1 204 No Content\r\n\r\n"],
    ]);
    assert.deepEqual(
      exchanges.map(({ kind }) => kind),
      ["http"],
    );
  });
});
