/** A listener on a Unix socket, before a real Envoy and Tapline: the ends that a trace tells are the same, for clients with and without a name. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { skipUnless } from "../support/needs.ts";
import { startProgram } from "../support/processes.ts";
import { until } from "../support/proxy-harness.ts";
import { findEnvoy } from "../support/real-envoy.ts";
import { startTapline } from "../support/tapline-process.ts";
import { makeTemporaryFolder } from "../support/temporary-folder.ts";

const TYPE = "type.googleapis.com/envoy.extensions";
/** Node's own sockets cannot be given a name. */
const CLIENT = `
import socket, sys
client = socket.socket(socket.AF_UNIX)
if len(sys.argv) > 2: client.bind(sys.argv[2])
client.connect(sys.argv[1])
client.sendall(b"hi")
while client.recv(100): pass
`;

const envoy = findEnvoy();

describe("a listener on a Unix socket beside a real Envoy", { skip: envoy.skip || skipUnless("python3") }, () => {
  const folder = makeTemporaryFolder();
  const at = (name: string) => join(folder.path, name);
  const service = createServer((socket) => socket.on("error", () => {}).on("data", () => socket.end("answer")));
  before(async () => {
    await once(service.listen(0, "127.0.0.1"), "listening");
  });
  after(() => {
    service.close();
    folder.remove();
  });

  test("its clients have its own path, whether they have a name or none", { timeout: 120_000 }, async () => {
    const told = { envoy: await run("envoy"), tapline: await run("tapline") };
    const end = { pipe: { path: "listener.sock", mode: 0 } };
    assert.deepEqual(told.envoy, [
      { local_address: end, remote_address: end },
      { local_address: end, remote_address: end },
    ]);
    assert.deepEqual(told.tapline, told.envoy);
  });

  /** The connections of the traces, with the folder taken out. */
  async function run(name: "envoy" | "tapline"): Promise<unknown[]> {
    const [path, prefix] = [at(`${name}-listener.sock`), at(`${name}-trace`)];
    writeFileSync(at(`${name}.json`), JSON.stringify(bootstrap(path, prefix)));
    const args = ["-c", at(`${name}.json`)];
    const program =
      name === "envoy"
        ? startProgram(envoy.path, [...args, "--concurrency", "1", "--use-dynamic-base-id", "-l", "error"])
        : startTapline(["proxy", ...args], true);
    const traces = () =>
      readdirSync(folder.path).filter((file) => file.startsWith(`${name}-trace`) && file.endsWith(".json"));
    try {
      await until(() => existsSync(path), "it listens");
      for (const own of [[], [at(`${name}-client.sock`)]])
        await promisify(execFile)("python3", ["-c", CLIENT, path, ...own], { timeout: 30_000 });
      await until(() => traces().length === 2, "two traces are written");
    } finally {
      await program.stop();
    }
    return traces().map((file) => {
      const text = readFileSync(at(file), "utf8").replaceAll(at(`${name}-`), "");
      return JSON.parse(text).socket_buffered_trace.connection;
    });
  }

  function bootstrap(path: string, prefix: string) {
    const sinks = [{ format: "JSON_BODY_AS_STRING", file_per_tap: { path_prefix: prefix } }];
    const typed = (name: string, type: string, more: object) => ({
      name,
      typed_config: { "@type": `${TYPE}.${type}`, ...more },
    });
    const endpoint = { socket_address: { address: "127.0.0.1", port_value: (service.address() as AddressInfo).port } };
    return {
      static_resources: {
        listeners: [
          {
            name: "l",
            address: { pipe: { path } },
            filter_chains: [
              {
                filters: [typed("t", "filters.network.tcp_proxy.v3.TcpProxy", { stat_prefix: "t", cluster: "back" })],
                transport_socket: typed("envoy.transport_sockets.tap", "transport_sockets.tap.v3.Tap", {
                  common_config: { static_config: { match: { any_match: true }, output_config: { sinks } } },
                  transport_socket: typed("raw", "transport_sockets.raw_buffer.v3.RawBuffer", {}),
                }),
              },
            ],
          },
        ],
        clusters: [
          {
            name: "back",
            type: "STATIC",
            load_assignment: {
              cluster_name: "back",
              endpoints: [{ lb_endpoints: [{ endpoint: { address: endpoint } }] }],
            },
          },
        ],
      },
    };
  }
});
