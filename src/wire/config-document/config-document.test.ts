import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Alias } from "yaml";
import { formatError } from "../../model/index.ts";
import { MessageReader, type MessageShape, parseDocument } from "./index.ts";

const SHAPE = {
  name: "Sample",
  fields: ["name", "connect_timeout", "limit", "flag", "data", "kind", "items", "other"],
  withoutEffect: { note: ["it says nothing", "x"] },
  unsupported: { routes: "leave it out", weight: "" },
} as const satisfies MessageShape<string>;

async function read<Value>(text: string, take: (message: MessageReader<(typeof SHAPE.fields)[number]>) => Value) {
  try {
    return take(new MessageReader(await parseDocument(text, { file: "c.yaml" }), SHAPE));
  } catch (error) {
    return formatError(error);
  }
}

describe("a document that is no good is refused with its place", () => {
  const CASES: readonly (readonly [string, string])[] = [
    ["", "c.yaml:1:1: the configuration is empty"],
    ["# nothing\n", "c.yaml:1:1: the configuration is empty"],
    ["a: 1\na: 2\n", "c.yaml:2:1: this key is there twice in one mapping"],
    ["a: 1\n---\nb: 2\n", "c.yaml:2:1: a second document begins here: expected one"],
    ["a:\n  - b\n c: 1\n", "c.yaml:3:1: "],
    ["a: *x\n", "c.yaml:1:4: "],
    ["? [a]\n: b\n", "c.yaml:1:3: expected a field's name as the key"],
    ['{"a": 1,\n "b": }}', "c.yaml:2:8: "],
  ];
  for (const [text, expected] of CASES)
    test(JSON.stringify(text), async () => {
      const actual = await read(text, () => "accepted");
      assert.equal(actual.slice(0, expected.length), expected);
    });

  test("aliases that multiply", async () => {
    const lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"];
    for (let level = 1; level < 9; level++)
      lines.push(
        `a${level}: &a${level} [${Array(10)
          .fill(`*a${level - 1}`)
          .join(", ")}]`,
      );
    assert.match(await read(lines.join("\n"), () => "accepted"), /: there are more than 1000000 values$/);
  });

  test("aliases are not looked for one by one: each would be through the whole document", async (context) => {
    const resolve = context.mock.method(Alias.prototype, "resolve");
    const text = `name: &a [1]\nitems: [${Array(1000).fill("*a").join(", ")}]\nlimit: &a 2\nother: *a\n`;
    assert.equal(await read(text, () => "accepted"), "accepted");
    assert.equal(resolve.mock.callCount(), 0);
    const document = await parseDocument(text);
    assert.ok(document.kind === "mapping");
    const { entries } = document;
    assert.partialDeepStrictEqual(entries.at(-1), { key: "other", value: { value: 2n } });
    assert.partialDeepStrictEqual(entries[1]!.value, { items: [{ items: [{ value: 1n }] }] });
  });

  test("deep nesting", async () => {
    assert.match(await read("[".repeat(200) + "]".repeat(200), () => "accepted"), /more than 100 deep/);
    for (const [text, place] of [
      [`${"[".repeat(900)}${"]".repeat(900)}`, "c.yaml:1:101: values stand more than 100 deep"],
      ["{a: ".repeat(100_000), "c.yaml:1:401: values stand more than 100 deep"],
      ["\n[".repeat(900), "c.yaml:102:1: values stand more than 100 deep"],
      ["- ".repeat(5000), /^c\.yaml:1:\d+: values stand too deep in one another/],
    ] as const)
      assert.match(
        String(await read(text, () => "accepted")),
        typeof place === "string" ? new RegExp(`^${place.replaceAll(".", "\\.")}`) : place,
      );
    assert.equal(await read(`name: ${JSON.stringify("[".repeat(200))}`, () => "accepted"), "accepted");
  });
});

