import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Random } from "../../../test/support/random.ts";
import type { RespHandler } from "./resp-handler.ts";
import type { RespParserOptions } from "./resp-options.ts";
import { RespParser } from "./resp-parser.ts";
import { splitInline } from "./split-inline.ts";

const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
const text = (bytes: Uint8Array): string => Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");

/** Writes down what the parser tells; the pieces of a string are put together. */
class Recorder implements RespHandler {
  readonly events: string[] = [];
  /** Where messages begin and end. */
  readonly places: number[] = [];
  #string = "";

  messageBegin(at: number): void {
    this.places.push(at);
    this.events.push("(");
  }

  messageEnd(at: number): void {
    this.places.push(at);
    this.events.push(")");
  }

  line(type: string, bytes: Uint8Array, start: number, end: number, size: number): void {
    const cut = end - start < size ? `…${size}` : "";
    this.events.push(`${type} ${text(bytes.subarray(start, end))}${cut}`);
  }

  inline(bytes: Uint8Array, start: number, end: number, size: number): void {
    this.line("inline", bytes, start, end, size);
  }

  stringBegin(type: string, length: number | undefined): void {
    this.#string = `${type}/${length ?? "?"} `;
  }

  stringBytes(bytes: Uint8Array, start: number, end: number): void {
    this.#string += text(bytes.subarray(start, end));
  }

  stringGap(size: number, end: number): void {
    this.#string += end === 0 ? `<${size}>` : `<${size}+${end}>`;
  }

