import { MACROS } from "../../src/analysis/filter/compile/macros.ts";
import { FUNCTIONS } from "../../src/analysis/filter/functions/functions.ts";

/** Missing from cel-go, or not by this name there: ours, and forms of optionals that are written otherwise. */
const OURS = new Set(["glob", "inNetwork", "first", "last", "unwrapOpt", "dyn"]);

type Kind =
  | "bool"
  | "int"
  | "uint"
  | "double"
  | "string"
  | "bytes"
  | "timestamp"
  | "duration"
  | "strings"
  | "ints"
  | "map"
  | "any"
  | "optional"
  | "type";

/** Random expressions whose types fit, and which operators, macros and functions stand in them. */
export function generateExpressions(
  count: number,
  seed: number,
): { expressions: string[]; used: string[]; never: string[] } {
  const generator = new Generator(seed);
  const expressions = Array.from({ length: count }, () => generator.make(generator.pick(KINDS), 4));
  const wanted = [
    ..."== != < <= > >= in + - * / % && || ! ?: [] . .? [?] [?x] {?k}".split(" "),
    "has",
    "cel.bind",
    "optMap",
    "optFlatMap",
    "or",
    "orValue",
    ...MACROS.keys(),
    ...FUNCTIONS.keys(),
  ];
  return {
    expressions,
    used: [...generator.used].sort(),
    never: wanted.filter((name) => !generator.used.has(name) && !OURS.has(name)),
  };
}

const KINDS: readonly Kind[] = [
  "bool",
  "bool",
  "bool",
  "int",
  "uint",
  "double",
  "string",
  "string",
  "bytes",
  "timestamp",
  "duration",
  "strings",
  "ints",
  "map",
  "any",
  "optional",
  "type",
];

class Generator {
  readonly used = new Set<string>();
  #state: number;
  #variables: { name: string; kind: Kind }[] = [];
  #next = 0;

  constructor(seed: number) {
    this.#state = seed | 1;
  }

