/** `tapline deploy collector` against a real kube-apiserver. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startKubernetes, type TestCluster, whyNoKubernetes } from "../support/kubernetes.ts";
import { runProgram } from "../support/run-program.ts";
import { MAIN } from "../support/tapline-main.ts";
import { makeTemporaryFolder } from "../support/temporary-folder.ts";

describe("tapline deploy collector", { skip: whyNoKubernetes(), timeout: 600_000 }, () => {
  let folder: ReturnType<typeof makeTemporaryFolder>;
  let cluster: TestCluster;

  before(async () => {
    folder = makeTemporaryFolder();
    cluster = await startKubernetes(folder.path);
    await cluster.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: "watch" } });
  });
  after(async () => {
    await cluster?.stop();
    folder?.remove();
  });

  const deploy = (...args: string[]) =>
    runProgram(process.execPath, [MAIN, "deploy", "collector", ...args, "--kubeconfig", cluster.kubeconfig], {
      timeoutMillis: 120_000,
    });
  const lines = (stdout: string, end: string) => stdout.split("\n").filter((line) => line.endsWith(end)).length;

  test("is accepted; again, nothing changes; goes, and the volume with it only where that is asked for", async () => {
    const first = await deploy("watch", "--image", "r.example/tapline:1");
    assert.equal(first.code, 0, first.stdout + first.stderr);
    assert.equal(lines(first.stdout, " created"), 6, first.stdout);
    const secret = await cluster.call("GET", "/api/v1/namespaces/watch/secrets/tapline-collector");
    const again = await deploy("watch", "--image", "r.example/tapline:1");
    assert.equal(lines(again.stdout, " unchanged"), 6, again.stdout);
    const kept = await cluster.call("GET", "/api/v1/namespaces/watch/secrets/tapline-collector");
    assert.deepEqual((kept.body as { data: object }).data, (secret.body as { data: object }).data);

    const difference = await deploy("watch", "--image", "r.example/tapline:2", "--diff");
    assert.match(difference.stdout, /deployment\/tapline-collector would be changed\n(?: .*\n)*? {2}\+ .*tapline:2/);
    const gone = await deploy("watch", "--remove");
    assert.equal(gone.code, 0, gone.stdout + gone.stderr);
    assert.equal(lines(gone.stdout, " deleted"), 4, gone.stdout);
    assert.equal(
      (await cluster.call("GET", "/apis/apps/v1/namespaces/watch/deployments/tapline-collector")).status,
      404,
    );
    assert.equal((await cluster.call("GET", "/api/v1/namespaces/watch/secrets/tapline-collector")).status, 200);
    assert.equal(lines((await deploy("watch", "--remove", "--purge")).stdout, " deleted"), 2);
  });

  test("with a database its pods and volumes go as they came", async () => {
    const store = ["--store", "clickhouse://db/shop", "--replicas", "3"];
    const first = await deploy("watch", "--image", "r.example/tapline:1", ...store);
    assert.equal(first.code, 0, first.stdout + first.stderr);
    assert.equal(lines(first.stdout, " created"), 5, first.stdout);
    const again = await deploy("watch", "--image", "r.example/tapline:1", ...store);
    assert.equal(lines(again.stdout, " unchanged"), 5, again.stdout);
    const gone = await deploy("watch", "--remove", "--purge");
    assert.equal(gone.code, 0, gone.stdout + gone.stderr);
    assert.equal(
      (await cluster.call("GET", "/apis/apps/v1/namespaces/watch/statefulsets/tapline-collector")).status,
      404,
    );
    assert.equal((await cluster.call("GET", "/api/v1/namespaces/watch/secrets/tapline-collector")).status, 404);
  });

  test("says where there is no such namespace", async () => {
    const { code, stdout } = await deploy("nowhere", "--image", "r.example/tapline:1");
    assert.deepEqual([code, stdout], [1, "nowhere: there is no such namespace\n"]);
  });
});
