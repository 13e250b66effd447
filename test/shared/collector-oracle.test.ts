/** The reports that the original filter sent (../shared/fixtures/trace-exporter), sent to the collector with the headers that it sent. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { receiveReports } from "../../src/collector/ingest/receive-reports.ts";
import { startCollector } from "../support/collector-page.ts";
import { sharedData } from "../support/needs.ts";

const { path, skip } = sharedData("fixtures/trace-exporter");

interface Report {
  readonly headers: readonly [string, string][];
  // biome-ignore lint/suspicious/noExplicitAny: the two formats, whose fields are asserted
  readonly json: any;
}

test("both generations are taken, and kept as they were sent", { skip, timeout: 240_000 }, async (context) => {
  const oracle: { cases: { name: string; A: Report; B: Report }[] } = JSON.parse(
    readFileSync(join(path, "oracle.json"), "utf8"),
  );
  const running = await startCollector();
  context.after(running.stop);
  const { collector, ledger } = running;
  const listen = { kind: "ip", address: "127.0.0.1", port: 0 } as const;
  const receiver = receiveReports({ collector, ledger, listen, token: undefined, hosts: () => ["*"] });
  const { port } = await receiver.start();
  context.after(() => receiver.stop());
  const reports = oracle.cases.flatMap(({ name, A, B }) => [
    { name: `${name}, A`, ...A },
    { name: `${name}, B`, ...B },
  ]);
  for (const { name, headers, json } of reports) {
    const target = headers.find(([key]) => key === ":path")![1];
    const sent = headers.filter(([key]) => !key.startsWith(":"));
    const { status } = await fetch(`http://127.0.0.1:${port}${target}`, {
      method: "POST",
      headers: sent as [string, string][],
      body: JSON.stringify(json),
    });
    assert.equal(status, 200, name);
  }
  // biome-ignore lint/suspicious/noExplicitAny: answers of the API, whose fields are asserted
  const ask = async (query: string) => (await fetch(`${running.url}api/v1/${query}`)).json() as Promise<any>;
  for (const [index, { name, json }] of reports.entries()) {
    const { document, item } = await ask(`exchanges/${index + 1}`);
    const [request, response] = [json.scnt_request ?? json.request, json.scnt_response ?? json.response];
    const body = Buffer.from((request.common ?? request).body, "base64");
    assert.equal(item.status ?? "", response.status_code ?? response.statusCode, name);
    assert.equal(item.verb, request.method, name);
    assert.equal(item.target, request.path, name);
    assert.equal(document.request.body?.size ?? 0, body.length, name);
    const time = (request.common ?? request).time;
    if (time) assert.equal(item.time, time * 1000, name);
    const sentHeaders = (response.common ?? response).headers.length;
    assert.equal(document.response.headers.length, sentHeaders, name);
  }
  assert.equal(
    ledger.book("received-traces").format(),
    `received-traces: ${reports.length} in = ${reports.length} handled`,
  );
});