describe("fields", () => {
  test("of every kind, in both spellings", async () => {
    const text = `
name: "n"
connectTimeout: 0.25s
limit: 5
flag: true
data: 3q2+7w==
kind: b
items: [1, 2]
note: whatever`;
    assert.deepEqual(
      await read(text, (message) => [
        message.requiredString("name"),
        message.durationMillis("connect_timeout"),
        message.uint32("limit"),
        message.bool("flag"),
        message.bytes("data"),
        message.enumeration("kind", { 0: "A", 1: "B" }),
        message.list("items").length,
        message.node("other"),
      ]),
      ["n", 250, 5, true, new Uint8Array([0xde, 0xad, 0xbe, 0xef]), "B", 2, undefined],
    );
  });

  test("null is unset, and a default of an unsupported field has no effect", async () => {
    assert.equal(await read("name: null\nroutes: []\nweight: 0\n", (message) => message.string("name")), undefined);
  });

  const REFUSED: readonly (readonly [string, string])[] = [
    ["- a\n", "c.yaml:1:1: expected the fields of a Sample, found a list"],
    ["nmae: x\n", 'c.yaml:1:1: Sample: unknown field "nmae"; did you mean name?'],
    ["zzz: x\n", 'c.yaml:1:1: Sample: unknown field "zzz"; known are name, connect_timeout, limit, flag, data, kind'],
    ["name: a\nroutes: [1]\n", "c.yaml:2:1: Sample: routes is not supported; leave it out"],
    ["weight: 3\n", "c.yaml:1:1: Sample: weight is not supported"],
    ["connect_timeout: 1s\nconnectTimeout: 1s\n", "c.yaml:2:1: connect_timeout is there twice"],
    ["name: 5\n", "c.yaml:1:7: name: expected text, found the number 5; put it in quotes"],
    ["name: ''\n", "c.yaml:1:1: Sample: name must not be empty"],
    ["limit: 1\n", "c.yaml:1:1: Sample: name is missing"],
    [
      "name: x\nlimit: 4294967296\n",
      "c.yaml:2:8: limit: expected a whole number from 0 to 4294967295, found the number",
    ],
    ["name: x\nlimit: -1\n", "c.yaml:2:8: limit: expected a whole number from 0 to 4294967295, found the number -1"],
    ["name: x\nlimit: 1.5\n", "c.yaml:2:8: limit: expected a whole number from 0 to 4294967295, found the number 1.5"],
    ["name: x\nconnect_timeout: 5\n", 'c.yaml:2:18: connect_timeout: expected a duration such as "0.25s", in seconds'],
    ["name: x\nconnect_timeout: -1s\n", "c.yaml:2:18: connect_timeout: expected a duration"],
    ["name: x\nflag: yess\n", 'c.yaml:2:7: flag: expected true or false, found "yess"'],
    ["name: x\nflag: 1\n", "c.yaml:2:7: flag: expected true or false, found the number 1"],
    ["name: x\nlimit: '010'\n", 'c.yaml:2:8: limit: expected a whole number from 0 to 4294967295, found "010"'],
    ["name: x\nlimit: 089\n", 'c.yaml:2:8: limit: expected a whole number from 0 to 4294967295, found "089"'],
    ["name: x\nlimit: {valu: 1}\n", "c.yaml:2:8: limit: expected a whole number from 0 to 4294967295, found a mapping"],
    ["name: x\nconnect_timeout: {second: 1}\n", "c.yaml:2:18: connect_timeout: expected a duration"],
    ["name: x\nconnect_timeout: {seconds: -1}\n", "c.yaml:2:28: connect_timeout.seconds: expected a whole number"],
    ["name: x\nkind: ' '\n", 'c.yaml:2:7: kind: expected one of A, B, found " "'],
    ["name: 010\n", "c.yaml:1:7: name: expected text, found the number 8; put it in quotes"],
    ["name: x\ndata: '!'\n", 'c.yaml:2:7: data: expected bytes in base64, found "!"'],
    ["name: x\ndata: abc=d\n", "c.yaml:2:7: data: expected bytes in base64"],
    ["name: x\nkind: bb\n", 'c.yaml:2:7: kind: expected one of A, B, found "bb"; did you mean B?'],
    ["name: x\nkind: 7\n", "c.yaml:2:7: kind: expected one of A, B, found the number 7"],
  ];
  for (const [text, expected] of REFUSED)
    test(`refused: ${JSON.stringify(text)}`, async () => {
      const actual = await read(text, (message) => {
        message.requiredString("name");
        message.uint32("limit");
        message.durationMillis("connect_timeout");
        message.bool("flag");
        message.bytes("data");
        message.enumeration("kind", { 0: "A", 1: "B" });
        message.list("items");
        return "accepted";
      });
      assert.equal(actual.slice(0, expected.length), expected);
    });

  // Each was given to Envoy 1.40, which takes it so.
  const LENIENT: readonly (readonly [
    string,
    (message: MessageReader<(typeof SHAPE.fields)[number]>) => unknown,
    unknown,
  ])[] = [
    ["items: a\n", (message) => message.strings("items"), ["a"]],
    ["items: {name: a}\n", (message) => message.list("items").map(({ kind }) => kind), ["mapping"]],
    ...["yes", "Yes", "on", "y", "TRUE", "'true'", "'True'", "'1'", "{value: true}"].map(
      (text) => [`flag: ${text}\n`, (message: MessageReader<"flag">) => message.bool("flag"), true] as never,
    ),
    ...["no", "off", "n", "'0'", "'f'", "{}"].map(
      (text) => [`flag: ${text}\n`, (message: MessageReader<"flag">) => message.bool("flag"), false] as never,
    ),
    ["limit: 0700\n", (message) => message.uint32("limit"), 448],
    ["limit: 0xc8\n", (message) => message.uint32("limit"), 200],
    ["limit: '1e4'\n", (message) => message.uint32("limit"), 10_000],
    ["limit: {value: 5}\n", (message) => message.uint32("limit"), 5],
    ["limit: {}\n", (message) => message.uint32("limit"), 0],
    ["limit: '12.5'\n", (message) => message.number("limit", { least: 0, most: 100 }), 12.5],
    ["connect_timeout: {seconds: 1, nanos: 500000000}\n", (message) => message.durationMillis("connect_timeout"), 1500],
    ["connect_timeout: {seconds: '5'}\n", (message) => message.durationMillis("connect_timeout"), 5000],
    ["connect_timeout: {}\n", (message) => message.durationMillis("connect_timeout"), 0],
    ["kind: '1'\n", (message) => message.enumeration("kind", { 0: "A", 1: "B" }), "B"],
    ["name: 1.50\n", (message) => message.string("name"), "1.50"],
    ["name: 2020-01-01\n", (message) => message.string("name"), "2020-01-01"],
  ];
  for (const [text, take, expected] of LENIENT)
    test(`taken: ${JSON.stringify(text)}`, async () => {
      assert.deepEqual(await read(text, take), expected);
    });

  test("numbers as text, and those of 64 bits", async () => {
    assert.equal(await read("limit: '7'\n", (message) => message.uint32("limit")), 7);
    assert.equal(await read("limit: 18446744073709551615", (message) => message.integer("limit")), 2n ** 64n - 1n);
  });

  test("two of a oneof", async () => {
    assert.equal(
      await read("name: x\nkind: y\n", (message) => message.oneOf("name", "kind")),
      "c.yaml:2:1: Sample: name and kind exclude each other: expected one of them",
    );
  });
});

test("a key is the text that stands there, whatever it would be as a value", async () => {
  const node = await parseDocument("1.10: a\n0x1F: b\n-0: c\nTrue: d\n007: e\n1e3: f\n'2.50': g\n");
  assert.ok(node.kind === "mapping");
  assert.deepEqual(
    node.entries.map(({ key }) => key),
    ["1.10", "0x1F", "-0", "True", "007", "1e3", "2.50"],
  );
});
