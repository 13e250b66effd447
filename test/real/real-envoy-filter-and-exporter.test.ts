/**
 * One bootstrap, two proxies: a real Envoy with the filter, and Tapline, which is the exporter itself. Of the same traffic a backend hears
 * the same, and `receive-traces` shows as many exchanges as there were.
 */
import assert from "node:assert/strict";
import { connect as connectHttp2 } from "node:http2";
import { connect } from "node:net";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { findFreePorts, startProgram, waitForPort } from "../support/processes.ts";
import { findEnvoy } from "../support/real-envoy.ts";
import { makeTemporaryFolder } from "../support/temporary-folder.ts";
import { EnvoyWithFilter } from "../support/wasm/envoy-with-filter.ts";
import { type Asked, ExchangeClient } from "../support/wasm/exchange-client.ts";
import { bodyOf, ExchangeService } from "../support/wasm/exchange-service.ts";
import { TraceBackend } from "../support/wasm/trace-backend.ts";

const { skip } = findEnvoy();
const TAPLINE = join(import.meta.dirname, "../../bin/tapline");

function scriptOf(http: 1 | 2, sizes: readonly number[]): Asked[] {
  return sizes.map((size) => ({
    id: `both-${http}-${size}`,
    http,
    path: "/cart?a=1&token=Zq7plantedSecret0815xY",
    headers: { "x-size": String(size), authorization: "Bearer Zq7plantedSecret0815xY", "x-part": "7000" },
    body: size === 1 ? [] : [bodyOf(300), bodyOf(size)],
  }));
}

/** Exchanges without bodies, with trailers, with what documents have to escape, in many parts, and that break off. */
function unusualOf(http: 1 | 2): Asked[] {
  const ask = (name: string, headers: Asked["headers"], more: Partial<Asked> = {}): Asked => ({
    id: `unusual-${http}-${name}`,
    http,
    path: `/${name}`,
    method: "GET",
    headers: { "x-part": "7000", ...headers },
    ...more,
  });
  return [
    ask("head", { "x-size": "100" }, { method: "HEAD" }),
    ask("no-content", { "x-status": "204" }),
    ask("not-modified", { "x-status": "304" }),
    ask("trailers", { "x-size": "10000", "x-trailers": "1" }, { method: "POST", body: [bodyOf(3000)] }),
    ask("sent-trailers", { "x-size": "1" }, { method: "PUT", body: [bodyOf(10)], trailers: { "x-sum": "1" } }),
    ask(
      "odd?q=%22%5C%00&r='|;,&s=~",
      {
        ...{
          "x-quoted": 'a"b\\c\td',
          "x-latin": "caf\u00e9 \u00ff",
          "x-utf8": Buffer.from("né 名").toString("latin1"),
        },
        ...{ "x-empty": "", "x-long": 'y"'.repeat(4000), "x-envoy-mine": "1", "content-encoding": "gzip, br" },
        ...{ cookie: "a=1; b=2", "x-size": "256" },
      },
      { method: "PATCH", body: [bodyOf(256)] },
    ),
    ask(
      "parts",
      { "x-size": "3000", "x-part": "7" },
      { method: "POST", body: Array.from({ length: 300 }, () => bodyOf(3)) },
    ),
    ask("reset", { "x-size": "300000", "x-reset": "body" }),
    ask("given-up", { "x-size": "2000000", "x-part": "1000" }, { abort: "response" }),
  ];
}

/** Nobody knows how much of it there was when it broke off. */
const breaksOff = ({ abort, headers = {} }: Asked): boolean => abort !== undefined || "x-reset" in headers;