  /** Mulberry32. */
  random(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.random() * from.length)]!;
  }

  make(kind: Kind, depth: number): string {
    const bound = this.#variables.filter((variable) => variable.kind === kind);
    if (bound.length > 0 && this.random() < 0.3) return this.pick(bound).name;
    if (depth <= 0 || this.random() < 0.15) return this.pick(LEAVES[kind]);
    const common: (() => string)[] = [
      () =>
        this.#mark(
          "?:",
          `(${this.make("bool", depth - 1)} ? ${this.make(kind, depth - 1)} : ${this.make(kind, depth - 1)})`,
        ),
      () => this.#bind(kind, depth),
    ];
    return this.random() < 0.1 ? this.pick(common)() : this.pick(this.#forms(kind, depth - 1))();
  }

  #mark(name: string, text: string): string {
    this.used.add(name);
    return text;
  }

  #binary(operator: string, left: Kind, right: Kind, depth: number): () => string {
    return () => this.#mark(operator, `(${this.make(left, depth)} ${operator} ${this.make(right, depth)})`);
  }

  #method(name: string, target: Kind, args: readonly Kind[], depth: number): () => string {
    return () =>
      this.#mark(
        name,
        `${this.#operand(target, depth)}.${name}(${args.map((kind) => this.make(kind, depth)).join(", ")})`,
      );
  }

  #call(name: string, args: readonly Kind[], depth: number): () => string {
    return () => this.#mark(name, `${name}(${args.map((kind) => this.make(kind, depth)).join(", ")})`);
  }

  #operand(kind: Kind, depth: number): string {
    const text = this.make(kind, depth);
    return /^[\w.]+$/.test(text) && !/^\d/.test(text) ? text : `(${text})`;
  }

  #within(variables: readonly { name: string; kind: Kind }[], make: () => string): string {
    this.#variables.push(...variables);
    const text = make();
    this.#variables.length -= variables.length;
    return text;
  }

  #name(): string {
    return `v${this.#next++}`;
  }

  #bind(kind: Kind, depth: number): string {
    const name = this.#name();
    const of = this.pick(KINDS.filter((one) => one !== "type"));
    const value = this.make(of, depth - 1);
    return this.#mark(
      "cel.bind",
      `cel.bind(${name}, ${value}, ${this.#within([{ name, kind: of }], () => this.make(kind, depth - 1))})`,
    );
  }

  /** A macro over a list or map: its variables are bound in its bodies. */
  #macro(name: string, over: Kind, count: 1 | 2, bodies: readonly Kind[], depth: number): () => string {
    return () => {
      const names = Array.from({ length: count }, () => this.#name());
      const element: Kind = over === "ints" ? "int" : "string";
      const kinds: Kind[] = count === 1 ? [element] : [over === "map" ? "string" : "int", element];
      const bound = names.map((variable, i) => ({ name: variable, kind: kinds[i]! }));
      const made = this.#within(bound, () => bodies.map((kind) => this.make(kind, depth)).join(", "));
      return this.#mark(name, `${this.#operand(over, depth)}.${name}(${names.join(", ")}, ${made})`);
    };
  }

  #optionalMacro(name: string, body: Kind, depth: number): () => string {
    return () => {
      const variable = this.#name();
      const made = this.#within([{ name: variable, kind: "int" }], () => this.make(body, depth));
      return this.#mark(name, `${this.#operand("optional", depth)}.${name}(${variable}, ${made})`);
    };
  }

  #format(depth: number): string {
    const [clauses, kind] = this.pick([
      [["%s", "%d", "%x", "%X", "%b", "%o", "%%%s"], "int"],
      [["%s", "%d", "%x", "%b", "%o"], "uint"],
      [["%s", "%x", "%X", "a%sb"], "string"],
      [["%s", "%b"], "bool"],
      [["%x", "%X"], "bytes"],
    ] as const);
    return `'${this.pick<string>(clauses)}|%%'.format([${this.make(kind, depth)}])`;
  }

  #forms(kind: Kind, depth: number): (() => string)[] {
    const binary = (operator: string, left: Kind, right = left) => this.#binary(operator, left, right, depth);
    const method = (name: string, target: Kind, ...args: Kind[]) => this.#method(name, target, args, depth);
    const call = (name: string, ...args: Kind[]) => this.#call(name, args, depth);
    const macro = (name: string, over: Kind, count: 1 | 2, ...bodies: Kind[]) =>
      this.#macro(name, over, count, bodies, depth);
    const orders = (["int", "uint", "double", "string", "bytes", "bool", "timestamp", "duration"] as const).flatMap(
      (one) => ["<", "<=", ">", ">="].map((operator) => binary(operator, one)),
    );
    const over = this.pick(["strings", "ints", "map"] as const);
    const list = this.pick(["strings", "ints"] as const);
    const numeric = this.pick(["int", "uint", "double"] as const);
    switch (kind) {
      case "bool":
        return [
          this.pick(orders),
          binary("==", this.pick(KINDS.filter((one) => one !== "any"))),
          binary("!=", this.pick(KINDS.filter((one) => one !== "any"))),
          binary("&&", "bool"),
          binary("||", "bool"),
          () => this.#mark("!", `!${this.#operand("bool", depth)}`),
          binary("in", "string", this.pick(["strings", "map"])),
          binary("in", "int", "ints"),
          this.pick([
            method("startsWith", "string", "string"),
            method("endsWith", "string", "string"),
            method("contains", "string", "string"),
          ]),
          () => this.#mark("matches", `${this.#operand("string", depth)}.matches('${this.pick(PATTERNS)}')`),
          () => this.#mark("has", `has(${this.pick(["fields.x", "fields.z", "absent.x"])})`),
          this.pick([macro("all", over, 1, "bool"), macro("all", over, 2, "bool")]),
          this.pick([macro("exists", over, 1, "bool"), macro("exists", over, 2, "bool")]),
          this.pick([macro("exists_one", over, 1, "bool"), macro("existsOne", over, 2, "bool")]),
          this.pick([
            call("sets.contains", list, list),
            call("sets.equivalent", list, list),
            call("sets.intersects", list, list),
          ]),
          this.pick([call("math.isNaN", "double"), call("math.isInf", "double"), call("math.isFinite", "double")]),
          method("hasValue", "optional"),
          () => this.#mark("bool", `bool('${this.pick(["true", "T", "1", "FALSE", "no", ""])}')`),
          binary("==", "type"),
        ];
      case "int":
        return [
          ...["+", "-", "*", "/", "%"].map((operator) => binary(operator, "int")),
          () => `-${this.#operand("int", depth)}`,
          method("size", this.pick(["string", "bytes", "strings", "map"])),
          this.pick([method("indexOf", "string", "string"), method("lastIndexOf", "string", "string")]),
          () =>
            this.#mark(
              "indexOf",
              `${this.#operand("string", depth)}.indexOf(${this.make("string", depth)}, ${this.pick(["0", "1", "3", "9"])})`,
            ),
          () =>
            this.#mark(
              "lastIndexOf",
              `${this.#operand("string", depth)}.lastIndexOf(${this.make("string", depth)}, ${this.pick(["0", "1", "3", "9"])})`,
            ),
          call("int", this.pick(["double", "uint", "timestamp", "int"])),
          () => this.#mark("int", `int('${this.pick(["12", "-7", "+3", "9223372036854775808", "x", "1.5", ""])}')`),
          this.pick(TIMES.map((name) => method(name, "timestamp"))),
          this.pick(
            TIMES.map(
              (name) => () => this.#mark(name, `${this.#operand("timestamp", depth)}.${name}('${this.pick(ZONES)}')`),
            ),
          ),
          this.pick(["getHours", "getMinutes", "getSeconds"].map((name) => method(name, "duration"))),
          () => this.#mark("[]", `${this.#operand("ints", depth)}[${this.pick(["0", "1", "2", "-1", "9"])}]`),
          this.pick([
            call("math.greatest", "int", "int"),
            call("math.least", "int", "int", "int"),
            call("math.abs", "int"),
            call("math.sign", "int"),
          ]),
          this.pick([
            call("math.bitAnd", "int", "int"),
            call("math.bitOr", "int", "int"),
            call("math.bitXor", "int", "int"),
            call("math.bitNot", "int"),
          ]),
          this.pick(
            ["math.bitShiftLeft", "math.bitShiftRight"].map(
              (name) => () =>
                this.#mark(name, `${name}(${this.make("int", depth)}, ${this.pick(["0", "1", "63", "64", "-1"])})`),
            ),
          ),
          () => this.#mark("orValue", `${this.#operand("optional", depth)}.orValue(${this.make("int", depth)})`),
          method("value", "optional"),
        ];
      case "uint":
        return [
          ...["+", "-", "*", "/", "%"].map((operator) => binary(operator, "uint")),
          call("uint", this.pick(["int", "double", "uint"])),
          () => this.#mark("uint", `uint('${this.pick(["12", "-1", "18446744073709551616", "x"])}')`),
          this.pick([
            call("math.greatest", "uint", "uint"),
            call("math.least", "uint", "uint"),
            call("math.abs", "uint"),
            call("math.sign", "uint"),
          ]),
          this.pick([
            call("math.bitAnd", "uint", "uint"),
            call("math.bitOr", "uint", "uint"),
            call("math.bitXor", "uint", "uint"),
            call("math.bitNot", "uint"),
          ]),
          this.pick(
            ["math.bitShiftLeft", "math.bitShiftRight"].map(
              (name) => () =>
                this.#mark(name, `${name}(${this.make("uint", depth)}, ${this.pick(["0", "1", "63", "64", "-1"])})`),
            ),
          ),
        ];
      case "double":
        return [
          ...["+", "-", "*", "/"].map((operator) => binary(operator, "double")),
          () => `-${this.#operand("double", depth)}`,
          call("double", this.pick(["int", "uint", "double"])),
          () => this.#mark("double", `double('${this.pick(["1.5", "-2e3", "NaN", "Infinity", "x", ".5", "1e999"])}')`),
          this.pick([
            call("math.ceil", "double"),
            call("math.floor", "double"),
            call("math.round", "double"),
            call("math.trunc", "double"),
          ]),
          this.pick([
            call("math.greatest", "double", "double"),
            call("math.least", "double", "double"),
            call("math.abs", "double"),
            call("math.sign", "double"),
          ]),
          call("math.sqrt", numeric),
        ];
      case "string":
        return [
          binary("+", "string"),
          this.pick([
            method("lowerAscii", "string"),
            method("upperAscii", "string"),
            method("trim", "string"),
            method("reverse", "string"),
          ]),
          () =>
            this.#mark("charAt", `${this.#operand("string", depth)}.charAt(${this.pick(["0", "1", "2", "-1", "99"])})`),
          () =>
            this.#mark(
              "substring",
              `${this.#operand("string", depth)}.substring(${this.pick(["0", "1", "2, 3", "0, 2", "3, 1", "-1", "99"])})`,
            ),
          method("replace", "string", "string", "string"),
          () =>
            this.#mark(
              "replace",
              `${this.#operand("string", depth)}.replace(${this.make("string", depth)}, ${this.make("string", depth)}, ${this.pick(["-1", "0", "1", "2"])})`,
            ),
          this.pick([method("join", "strings"), method("join", "strings", "string")]),
          call("string", this.pick(["int", "uint", "bool", "string", "bytes", "timestamp"])),
          call("strings.quote", "string"),
          call("base64.encode", "bytes"),
          () => this.#mark("format", this.#format(depth)),
          () =>
            this.#mark(
              "format",
              `'${this.pick(["%s", "%.3f", "%.2e", "%f", "%e"])}'.format([${this.make("double", depth)}])`,
            ),
          () => this.#mark("[]", `${this.#operand(this.pick(["map"]), depth)}[${this.make("string", depth)}]`),
          () => this.#mark(".", this.pick(["fields.x", "fields.y", "fields.z", "absent.x"])),
        ];
      case "bytes":
        return [binary("+", "bytes"), call("bytes", this.pick(["string", "bytes"])), call("base64.decode", "string")];
      case "timestamp":
        return [
          () => this.#mark("+", `(${this.make("timestamp", depth)} + ${this.make("duration", depth)})`),
          () => this.#mark("-", `(${this.make("timestamp", depth)} - ${this.make("duration", depth)})`),
          () =>
            this.#mark(
              "timestamp",
              `timestamp('${this.pick(["2026-03-29T00:59:59Z", "2024-02-29T23:59:59.999999999Z", "1969-12-31T23:59:59.5Z"])}')`,
            ),
          call("timestamp", this.pick(["timestamp"])),
          () => this.#mark("timestamp", `timestamp(${this.pick(["0", "-1", "1700000000"])})`),
        ];
      case "duration":
        return [
          binary("+", "duration"),
          binary("-", "duration"),
          () => this.#mark("-", `(${this.make("timestamp", depth)} - ${this.make("timestamp", depth)})`),
          () => this.#mark("duration", `duration('${this.pick(["1h30m", "-250ms", "0.5s", "1.5us", "0"])}')`),
          call("duration", "duration"),
        ];
      case "strings":
        return [
          binary("+", "strings"),
          () => `[${this.make("string", depth)}, ${this.make("string", depth)}]`,
          macro("filter", "strings", 1, "bool"),
          this.pick([macro("map", list, 1, "string"), macro("map", list, 1, "bool", "string")]),
          this.pick([macro("transformList", list, 2, "string"), macro("transformList", list, 2, "bool", "string")]),
          this.pick([
            method("split", "string", "string"),
            () =>
              this.#mark(
                "split",
                `${this.#operand("string", depth)}.split(${this.make("string", depth)}, ${this.pick(["-1", "0", "1", "2"])})`,
              ),
          ]),
          this.pick([method("sort", "strings"), method("distinct", "strings"), method("reverse", "strings")]),
          () =>
            this.#mark(
              "slice",
              `${this.#operand("strings", depth)}.slice(${this.pick(["0, 1", "1, 2", "0, 0", "2, 1", "0, 99"])})`,
            ),
          () => this.#mark("flatten", `[${this.make("strings", depth)}, ${this.make("strings", depth)}].flatten()`),
          () => this.#mark("[?x]", `[?fields[?${this.make("string", depth)}], ${this.make("string", depth)}]`),
        ];
      case "ints":
        return [
          binary("+", "ints"),
          () => `[${this.make("int", depth)}, ${this.make("int", depth)}]`,
          macro("filter", "ints", 1, "bool"),
          macro("map", list, 1, "int"),
          macro("transformList", list, 2, "int"),
          () => this.#mark("lists.range", `lists.range(${this.pick(["0", "1", "5"])})`),
          this.pick([method("sort", "ints"), method("distinct", "ints"), method("reverse", "ints")]),
          () =>
            this.#mark(
              "optional.unwrap",
              `optional.unwrap([${this.make("optional", depth)}, ${this.make("optional", depth)}])`,
            ),
        ];
      case "map":
        return [
          () =>
            `{'~' + ${this.make("string", depth)}: ${this.make("string", depth)}, '#' + ${this.make("string", depth)}: ${this.make("string", depth)}}`,
          () =>
            this.#mark(
              "{?k}",
              `{?('~' + ${this.make("string", depth)}): fields[?${this.make("string", depth)}], 'k': ${this.make("string", depth)}}`,
            ),
          macro("transformMap", "map", 2, "string"),
          macro("transformMap", "map", 2, "bool", "string"),
          () => {
            const [a, b] = [this.#name(), this.#name()];
            const bound = [
              { name: a, kind: "string" as const },
              { name: b, kind: "string" as const },
            ];
            const body = this.#within(bound, () => `{${this.make("string", depth)}: ${this.make("string", depth)}}`);
            return this.#mark(
              "transformMapEntry",
              `${this.#operand("map", depth)}.transformMapEntry(${a}, ${b}, ${body})`,
            );
          },
        ];
      case "any":
        return [
          () => `dyn(${this.make(this.pick(KINDS), depth)})`,
          ...["+", "-", "*", "==", "<"].map(
            (operator) => () =>
              this.#mark(
                operator,
                `dyn(dyn(${this.make(this.pick(KINDS), depth)}) ${operator} dyn(${this.make(this.pick(KINDS), depth)}))`,
              ),
          ),
          () => `dyn([dyn(${this.make(this.pick(KINDS), depth)}), dyn(${this.make(this.pick(KINDS), depth)})])`,
          () => `dyn(size(dyn(${this.make(this.pick(["string", "ints", "int", "map"]), depth)})))`,
        ];
      case "optional":
        return [
          call("optional.of", "int"),
          call("optional.ofNonZeroValue", "int"),
          () => this.#mark("optional.none", "optional.none().or(optional.of(6))"),
          () => this.#mark("or", `${this.#operand("optional", depth)}.or(${this.make("optional", depth)})`),
          this.#optionalMacro("optMap", "int", depth),
          this.#optionalMacro("optFlatMap", "optional", depth),
          () => this.#mark("[?]", `${this.#operand("ints", depth)}[?${this.pick(["0", "1", "9", "-1"])}]`),
          () => this.#mark(".?", this.pick(["fields.?x.optMap(s, s.size())", "absent.?x.optMap(s, 1)"])),
        ];
      case "type":
        return [() => this.#mark("type", `type(${this.make(this.pick(KINDS), depth)})`)];
    }
  }
}

