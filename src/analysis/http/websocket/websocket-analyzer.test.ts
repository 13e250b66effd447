import assert from "node:assert/strict";
import { test } from "node:test";
import { constants, deflateRawSync } from "node:zlib";
import { type ConversationOptions, type Step, summarize, understand } from "../../../../test/support/conversation.ts";
import { Ledger } from "../../../model/index.ts";
import { InflationAllowance } from "../../inflation-allowance.ts";

const MIB = 1024 * 1024;
const CLOSE: Step = ["close", "fin"];

const CASES: readonly {
  readonly name: string;
  readonly extensions?: string;
  readonly steps: readonly Step[];
  readonly understood: string;
  readonly options?: ConversationOptions;
}[] = [
  {
    name: "the examples of RFC 6455 §5.7",
    steps: [
      ["server", hex("81 05 48 65 6c 6c 6f")],
      ["client", hex("81 85 37 fa 21 3d 7f 9f 4d 51 58")],
      ["server", hex("01 03 48 65 6c 80 02 6c 6f")],
      ["server", hex("89 05 48 65 6c 6c 6f")],
      ["client", hex("8a 85 37 fa 21 3d 7f 9f 4d 51 58")],
    ],
    understood:
      '[server text "Hello"] [client text "Hello"] [server text "Hello"] [server ping "Hello"] [client pong "Hello"] | websocket complete',
  },
  {
    name: "control frames between fragments",
    steps: [["server", concat(frame(1, "a", { fin: false }), frame(9, "?"), frame(0, "b"), frame(8, "\x03\xe8bye"))]],
    understood: '[server ping "?"] [server text "ab"] [server close "\\u0003èbye"] | websocket complete',
  },
  {
    name: "long messages are kept up to the limit",
    steps: [
      ["server", frame(2, "x".repeat(300))],
      ["client", frame(2, "y".repeat(70_000), { mask: [1, 2, 3, 4] })],
    ],
    understood: '[server binary "xxxx" of 300] [client binary "yyyy" of 70000] | websocket truncated',
    options: { limits: { messageBytes: 4 } },
  },
  {
    name: "more messages than are kept",
    steps: [["server", concat(frame(1, "1"), frame(1, "2"), frame(1, "3"))]],
    understood: '[server text "1"] [server text "2"] | websocket truncated message-limit',
    options: { limits: { messages: 2 } },
  },
  {
    name: "the examples of RFC 7692 §7.2.3, with and without context takeover",
    extensions: "permessage-deflate",
    steps: [
      ["server", hex("c1 07 f2 48 cd c9 c9 07 00")],
      ["server", hex("c1 05 f2 00 11 00 00")],
      ["server", hex("41 03 f2 48 cd 80 04 c9 c9 07 00")],
      ["client", mask(hex("c1 0b 00 05 00 fa ff 48 65 6c 6c 6f 00"))],
      ["client", mask(hex("c1 08 f3 48 cd c9 c9 07 00 00"))],
      ["client", mask(hex("c1 0d f2 48 05 00 00 00 ff ff ca c9 c9 07 00"))],
    ],
    understood: `${'[server text "Hello"] '.repeat(3)}${'[client text "Hello"] '.repeat(3).trim()} | websocket complete`,
  },
  {
    name: "server_no_context_takeover",
    extensions: "permessage-deflate; server_no_context_takeover; client_max_window_bits=10",
    steps: [
      ["server", compressed("again and again")],
      ["server", compressed("again and again")],
    ],
    understood: '[server text "again and again"] [server text "again and again"] | websocket complete',
  },
  {
    name: "a bomb is cut off",
    extensions: "permessage-deflate; server_no_context_takeover",
    steps: [
      ["server", compressed("\0".repeat(50_000_000))],
      ["server", compressed("hi")],
    ],
    understood:
      '[server text "\\u0000\\u0000\\u0000" of OVER] [server text "hi"] | websocket truncated decompression-limit',
    options: { limits: { messageBytes: 3, decompressionRatio: 10 } },
  },
  {
    name: "compressed messages after a gap that they may refer to stay as they came",
    extensions: "permessage-deflate",
    steps: [
      ["server", frame(2, "x")],
      ["server-gap", 30],
      ["server", hex("c1 05 f2 00 11 00 00")],
    ],
    understood: '[server binary "x"] [server text compressed "ò\\u0000\\u0011\\u0000\\u0000"] | websocket gap',
  },
  {
    name: "a gap within a message, and one that swallows headers",
    steps: [
      ["server", frame(1, "abcdef").subarray(0, 4)],
      ["server-gap", 3],
      ["server", "f"],
      ["server-gap", 9],
      ["server", concat(frame(1, "next"), frame(2, "last"))],
    ],
    understood: '[server text "ab" of 6] [server text "next"] [server binary "last"] | websocket gap',
  },
  {
    name: "what is no frame",
    steps: [
      ["server", hex("83 01 61")],
      ["server", frame(1, "ok")],
    ],
    understood: '[server text "ok"] | websocket gap invalid:websocket-frame',
    options: { pieceSize: Number.POSITIVE_INFINITY },
  },
  {
    name: "a message that is never ended",
    steps: [["server", frame(1, "abc", { fin: false })]],
    understood: '[server text "abc" of 3] | websocket complete unfinished-message',
  },
];

