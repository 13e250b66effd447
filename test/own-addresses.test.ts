/**
 * The proxy does not connect to its own ports, however they are spelled: each way to write an address of this machine, behind tcp_proxy and
 * behind an HTTP route. Whatever got through would arrive at the service behind the own port.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { hostname, networkInterfaces } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { findFreePorts } from "./support/processes.ts";
import { until } from "./support/proxy-harness.ts";
import { startTaplineProxy } from "./support/tapline-process.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";

const INTERFACES = Object.values(networkInterfaces()).flatMap((entries = []) =>
  entries.map(({ address, scopeid }) => (scopeid ? `${address}%${scopeid}` : address)),
);
/** Written as addresses, which the kernel reads. */
const ADDRESSES = [
  ...new Set([
    ...["127.0.0.1", "127.255.255.254", "0.0.0.0", "::", "::1", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1", "::ffff:7f00:1"],
    ...["0:0:0:0:0:FFFF:127.0.0.1", "::FFFF:7F00:0001", "::ffff:0.0.0.0", "0000:0000:0000:0000:0000:ffff:7f00:0001"],
    ...INTERFACES,
    ...INTERFACES.filter((address) => /^\d+\./.test(address)).map((address) => `::ffff:${address}`),
  ]),
];
/** Written as names, which the resolver reads: old ways to write an IPv4 address among them (inet_aton). */
const NAMES = ["localhost", "LOCALHOST", "localhost.", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1"].concat([
  "017700000001",
  "127.1",
  "127.0.1",
  "0",
  "::ffff:127.0.0.1",
  hostname(),
  "ip6-localhost",
  "a.localhost",
]);
/** These lead nowhere on most machines, and to this one on none. */
const ELSEWHERE = ["::127.0.0.1", "64:ff9b::7f00:1"];
/** Not every resolver knows them. */
const UNSURE = new Set([hostname(), "ip6-localhost", "a.localhost", "0", "localhost."]);

test("no spelling of an own address is connected to", { timeout: 300_000 }, async (context) => {
  const folder = makeTemporaryFolder();
  context.after(folder.remove);
  let arrived = 0;
  const service = createServer((socket) => {
    arrived++;
    socket.destroy();
  }).listen(0, "127.0.0.1");
  await once(service, "listening");
  context.after(() => service.close());
  const [own] = (await findFreePorts(1)) as [number];
  const targets = [
    ...[...ADDRESSES, ...ELSEWHERE].map((address) => ({ address, type: "STATIC" })),
    ...NAMES.map((address) => ({ address, type: "STRICT_DNS" })),
  ];
  const config = join(folder.path, "own.yaml");
  writeFileSync(config, writeBootstrap(targets, own, (service.address() as AddressInfo).port));
  const proxy = await startTaplineProxy(config);
  context.after(() => proxy.stop("SIGKILL"));
  const count = targets.length * 2 + 1;
  await until(() => proxy.output().split('"msg":"listening"').length > count, "all listen");
  const ports = new Map(
    Array.from(proxy.output().matchAll(/^.*"msg":"listening".*$/gm), ([line]) => JSON.parse(line)).map(
      ({ listener, address }) => [listener, Number(/:(\d+)$/.exec(address)?.[1])],
    ),
  );
  const admin = Number(/"address":"127\.0\.0\.1:(\d+)","msg":"admin listening"/.exec(proxy.output())?.[1]);

  for (const [index, { address }] of targets.entries()) {
    assert.equal(await ask(ports.get(`tcp${index}`)!), "", `tcp_proxy to ${address}`);
    assert.match(await ask(ports.get(`http${index}`)!), /^HTTP\/1\.1 503 /, `HTTP to ${address}`);
  }
  assert.equal(arrived, 0);
  const stats = await (await fetch(`http://127.0.0.1:${admin}/stats`)).text();
  const isRefused = (index: number): boolean =>
    Number(new RegExp(`^cluster\\.to${index}\\.upstream_cx_loop_refused: (\\d+)$`, "m").exec(stats)?.[1]) >= 2;
  const open = targets
    .filter(({ address }, index) => !isRefused(index) && !UNSURE.has(address) && !ELSEWHERE.includes(address))
    .map(({ address }) => address);
  assert.deepEqual(open, [], "known for its own");
  assert.equal(await proxy.stop(), 0, proxy.output());
});

/** Sends a request; gives all that comes until the connection ends. */
async function ask(port: number): Promise<string> {
  const socket = connect({ port, host: "127.0.0.1" });
  let received = "";
  socket.on("data", (bytes) => {
    received += String(bytes);
  });
  socket.on("error", () => {}).write("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  await once(socket, "close");
  return received;
}

/** A listener of each kind for each target, all of which are the port `own`; behind that one stands the service. */
function writeBootstrap(targets: readonly { address: string; type: string }[], own: number, service: number): string {
  const filters = "type.googleapis.com/envoy.extensions.filters";
  const at = (address: string, port: number) =>
    `{ socket_address: { address: "${address}", port_value: ${port}, ipv4_compat: true } }`;
  const forward = (cluster: string) =>
    `{ name: t, typed_config: { "@type": ${filters}.network.tcp_proxy.v3.TcpProxy, stat_prefix: t, cluster: ${cluster} } }`;
  const route = (cluster: string) =>
    `{ name: h, typed_config: { "@type": ${filters}.network.http_connection_manager.v3.HttpConnectionManager, stat_prefix: h, route_config: { virtual_hosts: [ { name: a, domains: ["*"], routes: [ { match: { prefix: "/" }, route: { cluster: ${cluster} } } ] } ] }, http_filters: [ { name: r, typed_config: { "@type": ${filters}.http.router.v3.Router } } ] } }`;
  const listener = (name: string, address: string, port: number, filter: string) =>
    `  - { name: ${name}, address: ${at(address, port)}, filter_chains: [ { filters: [ ${filter} ] } ] }`;
  const cluster = (name: string, type: string, address: string, port: number) =>
    `  - { name: ${name}, type: ${type}, load_assignment: { cluster_name: ${name}, endpoints: [ { lb_endpoints: [ { endpoint: { address: ${at(address, port).replace(", ipv4_compat: true", "")} } } ] } ] } }`;
  return [
    `admin: { address: ${at("127.0.0.1", 0)} }`,
    "static_resources:",
    "  listeners:",
    listener("own", "::", own, forward("service")),
    ...targets.flatMap((_, index) => [
      listener(`tcp${index}`, "127.0.0.1", 0, forward(`to${index}`)),
      listener(`http${index}`, "127.0.0.1", 0, route(`to${index}`)),
    ]),
    "  clusters:",
    cluster("service", "STATIC", "127.0.0.1", service),
    ...targets.map(({ address, type }, index) => cluster(`to${index}`, type, address, own)),
    "",
  ].join("\n");
}
