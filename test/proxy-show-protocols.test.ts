import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { skipUnless } from "./support/needs.ts";
import { findFreePorts, startProgram, waitForPort } from "./support/processes.ts";
import { runProgram } from "./support/run-program.ts";
import { startTapline } from "./support/tapline-process.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";

const { path: folder, remove } = makeTemporaryFolder();
after(remove);

/** A proxy that shows what passes to a port, while `action` runs. */
async function show(upstream: number, action: (port: number) => Promise<void>): Promise<string> {
  const [port] = (await findFreePorts(1)) as [number];
  const config = join(folder, `${port}.yaml`);
  writeFileSync(
    config,
    `
static_resources:
  listeners:
  - name: in
    address: { socket_address: { address: 127.0.0.1, port_value: ${port} } }
    filter_chains:
    - filters:
      - name: envoy.filters.network.tcp_proxy
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy
          stat_prefix: in
          cluster: out
  clusters:
  - name: out
    type: STATIC
    load_assignment:
      cluster_name: out
      endpoints:
      - lb_endpoints:
        - endpoint:
            address: { socket_address: { address: 127.0.0.1, port_value: ${upstream} } }
`,
  );
  const proxy = startTapline(["proxy", "-c", config, "--show"]);
  await waitForPort(port, 60);
  await action(port);
  for (let attempt = 0; attempt < 2400 && !proxy.output().includes("last"); attempt++) await delay(50);
  await proxy.stop("SIGTERM");
  return proxy.output();
}

describe("tapline proxy --show", () => {
  it("shows Redis", { skip: skipUnless("redis-server", "redis-cli") }, async () => {
    const [port] = (await findFreePorts(1)) as [number];
    const server = startProgram("redis-server", ["--port", String(port), "--save", ""], { cwd: folder });
    await waitForPort(port, 60);
    const output = await show(port, async (through) => {
      const cli = (...words: string[]) => runProgram("redis-cli", ["-p", String(through), ...words]);
      await cli("SET", "greeting", "hello");
      await cli("INCR", "greeting");
      await cli("GET", "last");
    });
    await server.stop();
    assert.match(output, /SET\s.*\sgreeting\s+OK\s/);
    assert.match(output, /INCR\s.*\sgreeting\s+ERR\s/);
    assert.match(output, /GET\s.*\slast\s+OK\s+null\s/);
  });

  it("shows DNS over TCP", { skip: skipUnless("named", "dig") }, async () => {
    const [port] = (await findFreePorts(1)) as [number];
    writeFileSync(
      join(folder, "zone"),
      "$TTL 300\n@ IN SOA ns h 1 2 3 4 5\n@ IN NS ns\nns IN A 192.0.2.1\nlast IN A 192.0.2.2\n",
    );
    writeFileSync(
      join(folder, "named.conf"),
      `options { directory "${folder}"; listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; }; recursion no;
        pid-file "${folder}/named.pid"; session-keyfile "${folder}/session.key"; dnssec-validation no; };
      controls { };
      zone "example.test" { type primary; file "zone"; };\n`,
    );
    const server = startProgram("named", ["-g", "-c", join(folder, "named.conf"), "-n", "1"], { cwd: folder });
    await waitForPort(port, 60);
    const output = await show(port, async (through) => {
      const dig = (name: string) => runProgram("dig", ["@127.0.0.1", "-p", String(through), "+tcp", name]);
      await dig("none.example.test");
      await dig("last.example.test");
    });
    await server.stop();
    assert.match(output, /A\s.*\snone\.example\.test\s+NXDOMAIN\s/);
    assert.match(output, /A\s.*\slast\.example\.test\s+NOERROR\s+192\.0\.2\.2\s/);
  });
});
