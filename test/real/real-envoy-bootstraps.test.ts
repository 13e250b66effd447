/** Features of bootstraps: the real Envoy takes each fragment first; Tapline uses it, takes it as without effect and says so, or refuses it by name. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { formatError, type TaplineError } from "../../src/model/index.ts";
import { parseProxyConfig } from "../../src/source/proxy/config/parse-proxy-config.ts";
import { BOOTSTRAP_FEATURES, type BootstrapFeature, sample } from "../support/bootstrap-features/index.ts";
import { type Certificates, createCertificates } from "../support/certificates.ts";
import { skipUnless } from "../support/needs.ts";
import { startProgram } from "../support/processes.ts";
import { until } from "../support/proxy-harness.ts";
import { findEnvoy } from "../support/real-envoy.ts";
import { runProgram } from "../support/run-program.ts";
import { makeTemporaryFolder } from "../support/temporary-folder.ts";

const envoy = findEnvoy();

const parse = (text: string) => parseProxyConfig(text, { file: "e.json", readFile: (file) => readFileSync(file) });

type Parts = ReturnType<typeof sample>;

/** Kinds of extensions as Envoy lists them at its start, and where one of them stands in a bootstrap. */
const KINDS: readonly (readonly [kind: string, place: (parts: Parts, extension: object) => unknown])[] = [
  ["envoy.filters.http", ({ manager }, filter) => manager["http_filters"].unshift(filter)],
  ["envoy.filters.network", ({ chain }, filter) => chain["filters"].unshift(filter)],
  ["envoy.filters.listener", ({ listener }, filter) => Object.assign(listener, { listener_filters: [filter] })],
  ["envoy.transport_sockets.downstream", ({ chain }, socket) => Object.assign(chain, { transport_socket: socket })],
  ["envoy.transport_sockets.upstream", ({ cluster }, socket) => Object.assign(cluster, { transport_socket: socket })],
  [
    "envoy.clusters",
    ({ cluster }, type) => {
      delete cluster["type"];
      Object.assign(cluster, { cluster_type: type, lb_policy: "CLUSTER_PROVIDED" });
    },
  ],
];

describe("features of bootstraps", { skip: envoy.skip || skipUnless("openssl") }, () => {
  const folder = makeTemporaryFolder();
  let certificates: Certificates;
  before(() => {
    certificates = createCertificates(folder.path);
  });
  after(folder.remove);

  for (const [index, feature] of BOOTSTRAP_FEATURES.entries())
    test(`${feature.group}: ${feature.label}`, async () => {
      const text = write(feature);
      const path = join(folder.path, `${index}.json`);
      writeFileSync(path, text);
      const args = ["--mode", "validate", "-l", "error", "-c", path];
      const { code, stderr } = await runProgram(envoy.path, args, { timeoutMillis: 60_000 });
      assert.equal(code, 0, `the real Envoy refuses it: ${stderr}`);
      const found = await parse(text).catch((error: TaplineError) => error);
      if (found instanceof Error) {
        assert.equal(feature.expected, "refused", formatError(found));
        for (const error of [found, ...found.more]) {
          assert.doesNotMatch(error.message, /unknown field|is not known/);
          assert.ok(
            error.place?.line !== undefined && error.hint !== undefined,
            `place and advice: ${formatError(error)}`,
          );
        }
        return;
      }
      assert.notEqual(feature.expected, "refused", "it is taken");
      if (feature.expected === "without-effect")
        assert.notDeepEqual(found.withoutEffect, [], "it is named at the start");
      else assert.deepEqual(found.withoutEffect, [], "it is used");
    });

  test("no filter nor transport socket that the real Envoy has is called unknown", { timeout: 120_000 }, async () => {
    const path = join(folder.path, "nothing.json");
    writeFileSync(path, "{}");
    const program = startProgram(envoy.path, ["-c", path, "--use-dynamic-base-id", "-l", "info"]);
    await until(
      () => KINDS.every(([kind]) => program.output().includes(`${kind}: `)),
      () => `Envoy's list of extensions: ${program.output().slice(0, 2000)}`,
    );
    await program.stop();
    for (const [kind, place] of KINDS) {
      const [, list = ""] = new RegExp(`  ${kind}: (.*)`).exec(program.output()) ?? [];
      const names = list.split(", ").filter((name) => /^envoy\.(?!extensions)/.test(name));
      assert.ok(names.length >= 8, `${kind}: ${list}`);
      for (const name of names) {
        const parts = sample({ ...certificates.server, authority: certificates.authority });
        place(parts, { name });
        const found = await parse(JSON.stringify(parts.bootstrap)).catch((error: TaplineError) => error);
        if (found instanceof Error) assert.doesNotMatch(formatError(found), /is not known|did you mean/, name);
      }
    }
  });

  test("enough of them are taken, and used", () => {
    const count = (expected: string) => BOOTSTRAP_FEATURES.filter((feature) => feature.expected === expected).length;
    assert.ok(count("used") + count("without-effect") >= 100);
    assert.ok(count("used") >= 55);
  });

  function write({ change }: BootstrapFeature): string {
    const { server, authority } = certificates;
    const parts = sample({ ...server, authority });
    change({ ...parts, authority } as never);
    return JSON.stringify(parts.bootstrap, null, 1);
  }
});
