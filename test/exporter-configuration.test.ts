/** Each key of the exporter's configuration, in a proxy that runs. */
import assert from "node:assert/strict";
import { afterEach, describe, test } from "node:test";
import {
  type ExportedExchange,
  type ExportingOptions,
  ExportingProxy,
  type ReportDocument,
} from "./support/exported-exchange.ts";
import { until } from "./support/proxy-harness.ts";
import type { Posted } from "./support/trace-backend.ts";

let proxy: ExportingProxy;
afterEach(() => proxy.stop(1000));

const text = (value: string): Uint8Array => Buffer.from(value);
const ASKED: ExportedExchange = {
  method: "POST",
  path: "/a?tenant=t-2&page=2",
  requestHeaders: [
    ["x-request-id", "r-1"],
    ["x-tenant", "t-1"],
    ["x-b3-traceid", "80f198ee56343ba8"],
    ["x-envoy-a", "1"],
  ],
  requestBody: [text("0123456789")],
  responseBody: [text("abc")],
};

async function start(fields: string, options?: ExportingOptions): Promise<ExportingProxy> {
  proxy = await ExportingProxy.start(fields, options);
  return proxy;
}

/** Lets one exchange pass. */
async function report(fields: string): Promise<{ readonly document: ReportDocument; readonly posted: Posted }> {
  await start(fields);
  const document = await proxy.report(ASKED, (bytes) => [bytes]);
  return { document, posted: proxy.backend.posted.at(-1)! };
}

const published = () => proxy.harness.tapped.ledger.book("published");

describe("the request that carries a report", () => {
  for (const [fields, path, headers] of [
    [
      "",
      "/publish",
      [
        ["host", "scn"],
        ["nats-subject", "portshift.messaging.io"],
        ["accept", "*/*"],
        ["x-request-id", "r-1"],
      ],
    ],
    [
      "format: apiclarity",
      "/api/telemetry",
      [
        ["host", "apiclarity"],
        ["accept", "*/*"],
        ["content-type", "application/json"],
        ["x-request-id", "r-1"],
      ],
    ],
    [
      "path: /other, authority: backend.example, nats_subject: a.b, token: t0k",
      "/other",
      [
        ["host", "backend.example"],
        ["nats-subject", "a.b"],
        ["accept", "*/*"],
        ["x-trace-source-token", "t0k"],
        ["x-request-id", "r-1"],
      ],
    ],
    [
      'nats_subject: ""',
      "/publish",
      [
        ["host", "scn"],
        ["accept", "*/*"],
        ["x-request-id", "r-1"],
      ],
    ],
  ] as const)
    test(fields || "by default", async () => {
      const { posted } = await report(fields);
      assert.deepEqual([posted.method, posted.path], ["POST", path]);
      const told = posted.headers.filter(([name]) => !/^(?:content-length|connection)$/i.test(name));
      assert.deepEqual(
        told.map(([name, value]) => [name.toLowerCase(), value]),
        headers,
      );
    });
});

describe("the report", () => {
  const names = (document: ReportDocument) => document.scnt_request.headers.map(([name]: [string]) => name);
  const body = (document: ReportDocument) => String(Buffer.from(document.scnt_request.body, "base64"));
  for (const [fields, look, wanted] of [
    ["", (one) => [one.scheme, one.scnt_request.version], ["http", "HTTP/1.1"]],
    ["compat: true", (one) => [one.scheme, one.scnt_request.version], ["", ""]],
    ["max_body_bytes: 10", (one) => [body(one), one.scnt_request.truncated_body], ["0123456789", false]],
    ["max_body_bytes: 9", (one) => [body(one), one.scnt_request.truncated_body], ["", true]],
    [
      "max_body_bytes: 9, body_mode: prefix",
      (one) => [body(one), one.scnt_request.truncated_body],
      ["012345678", true],
    ],
    ["body_mode: none", (one) => [body(one), one.scnt_request.truncated_body], ["", true]],
    ["", names, ["host", "x-request-id", "x-tenant", "x-b3-traceid", "transfer-encoding"]],
    ["exclude_header_prefixes: [X-B3-, x-t]", names, ["host", "x-request-id", "x-envoy-a", "transfer-encoding"]],
    ["", (one) => [one.scnt_request.headers[2][1], one.scnt_request.path], ["t-1", "/a?tenant=t-2&page=2"]],
    [
      "redact_headers: [X-Tenant], redact_query: [tenant]",
      (one) => [one.scnt_request.headers[2][1], one.scnt_request.path].map((value) => value.replace(/-\w{8}/, "")),
      ["redacted-x-tenant", "/a?tenant=redacted-tenant&page=2"],
    ],
    [
      "redact: false, redact_headers: [X-Tenant]",
      (one) => [one.scnt_request.headers[2][1], one.scnt_request.path],
      ["t-1", "/a?tenant=t-2&page=2"],
    ],
  ] as readonly [string, (document: ReportDocument) => unknown[], unknown[]][])
    test(`${fields || "by default"}: ${JSON.stringify(wanted)}`, async () => {
      assert.deepEqual(look((await report(fields)).document), wanted);
    });
});

