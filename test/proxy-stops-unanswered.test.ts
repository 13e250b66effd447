/** A proxy that stops while a request is not answered holds nothing of it any more. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { test } from "node:test";
import { startTapped } from "./support/http-tap-harness.ts";

const MANAGER = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
const ROUTER = "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router";

test("what was kept of a client until the endpoint answers is given back where the proxy stops before", async (context) => {
  const service = createServer();
  service.listen(0, "127.0.0.1");
  await once(service, "listening");
  context.after(() => service.close());
  const { port } = service.address() as AddressInfo;
  const harness = await startTapped(`
admin: { address: { socket_address: { address: 127.0.0.1, port_value: 0 } } }
static_resources:
  listeners:
  - name: front
    address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
    filter_chains:
    - filters:
      - name: http
        typed_config:
          "@type": ${MANAGER}
          stat_prefix: x
          route_config: { virtual_hosts: [ { name: all, domains: ["*"], routes: [ { match: { prefix: "/" }, route: { cluster: back } } ] } ] }
          http_filters: [ { name: router, typed_config: { "@type": ${ROUTER} } } ]
  clusters:
  - { name: back, load_assignment: { cluster_name: back, endpoints: [ { lb_endpoints: [ { endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: ${port} } } } } ] } ] } }
`);
  const client = connect(harness.port, "127.0.0.1").on("error", () => {});
  context.after(() => client.destroy());
  const accepted = once(service, "connection");
  client.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  const [socket] = await accepted;
  socket.on("error", () => {});
  await once(socket, "data");
  assert.ok(harness.tapped.budget.used >= 27, `${harness.tapped.budget.used} bytes`);
  harness.tapped.proxy.stop();
  assert.equal(harness.tapped.budget.used, 0);
  await harness.stop();
});
