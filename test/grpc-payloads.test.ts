import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { create, fromBinary, toBinary, toJson } from "@bufbuild/protobuf";
import { type FileDescriptorSet, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { describeGrpcMessages } from "../src/analysis/content/grpc-payloads.ts";
import { decodeContent } from "../src/analysis/content/node-content-decoder.ts";
import { TaplineError } from "../src/model/index.ts";
import { loadDescriptorSets } from "../src/source/proto-files/load-descriptor-sets.ts";
import { GrpcPayloadDecoder } from "../src/wire/grpc/payload-decoder.ts";
import { buildExchange } from "./support/build-exchange.ts";
import { skipUnless } from "./support/needs.ts";
import { runProgram } from "./support/run-program.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";

const PROTO3 = `
  // A comment, and one of lines:
  /* { } ; */
  syntax = "proto3";
  package a.b;
  import public "common/item.proto";
  option java_package = 'x.' "y";
  message Outer {
    message Inner { optional string note = 1; Kind kind = 2; }
    enum Kind { option allow_alias = true; NONE = 0; ZERO = 0; NEGATIVE = -1; HEX = 0x10 [deprecated = true]; }
    reserved 3, 5 to 9; reserved "gone";
    Inner inner = 1; .a.b.Outer.Kind kind = 2; common.Item item = 4;
    repeated sint32 some_numbers_x = 10 [packed = false, json_name = "numbers"];
    map<string, Inner> inner_by_name = 11; map<int32, Outer.Kind> kinds = 12;
    oneof choice { string text = 13; bytes raw = 14; Outer again = 15; }
    optional double d = 16; fixed64 f = 17; string group = 18; string message = 19; string optional = 20;
  }
  service S {
    option deprecated = false;
    rpc A(Outer) returns (stream Outer.Inner) { option idempotency_level = IDEMPOTENT; }
    rpc B(stream a.b.Outer) returns (common.Item);
  }
`;

const PROTO2 = `
  syntax = "proto2";
  message M {
    required int32 id = 1; optional string s = 2 [default = "x\\n;"]; repeated int64 many = 3 [packed = true];
    optional group Part = 4 { required bool on = 1; }
    oneof which { group Other = 5 { optional bool off = 1; } int32 n = 6; }
    extensions 100 to max;
    extend N { optional int32 inside = 101; }
  }
  message N { extensions 100 to 199; }
  extend N { optional int32 extra = 100; }
`;

const EDITION_2024 = `
  edition = "2024";
  package a.b;
  import "common/item.proto";
  import option "common/options.proto";
  option features.field_presence = IMPLICIT;
  option features.enforce_naming_style = STYLE_LEGACY;
  export message Outer {
    export message Inner { string note = 1 [features.field_presence = EXPLICIT]; }
    local enum Kind { option allow_alias = true; NONE = 0; ZERO = 0; ONE = 1; }
    message local { int32 n = 1; }
    message export { int32 n = 1; }
    local message = 1; export enum = 2; Inner inner = 3; Kind kind = 4; common.Item item = 5;
  }
  local message Hidden { Outer outer = 1; }
  export enum Known { UNKNOWN = 0; }
  service S { rpc A(Outer) returns (stream Hidden); }
`;
const OPTIONS_2024 = `
  edition = "2024";
  package common;
  import "google/protobuf/descriptor.proto";
  extend google.protobuf.FileOptions { string note = 50000; }
`;

/** Each with what its place and its first words are, and what another compiler says. */
const DUPLICATES = [
  [
    "message A { int32 a = 1; int32 b = 1; }",
    "1:36 field number 1 of b is that of a already",
    /already been used in "A"/,
  ],
  ["message A { oneof o { int32 a = 2; int32 b = 2; } }", "1:46 field number 2 of b is that of a", /already been used/],
  ["message A { optional int32 a = 1; map<int32, int32> m = 1; }", "1:57 field number 1 of m is", /already been used/],
  ["message A { optional int32 b = 1; optional group G = 1 {} }", "1:54 field number 1 of g is", /already been used/],
  ["message A { optional group G = 1 { optional int32 a = 3; optional int32 b = 3; } }", "1:77 field number 3", /used/],
  ["message A { message B { optional int32 a = 1; optional int32 b = 1; } }", "1:66 field number 1 of b", /used/],
  [
    "enum E { A = 0; B = 1; C = 1; }",
    "1:28 C has the number of B; if that is meant, add: option allow",
    /same enum value/,
  ],
  ["enum E { option allow_alias = false; A = 0; B = 0; }", "1:49 B has the number of A", /has no effect/],
  ["enum E { A = 0x10; B = 020; }", "1:24 B has the number of A", /same enum value/],
  ["message A { optional int32 a = 0; }", "1:32 0 is no field number: 1 to 536870911 are", /positive/],
  ["message A { optional int32 a = 536870912; }", "1:32 536870912 is no field number", /(greater than|range|out of)/],
  ["message A { optional int32 a = 19500; }", "1:32 19500 is no field number: 19000 to 19999", /reserved/],
] as const;

/** Numbers that repeat where they may. */
const NO_DUPLICATES = [
  "enum E { A = 0; B = 0; option allow_alias = true; }",
  "message A { optional int32 a = 1; message B { optional int32 a = 1; } } message C { optional int32 a = 1; }",
  "enum E { A = 0; B = 1; } enum F { X = 0; Y = 1; }",
] as const;

const ITEM = 'syntax = "proto3"; package common; message Item { string id = 1; int64 count = 2; bytes raw = 3; }';

const folder = makeTemporaryFolder();
mkdirSync(join(folder.path, "common"));
const write = (name: string, source: string): string => {
  const path = join(folder.path, name);
  writeFileSync(path, source);
  return path;
};
write("common/item.proto", ITEM);
write("common/options.proto", OPTIONS_2024);
after(folder.remove);

describe("descriptors and payloads, beside protoc", { skip: skipUnless("protoc") }, () => {
  const service = write("proto3.proto", PROTO3);

  for (const [name, source] of [
    ["proto3", PROTO3],
    ["proto2", PROTO2],
  ] as const)
    test(`${name}: our descriptors are those of protoc`, async () => {
      const path = write(`${name}.proto`, source);
      const [ours = new Uint8Array(0)] = loadDescriptorSets([path]);
      const theirs = join(folder.path, `${name}.binpb`);
      const { stderr } = await runProgram("protoc", [`-I${folder.path}`, "--include_imports", `-o${theirs}`, path]);
      assert.ok(!stderr.includes("error"), stderr);
      assert.deepEqual(describeSet(ours), describeSet(new Uint8Array(readFileSync(theirs))));
      assert.doesNotThrow(() => new GrpcPayloadDecoder([ours]));
      assert.deepEqual(loadDescriptorSets([theirs]), [new Uint8Array(readFileSync(theirs))]);
    });

  for (const [source, says, theirs] of DUPLICATES)
    test(`refused by both: ${source}`, async () => {
      const text = source.includes("oneof") || !source.includes("optional") ? `syntax = "proto3"; ${source}` : source;
      const shift = text.length - source.length;
      const [place] = says.split(" ");
      const shifted = says.replace(/^1:\d+/, `1:${Number(place!.slice(2)) + shift}`);
      assert.ok(refuse(text).startsWith(shifted), refuse(text));
      const path = write("duplicate.proto", text);
      const { code, stderr } = await runProgram("protoc", [`-I${folder.path}`, `-o/dev/null`, path]);
      assert.notEqual(code, 0);
      assert.match(stderr, theirs);
    });

  for (const source of NO_DUPLICATES)
    test(`taken by both: ${source}`, async () => {
      const path = write("unique.proto", `syntax = "proto2"; ${source}`);
      assert.doesNotThrow(() => loadDescriptorSets([path]));
      const { code, stderr } = await runProgram("protoc", [`-I${folder.path}`, `-o/dev/null`, path]);
      assert.equal(code, 0, stderr);
    });

  test("both directions of a call, as ProtoJSON", async () => {
    const decoder = new GrpcPayloadDecoder(loadDescriptorSets([service]));
    assert.deepEqual(decoder.listServices(), ["a.b.S"]);
    const encode = async (type: string, text: string): Promise<Uint8Array> => {
      const args = [`-I${folder.path}`, `--encode=${type}`, service];
      const { stdout } = await runProgram("protoc", args, { input: text });
      return new Uint8Array(Buffer.from(stdout, "latin1"));
    };
    const outer = await encode(
      "a.b.Outer",
      'kind: HEX some_numbers_x: [-1, 2] item { id: "ü" count: 9007199254740993 raw: "\\001" } ' +
        'inner_by_name { key: "k" value { note: "" } } kinds { key: 1 value: NEGATIVE } text: "t"',
    );
    assert.deepEqual(decoder.decode("/a.b.S/A", "client", outer), {
      type: "a.b.Outer",
      json: {
        kind: "HEX",
        item: { id: "ü", count: "9007199254740993", raw: "AQ==" },
        numbers: [-1, 2],
        innerByName: { k: { note: "" } },
        kinds: { 1: "NEGATIVE" },
        text: "t",
      },
    });
    const inner = await encode("a.b.Outer.Inner", 'note: "n"');
    assert.deepEqual(decoder.decode("/a.b.S/A", "server", inner), { type: "a.b.Outer.Inner", json: { note: "n" } });
  });
});

test("messages of exchanges: compressed, cut, and of no known method", () => {
  const decoder = new GrpcPayloadDecoder(loadDescriptorSets([write("proto3.proto", PROTO3)]));
  const describe = describeGrpcMessages(decoder, decodeContent);
  const bytes = Uint8Array.of(0x6a, 1, 0x74);
  const time = { seconds: 0, nanos: 0 };
  const message = { from: "client", time, kind: "message", bytes, size: 3, truncated: false } as const;
  const exchange = buildExchange({
    target: "/a.b.S/A",
    requestHeaders: { "grpc-encoding": "gzip" },
    exchange: { application: [{ name: "grpc" }] },
  });
  const json = '{\n  "text": "t"\n}';
  assert.deepEqual(describe(exchange, message), { type: "a.b.Outer", json });
  assert.deepEqual(describe(exchange, { ...message, bytes: new Uint8Array(gzipSync(bytes)), compressed: true }), {
    type: "a.b.Outer",
    json,
  });
  assert.match(describe(exchange, { ...message, compressed: true })?.error ?? "", /cannot be decompressed \(gzip\)/);
  assert.match(describe(exchange, { ...message, truncated: true })?.error ?? "", /only a part/);
  assert.equal(describe({ ...exchange, application: [{ name: "websocket" }] }, message), undefined);
});

test("what every file may import is there", () => {
  const path = write(
    "later.proto",
    'syntax = "proto3"; import "google/protobuf/timestamp.proto"; message Later { google.protobuf.Timestamp at = 1; } service L { rpc Get(Later) returns (Later); }',
  );
  const decoder = new GrpcPayloadDecoder(loadDescriptorSets([path]));
  assert.deepEqual(decoder.decode("/L/Get", "server", Uint8Array.of(0x0a, 2, 8, 1)), {
    type: "Later",
    json: { at: "1970-01-01T00:00:01Z" },
  });
});

test("what cannot be decoded says why", () => {
  const decoder = new GrpcPayloadDecoder(loadDescriptorSets([write("proto3.proto", PROTO3)]));
  assert.deepEqual(decoder.decode("/a.b.S/Drop", "client", new Uint8Array(0)), {
    error: "no method /a.b.S/Drop in the descriptors",
  });
  const cut = decoder.decode("/a.b.S/A", "client", Uint8Array.of(0x0a, 0x05, 0x61));
  assert.ok("error" in cut && cut.type === "a.b.Outer");
});

test("edition 2024: our descriptors are those of buf", async () => {
  const path = write("edition2024.proto", EDITION_2024);
  const [ours = new Uint8Array(0)] = loadDescriptorSets([path]);
  const theirs = join(folder.path, "edition2024.binpb");
  const args = [
    "build",
    folder.path,
    "--path",
    path,
    "--as-file-descriptor-set",
    "--exclude-source-info",
    "-o",
    theirs,
  ];
  const { code, stderr } = await runProgram(join(import.meta.dirname, "../node_modules/.bin/buf"), args);
  assert.equal(code, 0, stderr);
  const wanted = fromBinary(FileDescriptorSetSchema, new Uint8Array(readFileSync(theirs))).file;
  const file = (set: FileDescriptorSet["file"]) => set.filter(({ name }) => name === "edition2024.proto");
  const describe = (set: FileDescriptorSet["file"]) =>
    describeSet(toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file: file(set) })));
  assert.equal(file(wanted).length, 1);
  assert.deepEqual(describe(fromBinary(FileDescriptorSetSchema, ours).file), describe(wanted));
  const decoder = new GrpcPayloadDecoder([ours]);
  assert.deepEqual(decoder.decode("/a.b.S/A", "client", Uint8Array.of(0x0a, 0x02, 0x08, 0x07)), {
    type: "a.b.Outer",
    json: { message: { n: 7 } },
  });
  assert.match(refuse('edition = "2025";'), /expected "2023" or "2024", found "2025"/);
  assert.match(refuse('edition = "2023"; export message A {}'), /expected a message/);
  assert.match(refuse('edition = "2023"; import option "x.proto";'), /expected the name of a file in quotes/);
});

