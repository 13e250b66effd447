import assert from "node:assert/strict";
import { test } from "node:test";
import { startAdminServer } from "../../../test/support/admin-client.ts";
import { parseDocument } from "../../wire/config-document/index.ts";
import { createProcessRoutes } from "./routes.ts";

const document = await parseDocument(`
node: { id: 12345678901234567890, count: 3 }
admin: { address: { socket_address: { address: 127.0.0.1, port_value: 9901 } } }
static_resources:
  clusters:
  - name: back
    typed_config:
      common_tls_context:
        tls_certificates:
        - certificate_chain: { inline_string: "-----BEGIN CERTIFICATE-----" }
          private_key: { inline_string: "-----BEGIN PRIVATE KEY----- abc" }
          password: { environment_variable: KEY_PASSWORD }
        - { certificate_chain: { filename: c.pem }, privateKey: { filename: k.pem }, password: { inline_bytes: aGVsbG8= } }
      session_ticket_keys: { keys: [ { filename: t.key }, { inlineBytes: AAAA } ] }
    initial_metadata: [ { key: authorization, value: Basic xyz }, { key: x-tenant, value: one } ]
    headers: [ { name: Cookie, string_match: { exact: a=b } }, { name: ":path", string_match: { prefix: / } } ]
    other: "Bearer 0123456789abcdef"
`);

let state: "LIVE" | "DRAINING" = "LIVE";
const routes = createProcessRoutes({
  version: "1.2.3",
  state: () => state,
  configuration: () => ({ document, loaded: { seconds: 1, nanos: 5e8 } }),
});

test("on loopback it answers whoever names a loopback address, but no web page", async () => {
  const { ask, target } = await startAdminServer(routes);
  const { port } = target as { port: number };
  const ready = await ask("GET", "/ready");
  assert.deepEqual([ready.status, ready.text], [200, "LIVE\n"]);
  assert.equal(ready.headers["cache-control"], "no-cache, max-age=0");
  assert.equal((await ask("GET", "/ready", { headers: { host: `localhost:${port}` } })).status, 200);
  assert.equal((await ask("GET", "/ready", { headers: { host: "[::1]" } })).status, 200);
  assert.equal((await ask("GET", "/ready", { headers: { host: "evil.example" } })).status, 403);
  assert.equal((await ask("GET", "/ready", { headers: { origin: "http://localhost" } })).status, 403);
  const refused = await ask("POST", "/ready");
  assert.deepEqual([refused.status, refused.text], [405, "Method POST not allowed, GET required."]);
  assert.match((await ask("GET", "/nothing")).text, /admin commands are:\n {2}\/ready: /);
  assert.match((await ask("GET", "/")).text, /\/config_dump/);
  // Nothing like it exists, and it is no URL either.
  assert.equal((await ask("GET", "//")).status, 404);
});

test("where other machines can reach it, it wants the token", async () => {
  const { ask } = await startAdminServer(routes, { kind: "ip", address: "0.0.0.0", port: 0 });
  assert.equal((await ask("GET", "/ready")).status, 401);
  assert.equal((await ask("GET", "/ready", { headers: { authorization: "Bearer wrong" } })).status, 401);
  assert.equal((await ask("GET", "/ready", { headers: { authorization: "Bearer secret" } })).status, 200);
});

test("it is not ready while it drains", async () => {
  const { ask } = await startAdminServer(routes);
  state = "DRAINING";
  const ready = await ask("GET", "/ready");
  const { state: told } = JSON.parse((await ask("GET", "/server_info")).text);
  state = "LIVE";
  assert.deepEqual([ready.status, ready.text, told], [503, "DRAINING\n", "DRAINING"]);
});

test("/server_info", async () => {
  const { ask } = await startAdminServer(routes);
  const { headers, text } = await ask("GET", "/server_info");
  assert.equal(headers["content-type"], "application/json");
  const info = JSON.parse(text);
  assert.deepEqual([info.version, info.state], ["tapline/1.2.3", "LIVE"]);
  assert.match(info.uptime_current_epoch, /^\d+s$/);
});

test("/config_dump shows the configuration as it is written, but for what is secret in it", async () => {
  const { ask } = await startAdminServer(routes);
  const dump = JSON.parse((await ask("GET", "/config_dump")).text);
  const [{ bootstrap, ...rest }] = dump.configs;
  assert.deepEqual(rest, {
    "@type": "type.googleapis.com/envoy.admin.v3.BootstrapConfigDump",
    last_updated: "1970-01-01T00:00:01.500Z",
  });
  assert.deepEqual(bootstrap.node, { id: "12345678901234567890", count: 3 });
  assert.equal(bootstrap.admin.address.socket_address.port_value, 9901);
  const { other, ...cluster } = bootstrap.static_resources.clusters[0];
  assert.deepEqual(cluster, {
    name: "back",
    typed_config: {
      common_tls_context: {
        tls_certificates: [
          {
            certificate_chain: { inline_string: "-----BEGIN CERTIFICATE-----" },
            private_key: { inline_string: "[redacted]" },
            password: { environment_variable: "KEY_PASSWORD" },
          },
          {
            certificate_chain: { filename: "c.pem" },
            privateKey: { filename: "k.pem" },
            password: { inline_bytes: "[redacted]" },
          },
        ],
      },
      session_ticket_keys: { keys: [{ filename: "t.key" }, { inlineBytes: "[redacted]" }] },
    },
    initial_metadata: [
      { key: "authorization", value: "[redacted]" },
      { key: "x-tenant", value: "one" },
    ],
    headers: [
      { name: "Cookie", string_match: { exact: "[redacted]" } },
      { name: ":path", string_match: { prefix: "/" } },
    ],
  });
  assert.ok(!other.includes("0123456789abcdef"), other);
});
