/**
 * An hour of steady load (500 requests a second, an HTTP tap and a socket tap on both sides): memory, descriptors and what is held are at
 * the end what they were in the middle. `TAPLINE_STEADY_SECONDS` makes it shorter: below half an hour only counters are looked at, as
 * memory is still growing to its size.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { Agent, createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, test } from "node:test";
import { askAdmin } from "../support/admin-client.ts";
import { findFreePorts } from "../support/processes.ts";
import { until } from "../support/proxy-harness.ts";
import { startTaplineProxy } from "../support/tapline-process.ts";
import { makeTemporaryFolder } from "../support/temporary-folder.ts";

const SECONDS = Number(process.env["TAPLINE_STEADY_SECONDS"] ?? 0) || 3600;
const RATE = 500;
const TICK_MILLIS = 20;
const MAX_OPEN = 500;

const folder = makeTemporaryFolder();
after(folder.remove);

interface Sample {
  readonly rss: number;
  readonly descriptors: number;
  readonly used: number;
}

test(`${SECONDS} s of ${RATE} requests a second leave a proxy as they found it`, {
  timeout: (SECONDS + 300) * 1000,
}, async (context) => {
  const service = createServer((message, response) => {
    message.resume().on("end", () => response.end("x".repeat(Number(message.headers["x-size"] ?? 10))));
  });
  // A service that ends idle connections races with the request that is sent on one just then, whoever stands between.
  service.keepAliveTimeout = 0;
  await once(service.listen(0, "127.0.0.1"), "listening");
  context.after(() => {
    service.closeAllConnections();
    service.close();
  });
  const admin = (await findFreePorts(1))[0]!;
  const config = join(folder.path, "envoy.yaml");
  writeFileSync(config, bootstrap((service.address() as AddressInfo).port, admin));
  const proxy = await startTaplineProxy(config);
  context.after(() => proxy.stop("SIGKILL"));
  const load = new Load(proxy.ports["front"]!);
  context.after(() => load.close());
  const samples: Sample[] = [];
  const started = performance.now();
  while (performance.now() - started < SECONDS * 1000) {
    await load.run(Math.min(5000, SECONDS * 50));
    samples.push(await sample(proxy.pid, admin));
  }
  await load.finish();
  const { text } = await askAdmin({ port: admin }, "GET", "/stats");
  const read = (name: string): number => Number(new RegExp(`^${name}: (\\d+)$`, "m").exec(text)?.[1] ?? Number.NaN);
  assert.equal(load.failed, 0, "every request was answered");
  assert.equal(read("http.front.tap.rq_tapped"), load.sent);
  const [middle, end] = [windowOf(samples, 0.45, 0.55), windowOf(samples, 0.9, 1)];
  context.diagnostic(
    `${load.sent} requests, ${load.skipped} that the machine was too slow for; in the middle ${JSON.stringify(middle)}, at the end ${JSON.stringify(end)}`,
  );
  // In a short time what happens to be open at the moment of a sample is as much as what grows.
  if (SECONDS >= 1800) {
    assert.ok(end.descriptors <= middle.descriptors * 1.05 + 2, "descriptors");
    assert.ok(end.rss <= middle.rss * 1.05, "RSS");
    assert.ok(end.used <= middle.used * 1.05 + 65_536, "used_bytes");
  }
  const code = await proxy.stop("SIGTERM");
  // It has checked itself that with no connection open nothing is held.
  assert.equal(code, 0, proxy.output().slice(-3000));
  assert.doesNotMatch(proxy.output(), /BALANCE/);
  // A disk that is slower than the load loses traces, which are counted.
  if (load.skipped === 0) assert.doesNotMatch(proxy.output(), / dropped /);
});

/** Requests at an even rate, as far as answers come, some of them on connections of their own. */
class Load {
  sent = 0;
  failed = 0;
  open = 0;
  /** They were due when too many were open. */
  skipped = 0;
  readonly #port: number;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 50 });

