import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { skipWithoutKernel } from "../kernel/support/kernel.ts";
import { skipUnless } from "../support/needs.ts";
import { createNamespaces } from "../support/network-namespaces.ts";
import { findFreePorts, startProgram } from "../support/processes.ts";
import { MAIN } from "../support/tapline-main.ts";

/**
 * A SkyWalking OAP 10.1.0: in `jars` org.apache.skywalking:server-starter:10.1.0 with all that it needs (mvn dependency:copy-dependencies),
 * in `resources` what its sources have at v10.1.0 in oap-server/server-starter/src/main/resources.
 */
const OAP = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "tapline/peers/skywalking-10.1.0");
const REQUESTS = 40;
const BODY = "body";

const skip =
  (await skipWithoutKernel()) ||
  skipUnless("java", "ip", "python3", "curl") ||
  (existsSync(join(OAP, "jars")) && existsSync(join(OAP, "resources")) ? false : `missing: a SkyWalking OAP in ${OAP}`);

describe("a real SkyWalking OAP", { skip }, () => {
  test("topology and metrics are what the client sent", { timeout: 1_200_000 }, async (context) => {
    const [rest, grpc] = (await findFreePorts(2)) as [number, number];
    const work = mkdtempSync(join(tmpdir(), "tapline-oap-"));
    const oap = startProgram("env", [
      `--chdir=${work}`,
      ...makeEnvironment(rest, grpc),
      "java",
      "-Xmx1g",
      "-cp",
      `${OAP}/resources:${OAP}/jars/*`,
      STARTER,
    ]);
    context.after(() => oap.stop("SIGKILL"));
    const ask = <Answer>(query: string): Promise<Answer> => askGraph<Answer>(rest, query);
    await until(
      async () => (await ask<{ version: string }>("{ version }")).version !== "",
      () => oap.output().slice(-3000),
    );

    const net = createNamespaces(context);
    const [program, ...programArgs] = net.inside(net.server, ["python3", "-c", SERVER]);
    const web = startProgram(program!, programArgs);
    context.after(() => web.stop());
    writeFileSync(join(work, "rover.yaml"), makeConfig(grpc));
    const agent = startProgram(process.execPath, [
      "--disable-warning=ExperimentalWarning",
      MAIN,
      "agent",
      "-c",
      join(work, "rover.yaml"),
    ]);
    context.after(() => agent.stop("SIGKILL"));
    await until(
      async () => agent.output().includes('"msg":"watching"'),
      () => agent.output(),
    );
    await delay(2000);

    const begun = new Date();
    let [sent, received, headers] = [0, 0, 0];
    for (let index = 0; index < REQUESTS; index++) {
      const path = index % 4 === 3 ? "broken" : "orders";
      const url = `http://${net.serverAddress}:8099/${path}?secret=${index}`;
      const format = "%{size_request} %{size_header} %{size_download}";
      const [program, ...args] = net.inside(net.client, [
        "curl",
        "-s",
        "-o",
        "/dev/null",
        "-w",
        format,
        "-d",
        BODY,
        url,
      ]);
      const sizes = execFileSync(program!, args, { encoding: "utf8" }).split(" ").map(Number) as [
        number,
        number,
        number,
      ];
      // The body is in the size of the request.
      sent += sizes[0];
      received += sizes[1] + sizes[2];
      headers += sizes[1];
    }

    const [server, curl] = ["web", "client.curl"].map((name) => `serviceName: "${name}", normal: true`) as [
      string,
      string,
    ];
    const relation = `${curl}, destServiceName: "web", destNormal: true`;
    const [broken, orders] = [REQUESTS / 4, (REQUESTS * 3) / 4];
    const expected: readonly (readonly [metric: string, entity: string, sum: number])[] = [
      ["http_call_cpm", server, REQUESTS],
      ["http_call_success_count", server, orders],
      ["http_status_2xx_cpm", server, orders],
      ["http_status_5xx_cpm", server, broken],
      ["http_req_header_size", server, sent - REQUESTS * BODY.length],
      ["http_req_body_size", server, REQUESTS * BODY.length],
      ["http_resp_header_size", server, headers],
      ["http_resp_body_size", server, received - headers],
      ["endpoint_http_call_cpm", `${server}, endpointName: "POST:/orders"`, orders],
      ["endpoint_http_call_success_cpm", `${server}, endpointName: "POST:/orders"`, orders],
      ["endpoint_http_call_cpm", `${server}, endpointName: "POST:/broken"`, broken],
      ["endpoint_http_status_5xx_cpm", `${server}, endpointName: "POST:/broken"`, broken],
      ["connect_cpm", curl, REQUESTS],
      ["connect_success_cpm", curl, REQUESTS],
      ["accept_cpm", server, REQUESTS],
      ["close_cpm", curl, REQUESTS],
      ["close_cpm", server, REQUESTS],
      ["read_package_size", server, sent],
      ["write_package_size", server, received],
      ["write_package_size", curl, sent],
      ["relation_server_http_call_cpm", relation, REQUESTS],
      ["relation_client_http_call_cpm", relation, REQUESTS],
      ["relation_server_read_package_size", relation, sent],
      ["relation_server_write_package_size", relation, received],
      ["relation_client_write_package_size", relation, sent],
    ];
    let found: number[] = [];
    await until(
      async () => {
        found = [];
        for (const [metric, entity] of expected)
          found.push(await sumMetric(ask, begun, `kubernetes_service_${metric}`, entity));
        return expected.every(([, , sum], at) => found[at] === sum);
      },
      () => `${expected.map((one, at) => `${one.join(" ")}: ${found[at]}`).join("\n")}\n${agent.output()}`,
    );
    const { services } = await ask<{ services: { name: string }[] }>(
      '{ services: listServices(layer: "K8S_SERVICE") { name } }',
    );
    assert.deepEqual(services.map(({ name }) => name).sort(), ["client.curl", "web"]);
    const { topology } = await ask<{ topology: Topology }>(
      `{ topology: getGlobalTopology(duration: ${duration(begun)}, layer: "K8S_SERVICE") { nodes { id name } calls { source target detectPoints sourceComponents targetComponents } } }`,
    );
    const nameOf = (id: string): string => topology.nodes.find((node) => node.id === id)?.name ?? id;
    const calls = topology.calls.map(({ source, target, detectPoints, targetComponents }) => [
      `${nameOf(source)} → ${nameOf(target)}`,
      [...detectPoints].sort().join(" "),
      targetComponents.join(" "),
    ]);
    assert.deepEqual(calls, [["client.curl → web", "CLIENT SERVER", "http"]]);
    assert.equal(await agent.stop("SIGTERM"), 0, agent.output());
  });
});

