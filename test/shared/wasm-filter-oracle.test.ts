/** Holds the filter against recordings of the original: the same documents for the same exchanges, in both formats. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { type FilterModule, loadFilter, type Pair } from "../../src/wasm-host/index.ts";
import { sharedData } from "../support/needs.ts";
import { FilterRun, loadOwnFilter, type Report } from "../support/wasm/filter-run.ts";

interface Case {
  readonly name: string;
  readonly req: Pair[];
  readonly res: Pair[];
  readonly reqBody?: string[];
  readonly resBody?: string[];
  readonly props?: Record<string, string>;
  readonly drop?: string[];
  readonly A: Report;
  readonly B: Report;
}

const { path, skip } = sharedData("fixtures/trace-exporter/oracle.json");
const cases: Case[] = skip === false ? JSON.parse(readFileSync(path, "utf8")).cases : [];
const own = await loadOwnFilter();

describe("the filter sends what the original sent, under compat and with redaction off", { skip }, () => {
  for (const { format, wanted } of [
    { format: "scn", wanted: "A" },
    { format: "apiclarity", wanted: "B" },
  ] as const)
    describe(format, () => holdAgainst(own, { format, compat: true, redact: false }, wanted));

  test("with redaction on, what differs is what has a secret's name", () => {
    const differing = cases.filter((one) => {
      const [open, redacted] = [false, true].map((redact) => run(new FilterRun(own, { compat: true, redact }), one));
      return JSON.stringify(open) !== JSON.stringify(redacted);
    });
    assert.deepEqual(
      differing.map(({ name }) => name),
      ["basic"],
    );
    const { json } = run(new FilterRun(own, { compat: true }), cases[0]!)!;
    assert.deepEqual(json.scnt_response.headers.slice(1), [
      ["set-cookie", "redacted-set-cookie-00000000"],
      ["set-cookie", "redacted-set-cookie-00000000"],
    ]);
  });

  test("without compat, scheme and version are filled", () => {
    const { json } = run(new FilterRun(own, {}), cases[0]!)!;
    assert.equal(json.scheme, "http");
    assert.equal(json.scnt_request.version, "HTTP/1.1");
  });
});

// The original's own file, read in place from a cache that is no part of the project.
const folder = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "tapline/peers/wasm-filters");
const missing = existsSync(join(folder, "B.wasm")) ? false : `missing: the original filter's files in ${folder}`;

describe("the host runs the original filter as the recordings say", { skip: skip || missing }, () => {
  for (const wanted of ["A", "B"] as const)
    test(`its ${wanted === "A" ? "older" : "newer"} form`, async () => {
      const filter = await loadFilter(readFileSync(join(folder, `${wanted}.wasm`)));
      for (const one of cases) assertSame(run(new FilterRun(filter), one), one[wanted]);
    });

  test("it traps where a time is missing, and the stream's 503 is the host's", async () => {
    const filter = await loadFilter(readFileSync(join(folder, "B.wasm")));
    const original = new FilterRun(filter);
    assert.equal(run(original, { ...cases[0]!, drop: ["request.time"] }), undefined);
    assert.match(original.plugin.machine.failure!.message, /failed in proxy_on_log/);
  });
});

function holdAgainst(filter: FilterModule, configuration: object, wanted: "A" | "B"): void {
  for (const one of cases)
    test(one.name, () => {
      const filterRun = new FilterRun(filter, configuration);
      assertSame(run(filterRun, one), one[wanted]);
      assert.deepEqual(filterRun.logs, []);
    });
}

function run(filterRun: FilterRun, { req, res, reqBody = [], resBody = [], props = {}, drop = [] }: Case) {
  const decode = (parts: readonly string[]) => parts.map((part) => Buffer.from(part, "base64"));
  const dropped = Object.fromEntries(drop.map((name) => [name, undefined]));
  return filterRun.exchange({
    request: req,
    requestBody: decode(reqBody),
    response: res,
    responseBody: decode(resBody),
    properties: { "request.protocol": "HTTP/1.1", ...props, ...dropped },
  });
}

/** Names of headers are the host's to write in lower case. */
function assertSame(report: Report | undefined, wanted: Report): void {
  const headers = wanted.headers.map(([name, value]) => [name.toLowerCase(), value] as const);
  assert.deepEqual(report, { ...wanted, headers });
}
