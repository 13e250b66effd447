/** `tapline deploy filter` against a real kube-apiserver with Istio's own definitions. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { ClusterObject } from "../../src/sink/kubernetes/cluster-object.ts";
import { buildPlugin } from "../../src/sink/kubernetes/filter/filter-objects.ts";
import type { FilterOptions } from "../../src/sink/kubernetes/filter/filter-options.ts";
import { readShippedFilter } from "../../src/source/shipped-filter.ts";
import { startKubernetes, type TestCluster, whyNoKubernetes } from "../support/kubernetes.ts";
import { runProgram } from "../support/run-program.ts";
import { MAIN } from "../support/tapline-main.ts";
import { makeTemporaryFolder } from "../support/temporary-folder.ts";

function workload(kind: "Deployment" | "StatefulSet" | "DaemonSet", name: string, more: object = {}): ClusterObject {
  const labels = { app: name };
  const template = { metadata: { labels }, spec: { containers: [{ name: "main", image: "shop" }] } };
  const spec = { selector: { matchLabels: labels }, template, ...(kind === "StatefulSet" && { serviceName: name }) };
  return { apiVersion: "apps/v1", kind, metadata: { name, namespace: "shop" }, spec: { ...spec, ...more } };
}

describe("tapline deploy filter", { skip: whyNoKubernetes(), timeout: 600_000 }, () => {
  let folder: ReturnType<typeof makeTemporaryFolder>;
  let cluster: TestCluster;

  before(async () => {
    folder = makeTemporaryFolder();
    cluster = await startKubernetes(folder.path);
    await cluster.create(
      ...["shop", "other"].map((name) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } })),
      workload("Deployment", "cart"),
      workload("StatefulSet", "db", { updateStrategy: { type: "OnDelete" } }),
      workload("DaemonSet", "log"),
      {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "bare", namespace: "shop" },
        spec: { containers: [{ name: "main", image: "shop" }] },
      },
    );
  });
  after(async () => {
    await cluster?.stop();
    folder?.remove();
  });

  const deploy = (...args: string[]) =>
    runProgram(process.execPath, [MAIN, "deploy", "filter", ...args, "--kubeconfig", cluster.kubeconfig], {
      timeoutMillis: 120_000,
    });

  test("puts it in; again, nothing changes; takes it back without a trace", async () => {
    const before = await cluster.everything();
    const first = await deploy("shop");
    assert.equal(first.code, 0, first.stdout + first.stderr);
    for (const line of [
      "shop: configmap/wasm-filter created",
      "shop: deployment/cart changed",
      "shop: statefulset/db changed",
      "shop: daemonset/log changed",
      "shop: envoyfilter/trace-filter created",
      "shop: to load the filter: kubectl rollout restart -n shop statefulset/db",
      "shop: pods of no Deployment, StatefulSet or DaemonSet are left as they are: bare",
    ])
      assert.ok(first.stdout.includes(line), `${line}\n${first.stdout}`);
    const between = await cluster.everything();
    const again = await deploy("shop");
    assert.equal(again.code, 0, again.stdout);
    assert.doesNotMatch(again.stdout, /created|(?<!un)changed|restart/);
    assert.deepEqual(await cluster.everything(), between);
    const removed = await deploy("shop", "--remove");
    assert.equal(removed.code, 0, removed.stdout + removed.stderr);
    assert.deepEqual(await cluster.everything(), before);
    assert.equal((await deploy("shop", "--remove")).stdout, "");
  });

  test("another file changes the ConfigMap alone, and then pods have to be restarted", async () => {
    const other = join(folder.path, "http-trace-filter.wasm");
    writeFileSync(other, Buffer.concat([readShippedFilter()!.bytes, Buffer.from([0, 3, 1, 0x78, 0])]));
    assert.equal((await deploy("shop")).code, 0);
    const { stdout } = await deploy("shop", "--binary", other);
    assert.match(stdout, /configmap\/wasm-filter changed/);
    assert.match(stdout, /deployment\/cart unchanged/);
    assert.match(stdout, /restart -n shop deployment\/cart statefulset\/db daemonset\/log/);
    assert.equal((await deploy("shop", "--remove")).code, 0);
  });

  test("tells a conflict with who owns the field, changes nothing of it, and takes over only when asked", async () => {
    const annotations = { "sidecar.istio.io/userVolume": "[]" };
    const object = workload("Deployment", "mine");
    const template = (object as unknown as { spec: { template: { metadata: object } } }).spec.template;
    template.metadata = { ...template.metadata, annotations };
    await cluster.create(object);
    const before = await cluster.everything();
    const { code, stdout } = await deploy("shop");
    assert.equal(code, 1);
    assert.match(stdout, /cannot apply deployment\/mine in shop: .*conflict.*userVolume.*--force-conflicts/s);
    const { spec } = (await cluster.call("GET", "/apis/apps/v1/namespaces/shop/deployments/mine")).body as {
      spec: { template: { metadata: { annotations: object } } };
    };
    assert.deepEqual(spec.template.metadata.annotations, annotations);
    await deploy("shop", "--remove");
    assert.deepEqual(await cluster.everything(), before);
    assert.equal((await deploy("shop", "--force-conflicts")).code, 0);
    await deploy("shop", "--remove");
    await cluster.call("DELETE", "/apis/apps/v1/namespaces/shop/deployments/mine");
  });

  test("says what would change, and changes nothing", async () => {
    const before = await cluster.everything();
    const { code, stdout } = await deploy("shop", "--diff");
    assert.equal(code, 0, stdout);
    assert.match(stdout, /deployment\/cart would be changed\n(?: {2}.*\n)* {2}\+ .*userVolume: /);
    assert.deepEqual(await cluster.everything(), before);
  });

  test("a namespace that is not there is told, and the others go on", async () => {
    const { code, stdout } = await deploy(
      "nowhere",
      "other",
      "--remote",
      "http://tapline.svc:9000/http-trace-filter.wasm",
    );
    assert.equal(code, 1);
    assert.match(stdout, /nowhere: there is no such namespace/);
    assert.match(stdout, /other: envoyfilter\/trace-filter created/);
    assert.doesNotMatch(stdout, /configmap|restart/);
    assert.equal((await deploy("other", "--remove")).code, 0);
  });

  const plain: FilterOptions = {
    address: "tapline.monitoring.svc.cluster.local",
    port: 9000,
    format: "scn",
    configuration: {},
    inbound: false,
    onFailure: "fail-open",
    as: "envoy-filter",
    code: { kind: "config-map", configMap: "wasm-filter", file: "http-trace-filter.wasm", bytes: new Uint8Array(0) },
  };
  const remote = { kind: "remote", url: "https://tapline.svc/f.wasm", sha256: "a".repeat(64) } as const;
  const VARIANTS: readonly [name: string, options: Partial<FilterOptions>][] = [
    ["plain", {}],
    ["everything", { samplingPort: 9990, inbound: true, onFailure: "fail-reload", code: remote }],
  ];
  for (const as of ["envoy-filter", "wasm-plugin"] as const)
    for (const [name, options] of VARIANTS)
      test(`Istio's definitions take it, strictly: ${as}, ${name}`, async () => {
        const object = buildPlugin({ ...plain, ...options, as }, "shop");
        const plural = `${object.kind.toLowerCase()}s`;
        const path = `/apis/${object.apiVersion}/namespaces/shop/${plural}?dryRun=All&fieldValidation=Strict`;
        const { status, body } = await cluster.call("POST", path, object);
        assert.equal(status, 201, JSON.stringify(body));
        const { status: refused } = await cluster.call("POST", path, { ...object, spec: { nonsense: true } });
        assert.equal(refused, 400);
      });
});