describe("delivery", () => {
  const pass = (times = 1) => proxy.pass(ASKED, times);

  test("timeout_ms ends a report that is not answered", async () => {
    await start("timeout_ms: 30, max_attempts: 1", { answer: () => {} });
    await pass();
    await until(() => published().dropped === 1, "it is given up");
    assert.deepEqual([...published().droppedBy], [["timed-out", 1]]);
  });

  test("max_attempts is how often a report is tried", async () => {
    await start("max_attempts: 3", { answer: (_request, response) => void response.writeHead(503).end() });
    await pass();
    await until(() => published().dropped === 1, "it is given up");
    assert.deepEqual([proxy.backend.posted.length, [...published().droppedBy]], [3, [["answered-503", 1]]]);
  });

  test("max_connections and max_queued bound what is under way and what waits", async () => {
    await start("max_connections: 1, max_queued: 3", { answer: () => {} });
    await pass(6);
    assert.deepEqual([proxy.backend.posted.length, [...published().droppedBy]], [1, [["queue-full", 3]]]);
  });

  test("max_memory_bytes bounds bodies and reports; what it cost is counted", async () => {
    await start("max_memory_bytes: 3000", { answer: () => {} });
    await pass(6);
    const { entered, buffered, droppedBy } = published();
    assert.deepEqual([entered, [...droppedBy.keys()]], [6, ["memory-budget"]]);
    assert.equal(buffered + droppedBy.get("memory-budget")!, 6);
    await until(() => proxy.backend.posted.length === buffered, "the others are under way");
    const kept = proxy.backend.posted.reduce((sum, { body }) => sum + body.length, 0);
    assert.ok(kept > 0 && kept <= 3000, `${kept} bytes are kept`);
  });
});

describe("which exchanges are reported", () => {
  for (const [fields, reason] of [
    ["sample_rate: 0", "sampled-out"],
    ["skip_paths: [/b, /a?ten]", "skip-paths"],
    ["filter: \"request.method == 'GET'\"", "filtered"],
  ] as const)
    test(fields, async () => {
      await start(fields);
      await proxy.pass(ASKED, 2);
      await until(() => published().skippedBy.get(reason) === 2, "they are counted");
      assert.equal(proxy.backend.posted.length, 0);
    });

  for (const [fields, path] of [
    ['trace_sampling_enabled: "true"', "/api/hostsToTrace"],
    ["trace_sampling_enabled: true", "/api/hostsToTrace"],
    ["token: s3cr3t, sampling: { enabled: true, path: /hosts, interval_ms: 1000 }", "/hosts"],
  ] as const)
    test(`${fields}: those with a host that the manager lists`, async () => {
      let hosts: string[] | undefined;
      await start(fields, {
        answer: ({ method }, response) => {
          response.setHeader("content-type", "application/json");
          if (method === "GET" && hosts === undefined) response.statusCode = 500;
          response.end(JSON.stringify({ hosts }));
        },
      });
      const asked = () => proxy.backend.posted.filter(({ method }) => method === "GET");
      await until(() => asked().length > 0, "the manager is asked at the start");
      assert.equal(asked()[0]!.path, path);
      assert.deepEqual(
        asked()[0]!.headers.filter(([name]) => /^(?:host|accept|x-trace-source-token)$/i.test(name)),
        [
          ["host", "apiclarity"],
          ["accept", "*/*"],
          ...(fields.startsWith("token") ? [["X-Trace-Source-Token", "s3cr3t"]] : []),
        ],
      );
      await proxy.pass(ASKED, 1);
      await until(() => published().skippedBy.get("not-listed") === 1, "nothing is reported before the first list");
      hosts = [`shop.example.com:${proxy.harness.port}`];
      const before = asked().length;
      await until(() => asked().length > before, "it is asked again");
      const reports = () => proxy.backend.posted.filter(({ method }) => method === "POST");
      for (let times = 0; times < 100 && reports().length === 0; times++) await proxy.pass(ASKED, 1);
      await until(() => reports().length > 0, "it is reported then");
    });

  test("sampling.trace_before_first_list: all until there is a list", async () => {
    await start("sampling: { enabled: true, trace_before_first_list: true }", {
      answer: ({ method }, response) => void (method === "POST" && response.end()),
    });
    await proxy.pass(ASKED, 1);
    await until(() => published().handled === 1, "it is reported");
  });
});