  stringEnd(): void {
    this.events.push(this.#string);
  }

  aggregateBegin(type: string, count: number | undefined): void {
    this.events.push(`${type}/${count ?? "?"} [`);
  }

  aggregateEnd(): void {
    this.events.push("]");
  }
}

function parse(pieces: readonly Uint8Array[], options: Omit<RespParserOptions, "handler"> = {}) {
  const recorder = new Recorder();
  const parser = new RespParser({ handler: recorder, ...options });
  let consumed = 0;
  for (const piece of pieces) if (parser.problem === undefined) consumed += parser.push(piece);
  const { events, places } = recorder;
  return { events: events.join(" "), places, problem: parser.problem, consumed, open: parser.inMessage };
}

/** The same whatever the two pieces, and byte by byte. */
function parseAtEverySplit(input: Uint8Array, options: Omit<RespParserOptions, "handler"> = {}) {
  const whole = parse([input], options);
  for (let at = 1; at < input.length; at++)
    assert.deepEqual(parse([input.subarray(0, at), input.subarray(at)], options), whole, `split at ${at}`);
  assert.deepEqual(
    parse(
      Array.from(input, (byte) => Uint8Array.of(byte)),
      options,
    ),
    whole,
    "byte by byte",
  );
  return whole;
}

describe("RespParser", () => {
  const VALUES: readonly [wire: string, events: string][] = [
    ["+OK\r\n", "( simple OK )"],
    ["+\r\n", "( simple  )"],
    ["-ERR unknown command 'x'\r\n", "( error ERR unknown command 'x' )"],
    [":-42\r\n", "( integer -42 )"],
    [":+7\r\n", "( integer +7 )"],
    ["$5\r\nhello\r\n", "( bulk/5 hello )"],
    ["$0\r\n\r\n", "( bulk/0  )"],
    ["$6\r\na\r\nb\r\n\r\n", "( bulk/6 a\r\nb\r\n )"],
    ["$-1\r\n", "( null  )"],
    ["*-1\r\n", "( null  )"],
    ["_\r\n", "( null  )"],
    ["#t\r\n#f\r\n", "( boolean t ) ( boolean f )"],
    [",3.25\r\n,-inf\r\n,nan\r\n,1e21\r\n", "( double 3.25 ) ( double -inf ) ( double nan ) ( double 1e21 )"],
    [
      "(-3492890328409238509324850943850943825024385\r\n",
      "( big-number -3492890328409238509324850943850943825024385 )",
    ],
    ["!9\r\nSYNTAX no\r\n", "( bulk-error/9 SYNTAX no )"],
    ["=7\r\ntxt:abc\r\n", "( verbatim/7 txt:abc )"],
    ["*0\r\n", "( array/0 [ ] )"],
    ["*2\r\n:1\r\n*1\r\n$1\r\nx\r\n", "( array/2 [ integer 1 array/1 [ bulk/1 x ] ] )"],
    ["%1\r\n+k\r\n~2\r\n:1\r\n:2\r\n", "( map/1 [ simple k set/2 [ integer 1 integer 2 ] ] )"],
    [">2\r\n+message\r\n+x\r\n", "( push/2 [ simple message simple x ] )"],
    ["|1\r\n+ttl\r\n:3\r\n$1\r\nv\r\n", "( attribute/1 [ simple ttl integer 3 ] bulk/1 v )"],
    ["*2\r\n|1\r\n+a\r\n:1\r\n:2\r\n:3\r\n", "( array/2 [ attribute/1 [ simple a integer 1 ] integer 2 integer 3 ] )"],
    ["$?\r\n;4\r\nHell\r\n;1\r\no\r\n;0\r\n:1\r\n", "( bulk/? Hello ) ( integer 1 )"],
    ["*?\r\n:1\r\n:2\r\n.\r\n", "( array/? [ integer 1 integer 2 ] )"],
    ["*?\r\n.\r\n", "( array/? [ ] )"],
    ["%?\r\n+a\r\n:1\r\n.\r\n~?\r\n.\r\n", "( map/? [ simple a integer 1 ] ) ( set/? [ ] )"],
  ];
  for (const [wire, events] of VALUES)
    it(`reads ${JSON.stringify(wire)}`, () => {
      const { places, ...result } = parseAtEverySplit(latin1(wire));
      assert.equal(places[0], 0);
      assert.equal(places.at(-1), wire.length);
      assert.deepEqual(result, { events, problem: undefined, consumed: wire.length, open: false });
    });

  const FAULTS: readonly [wire: string, problem: string, consumed?: number][] = [
    ["HTTP/1.1 200 OK\r\n", "unknown-type", 1],
    ["\r\n", "unknown-type", 1],
    ["+a\rb\r\n", "malformed-line"],
    ["+a\n", "malformed-line"],
    ["$3\r\nabcd\r\n", "missing-terminator", 8],
    ["$3\r\nabc\rx", "missing-terminator"],
    ["$-2\r\n", "malformed-length"],
    ["$x\r\n", "malformed-length"],
    ["$\r\n", "malformed-length"],
    ["%-1\r\n", "malformed-length"],
    ["!?\r\n", "malformed-length"],
    ["$99999999999999999\r\n", "malformed-length"],
    [`$${"0".repeat(40)}\r\n`, "malformed-length", 33],
    [":1x\r\n", "malformed-value"],
    [":\r\n", "malformed-value"],
    ["#x\r\n", "malformed-value"],
    ["_0\r\n", "malformed-value"],
    [",1.2.3\r\n", "malformed-value"],
    ["(1.5\r\n", "malformed-value"],
    [".\r\n", "unknown-type", 1],
    ["*1\r\n.\r\n", "unknown-type", 5],
    ["%?\r\n+k\r\n.\r\n", "unknown-type", 9],
    ["$?\r\n+x\r\n", "unknown-type", 5],
    ["$?\r\n;?\r\n", "malformed-length"],
    [";1\r\nx\r\n", "unknown-type", 1],
    ["*4294967297\r\n", "too-large"],
    ["*1\r\n".repeat(65), "nested-too-deep"],
  ];
  for (const [wire, problem, consumed = wire.length] of FAULTS)
    it(`refuses ${JSON.stringify(wire.slice(0, 40))}`, () => {
      const result = parseAtEverySplit(latin1(wire));
      assert.equal(result.problem, problem);
      assert.equal(result.consumed, consumed);
    });

  it("takes as many levels as it is allowed", () => {
    const wire = "*1\r\n".repeat(64);
    assert.equal(parse([latin1(`${wire}:1\r\n`)]).open, false);
    assert.equal(parse([latin1("*1\r\n*1\r\n:1\r\n")], { depth: 1 }).problem, "nested-too-deep");
  });

  it("keeps so much of a line, and counts the rest", () => {
    const { events, places } = parseAtEverySplit(latin1(`+${"x".repeat(100)}\r\n:1\r\n`), { lineBytes: 8 });
    assert.equal(events, "( simple xxxxxxxx…100 ) ( integer 1 )");
    assert.deepEqual(places, [0, 103, 103, 107]);
  });

  it("goes on after a hole in a string", () => {
    const recorder = new Recorder();
    const parser = new RespParser({ handler: recorder });
    parser.push(latin1("$10\r\nab"));
    assert.equal(parser.skip(6), 6);
    parser.push(latin1("ij\r\n:1\r\n"));
    assert.equal(recorder.events.join(" "), "( bulk/10 ab<6>ij ) ( integer 1 )");
    assert.deepEqual(recorder.places, [0, 17, 17, 21]);
    assert.equal(parser.skip(1), 0);
  });

  it("ends a string in a hole that goes to its end or beyond, and no further", () => {
    const wire = "$10\r\nabcdefghij\r\n";
    for (let from = 5; from < wire.length; from++)
      for (let size = 1; size <= wire.length - from + 3; size++) {
        const recorder = new Recorder();
        const parser = new RespParser({ handler: recorder });
        parser.push(latin1(wire.slice(0, from)));
        const passed = Math.min(size, wire.length - from);
        assert.equal(parser.skip(size), passed, `${size} bytes at ${from}`);
        parser.push(latin1(`${wire.slice(from + passed)}:1\r\n`));
        assert.match(recorder.events.join(" "), /^\( bulk\/10 a?b?.*<\d\d?(?:\+[12])?>.* \) \( integer 1 \)$/);
        assert.deepEqual(recorder.places, [0, 17, 17, 21]);
      }
  });

  it("begins afresh after restart", () => {
    const recorder = new Recorder();
    const parser = new RespParser({ handler: recorder });
    parser.push(latin1("*2\r\n$?\r\nx"));
    assert.equal(parser.problem, "unknown-type");
    assert.equal(parser.push(latin1(":1\r\n")), 0);
    parser.restart();
    parser.push(latin1(":1\r\n"));
    assert.equal(recorder.events.at(-2), "integer 1");
  });
});

describe("RespParser of commands", () => {
  const COMMANDS: readonly [wire: string, events: string, problem?: string][] = [
    ["*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", "( array/2 [ bulk/3 GET bulk/1 k ] )"],
    ["PING\r\n", "( inline PING )"],
    ["set a 1\nget a\r\n", "( inline set a 1 ) ( inline get a )"],
    ["\r\n", "( inline  )"],
    ["*0\r\n*-1\r\n", "( array/0 [ ] ) ( array/0 [ ] )"],
    ["*-5\r\n*-12\r\n", "( array/0 [ ] ) ( array/0 [ ] )"],
    ["+OK\r\n", "( inline +OK )"],
    ["*1\r\n+PING\r\n", "( array/1 [", "unknown-type"],
    ["*1\r\n*1\r\n", "( array/1 [", "unknown-type"],
    ["*1\r\n$-1\r\n", "( array/1 [", "malformed-length"],
    ["*?\r\n", "(", "malformed-length"],
    [`${"x".repeat(65_536)}\r\n`, "(", "too-large"],
  ];
  for (const [wire, events, problem] of COMMANDS)
    it(`reads ${JSON.stringify(wire.slice(0, 40))}`, () => {
      const input = latin1(wire);
      const options = { commands: true };
      const result = input.length < 1000 ? parseAtEverySplit(input, options) : parse([input], options);
      assert.equal(result.events, events);
      assert.equal(result.problem, problem);
    });
});

describe("RespParser, fuzzed", () => {
  it("gives back random values, however they are cut", () => {
    const random = new Random();
    for (let round = 0; round < 300; round++) {
      const values = random.list(4, () => randomValue(random, 4));
      const wire = latin1(values.map(({ wire }) => wire).join(""));
      const events = values.map(({ events }) => `( ${events} )`).join(" ");
      const result = parse(cut(random, wire));
      assert.equal(result.events, events, `seed ${random.seed}, round ${round}`);
      assert.equal(result.problem, undefined);
      assert.equal(result.open, false);
    }
  });

  it("says the same of damaged streams, however they are cut", () => {
    const random = new Random();
    for (let round = 0; round < 500; round++) {
      const wire = latin1(random.list(4, () => randomValue(random, 4).wire).join(""));
      for (let damage = random.below(3); damage >= 0 && wire.length > 0; damage--)
        wire[random.below(wire.length)] = random.chance(2)
          ? random.below(256)
          : latin1("\r\n*$+:%|;.?-0129")[random.below(16)]!;
      const commands = random.chance(3);
      const whole = parse([wire], { commands, depth: 3, lineBytes: 4 });
      const cutUp = parse(cut(random, wire), { commands, depth: 3, lineBytes: 4 });
      assert.deepEqual(cutUp, whole, `seed ${random.seed}, round ${round}`);
      assert.ok(whole.consumed === wire.length || whole.problem !== undefined);
    }
  });
});

function cut(random: Random, wire: Uint8Array): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < wire.length; ) {
    const size = 1 + random.below(random.chance(2) ? 3 : 40);
    pieces.push(wire.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

/** A value on the wire, and the events that the parser should give. */
function randomValue(random: Random, depth: number): { wire: string; events: string } {
  const word = (): string => text(random.bytes(12)).replaceAll(/[\r\n]/g, "_");
  const any = text(random.bytes(40));
  switch (random.below(depth > 0 ? 14 : 9)) {
    case 0: {
      const line = word();
      return { wire: `+${line}\r\n`, events: `simple ${line}` };
    }
    case 1: {
      const line = `ERR ${word()}`;
      return { wire: `-${line}\r\n`, events: `error ${line}` };
    }
    case 2: {
      const number = random.below(2 ** 32) - 2 ** 31;
      return { wire: `:${number}\r\n`, events: `integer ${number}` };
    }
    case 3:
      return { wire: random.pick(["$-1\r\n", "*-1\r\n", "_\r\n"]), events: "null " };
    case 4:
      return { wire: "#t\r\n", events: "boolean t" };
    case 5: {
      const number = random.below(1e9) / 1000;
      return { wire: `,${number}\r\n`, events: `double ${number}` };
    }
    case 6: {
      const pieces = random.list(3, () => text(random.bytes(20))).filter((piece) => piece !== "");
      const chunks = pieces.map((piece) => `;${piece.length}\r\n${piece}\r\n`).join("");
      return { wire: `$?\r\n${chunks};0\r\n`, events: `bulk/? ${pieces.join("")}` };
    }
    case 7:
      return { wire: `!${any.length}\r\n${any}\r\n`, events: `bulk-error/${any.length} ${any}` };
    case 8:
      return { wire: `$${any.length}\r\n${any}\r\n`, events: `bulk/${any.length} ${any}` };
    case 9: {
      const inner = randomValue(random, 0);
      const value = randomValue(random, depth - 1);
      return {
        wire: `|1\r\n+a\r\n${inner.wire}${value.wire}`,
        events: `attribute/1 [ simple a ${inner.events} ] ${value.events}`,
      };
    }
    default: {
      const [character, name] = random.pick([
        ["*", "array"],
        ["~", "set"],
        [">", "push"],
        ["%", "map"],
      ] as const);
      let values = random.list(5, () => randomValue(random, depth - 1));
      if (name === "map" && values.length % 2 === 1) values = values.slice(1);
      const count = name === "map" ? values.length / 2 : values.length;
      const isStreamed = random.chance(4);
      const inner = values.map(({ events }) => `${events} `).join("");
      return {
        wire: `${character}${isStreamed ? "?" : count}\r\n${values.map(({ wire }) => wire).join("")}${isStreamed ? ".\r\n" : ""}`,
        events: `${name}/${isStreamed ? "?" : count} [ ${inner}]`,
      };
    }
  }
}

describe("splitInline", () => {
  const LINES: readonly [line: string, words: readonly string[] | undefined][] = [
    ["", []],
    ["  ", []],
    ["PING", ["PING"]],
    [" set  key\tvalue ", ["set", "key", "value"]],
    ['set k "a b\\n\\x41\\"\\\\"', ["set", "k", 'a b\nA"\\']],
    ["set k 'a\\'b\\n'", ["set", "k", "a'b\\n"]],
    ['set ""', ["set", ""]],
    ['a"b c"', ["ab c"]],
    ['"a"b', undefined],
    ['"a', undefined],
    ["'a", undefined],
    ['"a\\', undefined],
    ['"\\xZ1"', ["xZ1"]],
    ["get a\u0000b", ["get", "a"]],
  ];
  for (const [line, words] of LINES)
    it(`splits ${JSON.stringify(line)}`, () => {
      assert.deepEqual(splitInline(latin1(line))?.map(text), words);
    });
});
