import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { checkStructAlignments } from "../src/wire/cilium/index.ts";
import { CLANG, withoutBtf } from "./support/bpf-objects.ts";

const skip = CLANG === undefined ? "missing: clang (apt install clang)" : false;

/** The structs of v1.9's datapath, written after its layout; `version` and `unused` can be put wrong. */
function source(versionType: string, unused: string): string {
  return `
typedef unsigned char __u8; typedef unsigned short __u16; typedef unsigned int __u32; typedef int __s32;
#define COMMON __u8 type; __u8 subtype; __u16 source; __u32 hash;
#define CAPTURE COMMON __u32 len_orig; __u16 len_cap; ${versionType} version;
union v6addr { struct { __u32 p1, p2, p3, p4; }; __u8 addr[16]; };
struct trace_notify { CAPTURE __u32 src_label, dst_label; __u16 dst_id; __u8 reason; __u8 ipv6:1, pad:7; __u32 ifindex;
  union { struct { __u32 orig_ip4, orig_pad1, orig_pad2, orig_pad3; }; union v6addr orig_ip6; }; };
struct drop_notify { CAPTURE __u32 src_label, dst_label, dst_id; ${unused} };
struct policy_verdict_notify { CAPTURE __u32 remote_label; __s32 verdict; __u16 dst_port; __u8 proto;
  __u8 dir:2, ipv6:1, match_type:3, audited:1, pad0:1; __u32 pad1; };
struct debug_msg { COMMON __u32 arg1, arg2, arg3; };
struct debug_capture_msg { CAPTURE __u32 arg1, arg2; };
struct trace_notify a; struct drop_notify b; struct policy_verdict_notify c; struct debug_msg d; struct debug_capture_msg e;
int use(void) { return a.hash + b.hash + c.hash + d.hash + e.hash; }
`;
}

test("the structs of an eBPF object are compared with ours", { skip }, () => {
  const object = compile(source("__u16", "__u32 unused;"));
  const results = checkStructAlignments(object, "v1.9");
  assert.ok(typeof results !== "string", String(results));
  for (const { struct, fields, problems } of results) {
    assert.deepEqual(problems, [], struct);
    assert.ok(fields >= 6, struct);
  }
});

test("what has moved, is missing or has grown is named", { skip }, () => {
  const results = checkStructAlignments(compile(source("__u32", "")), "v1.9");
  assert.ok(typeof results !== "string");
  const problems = results.flatMap((result) => result.problems);
  assert.ok(problems.includes("trace_notify.version is at 16, expected at 14"), problems.join("; "));
  assert.ok(problems.includes("drop_notify.unused is not there, expected at 28"), problems.join("; "));
  assert.ok(problems.includes("debug_capture_msg has 28 bytes, expected 24"), problems.join("; "));
});

for (const version of [4, 5])
  test(`DWARF ${version} tells what BTF does not`, { skip }, () => {
    const options = [`-gdwarf-${version}`];
    const results = checkStructAlignments(withoutBtf(compile(source("__u16", "__u32 unused;"), options)), "v1.9");
    assert.ok(typeof results !== "string", String(results));
    for (const { struct, fields, problems } of results) {
      assert.deepEqual(problems, [], struct);
      assert.ok(fields >= 6, struct);
    }
    const wrong = checkStructAlignments(withoutBtf(compile(source("__u32", ""), options)), "v1.9");
    assert.ok(typeof wrong !== "string");
    const problems = wrong.flatMap((result) => result.problems);
    for (const problem of [
      "trace_notify.version is at 16, expected at 14",
      "drop_notify.unused is not there, expected at 28",
      "debug_capture_msg has 28 bytes, expected 24",
    ])
      assert.ok(problems.includes(problem), `${problem}: ${problems.join("; ")}`);
    const object = withoutBtf(compile(source("__u16", "__u32 unused;"), options));
    for (let length = 0; length < object.length; length += 17)
      checkStructAlignments(object.subarray(0, length), "v1.9");
    for (let at = 0; at < object.length; at += 5) {
      const damaged = object.slice();
      damaged[at] = damaged[at]! ^ 0xff;
      checkStructAlignments(damaged, "v1.9");
    }
  });

test("files cut or damaged anywhere are refused with a reason, not with a crash", { skip }, () => {
  const object = compile(source("__u16", "__u32 unused;"));
  for (let length = 0; length < object.length; length += 7) checkStructAlignments(object.subarray(0, length), "v1.9");
  for (let at = 0; at < object.length; at += 3) {
    const damaged = object.slice();
    damaged[at] = damaged[at]! ^ 0xff;
    checkStructAlignments(damaged, "v1.9");
  }
  assert.equal(checkStructAlignments(new TextEncoder().encode("no object"), "v1.9"), "this is no ELF file");
});

function compile(code: string, options: readonly string[] = []): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), "tapline-"));
  try {
    const input = join(folder, "a.c");
    const output = join(folder, "a.o");
    writeFileSync(input, code);
    const { status, stderr } = spawnSync(CLANG!, [
      "-target",
      "bpf",
      "-g",
      "-O2",
      ...options,
      "-c",
      input,
      "-o",
      output,
    ]);
    assert.equal(status, 0, String(stderr));
    return Uint8Array.from(readFileSync(output));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
