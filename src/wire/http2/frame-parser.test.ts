import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { concat, FrameRecorder, frame } from "../../../test/support/frame-recorder.ts";
import { MemoryBudget } from "../../model/index.ts";
import { PREFACE } from "./constants.ts";
import { FrameParser, type FrameParserOptions } from "./frame-parser.ts";

const TIME = { seconds: 1, nanos: 0 };

/** Pushes `input` whole, in two parts at every split point, and byte by byte; the reports are always the same. */
function check(
  input: Uint8Array,
  expected: string[],
  options: FrameParserOptions = { fromStart: true },
  everySplit = true,
): void {
  const play = (sizes: number[]): void => {
    const recorder = new FrameRecorder();
    const budget = new MemoryBudget(1 << 20);
    const parser = new FrameParser(recorder, { budget, ...options });
    let at = 0;
    let data = 0;
    const count = recorder.data.bind(recorder);
    recorder.data = (streamId, bytes, start, end) => {
      data += end - start;
      count(streamId, bytes, start, end);
    };
    for (const size of [...sizes, input.length]) {
      parser.push(input.subarray(at, Math.min(input.length, at + size)), TIME);
      at += size;
    }
    parser.finish();
    assert.deepEqual(recorder.lines, expected, `split ${sizes.length > 4 ? "at every byte" : sizes}`);
    const counted = data + parser.parsedBytes + parser.ignoredBytes + parser.unsynchronizedBytes + parser.cutBytes;
    assert.equal(counted, input.length, `every byte is counted once, split ${sizes.slice(0, 4)}`);
    assert.equal(budget.used, 0, "nothing stays reserved");
  };
  play([]);
  if (!everySplit) return;
  for (let at = 1; at < input.length; at++) play([at]);
  play(new Array(input.length).fill(1));
}

const SETTINGS = frame(4, 0, 0, "000100001000000500008000");
const CLIENT = [...["started client-preface"]];

describe("frames", () => {
  test("a client's start", () => {
    check(concat(PREFACE, SETTINGS, frame(4, 1, 0)), [...CLIENT, "SETTINGS 1=4096", "SETTINGS 5=32768"]);
  });

  test("a server's start", () => {
    check(concat(SETTINGS, frame(1, 5, 1, "88")), [
      "started server-settings",
      "SETTINGS 1=4096",
      "SETTINGS 5=32768",
      "HEADERS 1 88 end (10)",
    ]);
  });

  test("DATA with and without padding, empty, and with nothing but padding", () => {
    check(
      concat(
        SETTINGS,
        frame(0, 0, 1, "'hello"),
        frame(0, 8, 1, "03616200"),
        frame(0, 8, 1, "0361620000ff"),
        frame(0, 0, 3),
        frame(0, 9, 1, "020000"),
      ),
      [
        "started server-settings",
        "SETTINGS 1=4096",
        "SETTINGS 5=32768",
        'DATA 1 "hello"',
        'DATA 1 ""',
        'DATA 1 "ab"',
        'DATA 3 ""',
        'DATA 1 "" end',
      ],
    );
  });

  test("header blocks: padding, priority, CONTINUATION, push", () => {
    check(
      concat(
        SETTINGS,
        frame(1, 0x2d, 1, "02800000000f82840000"),
        frame(1, 0x01, 3, "82"),
        frame(9, 0, 3, "84"),
        frame(9, 0, 3),
        frame(9, 4, 3, "86"),
        frame(5, 4, 3, "0000000282"),
        frame(5, 8, 3, "010000000284ff"),
        frame(9, 4, 3, "86"),
      ),
      [
        "started server-settings",
        "SETTINGS 1=4096",
        "SETTINGS 5=32768",
        "HEADERS 1 8284 end (19)",
        "HEADERS 3 828486 end (39)",
        "PUSH_PROMISE 3 2 82 (14)",
        "PUSH_PROMISE 3 2 8486 (26)",
      ],
    );
  });

  test("what concerns the connection, and unknown types", () => {
    check(
      concat(
        PREFACE,
        frame(3, 0, 5, "00000008"),
        frame(7, 0, 0, "00000007000000026f6f7073"),
        frame(8, 0, 0, "00000001"),
        frame(6, 0, 0, "0102030405060708"),
        frame(2, 0, 1, "8000000010"),
        frame(0xa, 0, 0, "0001613d"),
        frame(0x10, 0, 0, "00000001753d31"),
        frame(0xfa, 0xff, 9, "010203"),
        frame(3, 0, 7, "000000ff"),
      ),
      [...CLIENT, "RST_STREAM 5 CANCEL", "GOAWAY 7 INTERNAL_ERROR", "RST_STREAM 7 0xff"],
    );
  });
});

