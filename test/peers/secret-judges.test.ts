/**
 * secretlint and gitleaks look at what Tapline writes of a capture full of secrets. They find them where nothing is redacted, so that they
 * are judges; in what is redacted they find marks, and what docs/redaction.md judges. `SEED` repeats a run.
 */
import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { capturePlanted, plantSecrets } from "../support/planted/write-planted.ts";
import { makeTemporaryFolder } from "../support/temporary-folder.ts";

const PROGRAM = join(import.meta.dirname, "../../bin/tapline");
const PEERS = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "tapline/peers");
const SEED = Number(process.env["SEED"] ?? 0) || Date.now() >>> 0;
const SECRETLINT = ["secretlint@13.0.6", "@secretlint/secretlint-rule-preset-recommend@13.1.0"];
const GITLEAKS = "github.com/zricethezav/gitleaks/v8@v8.30.1";
const OUTPUTS: Readonly<Record<string, readonly string[]>> = {
  "table.txt": [],
  "details.txt": ["-vv"],
  "documents.json": ["-o", "json"],
  "documents.ndjson": ["-o", "ndjson"],
  "archive.har": ["-o", "har"],
};
/** Hits that are no secrets: docs/redaction.md has the reasons. */
const JUDGED = [/^Sec-WebSocket-Key: /i];
const MARK = /redacted-[a-z0-9][a-z0-9._~-]{0,39}-[0-9a-f]{8}|‹redacted:[a-z0-9._~-]{1,40}:[0-9a-f]{8}›/;

const folder = makeTemporaryFolder();
after(folder.remove);
const run = promisify(execFile);

describe("judges of secrets", () => {
  before(async () => {
    const capture = join(folder.path, "planted.pcap");
    writeFileSync(capture, capturePlanted(plantSecrets(SEED)));
    for (const kind of ["redacted", "bare"]) {
      mkdirSync(join(folder.path, kind));
      for (const [name, flags] of Object.entries(OUTPUTS)) {
        const args = ["read", "-q", capture, ...flags, ...(kind === "bare" ? ["--no-redact"] : [])];
        const { stdout } = await run(PROGRAM, args, { encoding: "buffer", maxBuffer: 2 ** 28 });
        writeFileSync(join(folder.path, kind, name), stdout);
      }
    }
  });

  for (const [judge, find] of Object.entries({ secretlint: askSecretlint, gitleaks: askGitleaks }))
    test(judge, async (context) => {
      const bare = await find(join(folder.path, "bare"));
      const rules = new Set(bare.map(({ rule }) => rule));
      context.diagnostic(`seed ${SEED}: ${bare.length} found without redaction, by ${rules.size} rules`);
      assert.ok(rules.size >= 15, [...rules].join(" "));
      const hits = (await find(join(folder.path, "redacted"))).filter(({ text }) => !MARK.test(text));
      const secrets = hits.filter(({ text }) => !JUDGED.some((judged) => judged.test(text)));
      assert.deepEqual(secrets, [], `seed ${SEED}`);
    });
});

interface Hit {
  readonly rule: string;
  readonly text: string;
}

async function askSecretlint(path: string): Promise<Hit[]> {
  const home = join(PEERS, "secretlint-13.0.6");
  const main = join(home, "node_modules/secretlint/bin/secretlint.js");
  if (!existsSync(main)) {
    mkdirSync(home, { recursive: true });
    await run("npm", ["install", "--silent", "--no-save", "--ignore-scripts", "--prefix", home, ...SECRETLINT]);
  }
  const config = join(home, "rules.json");
  writeFileSync(config, JSON.stringify({ rules: [{ id: "@secretlint/secretlint-rule-preset-recommend" }] }));
  const files = readdirSync(path).map((name) => join(path, name));
  // It exits 1 where it has found something.
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [main, "--format", "json", "--secretlintrc", config, ...files],
    { cwd: home, encoding: "utf8", maxBuffer: 2 ** 28 },
  );
  assert.ok(stdout.startsWith("["), stderr);
  type Found = { filePath: string; messages: { ruleId: string; range: [number, number] }[] };
  return (JSON.parse(stdout) as Found[]).flatMap(({ filePath, messages }) => {
    const content = readFileSync(filePath, "utf8");
    return messages.map(({ ruleId, range: [from, to] }) => ({ rule: ruleId, text: content.slice(from, to) }));
  });
}

async function askGitleaks(path: string): Promise<Hit[]> {
  const home = join(PEERS, "gitleaks-8.30.1");
  const program = join(home, "gitleaks");
  if (!existsSync(program))
    await run("nice", ["-n", "19", "go", "install", GITLEAKS], {
      env: { ...process.env, GOBIN: home },
      cwd: folder.path,
    });
  const report = join(folder.path, "gitleaks.json");
  await run(program, ["dir", path, "--no-banner", "--exit-code", "0", "-f", "json", "-r", report]);
  type Found = { RuleID: string; Match: string };
  return (JSON.parse(readFileSync(report, "utf8")) as Found[]).map(({ RuleID, Match }) => ({
    rule: RuleID,
    text: Match,
  }));
}
