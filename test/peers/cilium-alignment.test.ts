/** Cilium's own datapath, compiled from its sources: its structs are ours, told by BTF or by DWARF 4 and 5 alone. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { checkStructAlignments, type Dialect } from "../../src/wire/cilium/index.ts";
import { CLANG, withoutBtf } from "../support/bpf-objects.ts";
import { runProgram } from "../support/run-program.ts";
import { makeTemporaryFolder } from "../support/temporary-folder.ts";

const skip = CLANG === undefined ? "missing: clang (apt install clang)" : false;

/** The datapath's structs of every version are those of these. */
const VERSIONS: Readonly<Record<string, Dialect>> = { "1.9.18": "v1.9", "1.19.4": "v1.19", "1.20.2": "v1.20" };

/** Each with the structs that it has by the features it is compiled with. */
const PROGRAMS: Readonly<Record<string, (struct: string) => boolean>> = {
  bpf_alignchecker: () => true,
  bpf_lxc: (struct) => ["trace_notify", "drop_notify", "debug_msg"].includes(struct),
};

for (const [version, dialect] of Object.entries(VERSIONS))
  describe(`the datapath of Cilium v${version}`, { skip }, () => {
    const folder = makeTemporaryFolder();
    let sources = "";
    before(async () => {
      const cwd = join(import.meta.dirname, "cilium-records-go");
      const asked = ["mod", "download", `-modfile=v${version}.mod`, "-json", "github.com/cilium/cilium"];
      const { stdout, stderr, code } = await runProgram("go", asked, { cwd });
      assert.equal(code, 0, stderr);
      sources = join((JSON.parse(stdout) as { Dir: string }).Dir, "bpf");
    });
    after(folder.remove);

    for (const [program, has] of Object.entries(PROGRAMS))
      for (const dwarf of [4, 5])
        test(`${program}.o, DWARF ${dwarf}`, async () => {
          const object = join(folder.path, `${program}-${dwarf}.o`);
          const standard = dialect === "v1.9" ? "gnu89" : "gnu99";
          const flags = [
            "-target",
            "bpf",
            "-mcpu=v3",
            "-O2",
            "-g",
            `-gdwarf-${dwarf}`,
            `-std=${standard}`,
            "-nostdinc",
          ];
          const macros = ["-D__NR_CPUS__=2", "-ftrap-function=__undefined_trap", "-w"];
          const files = ["-I.", "-Iinclude", "-c", `${program}.c`, "-o", object];
          const { stderr, code } = await runProgram(CLANG!, [...flags, ...macros, ...files], { cwd: sources });
          assert.equal(code, 0, stderr);
          const bytes = Uint8Array.from(readFileSync(object));
          for (const [what, read] of Object.entries({ "with BTF": bytes, "without BTF": withoutBtf(bytes) })) {
            const results = checkStructAlignments(read, dialect);
            assert.ok(typeof results !== "string", `${what}: ${results}`);
            for (const { struct, fields, problems } of results) {
              const missing = [`there is no struct ${struct}`];
              if (has(struct)) assert.ok(problems.length === 0 && fields >= 6, `${what}: ${struct}: ${problems}`);
              else if (fields === 0) assert.deepEqual(problems, missing, what);
              else assert.deepEqual(problems, [], `${what}: ${struct}`);
            }
          }
        });
  });
