/** Our output, read by protobuf's C++ library; and what it writes, read by us. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { encodeCaptureTrace, encodeTrace } from "../src/wire/envoy/index.ts";
import { skipUnless } from "./support/needs.ts";
import { Random } from "./support/random.ts";
import { randomCaptureTrace, randomTraceWrapper } from "./support/random-trace.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";
import { readTrace } from "./support/trace-bytes.ts";

const skip = skipUnless("protoc");
const root = join(import.meta.dirname, "..");
const folder = makeTemporaryFolder();
after(folder.remove);

/** The messages' descriptions: protoc alone may lack those of google.protobuf. */
const DESCRIPTORS = join(folder.path, "descriptors.binpb");
before(() => {
  execFileSync(join(root, "node_modules/.bin/buf"), ["build", join(root, "proto"), "-o", DESCRIPTORS]);
});

test("our text is what protoc prints of our binary form, and it reads both", { skip }, () => {
  const random = new Random();
  for (let round = 0; round < 25; round++) {
    const wrapper = randomTraceWrapper(random);
    const where = `seed ${random.seed}, round ${round}`;
    const [binary, text] = [encodeTrace(wrapper, "PROTO_BINARY"), encodeTrace(wrapper, "PROTO_TEXT")];
    const type = "envoy.data.tap.v3.TraceWrapper";
    assert.equal(protoc("decode", type, binary).toString("latin1"), latin1(text), where);
    assert.equal(protoc("encode", type, text).toString("hex"), Buffer.from(binary).toString("hex"), where);
  }
});

test("the same of a capture", { skip }, () => {
  const random = new Random();
  for (let round = 0; round < 10; round++) {
    const trace = randomCaptureTrace(random);
    const where = `seed ${random.seed}, round ${round}`;
    const [binary, text] = [encodeCaptureTrace(trace, "PROTO_BINARY"), encodeCaptureTrace(trace, "PROTO_TEXT")];
    const printed = protoc("decode", "envoy.data.tap.v2alpha.Trace", binary);
    assert.equal(printed.toString("latin1"), latin1(text), where);
    assert.deepEqual(readTrace(printed).captures, readTrace(binary).captures, where);
  }
});

function protoc(how: "decode" | "encode", type: string, input: Uint8Array): Buffer {
  return execFileSync("protoc", [`--descriptor_set_in=${DESCRIPTORS}`, `--${how}=${type}`], { input });
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}
