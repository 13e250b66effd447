/** Messages of gRPC as the page shows them, beside protoc, which encodes them and writes the descriptor set. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { FileRegistry } from "@bufbuild/protobuf";
import { describeAs, describeFields, messageTypeOf, readDescriptors } from "../page/text/protobuf.ts";
import { skipUnless } from "./support/needs.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";

const PROTO = `syntax = "proto3";
package shop.v1;
service Cart { rpc Add (AddRequest) returns (AddReply); }
message AddRequest { string sku = 1; int64 count = 2; Item item = 3; repeated double prices = 4; fixed32 flags = 5; }
message Item { string name = 1; bytes picture = 2; sint32 delta = 3; fixed64 key = 4; }
message AddReply { Item at = 1; map<string, int32> left = 2; State state = 3; }
enum State { UNKNOWN = 0; KEPT = 7; }
`;
const REQUEST = `sku: "Größe é" count: -3 item { name: "two words\\nand a line" picture: "\\000\\377\\001" delta: -2 key: 81985529216486895 }
prices: 1.5 prices: -2 flags: 4027576335`;
const REPLY = `at { name: "x" delta: 1 } left { key: "a" value: 1 } state: KEPT`;

describe("Protobuf beside protoc", { skip: skipUnless("protoc") }, () => {
  const folder = makeTemporaryFolder();
  let registry: FileRegistry;
  const protoc = (args: readonly string[], input: string | Uint8Array = ""): Buffer =>
    execFileSync("protoc", [`-I${folder.path}`, ...args], { input, stdio: ["pipe", "pipe", "inherit"] });
  const encode = (type: string, text: string): Uint8Array =>
    protoc([`--encode=shop.v1.${type}`, join(folder.path, "shop.proto")], text);
  before(() => {
    writeFileSync(join(folder.path, "shop.proto"), PROTO);
    const set = join(folder.path, "set.binpb");
    protoc(["--include_imports", `--descriptor_set_out=${set}`, join(folder.path, "shop.proto")]);
    registry = readDescriptors(readFileSync(set));
  });
  after(folder.remove);

  test("without a type fields are shown as protoc --decode_raw shows them", () => {
    for (const [type, text] of [
      ["AddRequest", REQUEST.replace(/picture: "[^"]*"|prices: [-\d.]+/g, "")],
      ["AddRequest", 'sku: "x y" count: 18'],
      ["AddReply", "at { delta: 300 key: 5 } state: KEPT"],
    ] as const) {
      const bytes = encode(type, text);
      // It writes every byte that is no ASCII as an escape, in octal digits.
      const said = protoc(["--decode_raw"], bytes)
        .toString()
        .trimEnd()
        .replace(/(?:\\[0-7]{3})+/g, (escapes) =>
          Buffer.from(
            escapes
              .slice(1)
              .split("\\")
              .map((digits) => Number.parseInt(digits, 8)),
          ).toString(),
        );
      assert.equal(describeFields(bytes), said);
    }
  });

  test("with a descriptor set a call's messages have their names", () => {
    const request = messageTypeOf(registry, "/shop.v1.Cart/Add", "client")!;
    assert.equal(request.typeName, "shop.v1.AddRequest");
    assert.deepEqual(JSON.parse(describeAs(request, registry, encode("AddRequest", REQUEST))!), {
      sku: "Größe é",
      count: "-3",
      item: { name: "two words\nand a line", picture: "AP8B", delta: -2, key: "81985529216486895" },
      prices: [1.5, -2],
      flags: 4027576335,
    });
    const reply = messageTypeOf(registry, "/shop.v1.Cart/Add", "server")!;
    assert.deepEqual(JSON.parse(describeAs(reply, registry, encode("AddReply", REPLY))!), {
      at: { name: "x", delta: 1 },
      left: { a: 1 },
      state: "KEPT",
    });
    for (const path of ["/shop.v1.Cart/Other", "/other.Cart/Add", "", "/"])
      assert.equal(messageTypeOf(registry, path, "client"), undefined, path);
    assert.equal(describeAs(request, registry, Buffer.from("0affff", "hex")), undefined, "a length beyond the end");
  });

  test("what is no descriptor set says so", () => {
    for (const bytes of [Buffer.from("hello, this is text"), Buffer.alloc(0), encode("AddRequest", REQUEST)])
      assert.throws(() => readDescriptors(bytes), /descriptor set/);
  });
});

test("bytes that are no message, and messages without an end to their depth, are told from messages", () => {
  assert.equal(describeFields(Buffer.from("hello, this is text")), undefined);
  assert.equal(describeFields(Buffer.alloc(0)), "");
  let deep = Buffer.from([0x08, 0x01]);
  for (let depth = 0; depth < 60; depth++) deep = Buffer.concat([Buffer.from([0x0a, deep.length]), deep]);
  assert.ok(describeFields(deep)!.split("\n").length < 100);
  // A message inside that turns out to be none takes its lines with it.
  const broken = Buffer.from([0x0a, 5, 0x08, 1, 0x08, 2, 0xff, 0x10, 3]);
  assert.equal(describeFields(broken), "1: 0x08010802ff\n2: 3");
  const wide = Buffer.concat(Array.from({ length: 5000 }, () => Buffer.from([0x08, 0x01])));
  assert.match(describeFields(wide)!, /1: 1\n… 3000 lines more$/);
});
