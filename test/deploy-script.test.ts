/** deploy.sh, with a kubectl that records what it is asked for and answers as a cluster would. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { parseAllDocuments } from "yaml";
import { buildPlugin } from "../src/sink/kubernetes/filter/filter-objects.ts";
import { DEFAULT_BACKEND_ADDRESS, type FilterOptions } from "../src/sink/kubernetes/filter/filter-options.ts";
import { runProgram } from "./support/run-program.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";

const SCRIPT = join(import.meta.dirname, "../deploy.sh");

/** Answers from its environment: which namespaces there are, what fails, whether things were there before. */
const KUBECTL = `#!/bin/bash
echo "$*" >> "$LOG"
case "$*" in
  "get ns "*) [[ " $NAMESPACES " == *" $3 "* ]] ;;
  "create configmap"*) [ "$FAIL" != create ] && echo "kind: ConfigMap" ;;
  "get deployments"*) echo cart ;;
  "get statefulsets"*) printf 'db\\nqueue\\n' ;;
  "get daemonsets"*) ;;
  "patch "*) echo "$2/$3 patched$PATCHED" ;;
  "apply "*)
    cat > "$APPLIED.$(grep -c ^apply "$LOG")"
    [ "$FAIL" != apply ] && echo "configmap/wasm-filter \${OUTCOME-created}" ;;
esac
`;

let folder: string;
let remove: () => void;
beforeEach(() => {
  ({ path: folder, remove } = makeTemporaryFolder());
  mkdirSync(join(folder, "bin"));
  writeFileSync(join(folder, "bin/kubectl"), KUBECTL);
  chmodSync(join(folder, "bin/kubectl"), 0o755);
});
afterEach(() => remove());

function run(args: readonly string[], environment: Record<string, string> = {}) {
  const log = join(folder, "log");
  const set = Object.entries({
    PATH: `${join(folder, "bin")}:${process.env["PATH"]}`,
    LOG: log,
    APPLIED: join(folder, "applied"),
    NAMESPACES: "shop cart",
    ...environment,
  }).map(([name, value]) => `${name}=${value}`);
  return runProgram("env", [...set, SCRIPT, ...args]).then((result) => ({
    ...result,
    log: existsSync(log) ? readFileSync(log, "utf8").trimEnd().split("\n") : [],
    applied: (number: number) => readFileSync(join(folder, `applied.${number}`), "utf8"),
  }));
}

const annotationsFor = (configMap: string): string =>
  JSON.stringify({
    spec: {
      template: {
        metadata: {
          annotations: {
            "sidecar.istio.io/userVolume": JSON.stringify([
              { name: "wasmfilters-dir", configMap: { name: configMap } },
            ]),
            "sidecar.istio.io/userVolumeMount": JSON.stringify([
              { mountPath: "/var/local/lib/wasm-filters", name: "wasmfilters-dir" },
            ]),
          },
        },
      },
    },
  });

const NAMES = '-o jsonpath={range .items[*]}{.metadata.name}{"\\n"}{end}';

function expectedLog(
  namespace: string,
  configMap = "wasm-filter",
  file = "http-trace-filter.wasm",
  binary = `bin/${file}`,
) {
  const patch = (kind: string, name: string) =>
    `patch ${kind} ${name} -n ${namespace} --type merge -p ${annotationsFor(configMap)}`;
  return [
    `get ns ${namespace}`,
    `create configmap ${configMap} -n ${namespace} --from-file=${file}=${binary} --dry-run=client -o yaml`,
    `apply -n ${namespace} -f -`,
    `get deployments -n ${namespace} ${NAMES}`,
    patch("deployments", "cart"),
    `get statefulsets -n ${namespace} ${NAMES}`,
    patch("statefulsets", "db"),
    patch("statefulsets", "queue"),
    `get daemonsets -n ${namespace} ${NAMES}`,
    `apply -n ${namespace} -f -`,
  ];
}

const PLAIN: FilterOptions = {
  address: DEFAULT_BACKEND_ADDRESS,
  port: 9000,
  format: "apiclarity",
  configuration: {},
  inbound: false,
  onFailure: "fail-open",
  as: "envoy-filter",
  code: { kind: "config-map", configMap: "wasm-filter", file: "http-trace-filter.wasm", bytes: new Uint8Array(0) },
};

function parse(text: string): object[] {
  return parseAllDocuments(text).map((document) => document.toJS() as object);
}

