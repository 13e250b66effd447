import { once } from "node:events";
import { mkdtempSync, readFileSync } from "node:fs";
import { Agent, createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { findFreePorts } from "../../../test/support/processes.ts";
import { TAPLINE } from "../http1-readers.ts";
import { readRunNanos } from "../process-usage.ts";
import { ProxyPeers } from "../proxy-peers.ts";
import type { Usage } from "./measure-growth.ts";

const REQUESTS = 1500;
const BODY = "a line of a body that no tap looks for, again and again\n".repeat(40);

/** The cost of a proxy with so many HTTP taps, each of which looks for a word of its own in every body. */
export async function measureTaps(folder: string, count: number): Promise<Usage> {
  const service = createServer((asked, answer) => asked.resume().once("end", () => answer.end(BODY)));
  service.listen(0, "127.0.0.1");
  await once(service, "listening");
  const own = mkdtempSync(join(folder, "taps-"));
  const peers = new ProxyPeers(own, [TAPLINE]);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    const [port] = (await findFreePorts(1)) as [number];
    const taps = Array.from({ length: count }, (_, i) => describeTap(i, own)).join("");
    const { pid } = await peers.startHttpProxy("taps", port, (service.address() as AddressInfo).port, taps);
    for (let i = 0; i < REQUESTS; i++) await ask(agent, port);
    const peakMegabytes =
      (Number(/^VmHWM:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]) * 1024) / 1e6;
    return { cpuSeconds: readRunNanos(pid) / 1e9, peakMegabytes };
  } finally {
    agent.destroy();
    peers.stop();
    service.close();
  }
}

/** A tap that looks for a word of its own in each body, as the configuration of a filter with a comma behind it (YAML flow). */
export function describeTap(i: number, folder: string): string {
  const match = `{cel_match: "response.body.contains('word ${i}.') && size(response.body) > 0"}`;
  const sink = `{format: PROTO_BINARY_LENGTH_DELIMITED, file_per_tap: {path_prefix: ${join(folder, `t${i}`)}}}`;
  return `{name: tap-${i}, typed_config: {"@type": ${HTTP_TAP}, common_config: {static_config: {match: ${match}, output_config: {sinks: [${sink}]}}}}}, `;
}

const HTTP_TAP = "type.googleapis.com/envoy.extensions.filters.http.tap.v3.Tap";

function ask(agent: Agent, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    request({ agent, port, host: "127.0.0.1", path: "/" }, (answer) => answer.resume().once("end", resolve))
      .once("error", reject)
      .end();
  });
}
