/** gRPC's own server and client, in Go, with a routed listener between them: each call ends as it does without. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { buildGoPeer } from "../support/go-peer.ts";
import { findFreePorts, waitForPort } from "../support/processes.ts";
import { until } from "../support/proxy-harness.ts";
import { runProgram } from "../support/run-program.ts";
import { startTaplineProxy, type TaplineProcess } from "../support/tapline-process.ts";
import { makeTemporaryFolder } from "../support/temporary-folder.ts";

const TYPE = "type.googleapis.com/envoy.extensions";
const CALLS = [
  ...["unary", "empty", "compressed", "large", "trailers only", "unimplemented", "deadline"],
  ...["client stream", "server stream", "both stream", "fails after messages", "cancelled"],
];

describe("gRPC of Go through routed mode", () => {
  const folder = makeTemporaryFolder();
  let peer: string;
  let server: ChildProcess;
  let told = "";
  let [port, front, lost] = [0, 0, 0];
  let proxy: TaplineProcess;

  before(async () => {
    peer = await buildGoPeer("grpc-go", "grpc-go-1.79.3");
    server = spawn(peer, ["serve"], { stdio: ["pipe", "pipe", "pipe"] });
    server.stderr!.on("data", (text) => {
      told += text;
    });
    port = Number((await once(server.stdout!, "data"))[0]);
    [front, lost] = (await findFreePorts(2)) as [number, number];
    const path = join(folder.path, "bootstrap.json");
    writeFileSync(path, JSON.stringify(bootstrap()));
    proxy = await startTaplineProxy(path);
    await Promise.all([waitForPort(front), waitForPort(lost)]);
  });
  after(async () => {
    await proxy?.stop();
    server.stdin!.end();
    folder.remove();
  });

  test("all four kinds of call, with errors, deadlines, trailers only and large messages", async () => {
    const direct = await call(port);
    assert.deepEqual([...direct.keys()], CALLS);
    assert.match(told, /^(slow: context (deadline exceeded|canceled)\n){2}$/);
    told = "";
    const through = await call(front);
    assert.deepEqual(through, direct);
    await until(() => told.split("\n").length > 2, "the server is told of what the client has given up");
  });

  test("a backend that is gone is Unavailable, and a path that has no route Unimplemented", async () => {
    const lines = await call(lost);
    assert.equal(lines.get("unary")!["code"], "Unavailable");
    assert.match(String(lines.get("unary")!["message"]), /upstream connect error.*remote connection failure/);
    assert.equal(lines.get("unimplemented")!["code"], "Unimplemented");
  });

  async function call(at: number): Promise<Map<string, Record<string, unknown>>> {
    const { stdout, stderr } = await runProgram(peer, ["call", `127.0.0.1:${at}`]);
    const lines = stdout.split("\n").filter((line) => line !== "");
    assert.equal(stderr.includes("panic"), false, stderr);
    return new Map(
      lines.map((line) => {
        const { call: name, ...rest } = JSON.parse(line);
        // Chance: which headers had come when the time was over, and who notices first.
        return [name, name === "deadline" ? { code: rest.code } : rest];
      }),
    );
  }

  function bootstrap() {
    const listener = (name: string, at: number, path: string, cluster: string) => ({
      name,
      address: address(at),
      filter_chains: [
        {
          filters: [
            {
              name: "h",
              typed_config: {
                "@type": `${TYPE}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
                stat_prefix: "h",
                route_config: {
                  virtual_hosts: [
                    {
                      name: "a",
                      domains: ["*"],
                      routes: [
                        { match: { prefix: path }, route: { cluster, timeout: "0s" } },
                        { match: { path: "/nothing" }, direct_response: { status: 200 } },
                      ],
                    },
                  ],
                },
                http_filters: [{ name: "r", typed_config: { "@type": `${TYPE}.filters.http.router.v3.Router` } }],
              },
            },
          ],
        },
      ],
    });
    const cluster = (name: string, at: number) => ({
      name,
      typed_extension_protocol_options: {
        "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
          "@type": `${TYPE}.upstreams.http.v3.HttpProtocolOptions`,
          explicit_http_config: { http2_protocol_options: {} },
        },
      },
      load_assignment: {
        cluster_name: name,
        endpoints: [{ lb_endpoints: [{ endpoint: { address: address(at) } }] }],
      },
    });
    return {
      static_resources: {
        listeners: [listener("front", front, "/", "back"), listener("lost", lost, "/tapline.Test/U", "gone")],
        clusters: [cluster("back", port), cluster("gone", 1)],
      },
    };
  }
});

function address(port: number) {
  return { socket_address: { address: "127.0.0.1", port_value: port } };
}
