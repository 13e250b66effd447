/** A real Envoy and Tapline with `auto_sni` and `auto_san_validation`: the same names are sent, and the same certificates are taken. */
import assert from "node:assert/strict";
import { constants } from "node:crypto";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { request as sendRequest } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { createCertificates } from "../support/certificates.ts";
import { skipUnless } from "../support/needs.ts";
import { findFreePorts, type StartedProgram, startProgram, waitForPort } from "../support/processes.ts";
import { findEnvoy } from "../support/real-envoy.ts";
import { startTapline } from "../support/tapline-process.ts";
import { makeTemporaryFolder } from "../support/temporary-folder.ts";

const TYPE = "type.googleapis.com/envoy.extensions";
const WITHOUT_TICKETS = { secureOptions: constants.SSL_OP_NO_TICKET } as const;
const HTTP = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

/** Each host, and what the server is told; undefined where its certificate is not taken with `auto_san_validation`. */
const HOSTS: readonly (readonly [host: string, name: string, verified: boolean])[] = [
  ["a.example.com", "a.example.com", true],
  ["A.Example.Com", "A.Example.Com", true],
  ["a.example.com:8443", "a.example.com", true],
  ["localhost", "localhost", true],
  ["b.a.example.com", "b.a.example.com", false],
  ["example.org", "example.org", false],
  ["127.0.0.1", "given.example.com", true],
  ["127.0.0.1:99", "given.example.com", true],
  ["127.0.0.2", "given.example.com", false],
  ["[::1]:80", "given.example.com", false],
];

const envoy = findEnvoy();

describe("auto_sni beside a real Envoy", { skip: envoy.skip || skipUnless("openssl") }, () => {
  const folder = makeTemporaryFolder();
  const programs: StartedProgram[] = [];
  let server: Server;
  let ports: { envoy: number; tapline: number };

  before(async () => {
    const { server: pair, authority } = createCertificates(folder.path);
    // A session that is taken up again has the name that it began with, whatever is sent.
    const options = { key: readFileSync(pair.key), cert: readFileSync(pair.certificate), ...WITHOUT_TICKETS };
    server = createServer(options, (request, response) => {
      response.setHeader("connection", "close").end(String((request.socket as { servername?: unknown }).servername));
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const [theirs, ours] = (await findFreePorts(2)) as [number, number];
    ports = { envoy: theirs, tapline: ours };
    for (const [name, port] of Object.entries(ports))
      writeFileSync(join(folder.path, `${name}.json`), JSON.stringify(bootstrap(port, authority)));
    const quiet = ["--concurrency", "1", "--use-dynamic-base-id", "-l", "error"];
    programs.push(startProgram(envoy.path, ["-c", join(folder.path, "envoy.json"), ...quiet]));
    programs.push(startTapline(["proxy", "-c", join(folder.path, "tapline.json")], true));
    await Promise.all([waitForPort(theirs, 180), waitForPort(ours, 180)]);
  });
  after(async () => {
    for (const program of programs) await program.stop();
    server.close();
    server.closeAllConnections();
    folder.remove();
  });

  for (const [host, name, isVerified] of HOSTS)
    test(host, async () => {
      for (const [program, port] of Object.entries(ports)) {
        assert.deepEqual(await ask(port, host, "/"), [200, name], program);
        const [status, told] = await ask(port, host, "/verified");
        assert.deepEqual([status, status === 200 ? told : ""], isVerified ? [200, name] : [503, ""], program);
      }
    });

  function bootstrap(port: number, authority: string): unknown {
    const route = (prefix: string, cluster: string) => ({ match: { prefix }, route: { cluster } });
    const manager = {
      "@type": `${TYPE}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
      stat_prefix: "h",
      route_config: {
        virtual_hosts: [{ name: "v", domains: ["*"], routes: [route("/verified", "verified"), route("/", "named")] }],
      },
      http_filters: [
        { name: "envoy.filters.http.router", typed_config: { "@type": `${TYPE}.filters.http.router.v3.Router` } },
      ],
    };
    const address = (of: number) => ({ socket_address: { address: "127.0.0.1", port_value: of } });
    const cluster = (name: string) => ({
      name,
      type: "STATIC",
      connect_timeout: "5s",
      typed_extension_protocol_options: {
        [HTTP]: {
          "@type": `type.googleapis.com/${HTTP}`,
          explicit_http_config: { http_protocol_options: {} },
          upstream_http_protocol_options: { auto_sni: true, auto_san_validation: name === "verified" },
        },
      },
      load_assignment: {
        cluster_name: name,
        endpoints: [{ lb_endpoints: [{ endpoint: { address: address((server.address() as AddressInfo).port) } }] }],
      },
      transport_socket: {
        name: "tls",
        typed_config: {
          "@type": `${TYPE}.transport_sockets.tls.v3.UpstreamTlsContext`,
          sni: "given.example.com",
          common_tls_context: { validation_context: { trusted_ca: { filename: authority } } },
        },
      },
    });
    const filters = [{ name: "envoy.filters.network.http_connection_manager", typed_config: manager }];
    return {
      static_resources: {
        listeners: [{ name: "front", address: address(port), filter_chains: [{ filters }] }],
        clusters: [cluster("named"), cluster("verified")],
      },
    };
  }
});

function ask(port: number, host: string, path: string): Promise<[status: number, body: string]> {
  return new Promise((resolve, reject) => {
    const headers = { host };
    sendRequest({ port, host: "127.0.0.1", path, headers, agent: false }, (response) => {
      let body = "";
      response
        .setEncoding("utf8")
        .on("data", (text: string) => {
          body += text;
        })
        .on("end", () => resolve([response.statusCode!, body]));
    })
      .on("error", reject)
      .end();
  });
}