describe("deploy.sh", () => {
  test("without namespaces, or with a wrong flag, it says how it is used, and asks nothing", async () => {
    for (const args of [[], ["--remove"], ["--what", "shop"]]) {
      const { code, stderr, log } = await run(args);
      assert.deepEqual([code, log], [2, []]);
      assert.match(stderr, /usage: .*NAMESPACE/);
    }
  });

  test("one namespace, and two", async () => {
    const one = await run(["shop"]);
    assert.equal(one.code, 0, one.stderr);
    assert.deepEqual(one.log, expectedLog("shop"));
    assert.deepEqual(parse(one.applied(2)), [buildPlugin(PLAIN, "shop")]);
    assert.doesNotMatch(one.stdout, /restart/);
    const two = await run(["shop", "cart"]);
    assert.deepEqual(two.log, [...one.log, ...expectedLog("shop"), ...expectedLog("cart")]);
  });

  test("a namespace that is not there is told, and the next one goes on", async () => {
    const { code, stderr, log } = await run(["nowhere", "shop"]);
    assert.equal(code, 0);
    assert.match(stderr, /no namespace nowhere/);
    assert.deepEqual(log, ["get ns nowhere", ...expectedLog("shop")]);
  });

  test("what cannot be made or applied ends it with 1", async () => {
    const create = await run(["shop", "cart"], { FAIL: "create" });
    assert.deepEqual([create.code, create.log], [1, expectedLog("shop").slice(0, 2)]);
    const apply = await run(["cart"], { FAIL: "apply" });
    assert.deepEqual([apply.code, apply.log.at(-1)], [1, "apply -n cart -f -"]);
    const absent = await run(["shop"], { WASM_FILTER_BINARY_PATH: "bin/nothing.wasm" });
    assert.equal(absent.code, 1);
    assert.match(absent.stderr, /there is no bin\/nothing\.wasm: make build/);
  });

  test("names of one's own reach the annotations and the filter", async () => {
    const binary = join(folder, "mine.wasm");
    writeFileSync(binary, "");
    const { log, applied } = await run(["shop"], {
      WASM_FILTER_CONFIG_MAP_NAME: "my-map",
      WASM_FILTER_BINARY_PATH: binary,
      WASM_FILTER_TRACE_BACKEND_ADDRESS: "tapline.monitoring",
      WASM_FILTER_TRACE_BACKEND_PORT: "9001",
      TRACE_SAMPLING_ENABLED: "true",
    });
    assert.deepEqual(log, expectedLog("shop", "my-map", "mine.wasm", binary));
    const code = {
      ...PLAIN.code,
      kind: "config-map",
      configMap: "my-map",
      file: "mine.wasm",
      bytes: new Uint8Array(0),
    } as const;
    const options = {
      ...PLAIN,
      address: "tapline.monitoring",
      port: 9001,
      samplingPort: 9990,
      format: "scn",
      code,
    } as const;
    assert.deepEqual(parse(applied(2)), [buildPlugin(options, "shop")]);
  });

  test("a wrong address, port or name is refused before anything is asked", async () => {
    for (const [name, value] of [
      ["WASM_FILTER_TRACE_BACKEND_ADDRESS", "http://a/b"],
      ["WASM_FILTER_TRACE_BACKEND_ADDRESS", "a/b"],
      ["WASM_FILTER_TRACE_BACKEND_PORT", "http"],
      ["WASM_FILTER_TRACE_BACKEND_PORT", "70000"],
      ["WASM_FILTER_TRACE_SAMPLING_PORT", "-1"],
      ["WASM_FILTER_CONFIG_MAP_NAME", "My Map"],
    ] as const) {
      const { code, log, stderr } = await run(["shop"], { [name]: value });
      assert.deepEqual([code, log], [2, []], value);
      assert.ok(stderr.includes(name), stderr);
    }
  });

  test("the hint to restart comes when the file alone changed, and only then", async () => {
    const changed = await run(["shop"], { PATCHED: " (no change)", OUTCOME: "configured" });
    assert.match(changed.stdout, /rollout restart -n shop deployments\/cart statefulsets\/db statefulsets\/queue/);
    for (const environment of [{ PATCHED: " (no change)", OUTCOME: "unchanged" }, { OUTCOME: "configured" }])
      assert.doesNotMatch((await run(["shop"], environment)).stdout, /restart/);
  });

  test("--dry-run prints what would be applied, and asks nothing", async () => {
    const { code, stdout, log } = await run(["shop", "--dry-run"]);
    assert.deepEqual([code, log], [0, []]);
    assert.deepEqual(parse(stdout), [buildPlugin(PLAIN, "shop")]);
  });

  test("--remove takes everything back", async () => {
    const { code, log } = await run(["shop", "--remove"]);
    const nothing =
      '{"spec":{"template":{"metadata":{"annotations":{"sidecar.istio.io/userVolume":null,"sidecar.istio.io/userVolumeMount":null}}}}}';
    assert.equal(code, 0);
    assert.deepEqual(log, [
      "get ns shop",
      "delete envoyfilter trace-filter -n shop --ignore-not-found",
      `get deployments -n shop ${NAMES}`,
      `patch deployments cart -n shop --type merge -p ${nothing}`,
      `get statefulsets -n shop ${NAMES}`,
      `patch statefulsets db -n shop --type merge -p ${nothing}`,
      `patch statefulsets queue -n shop --type merge -p ${nothing}`,
      `get daemonsets -n shop ${NAMES}`,
      "delete configmap wasm-filter -n shop --ignore-not-found",
    ]);
  });

  test("runs from anywhere", async () => {
    const output = execFileSync(SCRIPT, ["--dry-run", "shop"], { cwd: folder, encoding: "utf8" });
    assert.equal(parse(output).length, 1);
  });
});
