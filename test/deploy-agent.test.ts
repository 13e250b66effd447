/** `tapline deploy agent`: objects, unit, and that its configuration is one that an agent takes. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parseAllDocuments } from "yaml";
import { discoveryOf } from "../src/source/ebpf/rover/discovery-request.ts";
import { readRoverConfig } from "../src/source/ebpf/rover/rover-config.ts";
import { findProgram } from "./support/needs.ts";
import { runProgram } from "./support/run-program.ts";
import { MAIN } from "./support/tapline-main.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";

const deploy = (...args: string[]) =>
  runProgram(process.execPath, [MAIN, "deploy", "agent", ...args], { timeoutMillis: 120_000 });
const IMAGE = ["--image", "r.example/tapline:1"];

// biome-ignore lint/suspicious/noExplicitAny: documents, whose fields are asserted
type Document = any;

test("prints everything that it would apply, without asking a cluster", { timeout: 400_000 }, async (context) => {
  const folder = makeTemporaryFolder();
  context.after(folder.remove);
  const given = [
    "--backend",
    "oap.watch:11800",
    "--cluster",
    "east",
    "--namespaces",
    "shop,cart",
    "--node-selector",
    "disk=ssd",
  ];
  const { code, stdout } = await deploy("watch", ...IMAGE, ...given, "--dry-run");
  assert.equal(code, 0);
  const objects = parseAllDocuments(stdout).map((document) => document.toJS() as Document);
  assert.deepEqual(
    objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`),
    [
      "ServiceAccount tapline-agent",
      "ClusterRole watch:tapline-agent",
      "ClusterRoleBinding watch:tapline-agent",
      "ConfigMap tapline-agent",
      "DaemonSet tapline-agent",
    ],
  );
  const { spec } = objects.at(-1).spec.template;
  const [container] = spec.containers;
  assert.deepEqual(
    [spec.hostPID, spec.nodeSelector, container.securityContext.privileged, container.securityContext.capabilities.add],
    [true, { disk: "ssd" }, false, ["BPF", "PERFMON", "SYS_ADMIN", "SYS_PTRACE"]],
  );
  // The configuration, read as the container would.
  const file = join(folder.path, container.args[2].split("/").at(-1));
  writeFileSync(file, objects[3].data["rover.yaml"]);
  const [{ name }] = container.env;
  const config = await readRoverConfig(file, { [name]: "n1" });
  assert.deepEqual([config.isActive, config.backend.address, config.cluster], [true, "oap.watch:11800", "east"]);
  assert.deepEqual([discoveryOf(config).node, discoveryOf(config).namespaces], ["n1", ["shop", "cart"]]);
  const printed = stdout.slice(stdout.indexOf("# The least that is needed"));
  const roles = parseAllDocuments(printed.split("\n").slice(1).join("\n").replace(/^# ?/gm, ""));
  assert.deepEqual(
    roles.map((document) => (document.toJS() as Document).kind),
    ["Role", "ClusterRole"],
  );
});

test("a configuration of the user's, which has to watch something; and what is missing", {
  timeout: 120_000,
}, async (context) => {
  const folder = makeTemporaryFolder();
  context.after(folder.remove);
  const file = join(folder.path, "rover.yaml");
  const refusals = [
    [["--dry-run", "--backend", "oap:1"], 2, /--image is needed/],
    [["--dry-run", ...IMAGE], 2, /--backend or --config is needed/],
    [["--dry-run", ...IMAGE, "--backend", "oap"], 2, /expected HOST:PORT, found oap/],
    [["--dry-run", ...IMAGE, "--config", file], 2, /access_log\.active is false/],
    [["--dry-run", ...IMAGE, "--config", file, "--backend", "oap:1"], 2, /leave these out/],
  ] as const;
  writeFileSync(file, "process_discovery: { kubernetes: { active: true } }\n");
  for (const [args, code, says] of refusals) {
    const result = await deploy("watch", ...args);
    assert.equal(result.code, code, result.stderr);
    assert.match(result.stderr, says);
  }
  const text = "# mine\naccess_log: { active: true }\nprocess_discovery: { kubernetes: { active: true } }\n";
  writeFileSync(file, text);
  const { stdout } = await deploy("watch", ...IMAGE, "--config", file, "--dry-run");
  const map = parseAllDocuments(stdout).map((document) => document.toJS() as Document)[3];
  assert.equal(map.data["rover.yaml"], text);
});

test("a unit that systemd takes", { timeout: 400_000 }, async (context) => {
  const folder = makeTemporaryFolder();
  context.after(folder.remove);
  const { code, stdout } = await deploy("--systemd", "--program", process.execPath, "--memory", "300");
  assert.equal(code, 0);
  assert.match(stdout, new RegExp(`^ExecStart=${process.execPath} agent -c /etc/tapline/rover\\.yaml$`, "m"));
  assert.match(stdout, /^MemoryMax=300M$/m);
  const analyze = findProgram("systemd-analyze");
  if (analyze === undefined) return context.diagnostic("systemd-analyze is not there to judge it");
  const file = join(folder.path, "tapline-agent.service");
  writeFileSync(file, stdout);
  const judged = await runProgram(analyze, ["verify", "--man=no", file], { timeoutMillis: 120_000 });
  assert.deepEqual([judged.code, judged.stderr.split("\n").filter((line) => line.includes("tapline-agent"))], [0, []]);
});
