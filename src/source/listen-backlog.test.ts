import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const SOURCES = join(import.meta.dirname, "..");
/** The one that only asks for a port; and that of a proxy's configuration, which has the same default. */
const OTHERS = ["source/demo/free-port.ts", "source/proxy/listener/listener.ts"];

test("every listener takes as many waiting connections as the kernel allows", () => {
  const files = globSync("**/*.ts", { cwd: SOURCES }).filter((file) => !file.endsWith(".test.ts"));
  const listening = files.filter((file) => /\.listen\([^)]/.test(readFileSync(join(SOURCES, file), "utf8")));
  assert.ok(listening.includes("sink/admin/admin-server.ts"), listening.join());
  for (const file of listening.filter((one) => !OTHERS.includes(one)))
    for (const [call] of readFileSync(join(SOURCES, file), "utf8").matchAll(
      /#server[^;]*\.listen\([^;]+;|\.listen\(\{[^;]+;/g,
    ))
      assert.match(call, /LISTEN_BACKLOG/, file);
});
