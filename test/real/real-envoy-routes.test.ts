/**
 * A real Envoy and Tapline in routed mode, with the same generated routes and the same requests: what clients get, and what endpoints are
 * asked, is the same but for what docs/configuration.md names. The same ones in each run; TAPLINE_ROUTES says how many others, TAPLINE_ROUTES_SEED which.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import type { Server } from "node:http";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { findFreePorts, type StartedProgram, startProgram, waitForPort } from "../support/processes.ts";
import { Random } from "../support/random.ts";
import { findEnvoy } from "../support/real-envoy.ts";
import { ask, createBackend } from "../support/routes/ask-route.ts";
import { CLUSTERS, generateCase, type RouteCase } from "../support/routes/generate-routes.ts";
import { startTapline } from "../support/tapline-process.ts";
import { makeTemporaryFolder } from "../support/temporary-folder.ts";

const COUNT = Number(process.env["TAPLINE_ROUTES"] ?? 40);
const SEED = Number(
  process.env["TAPLINE_ROUTES_SEED"] ??
    (process.env["TAPLINE_ROUTES"] === undefined ? 360_394 : Date.now() % 1_000_000),
);
const TYPE = "type.googleapis.com/envoy.extensions";

const envoy = findEnvoy();

/** One that is refused for its path, and was told where it came from: Envoy's answer has the headers that the route adds (docs/configuration.md). */
function isToldOfItsPath({ headers, path }: RouteCase["requests"][number]): boolean {
  return /%2f|%5c/i.test(path) && headers.some(([name]) => name === "x-envoy-original-path");
}

describe(`generated routes, seed ${SEED}`, { skip: envoy.skip }, () => {
  const folder = makeTemporaryFolder();
  const random = new Random(SEED);
  const cases = Array.from({ length: COUNT }, () => generateCase(random));
  const backends: Server[] = [];
  const programs: StartedProgram[] = [];
  let ports: { envoy: number[]; tapline: number[] };

  before(async () => {
    console.log(`seed ${SEED}: TAPLINE_ROUTES_SEED=${SEED} TAPLINE_ROUTES=${COUNT}`);
    backends.push(
      ...([createBackend("one", "http/1.1"), createBackend("two", "http/1.1"), createBackend("h2", "h2")] as never[]),
    );
    for (const server of backends) if (!server.listening) await once(server, "listening");
    const free = await findFreePorts(2 * COUNT + 1);
    ports = { envoy: free.slice(0, COUNT), tapline: free.slice(COUNT, 2 * COUNT) };
    for (const name of ["envoy", "tapline"] as const)
      writeFileSync(join(folder.path, `${name}.json`), JSON.stringify(bootstrap(ports[name], free.at(-1)!)));
    const quiet = ["--concurrency", "1", "--use-dynamic-base-id", "-l", "error"];
    programs.push(startProgram(envoy.path, ["-c", join(folder.path, "envoy.json"), ...quiet]));
    programs.push(startTapline(["proxy", "-c", join(folder.path, "tapline.json")], true));
    await Promise.all([waitForPort(ports.envoy.at(-1)!, 180), waitForPort(ports.tapline.at(-1)!, 180)]).catch(
      (error) => {
        throw new Error(`${error.message}\n${programs.map(({ output }) => output().slice(0, 2000)).join("\n")}`);
      },
    );
  });
  after(async () => {
    for (const program of programs) await program.stop();
    for (const server of backends) server.close();
    folder.remove();
  });

  for (const [index, one] of cases.entries())
    test(`configuration ${index}`, async () => {
      for (const asked of one.requests) {
        const [theirs, ours] = await Promise.all([ask(ports.envoy[index]!, asked), ask(ports.tapline[index]!, asked)]);
        // Envoy answers what it could not read with a body, to HEAD too.
        if (asked.method === "HEAD" && theirs.status === "broken HPE_CLOSED_CONNECTION") continue;
        if (isToldOfItsPath(asked) && theirs.status === 400 && ours.status === 400) continue;
        assert.deepEqual(
          ours,
          theirs,
          `${JSON.stringify(asked).slice(0, 600)}\n${JSON.stringify(one.routeConfig)}\n${JSON.stringify(one.manager)}`,
        );
      }
    });

  test("each kind of route is there ten times", {
    skip: COUNT < 200 && "only with TAPLINE_ROUTES of 200 or more",
  }, () => {
    const counts = new Map<string, number>();
    for (const kind of cases.flatMap(({ kinds }) => kinds)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
    console.log([...counts].map(([kind, count]) => `${kind} ${count}`).join(", "));
    assert.deepEqual(
      [...counts].filter(([, count]) => count < 10),
      [],
    );
    assert.equal(counts.size, 25);
  });

  function bootstrap(listeners: readonly number[], closed: number) {
    const address = (port: number) => ({ socket_address: { address: "127.0.0.1", port_value: port } });
    const [one, two, h2] = backends.map((server) => (server.address() as { port: number }).port);
    const portOf = { one: one!, two: two!, h2: h2!, down: closed };
    const options = (name: string) => ({
      explicit_http_config: name === "h2" ? { http2_protocol_options: {} } : { http_protocol_options: {} },
    });
    return {
      node: { id: "node-1", cluster: "service-1" },
      static_resources: {
        listeners: cases.map((generated, index) => ({
          name: `l${index}`,
          address: address(listeners[index]!),
          filter_chains: [{ filters: [{ name: "http", typed_config: manager(generated) }] }],
        })),
        clusters: CLUSTERS.map((name) => ({
          name,
          type: "STRICT_DNS",
          connect_timeout: "60s",
          typed_extension_protocol_options: {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
              "@type": `${TYPE}.upstreams.http.v3.HttpProtocolOptions`,
              ...options(name),
            },
          },
          load_assignment: {
            cluster_name: name,
            endpoints: [{ lb_endpoints: [{ endpoint: { hostname: `${name}.test`, address: address(portOf[name]) } }] }],
          },
        })),
      },
    };
  }

  function manager({ routeConfig, manager: more }: RouteCase) {
    return {
      "@type": `${TYPE}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
      stat_prefix: "h",
      route_config: routeConfig,
      http_filters: [
        { name: "envoy.filters.http.router", typed_config: { "@type": `${TYPE}.filters.http.router.v3.Router` } },
      ],
      ...more,
    };
  }
});
