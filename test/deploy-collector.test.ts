/** `tapline deploy collector`: objects and Compose file, and that a collector starts with the arguments that they have. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { parse, parseAllDocuments } from "yaml";
import { startProgram } from "./support/processes.ts";
import { until } from "./support/proxy-harness.ts";
import { runProgram } from "./support/run-program.ts";
import { MAIN } from "./support/tapline-main.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";

const deploy = (...args: string[]) =>
  runProgram(process.execPath, [MAIN, "deploy", "collector", ...args], { timeoutMillis: 120_000 });

// biome-ignore lint/suspicious/noExplicitAny: documents, whose fields are asserted
type Document = any;

test("prints everything that it would apply, without asking a cluster", { timeout: 120_000 }, async () => {
  const { code, stdout } = await deploy("watch", "--image", "r.example/tapline:1", "--storage", "5G", "--dry-run");
  assert.equal(code, 0);
  const objects = parseAllDocuments(stdout).map((document) => document.toJS() as Document);
  assert.deepEqual(
    objects.map(({ kind }) => kind),
    ["Secret", "ServiceAccount", "PersistentVolumeClaim", "NetworkPolicy", "Service", "Deployment"],
  );
  assert.ok(objects.every(({ metadata }) => metadata.namespace === "watch"));
  const { template, strategy } = objects.at(-1).spec;
  const [container] = template.spec.containers;
  assert.equal(container.image, "r.example/tapline:1");
  assert.equal(strategy.type, "Recreate");
  assert.deepEqual(
    [container.readinessProbe.httpGet.path, container.livenessProbe.httpGet.path, container.resources.limits.memory],
    ["/ready", "/health", "1024Mi"],
  );
  const missing = await deploy("watch", "--dry-run");
  assert.deepEqual([missing.code, /--image is needed/.test(missing.stderr)], [2, true]);
});

test("with a database there are several pods, each with a volume for what waits", { timeout: 240_000 }, async () => {
  const image = ["--image", "r.example/tapline:1"];
  const store = ["--store", "clickhouse://joe@db/shop", "--store-secret", "db", "--replicas", "3", "--storage", "10G"];
  const { stdout } = await deploy("watch", ...image, ...store, "--dry-run");
  const objects = parseAllDocuments(stdout).map((document) => document.toJS() as Document);
  assert.deepEqual(
    objects.map(({ kind }) => kind),
    ["Secret", "ServiceAccount", "NetworkPolicy", "Service", "StatefulSet"],
  );
  const { spec } = objects.at(-1);
  assert.deepEqual([spec.replicas, spec.serviceName], [3, "tapline-collector"]);
  assert.deepEqual(
    spec.volumeClaimTemplates.map(({ metadata, spec: claim }: Document) => [
      metadata.name,
      claim.resources.requests.storage,
    ]),
    [["data", String(10 * 1024 ** 3)]],
  );
  const [container] = spec.template.spec.containers;
  assert.match(container.args.join(" "), / --store clickhouse:\/\/joe@db\/shop .*--spill-bytes 9663676416 /);
  const password = container.env.find(({ name }: Document) => name === "TAPLINE_CLICKHOUSE_PASSWORD");
  assert.deepEqual(password.valueFrom.secretKeyRef, { name: "db", key: "password" });
  const told = await deploy("watch", ...image, "--store", "clickhouse://joe:geheim@db", "--dry-run");
  assert.equal(told.code, 2);
  assert.match(told.stderr, /its password would stand in the arguments of the pod; .*--store-secret/);
  assert.doesNotMatch(told.stderr, /geheim/);
});

test("a collector starts with the arguments of the Compose file", { timeout: 300_000 }, async (context) => {
  const { stdout } = await deploy("--image", "r.example/tapline:1", "--compose");
  const { collector } = (parse(stdout) as Document).services;
  assert.deepEqual(collector.entrypoint, ["tapline"]);
  const folder = makeTemporaryFolder();
  context.after(folder.remove);
  const args = (collector.command as string[]).map((arg) =>
    arg === "/data" ? join(folder.path, "data") : arg.replace(/^0\.0\.0\.0:\d+$/, "127.0.0.1:0"),
  );
  const env = { ...process.env, TAPLINE_TOKEN: "t", TAPLINE_INGEST_TOKEN: "i" };
  const started = startProgram(process.execPath, [MAIN, ...args], { env });
  context.after(() => started.stop());
  await until(
    () => started.output().includes("Keeps") || started.child.exitCode !== null,
    () => started.output(),
    240_000,
  );
  const [, page, ingest] = /http:\/\/(\S+)\/\n.*http:\/\/([\d.:]+)\//.exec(started.output())!;
  assert.equal((await fetch(`http://${page}/ready`)).status, 200);
  assert.equal((await fetch(`http://${page}/api/v1/exchanges`)).status, 401);
  assert.equal((await fetch(`http://${ingest}/publish`, { method: "POST", body: "{}" })).status, 401);
  assert.equal(await started.stop(), 0);
});
