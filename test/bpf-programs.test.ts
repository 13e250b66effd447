import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { SUM } from "../src/source/ebpf/events/path-sums.ts";
import { CONNECTION_FIELD, FIELD, FLAG, HEADER_BYTES, PEER_BYTES, RECORD } from "../src/source/ebpf/events/record.ts";
import { MOST_RINGS } from "../src/source/ebpf/loader/rings.ts";
import { findProgram, skipUnless } from "./support/needs.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";

const root = join(import.meta.dirname, "..");

describe("the kernel's programs", { skip: skipUnless("clang", "llvm-strip") }, () => {
  test("the files that are committed are what their sources give", { skip: skipUnlessClang14() }, (context) => {
    const folder = makeTemporaryFolder();
    context.after(() => folder.remove());
    execFileSync(join(root, "scripts/build-bpf"), [folder.path]);
    for (const name of ["tapline.x64.bpf.o", "tapline.arm64.bpf.o"])
      assert.ok(
        readFileSync(join(folder.path, name)).equals(readFileSync(join(root, "bpf", name))),
        `bpf/${name} is stale: npm run build:bpf`,
      );
  });

  test("records are laid out as they are read", () => {
    const at = (struct: string, fields: Readonly<Record<string, number>>): string[] =>
      Object.entries(fields).map(
        ([name, offset]) => `_Static_assert(OFFSET(${struct}, ${C_NAMES[name] ?? name}) == ${offset}, "${name}");`,
      );
    const values = (prefix: string, fields: Readonly<Record<string, number>>): string[] =>
      Object.entries(fields).map(
        ([name, value]) => `_Static_assert(${prefix}_${constant(name)} == ${value}, "${name}");`,
      );
    const source = [
      '#include "kernel.h"',
      '#include "events.h"',
      '#include "path_sums.h"',
      "#define OFFSET(type, field) __builtin_offsetof(struct type, field)",
      ...at("header", FIELD),
      ...at("connection_record", CONNECTION_FIELD),
      ...values("RECORD", RECORD),
      ...values("SUM", SUM),
      ...values("FLAG", FLAG),
      `_Static_assert(sizeof(struct header) == ${HEADER_BYTES}, "header");`,
      `_Static_assert(sizeof(struct address) == ${PEER_BYTES}, "address");`,
      '_Static_assert(OFFSET(control, rings) == 28 && OFFSET(control, next_id) == 32, "control");',
      '_Static_assert(OFFSET(control, port_count) == 40 && OFFSET(control, ports) == 44 && OFFSET(control, packets) == 4 * 19, "ports");',
      '_Static_assert(OFFSET(control, has_lost) == 4 * 20 && OFFSET(control, is_polling) == 4 * 21, "rings");',
      `_Static_assert(MAX_RINGS == ${MOST_RINGS}, "rings");`,
    ].join("\n");
    const args = ["-fsyntax-only", "-target", "bpf", "-D__TARGET_ARCH_x86", `-I${join(root, "bpf")}`, "-xc", "-"];
    execFileSync(findProgram("clang")!, args, { input: source });
  });
});

/** Names that differ. */
const C_NAMES: Readonly<Record<string, string>> = { localPort: "local_port", remotePort: "remote_port" };

function constant(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

/** Another compiler gives other bytes. */
function skipUnlessClang14(): string | false {
  const clang = findProgram("clang");
  if (clang === undefined) return "missing: clang";
  const version = execFileSync(clang, ["--version"], { encoding: "utf8" });
  return /version 14\./.test(version) ? false : "bpf/*.o are compared with what clang 14 makes, and this is another";
}