describe("a real Envoy with the filter, and Tapline with the same bootstrap", { skip, timeout: 200_000 }, () => {
  const folder = makeTemporaryFolder();
  let service: ExchangeService;

  before(async () => {
    service = await ExchangeService.start();
  });
  after(() => {
    service?.stop();
    folder.remove();
  });

  const sizes = [0, 1, 5000, 999_700, 999_701, 1_000_000, 1_000_001];
  for (const [format, http, script] of [
    ["scn", 1, [...scriptOf(1, sizes), ...unusualOf(1)]],
    ["apiclarity", 2, [...scriptOf(2, sizes), ...unusualOf(2)]],
    ["scn", 2, unusualOf(2)],
    ["apiclarity", 1, unusualOf(1)],
  ] as const)
    test(`report the same of HTTP/${http} in format ${format}`, async () => {
      const configuration = { format, compat: true, redact: false };
      const envoy = await collect(script, configuration, undefined);
      const tapline = await collect(script, configuration, [TAPLINE, "proxy"]);
      for (const asked of script) {
        const { id } = asked;
        assert.equal(envoy.get(id)?.length, 1, id);
        assert.equal(tapline.get(id)?.length, 1, id);
        if (breaksOff(asked)) assert.deepEqual(statusOf(tapline.get(id)![0]), statusOf(envoy.get(id)![0]), id);
        else assert.deepEqual(comparable(tapline.get(id)![0]), comparable(envoy.get(id)![0]), id);
      }
    });

  for (const format of ["scn", "apiclarity"])
    test(`report the same of requests without an authority in format ${format}`, async () => {
      const configuration = { format, compat: true, redact: false };
      const [envoy, tapline] = await Promise.all(
        [undefined, [TAPLINE, "proxy"] as const].map((program) => collectWithout(configuration, program)),
      );
      for (const id of ["empty", "field"]) {
        assert.equal(envoy!.get(id)?.length, 1, id);
        assert.deepEqual(comparable(tapline!.get(id)?.[0]), comparable(envoy!.get(id)![0]), id);
      }
      // Envoy answers these itself, before a filter sees anything of them: their reports are empty.
      const [none, ...others] = envoy!.get("")!;
      assert.equal(others.length, 1);
      for (const one of [none, ...others]) {
        const { method, path, host, headers = one.request?.common.headers } = one.scnt_request ?? one.request;
        assert.deepEqual([method, path, host, headers, statusOf(one)], ["", "", "", [], ""]);
      }
    });

  test("receive-traces shows every exchange of the filter once, and no credentials", async () => {
    const [port] = await findFreePorts(1);
    const receiver = startProgram(TAPLINE, ["receive-traces", "--listen", `127.0.0.1:${port}`, "-o", "ndjson"]);
    try {
      await waitForPort(port!, 60);
      const script = scriptOf(1, [0, 1, 100, 5000, 6000, 7000]);
      await passThrough(script, {}, undefined, port!);
      for (let tries = 0; tries < 1200 && lines(receiver.output()).length < script.length; tries++) await delay(100);
      const ids = lines(receiver.output()).map((line) => /"x-request-id","value":"([^"]+)"/.exec(line)?.[1]);
      assert.deepEqual(ids.toSorted(), script.map(({ id }) => id).toSorted());
      assert.doesNotMatch(receiver.output(), /Zq7planted/);
    } finally {
      await receiver.stop();
    }
  });

  type Program = readonly [string, ...string[]];

  async function collect(script: readonly Asked[], configuration: object, program: Program | undefined) {
    const backend = await TraceBackend.start();
    try {
      await passThrough(script, configuration, program, backend.port, () => backend.received.length);
      return backend.documents;
    } finally {
      backend.stop();
    }
  }

  /** Sends requests with an empty host, with the field alone where a pseudo-header should be, and with none. */
  async function collectWithout(configuration: object, program: Program | undefined) {
    const backend = await TraceBackend.start();
    try {
      for (const only of [1, 2] as const) {
        const more = { configuration, only, ...(program && { program }) };
        const before = backend.received.length;
        const { ports } = service;
        const proxy = await EnvoyWithFilter.start({
          folder: folder.path,
          service: ports,
          backend: backend.port,
          ...more,
        });
        try {
          if (only === 2) await askWithField(proxy.port);
          else
            for (const head of [
              "1.1\r\nHost:\r\nConnection: close\r\nx-request-id: empty",
              "1.1\r\nx-a: b",
              "1.0\r\nx-a: b",
            ])
              await askRaw(proxy.port, `GET / HTTP/${head}\r\n\r\n`);
          const reports = only === 2 ? 1 : 3;
          if (program === undefined) await proxy.settled(reports);
          for (let tries = 0; tries < 1200 && backend.received.length < before + reports; tries++) await delay(100);
        } finally {
          await proxy.stop();
        }
      }
      return backend.documents;
    } finally {
      backend.stop();
    }
  }

  /** Sends the script through, and waits until everything was received, or the filter says that all was delivered. */
  async function passThrough(
    script: readonly Asked[],
    configuration: object,
    program: Program | undefined,
    backend: number,
    received = () => Number.POSITIVE_INFINITY,
  ): Promise<void> {
    const proxy = await EnvoyWithFilter.start({
      folder: folder.path,
      service: service.ports,
      backend,
      configuration,
      only: script[0]!.http,
      ...(program && { program }),
    });
    const client = new ExchangeClient(proxy.port);
    try {
      for (const asked of script) {
        const { status, isBroken } = await client.send(asked);
        const wanted = Number(asked.headers?.["x-status"] ?? 200);
        assert.deepEqual([status, isBroken], [wanted, breaksOff(asked)], asked.id);
      }
      if (program === undefined) await proxy.settled(script.length);
      for (let tries = 0; tries < 1200 && received() < script.length; tries++) await delay(100);
    } finally {
      client.close();
      await proxy.stop();
    }
  }
});

/** Sends a request, and waits until its answer has ended with the connection. */
function askRaw(port: number, request: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(request, "latin1"));
    socket.on("error", reject);
    socket.on("close", () => resolve());
    socket.resume();
  });
}

/** A request of HTTP/2 that has `host`, and no `:authority`. */
function askWithField(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    session.on("error", reject);
    const fields = { ":path": "/", ":authority": undefined, host: "shop.example.com", "x-request-id": "field" };
    const stream = session.request(fields);
    stream.on("error", reject);
    stream.on("close", () => {
      session.close();
      resolve();
    });
    stream.resume().end();
  });
}

/** Headers that Envoy adds or changes on the way, and Tapline, which forwards what it reads, does not. */
const ENVOYS = new Set(["x-forwarded-proto", "server", "date", "connection", "keep-alive", "transfer-encoding"]);

/** A document without what differs from one run to the next: ports and times. */
// biome-ignore lint/suspicious/noExplicitAny: a document of either format
function comparable(document: any): object {
  const text = JSON.stringify(document, (key, value) => {
    if (key === "time") return Math.sign(value);
    if (/^source_?address$/i.test(key)) return String(value).replace(/:\d+$/, ":PORT");
    if (/^destination_?address$/i.test(key)) return String(value).replace(/:\d+$/, ":PORT");
    if (key !== "headers") return value;
    return value
      .map((header: unknown) => (Array.isArray(header) ? header : Object.values(header as object)))
      .filter(([name]: [string]) => !ENVOYS.has(name))
      .toSorted();
  });
  return JSON.parse(text);
}

// biome-ignore lint/suspicious/noExplicitAny: the same
function statusOf({ scnt_response, response }: any): string {
  return scnt_response?.status_code ?? response.statusCode;
}

function lines(output: string): string[] {
  return output.split("\n").filter((line) => line.startsWith("{"));
}