test("files that are wrong are refused with the place", () => {
  assert.equal(refuse('syntax = "proto3";\nmessage {}'), '2:9 expected the name of a message, found "{"');
  assert.equal(refuse("message A { int32 b = ; }"), '1:23 expected a field number, found ";"');
  assert.equal(refuse("message A {\n  int32 b = 1;"), "2:15 expected the name of a type, found the end of the file");
  assert.equal(refuse("message A { § }"), '1:13 "§" begins nothing that a .proto file may hold');
  assert.match(refuse('import "absent.proto";'), /imports absent\.proto, which is in none of/);
  assert.match(refuse("message A { optional B b = 1; }"), /B is no type/);
  assert.throws(() => loadDescriptorSets([join(folder.path, "absent.binpb")]), TaplineError);
  assert.throws(() => new GrpcPayloadDecoder([Uint8Array.of(0xff, 0xff)]), TaplineError);
});

function refuse(source: string): string {
  try {
    loadDescriptorSets([write("broken.proto", source)]);
    return "accepted";
  } catch (error) {
    assert.ok(error instanceof TaplineError);
    const { line = 0, column = 0 } = error.place ?? {};
    return `${line}:${column} ${error.message}`;
  }
}

/** The part of a descriptor set that messages on the wire need. */
function describeSet(set: Uint8Array): unknown {
  const unneeded = [
    "extension",
    "extensionRange",
    "reservedRange",
    "reservedName",
    "defaultValue",
    "enforceNamingStyle",
  ];
  const needed = ["packed", "mapEntry", "allowAlias", "features"];
  const strip = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(strip);
    if (typeof value !== "object" || value === null) return value;
    const kept: [string, unknown][] = [];
    for (const [key, inner] of Object.entries(value)) {
      if (unneeded.includes(key)) continue;
      const options = Object.entries(inner ?? {}).filter(([option]) => needed.includes(option));
      if (key !== "options") kept.push([key, strip(inner)]);
      else if (options.length > 0) kept.push([key, strip(Object.fromEntries(options))]);
    }
    return Object.fromEntries(kept);
  };
  const { file } = toJson(FileDescriptorSetSchema, fromBinary(FileDescriptorSetSchema, set)) as { file: object[] };
  return strip(file);
}
