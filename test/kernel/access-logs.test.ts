import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import {
  AccessLogConnectionTLSMode,
  type AccessLogHTTPProtocol,
  type EBPFAccessLogMessage,
} from "../../src/wire/skywalking/gen/skywalking/v3/access_log_pb.js";
import { createCertificates } from "../support/certificates.ts";
import { skipUnless } from "../support/needs.ts";
import { createNamespaces } from "../support/network-namespaces.ts";
import { findProblems, offsetOf, startOapReceiver } from "../support/oap-receiver.ts";
import { startProgram } from "../support/processes.ts";
import { makeTemporaryFolder } from "../support/temporary-folder.ts";
import { skipWithoutKernel } from "./support/kernel.ts";

const skip = (await skipWithoutKernel()) || skipUnless("ip", "python3", "curl");

describe("access logs for SkyWalking", { skip }, () => {
  for (const analyzers of [1, 3])
    test(`both ends of a call, as OAP wants them, also where the backend refuses at first: ${analyzers} analyzers`, async (context) => {
      const oap = await startOapReceiver(context, 1);
      const net = createNamespaces(context);
      const folder = makeTemporaryFolder();
      context.after(() => folder.remove());
      const config = join(folder.path, "rover.yaml");
      writeFileSync(config, makeConfig(oap.port, analyzers));
      const server = startProgram(
        net.inside(net.server, ["python3", "-c", SERVER])[0]!,
        net.inside(net.server, ["python3", "-c", SERVER]).slice(1),
      );
      context.after(() => server.stop());
      const agent = startProgram(process.execPath, [
        "--disable-warning=ExperimentalWarning",
        MAIN,
        "agent",
        "-c",
        config,
      ]);
      context.after(() => agent.stop("SIGKILL"));
      await waitUntil(
        () => agent.output().includes('"msg":"watching"'),
        () => agent.output(),
      );
      assert.ok(agent.output().includes(`"analyzers":${analyzers}`), agent.output());
      await delay(1500);
      const url = `http://${net.serverAddress}:8099`;
      for (const path of ["/one?secret=1", "/two"]) {
        const [program, ...args] = net.inside(net.client, ["curl", "-s", "-d", "body", `${url}${path}`]);
        execFileSync(program!, args);
      }
      const logs = (): AccessLogHTTPProtocol[] => oap.streams.flat().flatMap(httpOf);
      await waitUntil(
        () => logs().length >= 4,
        () => `${logs().length} of 4: ${agent.output()}`,
      );
      assert.equal(await agent.stop("SIGTERM"), 0, agent.output());
      for (const stream of oap.streams) assert.deepEqual(findProblems(stream), []);
      assert.deepEqual(summarize(oap.streams.flat()).sort(), [
        "client.curl → web | client | HTTP_1 | POST /one 200 4 2 | write read",
        "client.curl → web | client | HTTP_1 | POST /two 200 4 2 | write read",
        "web → client.curl | server | HTTP_1 | POST /one 200 4 2 | read write",
        "web → client.curl | server | HTTP_1 | POST /two 200 4 2 | read write",
      ]);
      // The tracepoints, which every kernel has, tell packets and times of the devices. A packet that comes while those before it are read
      // is told with them: the read that takes it has then one packet, of which nothing is known.
      let timedReads = 0;
      for (const { operation } of oap.streams.flat().flatMap(({ kernelLogs }) => kernelLogs)) {
        if (operation.case === "write") {
          const { l2Metrics, l4Metrics } = operation.value;
          assert.ok(Number(l4Metrics?.totalTransmitPackageCount) >= 1 && Number(l4Metrics?.totalPackageSize) > 0);
          const { ifindex, totalDuration, totalReadySendDuration, totalNetDeviceSendDuration } = l2Metrics!;
          assert.ok(ifindex > 0 && totalReadySendDuration > 0 && totalNetDeviceSendDuration > 0, "of a write");
          assert.ok(totalDuration >= totalReadySendDuration + totalNetDeviceSendDuration);
        } else if (operation.case === "read") {
          const { ifindex, totalPackageCount, totalRcvPackageFromQueueDuration } = operation.value.l2Metrics!;
          assert.ok(totalPackageCount >= 1);
          if (ifindex === 0 && totalRcvPackageFromQueueDuration === 0n) continue;
          timedReads++;
          assert.ok(
            ifindex > 0 && totalRcvPackageFromQueueDuration > 0n,
            `${totalPackageCount} packets by interface ${ifindex}, ${totalRcvPackageFromQueueDuration} ns in the queue`,
          );
          const longest = BigInt(totalPackageCount) * 60_000_000_000n;
          assert.ok(totalRcvPackageFromQueueDuration < longest, `${totalRcvPackageFromQueueDuration} ns in the queue`);
        }
      }
      assert.ok(timedReads >= 4, `${timedReads} reads with packets, of two at each end`);
      const kinds = oap.streams
        .flat()
        .filter(({ protocolLog }) => protocolLog === undefined)
        .flatMap(({ kernelLogs }) => kernelLogs.map(({ operation }) => operation.case));
      for (const kind of ["connect", "accept", "close"])
        assert.equal(kinds.filter((one) => one === kind).length >= 2, true, `${kind}: ${kinds}`);
      assert.ok(oap.authentication.every((value) => value === "token"));
      const [report] = oap.reports.flatMap(({ processes }) => processes);
      assert.equal(report?.metadata.case, "hostProcess");
    });

  test("TLS: what it says, its calls, and that it is TLS", { skip: skipUnless("openssl") }, async (context) => {
    const oap = await startOapReceiver(context);
    const net = createNamespaces(context);
    const folder = makeTemporaryFolder();
    context.after(() => folder.remove());
    const { server: files } = createCertificates(folder.path);
    const config = join(folder.path, "rover.yaml");
    writeFileSync(config, makeConfig(oap.port, 1));
    const serve = ["python3", "-c", SERVER, files.certificate, files.key];
    const [program, ...args] = net.inside(net.server, serve) as [string, ...string[]];
    const server = startProgram(program, args);
    context.after(() => server.stop());
    const agent = startProgram(process.execPath, [MAIN, "agent", "-c", config]);
    context.after(() => agent.stop("SIGKILL"));
    await waitUntil(
      () => agent.output().includes('"msg":"watching"'),
      () => agent.output(),
    );
    await delay(1500);
    const url = `https://${net.serverAddress}:8099/sealed?secret=1`;
    const [curl, ...curlArgs] = net.inside(net.client, ["curl", "-s", "-k", "--http1.1", "-d", "body", url]);
    execFileSync(curl!, curlArgs);
    const logs = (): AccessLogHTTPProtocol[] => oap.streams.flat().flatMap(httpOf);
    await waitUntil(
      () => logs().length >= 2,
      () => `${logs().length} of 2: ${agent.output()}`,
    );
    assert.equal(await agent.stop("SIGTERM"), 0, agent.output());
    for (const stream of oap.streams) assert.deepEqual(findProblems(stream), []);
    assert.deepEqual(summarize(oap.streams.flat()).sort(), [
      "client.curl → web | client | HTTP_1 | POST /sealed 200 4 2 | write read",
      "web → client.curl | server | HTTP_1 | POST /sealed 200 4 2 | read write",
    ]);
    for (const { connection, kernelLogs } of oap.streams.flat())
      if (connection !== undefined && kernelLogs.some(({ operation }) => operation.case !== "connect"))
        assert.equal(connection.tlsMode, AccessLogConnectionTLSMode.TLS, "of all but the connect before the hello");
  });

  test("inactive: a line, and 0", async () => {
    const folder = makeTemporaryFolder();
    const config = join(folder.path, "rover.yaml");
    writeFileSync(config, "access_log:\n  active: false\n");
    const child = spawn(process.execPath, [MAIN, "agent", "-c", config], { stdio: ["ignore", "ignore", "pipe"] });
    let errors = "";
    child.stderr.on("data", (text) => {
      errors += text;
    });
    const [code] = await once(child, "close");
    folder.remove();
    assert.equal(code, 0);
    assert.match(errors, /access_log\.active is false/);
  });
});