  constructor(port: number) {
    this.#port = port;
  }

  /** A tick that came late is made up for, and no more than a second of them. */
  async run(millis: number): Promise<void> {
    const started = performance.now();
    let due = 0;
    while (performance.now() - started < millis) {
      const wanted = ((performance.now() - started) / 1000) * RATE;
      for (due = Math.max(due, wanted - RATE); due < wanted; due++)
        if (this.open < MAX_OPEN) this.#send();
        else this.skipped++;
      await new Promise((resolve) => setTimeout(resolve, TICK_MILLIS));
    }
  }

  async finish(): Promise<void> {
    await until(() => this.open === 0, "all is answered", 240_000);
    this.close();
  }

  close(): void {
    this.#agent.destroy();
  }

  #send(): void {
    const number = this.sent++;
    const size = String([10, 1000, 20_000][number % 3]);
    const agent = number % 10 === 0 ? (false as const) : this.#agent;
    this.open++;
    const done = (failed: boolean): void => {
      this.open--;
      if (failed) this.failed++;
    };
    request(
      {
        port: this.#port,
        host: "127.0.0.1",
        method: "POST",
        path: `/orders/${number}`,
        agent,
        headers: { "x-size": size },
      },
      (response) => response.resume().on("end", () => done(response.statusCode !== 200)),
    )
      .on("error", () => done(true))
      .end("y".repeat(number % 500));
  }
}

async function sample(pid: number, port: number): Promise<Sample> {
  const { text } = await askAdmin({ port }, "GET", "/stats");
  return {
    rss: Number(/^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]) * 1024,
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    used: Number(/^(?:tapline\.)?memory\.used_bytes: (\d+)$/m.exec(text)![1]),
  };
}

/** The median of each figure in a part of the time. */
function windowOf(samples: readonly Sample[], from: number, to: number): Sample {
  const some = samples.slice(Math.floor(samples.length * from), Math.max(1, Math.ceil(samples.length * to)));
  const median = (pick: (one: Sample) => number): number => some.map(pick).sort((a, b) => a - b)[some.length >> 1]!;
  return {
    rss: median(({ rss }) => rss),
    descriptors: median(({ descriptors }) => descriptors),
    used: median(({ used }) => used),
  };
}

function bootstrap(service: number, admin: number): string {
  const types = "type.googleapis.com/envoy.extensions";
  const tap = (name: string) =>
    `{ static_config: { match: { any_match: true }, output_config: { sinks: [ { format: PROTO_BINARY_LENGTH_DELIMITED, file_per_tap: { path_prefix: ${folder.path}/${name}, single_file: true, roll: { max_bytes: 20000000 }, keep: 2 } } ] } } }`;
  const socket = (name: string) =>
    `{ name: envoy.transport_sockets.tap, typed_config: { "@type": ${types}.transport_sockets.tap.v3.Tap, common_config: ${tap(name)}, transport_socket: { name: envoy.transport_sockets.raw_buffer } } }`;
  return `admin: { address: { socket_address: { address: 127.0.0.1, port_value: ${admin} } } }
static_resources:
  listeners:
  - name: front
    address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
    filter_chains:
    - transport_socket: ${socket("front")}
      filters:
      - name: http
        typed_config:
          "@type": ${types}.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: front
          route_config: { virtual_hosts: [ { name: all, domains: ["*"], routes: [ { match: { prefix: "/" }, route: { cluster: back } } ] } ] }
          http_filters: [ { name: tap, typed_config: { "@type": ${types}.filters.http.tap.v3.Tap, common_config: ${tap("http")} } }, { name: router, typed_config: { "@type": ${types}.filters.http.router.v3.Router } } ]
  clusters:
  - { name: back, transport_socket: ${socket("back")}, load_assignment: { cluster_name: back, endpoints: [ { lb_endpoints: [ { endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: ${service} } } } } ] } ] } }
`;
}
