/** Where a head goes beyond the limits, the HTTP trace says that fields are missing, and whoever reads it, too. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { connect } from "node:http2";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { CUT_FIELDS } from "../src/wire/envoy/index.ts";
import { ReplyingService } from "./support/http-exchange.ts";
import { startTapped, writeHttpBootstrap } from "./support/http-tap-harness.ts";
import { dial, readAll, until } from "./support/proxy-harness.ts";
import { listTraces } from "./support/read-traces.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";

const TAPLINE = join(import.meta.dirname, "../bin/tapline");
const folder = makeTemporaryFolder();
const services = { 1: new ReplyingService(1), 2: new ReplyingService(2) } as const;
const ports = { 1: 0, 2: 0 };

before(async () => {
  for (const http of [1, 2] as const) ports[http] = await services[http].start();
});
after(() => {
  for (const service of Object.values(services)) service.stop();
  folder.remove();
});

for (const http of [1, 2] as const)
  for (const form of ["buffered", "streamed"] as const)
    for (const count of [3, 1010])
      test(`HTTP/${http}, ${form}, ${count} fields`, { timeout: 30_000 }, async () => {
        const name = `${http}-${form}-${count}`;
        const tap = `common_config: { static_config: { match: { any_match: true }, output_config: { streaming: ${form === "streamed"}, sinks: [ { format: JSON_BODY_AS_STRING, file_per_tap: { path_prefix: ${folder.path}/${name}/tap } } ] } } }`;
        const harness = await startTapped(writeHttpBootstrap(ports[http], [tap]));
        await (http === 1 ? sendHttp1 : sendHttp2)(harness.port, count);
        await until(() => harness.statistic("http.front.tap.rq_tapped") === 1, "it was tapped");
        await harness.stop();
        const [file] = listTraces(join(folder.path, name), ".json");
        const path = join(folder.path, name, file!);
        const isCut = count > 1000;
        const { stdout } = spawnSync(TAPLINE, ["read", path, "-q", "-o", "ndjson"], { encoding: "utf8" });
        const { problems, quality, request } = JSON.parse(stdout.split("\n")[0]!) as Shown;
        assert.equal(problems?.includes("head-limit") ?? false, isCut, stdout.slice(-400));
        if (isCut) assert.notEqual(quality, "complete");
        assert.ok(!request.headers.some(({ name }) => name === CUT_FIELDS.name));
        const { stdout: again } = spawnSync(TAPLINE, ["convert", path, "-o", "json-string", "-"], { encoding: "utf8" });
        assert.equal(again.includes(`"${CUT_FIELDS.name}"`), isCut);
      });

interface Shown {
  readonly problems?: readonly string[];
  readonly quality: string;
  readonly request: { readonly headers: readonly { readonly name: string }[] };
}

async function sendHttp1(port: number, count: number): Promise<void> {
  const client = await dial(port);
  const fields = Array.from({ length: count }, (_, at) => `X-${at}: 1\r\n`).join("");
  client.write(`GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${fields}\r\n`);
  await readAll(client);
  client.end();
}

/** It is refused by the service, or answered. */
function sendHttp2(port: number, count: number): Promise<void> {
  return new Promise((resolve) => {
    const session = connect(`http://127.0.0.1:${port}`, { maxSendHeaderBlockLength: 1 << 20 });
    const done = () => session.close(resolve);
    session.on("error", () => {});
    const fields = Array.from({ length: count }, (_, at): [string, string] => [`x-${at}`, "1"]);
    const stream = session.request({ ":path": "/a", ...Object.fromEntries(fields) });
    stream
      .on("error", () => {})
      .on("close", done)
      .resume()
      .end();
  });
}
