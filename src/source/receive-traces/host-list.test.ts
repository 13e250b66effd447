import assert from "node:assert/strict";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { formatError, type Logger } from "../../model/index.ts";
import { openHostList } from "./index.ts";

test("a list of hosts is host:port or *, and says what of it is wrong", () => {
  const { logger } = keepLog();
  assert.deepEqual(openHostList("--hosts", "a.b:80,[::1]:8080,,*", logger)(), ["a.b:80", "[::1]:8080", "*"]);
  assert.deepEqual(openHostList("--hosts", "", logger)(), []);
  for (const wrong of ["a.b", "a.b:0", "a.b:65536", "a.b:x", ":80", "::1:80", "http://a.b:80", "a b:80", "**"])
    assert.throws(() => openHostList("--hosts", `a.b:65535,${wrong}`, logger), {
      message: /^--hosts: expected host:port or \*, found "/,
    });
});

test("a file of hosts is read again when it has changed, and a wrong one leaves the list as it was", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "tapline-hosts-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "hosts");
  const { logger, log } = keepLog();
  assert.throws(
    () => openHostList("--hosts", `@${path}`, logger),
    (error) => /hosts: there is no such file/.test(formatError(error)),
  );
  writeFileSync(path, "# the shop\n\n  catalogue.shop:80 # and no other\r\n*\n");
  const hosts = openHostList("--hosts", `@${path}`, logger);
  assert.deepEqual(hosts(), ["catalogue.shop:80", "*"]);
  assert.equal(hosts(), hosts(), "it is not read again for nothing");

  writeFileSync(path, "catalogue.shop:80\n carts.shop\n");
  assert.deepEqual(hosts(), ["catalogue.shop:80", "*"]);
  assert.deepEqual(hosts(), ["catalogue.shop:80", "*"]);
  assert.match(
    log.splice(0).join("\n"),
    /^warn .*hosts:2:2: expected host:port or \*, found \\"carts\.shop\\".*stays in force$/,
  );

  writeFileSync(`${path}.new`, "carts.shop:80");
  renameSync(`${path}.new`, path);
  assert.deepEqual(hosts(), ["carts.shop:80"]);
  writeFileSync(path, "");
  assert.deepEqual(hosts(), [], "nothing is to be reported");
  rmSync(path);
  assert.deepEqual(hosts(), []);
  writeFileSync(path, "x".repeat(1_048_577));
  assert.deepEqual(hosts(), []);
  writeFileSync(path, "a.b:1");
  assert.deepEqual(hosts(), ["a.b:1"]);
  assert.deepEqual(
    log.map((line) => line.split(" ", 1)[0]),
    ["info", "info", "warn", "warn", "info"],
  );
});

function keepLog(): { logger: Logger; log: string[] } {
  const log: string[] = [];
  const write = (level: string) => (fields: object, message: string) =>
    log.push(`${level} ${JSON.stringify(fields)} ${message}`);
  return { logger: { info: write("info"), warn: write("warn"), error: write("error") } as unknown as Logger, log };
}
