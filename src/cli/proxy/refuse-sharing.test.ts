import assert from "node:assert/strict";
import { test } from "node:test";
import { writeHttpBootstrap } from "../../../test/support/http-bootstrap.ts";
import { formatError, SILENT_LOGGER } from "../../model/index.ts";
import { parseProxyConfig } from "../../source/proxy/config/parse-proxy-config.ts";
import { checkProxyConfig } from "./run-proxy-process.ts";

const NO_FILE = (): never => assert.fail("no file is named");

/** The verdict of `--mode validate --concurrency N`. */
async function check(bootstrap: string, processes: number): Promise<string> {
  const options = {
    load: () => parseProxyConfig(bootstrap, { readFile: NO_FILE }),
    logger: SILENT_LOGGER,
    drainMillis: 0,
    memoryBytes: 1 << 20,
    share: { index: 0, count: 1, startedMillis: 0 },
  };
  return checkProxyConfig(options, processes).then(() => "taken", formatError);
}

test("a configuration that several processes cannot run is refused when it is checked, too", async () => {
  // One admin listener and one listener, on a port of its own.
  const atPort = (text: string) => text.replace(/^(?!admin).*port_value: 0/m, (line) => line.replace(/0$/, "18999"));
  const fixed = atPort(writeHttpBootstrap(1, ["common_config: { admin_config: { config_id: a } }"]));
  assert.equal(await check(fixed, 1), "taken");
  assert.match(await check(fixed, 2), /^\d+:\d+: several processes cannot be tapped on demand/);
  assert.match(await check(writeHttpBootstrap(1, []), 2), /port 0 cannot be shared by several processes/);
  assert.equal(await check(atPort(writeHttpBootstrap(1, [])), 2), "taken");
});
