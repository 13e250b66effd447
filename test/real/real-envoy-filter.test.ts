/**
 * The filter in a real Envoy: every exchange is reported exactly once or counted by its reason, whatever the backend does, and the
 * traffic stays as it is without the filter.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { after, before, describe, test } from "node:test";
import { Random } from "../support/random.ts";
import { findEnvoy } from "../support/real-envoy.ts";
import { makeTemporaryFolder } from "../support/temporary-folder.ts";
import { EnvoyWithFilter } from "../support/wasm/envoy-with-filter.ts";
import { type Asked, ExchangeClient, type Seen } from "../support/wasm/exchange-client.ts";
import { bodyOf, ExchangeService } from "../support/wasm/exchange-service.ts";
import { TraceBackend } from "../support/wasm/trace-backend.ts";

const { skip } = findEnvoy();
/** A busy machine is no backend that does not answer. */
const PATIENT = { timeout_ms: 60_000 };
const SIZES = [0, 1, 1000, 16_384, 70_000, 999_999, 1_000_000, 1_000_001, 2_000_000];

describe("the filter in a real Envoy", { skip, timeout: 240_000 }, () => {
  const folder = makeTemporaryFolder();
  let service: ExchangeService;
  let backend: TraceBackend;

  before(async () => {
    service = await ExchangeService.start();
    backend = await TraceBackend.start();
  });
  after(() => {
    service?.stop();
    backend?.stop();
    folder.remove();
  });

  async function withEnvoy(
    configuration: object,
    run: (envoy: EnvoyWithFilter, client: ExchangeClient) => Promise<void>,
  ) {
    backend.received.length = 0;
    backend.mode = "ok";
    const envoy = await EnvoyWithFilter.start({
      folder: folder.path,
      service: service.ports,
      backend: backend.port,
      configuration: { ...PATIENT, ...configuration },
    });
    const client = new ExchangeClient(envoy.port);
    try {
      await run(envoy, client);
      assert.doesNotMatch(envoy.output, /\[critical\]|Proxy-Wasm plugin in-VM backtrace|unreachable|segfault/i);
    } finally {
      client.close();
      await envoy.stop();
    }
  }

  test("reports bodies of any size in any parts, once each, and changes nothing", async () => {
    const random = new Random();
    const script = [1, 2].flatMap((http) => SIZES.map((size) => drawExchange(random, http as 1 | 2, size)));
    await withEnvoy({ redact: false }, async (envoy, client) => {
      const seen = await sendAll(client, script);
      const plain = new ExchangeClient(envoy.plainPort);
      const without = await sendAll(plain, script);
      plain.close();
      const metrics = await envoy.settled(script.length);
      assert.equal(metrics["delivered"], script.length, JSON.stringify(metrics));
      assert.equal(backend.received.length, script.length);
      for (const [at, asked] of script.entries()) {
        const place = `seed ${random.seed}: ${JSON.stringify({ ...asked, body: asked.body?.length })}`;
        assert.deepEqual(comparable(seen[at]!), comparable(without[at]!), place);
        assert.equal(seen[at]!.isBroken, false, place);
        const documents = backend.documents.get(asked.id) ?? [];
        assert.equal(documents.length, 1, place);
        assertReport(documents[0], asked, seen[at]!, place);
      }
    });
  });

  test("counts what is broken off, refused and answered by Envoy itself", async () => {
    const script: Asked[] = [];
    for (const http of [1, 2] as const)
      for (const [name, more] of [
        ["direct", { path: "/direct" }],
        ["no route", { path: "/none" }],
        ["service down", { path: "/nowhere" }],
        ["reset before the head", { headers: { "x-reset": "head" } }],
        ["reset in the body", { headers: { "x-reset": "body", "x-size": "300000" } }],
        ["given up while asking", { abort: "request", body: [new Uint8Array(1000)] }],
        ["given up while answered", { abort: "response", headers: { "x-size": "2000000", "x-part": "1000" } }],
        ["no content", { method: "HEAD", headers: { "x-status": "204" } }],
        ["not modified", { method: "GET", headers: { "x-status": "304" } }],
      ] as const)
        for (const side of ["one", "two"] as const)
          script.push({ http, path: `/${side}/`, id: `${name} ${http} ${side}`.replaceAll(" ", "-"), ...more });
    await withEnvoy({}, async (envoy, client) => {
      const seen = await sendAll(client, script);
      const metrics = await envoy.settled(script.length);
      assert.equal(metrics["delivered"], script.length, JSON.stringify(metrics));
      for (const [at, asked] of script.entries()) {
        const documents = backend.documents.get(asked.id) ?? [];
        assert.equal(documents.length, 1, asked.id);
        if (asked.abort !== undefined || seen[at]!.isBroken) continue;
        assert.equal(documents[0].scnt_response.status_code, String(seen[at]!.status), asked.id);
      }
    });
  });

  for (const [mode, reason, isReceived] of [
    ["accepted", "delivered", true],
    ["error", "call_failed", true],
    ["unknown", "call_rejected", true],
    ["slow", "call_failed", true],
    ["closing", "call_failed", false],
  ] as const)
    test(`a backend that is ${mode}: ${reason}, and the traffic does not notice`, async () => {
      const script = smallScript(40);
      await withEnvoy(mode === "slow" ? { timeout_ms: 5000 } : {}, async (envoy, client) => {
        backend.mode = mode;
        const seen = await sendAll(client, script);
        for (const one of seen) assert.deepEqual([one.status, one.isBroken], [200, false]);
        const metrics = await envoy.settled(script.length);
        assert.equal(metrics[reason], script.length, JSON.stringify(metrics));
        assert.equal(metrics["dispatched"], script.length);
        if (isReceived) assert.equal(backend.documents.size, script.length);
        if (mode === "unknown") assert.match(envoy.output, /404|APIClarity/);
      });
    });

  test("a backend that is down: every call has failed", async () => {
    const gone = await TraceBackend.start();
    const { port } = gone;
    gone.stop();
    const envoy = await EnvoyWithFilter.start({
      folder: folder.path,
      service: service.ports,
      backend: port,
      configuration: PATIENT,
    });
    const client = new ExchangeClient(envoy.port);
    try {
      const script = smallScript(40);
      const seen = await sendAll(client, script);
      for (const one of seen) assert.deepEqual([one.status, one.isBroken], [200, false]);
      const metrics = await envoy.settled(script.length);
      assert.equal(metrics["call_failed"], script.length, JSON.stringify(metrics));
    } finally {
      client.close();
      await envoy.stop();
    }
  });

  test("a cluster that is not there: every dispatch is refused", async () => {
    const script = smallScript(20);
    await withEnvoy({ cluster: "not-there" }, async (envoy, client) => {
      const seen = await sendAll(client, script);
      for (const one of seen) assert.deepEqual([one.status, one.isBroken], [200, false]);
      const metrics = await envoy.settled(script.length);
      assert.equal(metrics["dispatch_refused"], script.length, JSON.stringify(metrics));
      assert.equal(metrics["dispatched"] ?? 0, 0);
    });
  });

  test("answers before the request has ended, and 300 exchanges at once", async () => {
    const early = [1, 2].flatMap((http): Asked[] => [
      {
        id: `early-${http}`,
        http: http as 1 | 2,
        path: "/one/",
        headers: { "x-early": "1", "x-size": "10", "x-status": "413" },
        body: Array.from({ length: 40 }, () => bodyOf(50_000)),
      },
      {
        id: `continue-${http}`,
        http: http as 1 | 2,
        path: "/one/",
        headers: { expect: "100-continue" },
        body: [bodyOf(9)],
      },
    ]);
    const script = [...early, ...smallScript(300)];
    await withEnvoy({}, async (envoy, client) => {
      await sendAll(client, script, script.length);
      const metrics = await envoy.settled(script.length);
      assert.equal(metrics["delivered"], script.length, JSON.stringify(metrics));
      for (const { id } of script) assert.equal(backend.documents.get(id)?.length, 1, id);
    });
  });

  test("a WebSocket is one exchange, whose bodies end at the limit", async () => {
    await withEnvoy({}, async (envoy) => {
      assert.equal(await talkWebSocket(envoy.port, 3_000_000), 3_000_000);
      const metrics = await envoy.settled(1);
      assert.deepEqual([metrics["delivered"], metrics["bodies_truncated_limit"]], [1, 2]);
      const [[document]] = [...backend.documents.values()] as [[Record<string, Record<string, unknown>>]];
      assert.equal(document["scnt_response"]!["status_code"], "101");
      assert.equal(document["scnt_response"]!["truncated_body"], true);
    });
  });

  test("more reports than the backend's cluster takes: each is delivered, refused or has failed", async () => {
    const script = smallScript(200);
    const envoy = await EnvoyWithFilter.start({
      folder: folder.path,
      service: service.ports,
      backend: backend.port,
      backendLimit: 2,
      configuration: PATIENT,
    });
    const client = new ExchangeClient(envoy.port);
    try {
      backend.received.length = 0;
      backend.mode = "ok";
      const seen = await sendAll(client, script, 50);
      for (const one of seen) assert.deepEqual([one.status, one.isBroken], [200, false]);
      const metrics = await envoy.settled(script.length);
      const { dispatched = 0, dispatch_refused = 0, delivered = 0, call_failed = 0 } = metrics;
      assert.equal(dispatched + dispatch_refused, script.length, JSON.stringify(metrics));
      assert.equal(delivered + call_failed, dispatched);
      assert.equal(backend.received.length, delivered);
      assert.equal(backend.documents.size, delivered);
    } finally {
      client.close();
      await envoy.stop();
    }
  });

  test("a configuration that is refused does not start", async () => {
    await assert.rejects(
      EnvoyWithFilter.start({
        folder: folder.path,
        service: service.ports,
        backend: backend.port,
        configuration: { log_payload: true },
      }),
      /log_payload is refused/,
    );
  });

  test("bodies that find no memory are counted, and their exchanges are reported all the same", async () => {
    const script = Array.from(
      { length: 24 },
      (_, at): Asked => ({
        id: `large-${at}`,
        http: 2,
        path: "/two/",
        headers: { "x-together": "24" },
        body: [bodyOf(900_000)],
      }),
    );
    await withEnvoy({ max_memory_bytes: 8 * 1024 * 1024 }, async (envoy, client) => {
      await sendAll(client, script, script.length);
      const metrics = await envoy.settled(script.length);
      assert.equal(metrics["delivered"], script.length, JSON.stringify(metrics));
      const truncated = [...backend.documents.values()].filter(([one]) => one.scnt_request.truncated_body).length;
      assert.equal(metrics["bodies_truncated_memory"], truncated);
      // 8 MiB, of which a report of two bodies takes up to 2.7 MB.
      assert.ok(truncated >= 15 && truncated <= 19, `${24 - truncated} whole bodies of 900 kB`);
    });
  });

  test("memory stays flat", async () => {
    await withEnvoy({}, async (envoy, client) => {
      let exchanges = 0;
      const round = async (name: string) => {
        const script = Array.from(
          { length: 1000 },
          (_, at): Asked => ({
            id: `${name}-${at}`,
            http: at % 2 === 0 ? 1 : 2,
            path: "/one/",
            headers: { "x-size": "10000" },
            body: [bodyOf(5000)],
          }),
        );
        await sendAll(client, script, 20);
        exchanges += script.length;
        await envoy.settled(exchanges);
        backend.received.length = 0;
        return residentBytes(envoy.pid);
      };
      await round("warm");
      const first = await round("first");
      const second = await round("second");
      assert.ok(second - first < 8 * 1024 * 1024, `${first} bytes, then ${second}`);
    });
  });
});

