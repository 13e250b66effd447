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
import { findEnvoy } from "../support/real-envoy.ts";
import { runProgram } from "../support/run-program.ts";
import { makeTemporaryFolder } from "../support/temporary-folder.ts";

const envoy = findEnvoy();

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
      const found = await parseProxyConfig(text, { file: "e.json", readFile: (file) => readFileSync(file) }).catch(
        (error: TaplineError) => error,
      );
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
