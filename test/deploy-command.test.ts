/** `tapline deploy filter` without a cluster: what it prints, and what it refuses. test/peers holds it against a real API server. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { parseAllDocuments } from "yaml";
import type { ClusterObject } from "../src/sink/kubernetes/cluster-object.ts";
import { readShippedFilter } from "../src/source/shipped-filter.ts";
import { runProgram } from "./support/run-program.ts";
import { MAIN } from "./support/tapline-main.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";

const deploy = (...args: string[]) =>
  runProgram(process.execPath, [MAIN, "deploy", "filter", ...args], { timeoutMillis: 120_000 });

async function print(...args: string[]): Promise<{ readonly objects: ClusterObject[]; readonly text: string }> {
  const { code, stdout, stderr } = await deploy("shop", "--dry-run", ...args);
  assert.equal(code, 0, stderr);
  const documents = parseAllDocuments(stdout).map((document) => document.toJS() as ClusterObject | null);
  return { objects: documents.filter((object) => object !== null), text: stdout };
}

describe("deploy filter --dry-run", () => {
  test("prints a ConfigMap with the very file, the EnvoyFilter, the annotations and the least Role", async () => {
    const { objects, text } = await print();
    assert.deepEqual(
      objects.map(({ kind, metadata }) => `${kind} ${metadata.namespace} ${metadata.name}`),
      ["ConfigMap shop wasm-filter", "EnvoyFilter shop trace-filter"],
    );
    const { binaryData } = objects[0] as ClusterObject & { binaryData: Record<string, string> };
    const bytes = Buffer.from(binaryData["http-trace-filter.wasm"]!, "base64");
    assert.ok(bytes.equals(readShippedFilter()!.bytes));
    assert.ok(JSON.stringify(objects[0]).length < 1024 * 1024);
    assert.match(text, /# +sidecar\.istio\.io\/userVolume: /);
    assert.match(text, /# kind: Role\n/);
    assert.match(text, /"format":"apiclarity"/);
  });

  test("names of one's own, another backend, sampling and settings reach it", async () => {
    const { path: folder, remove } = makeTemporaryFolder();
    const binary = join(folder, "mine.wasm");
    writeFileSync(binary, readShippedFilter()!.bytes);
    const { text } = await print(
      ...["--address", "tapline.svc", "--port", "9001", "--sampling", "--config-map", "my-map"],
      ...["--binary", binary, "--set", "max_body_bytes=5", "--set", "body_mode=prefix", "--inbound"],
    );
    remove();
    for (const part of [
      "name: my-map",
      "/var/local/lib/wasm-filters/mine.wasm",
      '{"format":"scn","trace_sampling_enabled":"true","max_body_bytes":5,"body_mode":"prefix"}',
      "name: trace-sampling-manager",
      "SIDECAR_INBOUND",
      '"configMap":{"name":"my-map"}',
    ])
      assert.ok(text.includes(part), part);
    assert.equal(text.match(/port_value: 9001/g)?.length, 2);
  });

  test("fetched by Envoy: no ConfigMap, no annotations, and a Role without them", async () => {
    const { objects, text } = await print("--remote", "https://tapline.svc/f.wasm");
    assert.deepEqual(
      objects.map(({ kind }) => kind),
      ["EnvoyFilter"],
    );
    assert.ok(text.includes(`sha256: ${readShippedFilter()!.sha256}`));
    assert.doesNotMatch(text, /configmaps|userVolume|deployments/);
  });

  test("as a WasmPlugin", async () => {
    const { objects } = await print("--wasm-plugin", "--on-failure", "fail-reload");
    const { spec } = objects[1] as ClusterObject & { spec: Record<string, unknown> };
    assert.deepEqual(
      [spec["url"], spec["failStrategy"]],
      ["file:///var/local/lib/wasm-filters/http-trace-filter.wasm", "FAIL_RELOAD"],
    );
  });
});

test("what is wrong is refused before a cluster is asked", async () => {
  const { path: folder, remove } = makeTemporaryFolder();
  const text = join(folder, "text.wasm");
  writeFileSync(text, "no module");
  for (const [args, expected] of [
    [[], /missing required argument/],
    [["shop", "--port", "http"], /Expected a port/],
    [["shop", "--address", "http://a/b"], /Expected a host name/],
    [["Shop"], /Shop is no name of a namespace/],
    [["shop", "--set", "log_payload=true"], /never logged/],
    [["shop", "--binary", text], /no WebAssembly module/],
    [["shop", "--kubeconfig", join(folder, "none")], /the kubeconfig cannot be read/],
  ] as const) {
    const { code, stderr } = await deploy(...args);
    assert.equal(code, 2, stderr);
    assert.match(stderr, expected);
  }
  remove();
});

test("without a kubeconfig it says where one may be, whatever is asked", async () => {
  const { path: folder, remove } = makeTemporaryFolder();
  for (const flag of ["--diff", "--remove"]) {
    const command = [process.execPath, MAIN, "deploy", "filter", "shop", flag];
    const { code, stderr } = await runProgram("env", ["-u", "KUBECONFIG", `HOME=${folder}`, ...command]);
    assert.equal(code, 2, stderr);
    assert.match(stderr, /there is no kubeconfig[\s\S]*--kubeconfig FILE/);
  }
  remove();
});