const STARTER = "org.apache.skywalking.oap.server.starter.OAPServerStartUp";

interface Topology {
  readonly nodes: readonly { readonly id: string; readonly name: string }[];
  readonly calls: readonly {
    readonly source: string;
    readonly target: string;
    readonly detectPoints: readonly string[];
    readonly targetComponents: readonly string[];
  }[];
}

async function sumMetric(
  ask: <Answer>(query: string) => Promise<Answer>,
  begun: Date,
  name: string,
  entity: string,
): Promise<number> {
  const query = `{ found: execExpression(expression: "${name}", entity: { ${entity} }, duration: ${duration(begun)}) { error results { values { value } } } }`;
  const { found } = await ask<{ found: { results: { values: { value: string | null }[] }[] } }>(query);
  return found.results.flatMap(({ values }) => values).reduce((total, { value }) => total + Number(value ?? 0), 0);
}

/** From the minute before to the next. */
function duration(begun: Date): string {
  const format = (time: number): string => new Date(time).toISOString().slice(0, 16).replace("T", " ").replace(":", "");
  return `{ start: "${format(begun.getTime() - 60_000)}", end: "${format(Date.now() + 60_000)}", step: MINUTE }`;
}

async function askGraph<Answer>(port: number, query: string): Promise<Answer> {
  const body = JSON.stringify({ query });
  const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
  });
  const { data, errors } = (await response.json()) as { data?: Answer; errors?: unknown };
  if (data === undefined || data === null) throw new Error(JSON.stringify(errors));
  return data;
}

/** Errors count as not yet. */
async function until(isTrue: () => Promise<boolean>, describe: () => string): Promise<void> {
  for (let waited = 0; waited < 500_000; waited += 2000) {
    if (await isTrue().catch(() => false)) return;
    await delay(2000);
  }
  throw new Error(`it did not come to that: ${describe()}`);
}

function makeEnvironment(rest: number, grpc: number): string[] {
  return [
    "TZ=UTC",
    "SW_STORAGE=h2",
    "SW_CORE_REST_HOST=127.0.0.1",
    `SW_CORE_REST_PORT=${rest}`,
    "SW_CORE_GRPC_HOST=127.0.0.1",
    `SW_CORE_GRPC_PORT=${grpc}`,
    "SW_TELEMETRY=none",
    "SW_PROMQL=-",
    "SW_LOGQL=-",
    "SW_OTEL_RECEIVER=-",
    "SW_RECEIVER_AWS_FIREHOSE=-",
    "SW_HEALTH_CHECKER=default",
    "SW_ENABLE_UPDATE_UI_TEMPLATE=false",
  ];
}

function makeConfig(port: number): string {
  return `
core: { backend: { addr: "127.0.0.1:${port}" } }
access_log: { active: true, flush: { period: 1s } }
process_discovery:
  rules:
    - { command: curl, service_name: "client.{{.Process.ExeName}}" }
    - { port: 8099, service_name: web }
`;
}

const SERVER = `
import http.server
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(500 if self.path.startswith("/broken") else 200)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"ok")
    def log_message(self, *rest): pass
http.server.ThreadingHTTPServer(("0.0.0.0", 8099), Handler).serve_forever()
`;