const TIMES = [
  "getFullYear",
  "getMonth",
  "getDate",
  "getDayOfMonth",
  "getDayOfWeek",
  "getDayOfYear",
  "getHours",
  "getMinutes",
  "getSeconds",
  "getMilliseconds",
];
const ZONES = ["UTC", "Europe/Berlin", "America/St_Johns", "+01:30", "-08:00", "Asia/Kathmandu", "No/Where"];
const PATTERNS = [
  "^a",
  "b$",
  ".",
  "[a-z]+",
  "(a|b)*c",
  "^.{2,3}$",
  "\\\\d",
  "\\\\pL",
  "x?",
  "^$",
  "(?i)A",
  "\\\\bb",
  "[^a]",
  "a.b",
];

const LEAVES: Readonly<Record<Kind, readonly string[]>> = {
  bool: ["true", "false", "flag"],
  int: ["0", "1", "-3", "7", "number", "large", "9223372036854775807", "-9223372036854775808"],
  uint: ["0u", "3u", "count", "18446744073709551615u"],
  double: ["0.0", "1.5", "-2.5", "1e300", "real", "0.1"],
  string: ["''", "'a'", "'😀'", "'ab'", "text", "'b'", "' x '", "'\\U0001F600b'", "'\\uFFFD'", "'1'"],
  bytes: ["b''", "b'a'", "octets", "b'\\xff'", "b'😀'"],
  timestamp: ["moment", "timestamp('1970-01-01T00:00:00Z')"],
  duration: ["span", "duration('1s')", "duration('-1us')"],
  strings: ["words", "['x', 'y']", "['a']"],
  ints: ["numbers", "[1, 2, 3]", "[7]"],
  map: ["fields", "{'k': 'v'}"],
  any: ["any", "dyn('a')", "dyn(1.5)", "dyn(2u)", "dyn(null)", "dyn([1])"],
  optional: ["optional.of(5)", "[1][?5]"],
  type: ["int", "string", "type(1.5)"],
};