const SERVER = `
import http.server, ssl, sys
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"ok")
    def log_message(self, *rest): pass
server = http.server.ThreadingHTTPServer(("0.0.0.0", 8099), Handler)
if len(sys.argv) > 1:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1], sys.argv[2])
    server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
`;

import { MAIN } from "../support/tapline-main.ts";

function makeConfig(port: number, analyzers: number): string {
  return `
core:
  backend: { addr: "127.0.0.1:${port}", authentication: token }
access_log:
  active: true
  flush: { period: 1s }
  protocol_analyze: { analyze_parallels: ${analyzers} }
process_discovery:
  heartbeat_period: 1s
  rules:
    - { command: curl, service_name: "client.{{.Process.ExeName}}" }
    - { port: 8099, service_name: web, instance_name: "{{.Rover.HostName}}-{{.Process.Pid}}" }
`;
}

function summarize(messages: readonly EBPFAccessLogMessage[]): string[] {
  let connection: EBPFAccessLogMessage["connection"];
  return messages.flatMap((message) => {
    connection = message.connection ?? connection;
    const service = (
      address: typeof connection extends infer _ ? NonNullable<typeof connection>["local"] : never,
    ): string => {
      const value = address?.address.value;
      return value !== undefined && "serviceName" in value ? value.serviceName : `${value?.host}`;
    };
    return httpOf(message).map(({ request, response }) => {
      const calls = [...message.kernelLogs]
        .sort((a, b) => Number(offsetOf(a.operation.value?.endTime) - offsetOf(b.operation.value?.endTime)))
        .map(({ operation }) => operation.case);
      const what = `${["GET", "POST"][request?.method ?? 0]} ${request?.path} ${response?.statusCode} ${request?.sizeOfBodyBytes} ${response?.sizeOfBodyBytes}`;
      const order = calls.filter((call, at) => call !== calls[at - 1]);
      return `${service(connection?.local)} → ${service(connection?.remote)} | ${["client", "server"][connection?.role ?? 0]} | ${["TCP", "HTTP_1"][connection?.protocol ?? 0]} | ${what} | ${order.join(" ")}`;
    });
  });
}

function httpOf({ protocolLog }: EBPFAccessLogMessage): AccessLogHTTPProtocol[] {
  return protocolLog?.protocol.case === "http" ? [protocolLog.protocol.value] : [];
}

async function waitUntil(isTrue: () => boolean, describe: () => string): Promise<void> {
  for (let waited = 0; !isTrue(); waited += 100) {
    if (waited > 60_000) throw new Error(`it did not come to that: ${describe()}`);
    await delay(100);
  }
}
