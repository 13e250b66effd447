/**
 * The original filter and ours, in one host: the same report of random exchanges, in both formats. The original writes wrong JSON for
 * quotes, backslashes and controls, so there are none of these.
 */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { loadFilter, type Pair } from "../../src/wasm-host/index.ts";
import { Random } from "../support/random.ts";
import { FilterRun, loadOwnFilter, type Report, type Script } from "../support/wasm/filter-run.ts";

const folder = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "tapline/peers/wasm-filters");
const skip = existsSync(join(folder, "B.wasm")) ? false : `missing: the original filter's files in ${folder}`;
const EXCHANGES = 500;

const HOSTS = [
  ...["shop.example.com:8080", "catalogue", "catalogue:80", "a.b.svc", "a.b.svc.cluster.local:9000", "a.svc.cluster"],
  ...[
    "10.1.2.3",
    "user@h.com",
    "https://example.org:8000",
    "EXAMPLE.com",
    "ex ample.com",
    "%zz",
    "a.b:x",
    "[::1]:80",
    "",
  ],
];

describe("the original filter and ours report alike", { skip }, () => {
  for (const [file, format] of [
    ["A.wasm", "scn"],
    ["B.wasm", "apiclarity"],
  ] as const)
    test(`${EXCHANGES} random exchanges in format ${format}`, async () => {
      const random = new Random();
      const original = new FilterRun(await loadFilter(readFileSync(join(folder, file))));
      const ours = new FilterRun(await loadOwnFilter(), { format, compat: true, redact: false });
      for (let round = 0; round < EXCHANGES; round++) {
        const script = drawScript(random, format);
        const place = `seed ${random.seed}, round ${round}: ${JSON.stringify(script.request)}`;
        assert.deepEqual(parts(ours.exchange(script)), parts(original.exchange(script)), place);
        for (const run of [original, ours]) run.answer(run.calls.length - 1, {});
      }
      assert.equal(original.plugin.machine.failure, undefined);
    });
});

function drawScript(random: Random, format: string): Script {
  const authority = random.pick(HOSTS);
  const hasAuthority = !random.chance(15);
  const hasRequest = !random.chance(30);
  return {
    request: !hasRequest
      ? undefined
      : [
          ...(hasAuthority ? [[":authority", authority] as Pair] : []),
          [":path", `/${word(random)}?${word(random)}`],
          [":method", random.pick(["GET", "POST"])],
          ...(random.chance(5) ? [] : [["x-request-id", word(random)] as Pair]),
          ...drawHeaders(random),
        ],
    requestBody: hasRequest ? drawBody(random) : [],
    ...(hasRequest &&
      !random.chance(10) && { response: [[":status", random.pick(["200", "404", "503"])], ...drawHeaders(random)] }),
    responseBody: [],
    properties: {
      "destination.address": random.pick(["10.0.0.9:8080", "[::1]:8080", undefined]),
      "source.address": random.pick(["10.0.0.5:51234", undefined]),
      "request.duration": BigInt(random.below(2_000_000_000)),
      "upstream_host_metadata.filter_metadata.istio.workload": random.pick([
        undefined,
        // The older one takes five parts alone.
        format === "scn" ? undefined : "catalogue;sock-shop;catalogue;latest",
        "catalogue;sock-shop;catalogue;latest;Kubernetes",
        "catalogue;sock-shop",
      ]),
    },
  };
}

function drawHeaders(random: Random): Pair[] {
  return random.list(8, () => [random.pick(["a", "host", "x-envoy-b", "set-cookie", "cookie"]), word(random)]);
}

function word(random: Random): string {
  return random.list(12, () => random.pick([..."abcXYZ019-._~ =&;,/:@(){}<>'`"])).join("");
}

/** In the original small bodies cost milliseconds already. */
function drawBody(random: Random): Uint8Array[] {
  return random.list(3, () => random.bytes(random.pick([0, 10, 1000])));
}

function parts(report: Report | undefined): object | undefined {
  return report && { ...report };
}