describe("frames against the rules are reported and skipped", () => {
  const after = frame(3, 0, 9, "00000000");
  for (const [name, bytes, ...expected] of [
    ["DATA on the connection", frame(0, 0, 0, "01"), "violation PROTOCOL_ERROR DATA 0"],
    ["padding longer than DATA", frame(0, 8, 1, "04aaaaaa"), "violation PROTOCOL_ERROR DATA 1"],
    [
      "padding longer than HEADERS",
      frame(1, 0xc, 1, "04aaaaaa"),
      "lost 1 malformed",
      "violation PROTOCOL_ERROR HEADERS 1",
    ],
    ["HEADERS too short", frame(1, 0x24, 1, "aaaa"), "violation FRAME_SIZE_ERROR HEADERS 1", "lost 1 malformed"],
    ["RST_STREAM too long", frame(3, 0, 1, "0000000000"), "violation FRAME_SIZE_ERROR RST_STREAM 1"],
    ["SETTINGS of half a setting", frame(4, 0, 0, "000100"), "violation FRAME_SIZE_ERROR SETTINGS 0"],
    ["a setting out of range", frame(4, 0, 0, "000200000002"), "violation PROTOCOL_ERROR SETTINGS 0"],
    ["a window that does not grow", frame(8, 0, 1, "00000000"), "violation PROTOCOL_ERROR WINDOW_UPDATE 1"],
    [
      "an odd promised stream",
      frame(5, 4, 1, "00000001"),
      "lost 1 malformed",
      "violation PROTOCOL_ERROR PUSH_PROMISE 1",
    ],
    ["a CONTINUATION of nothing", frame(9, 4, 1, "82"), "lost 1 beginning-missed"],
    [
      "a header block that is interrupted",
      concat(frame(1, 1, 1, "82"), frame(9, 0, 3, "82")),
      "violation PROTOCOL_ERROR CONTINUATION 3",
      "lost 1 interrupted end",
      "violation PROTOCOL_ERROR RST_STREAM 9",
      "lost 3 beginning-missed",
    ],
  ] as [string, Uint8Array, ...string[]][])
    test(name, () => {
      check(concat(PREFACE, bytes, after), [...CLIENT, ...expected, "RST_STREAM 9 NO_ERROR"]);
    });
});

describe("bounds", () => {
  const block = concat(
    PREFACE,
    frame(1, 0, 1, "8284"),
    frame(9, 0, 1, "8284"),
    frame(9, 5, 1, "8284"),
    frame(3, 0, 1, "00000000"),
  );
  const lost = [...CLIENT, "lost 1 too-large", "RST_STREAM 1 NO_ERROR"];

  test("bytes of a header block", () => check(block, lost, { fromStart: true, blockBytes: 5 }));
  test("CONTINUATION frames", () => check(block, lost, { fromStart: true, continuationFrames: 1 }));
  test("a single frame", () =>
    check(
      concat(PREFACE, frame(1, 5, 1, "82848284"), frame(3, 0, 1, "00000000")),
      [...CLIENT, "lost 1 too-large end", "RST_STREAM 1 NO_ERROR"],
      { fromStart: true, blockBytes: 3 },
    ));

  test("no memory for a payload in two pushes", () => {
    const recorder = new FrameRecorder();
    const parser = new FrameParser(recorder, { fromStart: true, budget: new MemoryBudget(2) });
    parser.push(concat(PREFACE, frame(1, 5, 1, "828486").subarray(0, 10)), TIME);
    parser.push(Uint8Array.of(0x84, 0x86), TIME);
    parser.push(frame(3, 0, 1, "00000000"), TIME);
    assert.deepEqual(recorder.lines, [...CLIENT, "lost 1 memory end", "RST_STREAM 1 NO_ERROR"]);
  });
});