function drawExchange(random: Random, http: 1 | 2, size: number): Asked {
  const body = bodyOf(random.pick(SIZES));
  const parts: Uint8Array[] = [];
  for (let at = 0; at < body.length; ) {
    const part = 1 + random.below(Math.max(1, Math.min(body.length, 300_000)));
    parts.push(body.subarray(at, at + part));
    at += part;
  }
  return {
    id: `any-${http}-${size}`,
    http,
    path: random.pick(["/one/", "/two/?a=1&token=2"]),
    headers: {
      "x-size": String(size),
      "x-part": String(1 + random.below(60_000)),
      ...(random.chance(2) && { "x-trailers": "1" }),
    },
    body: parts,
    ...(http === 2 && random.chance(2) && { trailers: { "x-end": "1" } }),
  };
}

function smallScript(count: number): Asked[] {
  return Array.from({ length: count }, (_, at) => ({
    id: `small-${at}`,
    http: at % 2 === 0 ? 1 : 2,
    path: at % 3 === 0 ? "/one/" : "/two/",
    headers: { "x-size": "500" },
    body: [bodyOf(300)],
  }));
}

/** Sends all of them, so many at a time. */
async function sendAll(client: ExchangeClient, script: readonly Asked[], most = 8): Promise<Seen[]> {
  const seen: Seen[] = [];
  let next = 0;
  const work = async () => {
    while (next < script.length) {
      const at = next++;
      seen[at] = await client.send(script[at]!);
    }
  };
  await Promise.all(Array.from({ length: most }, work));
  return seen;
}

