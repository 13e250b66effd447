/** A collector that passes on what it gets: to a backend of reports, to another collector, to an OAP; and that listens with TLS. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { request } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { exchangeLine } from "../src/analysis/protocols/index.ts";
import { GrpcServer } from "../src/collector/grpc/grpc-server.ts";
import {
  type EBPFAccessLogMessage,
  EBPFAccessLogMessageSchema,
  EBPFAccessLogService,
} from "../src/wire/skywalking/gen/skywalking/v3/access_log_pb.js";
import { buildExchange } from "./support/build-exchange.ts";
import { createCertificates } from "./support/certificates.ts";
import { startCollector } from "./support/collector-page.ts";
import { skipUnless } from "./support/needs.ts";
import { startOapReceiver } from "./support/oap-receiver.ts";
import { findFreePorts, startProgram, waitForPort } from "./support/processes.ts";
import { until } from "./support/proxy-harness.ts";
import { runProgram } from "./support/run-program.ts";
import { MAIN } from "./support/tapline-main.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";
import { startTraceBackend } from "./support/trace-backend.ts";

test("over TLS with a client certificate it takes, keeps and passes on to four", {
  skip: skipUnless("openssl"),
  timeout: 400_000,
}, async (context) => {
  const folder = makeTemporaryFolder();
  context.after(folder.remove);
  const certificates = createCertificates(folder.path);
  const central = await startCollector();
  context.after(central.stop);
  const grpc = new GrpcServer({
    ...central,
    listen: { kind: "ip", address: "127.0.0.1", port: 0 },
    token: undefined,
  });
  const { port: centralPort } = await grpc.start();
  context.after(() => grpc.stop());
  const oap = await startOapReceiver(context);
  const clarity = await startTraceBackend();
  context.after(() => clarity.close());
  const spans: string[] = [];
  const otlp = createServer((asked, answer) => {
    spans.push(`${asked.url} ${asked.headers["x-key"]}`);
    asked.resume().on("end", () => answer.end());
  }).listen(0, "127.0.0.1");
  context.after(() => otlp.close());
  await once(otlp, "listening");
  const [page, ingest, own] = (await findFreePorts(3)) as [number, number, number];
  const at = (port: number) => `127.0.0.1:${port}`;
  const flags = {
    "--listen": at(page),
    "--ingest": at(ingest),
    "--grpc": at(own),
    "--data": join(folder.path, "data"),
    "--tls-cert": certificates.server.certificate,
    "--tls-key": certificates.server.key,
    "--tls-ca": certificates.authority,
    "--publish": `http://${at(clarity.port)}`,
    "--publish-format": "apiclarity",
    "--send": `grpc://${at(centralPort)}`,
    "--forward-oap": at(oap.port),
    "--otlp": `http://${at((otlp.address() as AddressInfo).port)}`,
  };
  const started = startProgram(process.execPath, [MAIN, "collector", ...Object.entries(flags).flat()], {
    env: { ...process.env, OTEL_EXPORTER_OTLP_HEADERS: "X-Key=a%20b" },
  });
  context.after(() => started.stop());
  await waitForPort(own, 240);

  const secured = {
    ca: readFileSync(certificates.authority),
    cert: readFileSync(certificates.client.certificate),
    key: readFileSync(certificates.client.key),
  };
  const post = (tls: object) =>
    new Promise<number>((resolve, reject) => {
      const outgoing = request({ port: ingest, method: "POST", path: "/publish", agent: false, ...tls }, (response) => {
        response.resume();
        resolve(response.statusCode!);
      });
      outgoing.on("error", reject).end(
        JSON.stringify({
          destination_address: "10.0.0.9:80",
          source_address: "10.0.0.5:5000",
          scnt_request: { method: "GET", path: "/on?token=s3cr3t-s3cr3t", host: "h" },
          scnt_response: { status_code: "200" },
        }),
      );
    });
  await assert.rejects(post({ ca: secured.ca }));
  assert.equal(await post(secured), 200);

  const transport = createGrpcTransport({ baseUrl: `https://${at(own)}`, nodeOptions: secured });
  const end = (serviceName: string, port: number) => ({
    address: {
      case: "kubernetes" as const,
      value: { serviceName, podName: "p", containerName: "c", processName: "x", port },
    },
  });
  const message = (part: object) => create(EBPFAccessLogMessageSchema, part);
  const logs = [
    message({
      node: { name: "node-1", bootTime: { seconds: 1_700_000_000n } },
      connection: { local: end("cart.shop", 80), remote: end("web.shop", 4000), role: 1 },
      protocolLog: {
        protocol: {
          case: "http",
          value: { request: { method: 3, path: "/cart" }, response: { statusCode: 200 } },
        },
      },
    }),
  ];
  async function* each(): AsyncGenerator<EBPFAccessLogMessage> {
    yield* logs;
  }
  await createClient(EBPFAccessLogService, transport).collect(each());

  const file = join(folder.path, "sent.ndjson");
  writeFileSync(file, exchangeLine(buildExchange({ target: "/sent" })));
  const send = [MAIN, "read", file, "--send", `grpcs://localhost:${own}`];
  const { authority, client } = certificates;
  const secure = ["--send-ca", authority, "--send-cert", client.certificate, "--send-key", client.key];
  const sent = await runProgram(process.execPath, [...send, ...secure]);
  assert.deepEqual([sent.code, /^nothing lost: .*\b1 sent\b/m.test(sent.stderr)], [0, true], sent.stderr);
  const halved = await runProgram(process.execPath, [...send, "--send-cert", client.certificate]);
  assert.deepEqual([halved.code, /go together/.test(halved.stderr)], [2, true], halved.stderr);

  await until(
    () => central.ledger.book("stored").handled === 3 && oap.streams.length === 1 && clarity.posted.length >= 1,
    "all three have it",
  );
  assert.deepEqual(oap.streams[0], logs);
  const [report] = clarity.posted;
  assert.equal(report!.path, "/api/telemetry");
  assert.match(String(report!.body), /"path":"\/on\?token=redacted-token-/);
  const targets = [1, 2, 3].map(async (id) => (await central.store.find(id))?.item.target);
  assert.deepEqual((await Promise.all(targets)).map((target) => target?.replace(/\?.*/, "")).sort(), [
    "/cart",
    "/on",
    "/sent",
  ]);
  assert.equal(await started.stop(), 0, started.output());
  assert.deepEqual([...new Set(spans)].sort(), ["/v1/metrics a b", "/v1/traces a b"]);
});