describe("synchronization", () => {
  const request = frame(1, 5, 7, "828684410f7777772e6578616d706c652e636f6d");
  const more = concat(frame(0, 0, 5, "'some data"), frame(8, 0, 5, "00000100"), frame(6, 1, 0, "0102030405060708"));
  const reports = ["HEADERS 7 828684410f7777772e6578616d706c652e636f6d end (29)", 'DATA 5 "some data"'];

  for (const [name, before] of [
    ["at a frame", new Uint8Array(0)],
    ["in text", Buffer.from("GET / the middle of some body\r\n")],
    ["in zeros", new Uint8Array(40)],
    ["in a frame's header", frame(0, 0, 5, "'x").subarray(4)],
    ["in small numbers", Uint8Array.from({ length: 300 }, (_, index) => (index % 4 === 3 ? index % 7 : 0))],
  ] as [string, Uint8Array][])
    test(`joined ${name}`, () => {
      check(concat(before, request, more), [`synchronized after ${before.length}`, ...reports], { fromStart: false });
    });

  test("joined where a single request is all there is", () => {
    check(request, ["synchronized after 0", reports[0]!], { fromStart: false });
  });

  test("joined before the preface", () => {
    check(
      concat(new Uint8Array(11), PREFACE, SETTINGS),
      ["synchronized after 11", ...CLIENT, "SETTINGS 1=4096", "SETTINGS 5=32768"],
      { fromStart: false },
    );
  });

  test("bytes that are no frames are searched to their end", () => {
    const bytes = Uint8Array.from({ length: 3000 }, (_, index) => (index * index * 31 + index * 7) & 255);
    check(bytes, [], { fromStart: false }, false);
    check(bytes, [], { fromStart: false, searchBytes: 100 }, false);
  });

  test("what cannot be a frame loses the synchronization, and the next frames bring it back", () => {
    const bytes = concat(PREFACE, frame(3, 0, 1, "00000000"), Buffer.from("no frame"), request, more);
    check(bytes, [
      ...CLIENT,
      "RST_STREAM 1 NO_ERROR",
      "violation FRAME_SIZE_ERROR 0x66 1634559232",
      "synchronization lost",
      "synchronized after 8",
      ...reports,
    ]);
  });

  test("a gap within DATA loses that data and nothing else", () => {
    const recorder = new FrameRecorder();
    const parser = new FrameParser(recorder, { fromStart: true });
    const bytes = concat(PREFACE, frame(0, 1, 1, "'0123456789"), frame(3, 0, 3, "00000000"));
    parser.push(bytes.subarray(0, 24 + 9 + 2), TIME);
    parser.gap(5, TIME);
    parser.push(bytes.subarray(24 + 9 + 7), TIME);
    assert.deepEqual(recorder.lines, [...CLIENT, 'DATA 1 "01<5 missing>789" end', "RST_STREAM 3 NO_ERROR"]);
  });

  test("a gap up to the end of DATA", () => {
    const recorder = new FrameRecorder();
    const parser = new FrameParser(recorder, { fromStart: true });
    parser.push(concat(PREFACE, frame(0, 1, 1, "'0123456789").subarray(0, 9)), TIME);
    parser.gap(10, TIME);
    parser.push(frame(3, 0, 3, "00000000"), TIME);
    assert.deepEqual(recorder.lines, [...CLIENT, 'DATA 1 "<10 missing>" end', "RST_STREAM 3 NO_ERROR"]);
  });

  for (const size of [11, undefined])
    test(`a gap of ${size ?? "unknown size"} beyond DATA`, () => {
      const recorder = new FrameRecorder();
      const parser = new FrameParser(recorder, { fromStart: true });
      parser.push(concat(PREFACE, frame(0, 1, 1, "'0123456789").subarray(0, 12)), TIME);
      parser.gap(size, TIME);
      parser.push(concat(Buffer.from("abc"), request, more), TIME);
      assert.deepEqual(recorder.lines, [...CLIENT, "synchronization lost", "synchronized after 3", ...reports]);
    });

  /** The reports of `pieces`, a number being a gap of so many bytes, -1 one of any size. */
  const play = (fromStart: boolean, ...pieces: (Uint8Array | number)[]): string[] => {
    const recorder = new FrameRecorder();
    const budget = new MemoryBudget(1 << 20);
    const parser = new FrameParser(recorder, { fromStart, budget });
    let pushed = 0;
    for (const piece of pieces)
      if (typeof piece === "number") parser.gap(piece < 0 ? undefined : piece, TIME);
      else {
        pushed += piece.length;
        parser.push(piece, TIME);
      }
    parser.finish();
    const { parsedBytes, ignoredBytes, unsynchronizedBytes, cutBytes } = parser;
    const data =
      recorder.lines
        .join("")
        .match(/(?<=DATA \d+ ")[^"]*/g)
        ?.join("").length ?? 0;
    assert.equal(
      parsedBytes + ignoredBytes + unsynchronizedBytes + cutBytes + data,
      pushed,
      "every byte is counted once",
    );
    assert.equal(budget.used, 0);
    return recorder.lines;
  };
  const unknown = frame(0xfa, 0, 1, "00112233445566778899");
  const reset = frame(3, 0, 9, "00000000");

  test("a gap within a frame of an unknown type, and up to its end", () => {
    const head = concat(PREFACE, unknown.subarray(0, 12));
    assert.deepEqual(play(true, head, 4, unknown.subarray(16), reset), [...CLIENT, "RST_STREAM 9 NO_ERROR"]);
    assert.deepEqual(play(true, head, 7, reset), [...CLIENT, "RST_STREAM 9 NO_ERROR"]);
  });

  test("a gap beyond it, one of any size, and one in a frame that is held until it is whole", () => {
    const lost = [...CLIENT, "synchronization lost", "synchronized after 0", ...reports];
    const head = concat(PREFACE, unknown.subarray(0, 12));
    for (const size of [8, -1]) assert.deepEqual(play(true, head, size, concat(request, more)), lost, `${size}`);
    for (const size of [1, 4, -1])
      assert.deepEqual(
        play(true, concat(PREFACE, reset.subarray(0, 10)), size, concat(request, more)),
        lost,
        `${size}`,
      );
    assert.deepEqual(play(true, concat(PREFACE, reset.subarray(0, 5)), 4, concat(request, more)), lost);
  });

  test("a gap before anything, within the preface, and while frames are searched", () => {
    const found = ["synchronized after 0", ...reports];
    assert.deepEqual(play(true, 10, concat(request, more)), found);
    assert.deepEqual(play(false, 10, concat(request, more)), found);
    // The bytes before the gap are looked at, and counted, by themselves.
    assert.deepEqual(play(true, PREFACE.subarray(0, 5), 3, concat(request, more)), found);
    assert.deepEqual(play(false, Buffer.from("noise"), 3, concat(request, more)), found);
    // So is a whole request.
    assert.deepEqual(play(false, request, 3, concat(request, more)), [
      "synchronized after 0",
      reports[0]!,
      "synchronization lost",
      "synchronized after 0",
      ...reports,
    ]);
  });

  test("frames that were held when a gap comes are looked at with less evidence, and lost with the bytes before them where they are none", () => {
    const headers = frame(1, 4, 1, "880001610162");
    const noise = Buffer.from("noise");
    for (const size of [3, -1]) {
      assert.deepEqual(play(false, concat(noise, headers), size, concat(headers, headers)), [
        "synchronized after 5",
        "HEADERS 1 880001610162 (15)",
        "synchronization lost",
        ...["synchronized after 0", "HEADERS 1 880001610162 (15)", "HEADERS 1 880001610162 (15)"],
      ]);
      assert.deepEqual(play(false, concat(noise, headers, noise), size, headers), [
        "synchronized after 0",
        "HEADERS 1 880001610162 (15)",
      ]);
    }
  });

  test("behind a gap, a frame of the stream that was last is believed with less evidence than one of another", () => {
    const data = frame(0, 0, 3, "7a7a7a7a");
    const of = (last: number) => play(true, concat(PREFACE, frame(1, 4, last, "88")), -1, data).slice(3);
    assert.deepEqual(of(3), ["synchronized after 0", 'DATA 3 "zzzz"']);
    assert.deepEqual(of(5), []);
    // SETTINGS and the like are of no stream: the one before them is the last.
    const settings = concat(PREFACE, frame(1, 4, 3, "88"), frame(4, 1, 0));
    assert.deepEqual(play(true, settings, -1, data).slice(-2), ["synchronized after 0", 'DATA 3 "zzzz"']);
  });

  test("padding that is longer than DATA ends it there, also where nothing of it is left", () => {
    for (const payload of ["05", "0501", "ff"])
      assert.deepEqual(play(true, concat(PREFACE, frame(0, 8, 1, payload), reset)), [
        ...CLIENT,
        "violation PROTOCOL_ERROR DATA 1",
        "RST_STREAM 9 NO_ERROR",
      ]);
  });
});