/** An answer, but for what differs from one time to the next. */
function comparable({ status, headers, body, trailers, isBroken }: Seen): object {
  const { date: _date, "x-envoy-upstream-service-time": _time, ...stable } = headers;
  return {
    status,
    headers: stable,
    body: body.toString("base64").length,
    same: body.equals(bodyOf(body.length)),
    trailers,
    isBroken,
  };
}

// biome-ignore lint/suspicious/noExplicitAny: a document
function assertReport(document: any, asked: Asked, seen: Seen, place: string): void {
  const sent = Buffer.concat((asked.body ?? []) as Uint8Array[]);
  const { scnt_request: request, scnt_response: response } = document;
  assert.equal(request.path, asked.path, place);
  assert.equal(request.method, "POST", place);
  assert.equal(response.status_code, String(seen.status), place);
  for (const [message, body] of [
    [request, sent],
    [response, seen.body],
  ] as const) {
    assert.equal(message.truncated_body, body.length > 1_000_000, place);
    const kept = body.length > 1_000_000 ? Buffer.alloc(0) : body;
    assert.ok(Buffer.from(message.body, "base64").equals(kept), place);
  }
}

/** Sends so many bytes through a tunnel that sends them back. @returns how many came back */
function talkWebSocket(port: number, size: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { connection: "upgrade", upgrade: "websocket", "x-request-id": "websocket" };
    const request = httpRequest({ host: "127.0.0.1", port, path: "/one/", headers });
    request.on("error", reject);
    request.on("response", ({ statusCode }) => reject(new Error(`answered with ${statusCode}`)));
    request.on("upgrade", (_response, socket) => {
      let received = 0;
      socket.on("error", reject);
      socket.on("data", (part: Buffer) => {
        received += part.length;
        if (received >= size) socket.end();
      });
      socket.on("close", () => resolve(received));
      socket.write(bodyOf(size));
    });
    request.end();
  });
}

function residentBytes(pid: number): number {
  const [, kilobytes] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))!;
  return Number(kilobytes) * 1024;
}