for (const { name, extensions, steps, understood, options } of CASES) {
  test(name, () => {
    const found = steps.some(([kind]) => kind === "server-gap") || options?.pieceSize !== undefined;
    for (const pieceSize of found ? [Number.POSITIVE_INFINITY] : [Number.POSITIVE_INFINITY, 1, 5]) {
      if (pieceSize < 5 && steps.some((step) => (step[1] as Uint8Array).length > 20_000)) continue;
      const { exchanges, analyzer } = understand([...handshake(extensions), ...steps, CLOSE], {
        ...options,
        pieceSize,
      });
      const expected = `GET /chat → 101 ${understood}`;
      const actual = exchanges
        .map(summarize)
        .map((text) => (expected.includes("of OVER") ? text.replace(/of \d+/, "of OVER") : text));
      assert.deepEqual(actual, [expected], `pieces of ${pieceSize}`);
      const book = analyzer.ledger.book("bytes");
      assert.ok(analyzer.ledger.balanced && book.buffered === 0, book.format());
      assert.equal(analyzer.budget.used, 0);
    }
  });
}

test("beside traffic that passes no more is decompressed than the allowance gives: what is beyond stays coded, says so, and is counted", () => {
  const bomb = compressed("\0".repeat(300_000));
  for (const extensions of ["permessage-deflate; server_no_context_takeover", "permessage-deflate"]) {
    const ledger = new Ledger();
    const inflation = new InflationAllowance(ledger);
    let used = 0;
    const use = inflation.use.bind(inflation);
    inflation.use = (bytes) => {
      used += bytes;
      use(bytes);
    };
    const play = (count: number) =>
      understand([...handshake(extensions), ...new Array<Step>(count).fill(["server", bomb]), CLOSE], {
        inflation,
        ledger,
        stepMillis: 1,
        limits: { messages: 200 },
      }).exchanges[0]!;
    const exchanges = Array.from({ length: 4 }, () => play(300));
    const takesOver = !extensions.includes("no_context");
    // A window that is lost is not made up for; else each of the messages that are kept is decompressed up to its limit.
    // Half a second's at the beginning, and a third of a second's each time.
    assert.ok(used < (0.5 + 4 * 0.302) * 10 * MIB + 0.2 * MIB, `${used}`);
    assert.ok(exchanges[0]!.problems.includes("decompression-limit"));
    const book = ledger.book("coded-messages");
    assert.deepEqual([book.entered, book.buffered], [takesOver ? 4 : 800, 0]);
    if (takesOver) continue;
    assert.ok(exchanges[3]!.problems.includes("decode-budget"));
    assert.ok(book.skipped > 400, book.format());
    // A minute later there is something again.
    const before = used;
    understand([...handshake(extensions), ["server", bomb], CLOSE], { inflation, ledger, stepMillis: 20_000 });
    assert.ok(used > before);
  }
});

test("messages that are not kept are not decompressed", () => {
  const ledger = new Ledger();
  const inflation = new InflationAllowance(ledger);
  const message = compressed("again and again");
  const { exchanges } = understand(
    [...handshake("permessage-deflate"), ...new Array<Step>(9).fill(["server", message]), CLOSE],
    {
      inflation,
      ledger,
      limits: { messages: 0, messageBytes: 0 },
    },
  );
  assert.equal(summarize(exchanges[0]!), "GET /chat → 101 | websocket truncated message-limit");
  assert.equal(ledger.book("coded-messages").entered, 0);
});

test("messages are shown while the connection lasts", () => {
  const shown: string[] = [];
  understand([...handshake(), ["server", frame(1, "1")], ["client", frame(1, "2", { mask: [0, 0, 0, 0] })]], {
    progress: (exchange) => shown.push(summarize(exchange)),
  });
  assert.deepEqual(shown, [
    'GET /chat → 101 [server text "1"] | websocket complete',
    'GET /chat → 101 [server text "1"] [client text "2"] | websocket complete',
  ]);
});

function handshake(extensions?: string): Step[] {
  const field = extensions === undefined ? "" : `Sec-WebSocket-Extensions: ${extensions}\r\n`;
  return [
    ["client", "GET /chat HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"],
    ["server", `HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: WebSocket\r\n${field}\r\n`],
  ];
}

function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(" ", ""), "hex");
}

function concat(...parts: Buffer[]): Buffer {
  return Buffer.concat(parts);
}

function frame(
  opcode: number,
  payload: string | Uint8Array,
  { fin = true, mask, reserved = 0 }: { fin?: boolean; mask?: number[]; reserved?: number } = {},
): Buffer {
  const bytes = typeof payload === "string" ? Buffer.from(payload, "latin1") : Buffer.from(payload);
  const { length } = bytes;
  const size =
    length < 126
      ? [length]
      : length < 65536
        ? [126, length >> 8, length & 255]
        : [127, 0, 0, 0, 0, length >>> 24, (length >> 16) & 255, (length >> 8) & 255, length & 255];
  if (mask !== undefined) size[0]! |= 0x80;
  const masked = mask === undefined ? bytes : bytes.map((byte, at) => byte ^ mask[at % 4]!);
  return Buffer.concat([Buffer.from([(fin ? 0x80 : 0) | (reserved << 4) | opcode, ...size, ...(mask ?? [])]), masked]);
}

/** A frame of the server's as the client's. */
function mask(bytes: Buffer): Buffer {
  return frame(bytes[0]! & 15, bytes.subarray(2), { mask: [9, 8, 7, 6], reserved: (bytes[0]! >> 4) & 7 });
}

function compressed(text: string): Buffer {
  const bytes = deflateRawSync(text, { finishFlush: constants.Z_SYNC_FLUSH });
  return frame(1, bytes.subarray(0, -4), { reserved: 4 });
}
