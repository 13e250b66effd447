import assert from "node:assert/strict";
import { after, before, describe, type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { decodeContent } from "../../src/analysis/content/node-content-decoder.ts";
import { DETECTORS } from "../../src/analysis/detectors.ts";
import { ExchangePipeline } from "../../src/analysis/pipeline/exchange-pipeline.ts";
import { type Exchange, Ledger, MemoryBudget } from "../../src/model/index.ts";
import { KernelAgent } from "../../src/source/ebpf/kernel-agent.ts";
import { ProcessTable } from "../../src/source/ebpf/processes/process-table.ts";
import { ProcessWatch } from "../../src/source/ebpf/processes/process-watch.ts";
import { type Certificates, createCertificates } from "../support/certificates.ts";
import { skipUnless } from "../support/needs.ts";
import { findFreePorts, type StartedProgram, startProgram, waitForPort } from "../support/processes.ts";
import { makeTemporaryFolder } from "../support/temporary-folder.ts";
import { skipWithoutKernel } from "./support/kernel.ts";

const skip = (await skipWithoutKernel()) || skipUnless("openssl", "python3");
const KEPT = 12;

describe("connections that are spread over several rings", { skip }, () => {
  const folder = makeTemporaryFolder();
  let certificates: Certificates;
  before(() => {
    certificates = createCertificates(folder.path);
  });
  after(() => folder.remove());

  test("plain, TLS, kept alive, of servers that fork: the same exchanges as from one", async (context) => {
    const [one, three] = [await watchTraffic(context, 1), await watchTraffic(context, 3)];
    assert.deepEqual(one.exchanges, three.exchanges);
    const expected = [
      ...["http", "https"].flatMap((scheme) =>
        ["client", "server"].flatMap((role) => [
          ...Array.from({ length: KEPT }, (_, i) => `${role} GET /${scheme}/kept/${i} 200 5 complete`),
          ...Array.from({ length: KEPT }, (_, i) => `${role} GET /${scheme}/new/${i} 200 5 complete`),
        ]),
      ),
      ...Array.from({ length: KEPT }, (_, i) => `client GET /fork/${i} 200 2 complete`),
      ...Array.from({ length: KEPT }, (_, i) => `server GET /fork/${i} 200 2 complete`),
    ].sort();
    assert.deepEqual(three.exchanges, expected);
    assert.ok(one.ledger.balanced && three.ledger.balanced);
    assert.deepEqual([one.reserved, three.reserved], [0, 0]);
    // Numbers of connections tell which ring they came from: all were used.
    assert.deepEqual([...new Set(three.ids.map((id) => id % 3n))].sort(), [0n, 1n, 2n]);
  });

  test("TLS that is on no socket is shown once, whatever ring told it", async (context) => {
    for (const rings of [1, 3]) {
      const { key, certificate } = certificates.server;
      const program = startProgram(process.execPath, ["-e", TLS_OVER_NOTHING, key, certificate], { stdin: "pipe" });
      context.after(() => program.stop());
      const watch = await startWatching(context, rings, [program.child.pid!]);
      await drive(program, "go");
      await delay(2500);
      const { exchanges, ledger } = await watch.stop();
      // Its client and its server, once each.
      assert.deepEqual(exchanges, ["client GET /nowhere 200 5 complete", "server GET /nowhere 200 5 complete"]);
      assert.ok(ledger.balanced);
    }
  });

  /** A process that is server and client of itself, over HTTP and HTTPS; half of its connections are older than the agent. */
  async function watchTraffic(context: TestContext, rings: number) {
    const [plain, secure, fork] = (await findFreePorts(3)) as [number, number, number];
    const { key, certificate } = certificates.server;
    const args = ["-e", SERVER_AND_CLIENT, key, certificate, ...[plain, secure, fork, KEPT].map(String)];
    const forks = startProgram("python3", ["-c", FORKING_SERVER, String(fork)]);
    context.after(() => forks.stop());
    const program = startProgram(process.execPath, args, { stdin: "pipe" });
    context.after(() => program.stop());
    for (const port of [plain, secure, fork]) await waitForPort(port);
    await drive(program, "before");
    const watch = await startWatching(context, rings, [program.child.pid!, forks.child.pid!]);
    await drive(program, "kept");
    await drive(program, "new");
    await drive(program, "fork");
    await delay(500);
    return watch.stop();
  }
});

/** Has the program do something, and waits until it is done. */
async function drive({ child, output }: StartedProgram, what: string): Promise<void> {
  child.stdin!.write(`${what}\n`);
  for (let waited = 0; !output().includes(`done ${what}\n`); waited += 20) {
    assert.ok(waited < 120_000 && child.exitCode === null, output());
    await delay(20);
  }
}

async function startWatching(context: TestContext, rings: number, pids: readonly number[]) {
  const ledger = new Ledger();
  const budget = new MemoryBudget(64e6);
  const exchanges: Exchange[] = [];
  const pipeline = new ExchangePipeline({
    ...{ ledger, budget, decode: decodeContent, detectors: DETECTORS },
    outputs: [
      {
        exchanges: {
          submit(exchange) {
            exchanges.push(exchange);
            return "taken";
          },
          async whenReady() {},
          async flush() {},
          async close() {},
        },
      },
    ],
  });
  let watch: ProcessWatch | undefined;
  const agent = await KernelAgent.start({
    ...{ rings, observer: pipeline, ledger, budget, processes: new ProcessTable() },
    onProcess: (event) => watch?.onProcess(event),
  });
  context.after(() => agent.close());
  const problems: string[] = [];
  watch = new ProcessWatch(agent.programs, { pids }, (problem) => problems.push(problem));
  watch.begin();
  return {
    async stop() {
      watch.close();
      agent.close();
      await pipeline.close(Number.POSITIVE_INFINITY);
      // Node has a ring of its own, for files.
      assert.deepEqual(
        problems.filter((problem) => !problem.includes("io_uring")),
        [],
      );
      const http = exchanges.filter(({ kind }) => kind === "http");
      return {
        ledger,
        reserved: budget.used,
        exchanges: http.map(summarize).sort(),
        ids: http.map(({ connection }) => connection.id),
      };
    },
  };
}

function summarize(exchange: Exchange): string {
  assert.ok(exchange.kind === "http");
  const { connection, request, response, quality } = exchange;
  return [connection.role, request?.method, request?.target, response?.status, response?.body.size, quality].join(" ");
}

const SERVER_AND_CLIENT = `
const { readFileSync } = require("node:fs");
const [, key, cert, plain, secure, fork, kept] = process.argv;
const tls = { key: readFileSync(key), cert: readFileSync(cert) };
const modules = { http: require("node:http"), https: require("node:https") };
const answer = (q, r) => q.resume().on("end", () => r.end("hello"));
const ports = { http: plain, https: secure };
const agents = {};
for (const scheme of ["http", "https"]) {
  const server = modules[scheme].createServer(tls, answer);
  server.keepAliveTimeout = 300000;
  server.listen(+ports[scheme], "127.0.0.1");
  agents[scheme] = Array.from({ length: +kept }, () => new modules[scheme].Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false }));
}
const ask = (scheme, port, path, agent) => new Promise((resolve, reject) => modules[scheme].get(
  { port: +port, host: "127.0.0.1", path, agent, rejectUnauthorized: false },
  (response) => response.resume().on("end", resolve)).on("error", reject));
const each = async (what) => {
  for (const scheme of ["http", "https"])
    await Promise.all(agents[scheme].map((agent, i) => ask(scheme, ports[scheme], "/" + scheme + "/" + what + "/" + i,
      what === "new" ? new modules[scheme].Agent() : agent)));
};
require("node:readline").createInterface({ input: process.stdin }).on("line", async (what) => {
  if (what !== "fork") await each(what);
  else for (let i = 0; i < +kept; i++) await ask("http", fork, "/fork/" + i, new modules.http.Agent());
  console.log("done " + what);
});
`;

/** Both ends in one process, which hand the records to each other by functions. */
const TLS_OVER_NOTHING = `
const { readFileSync } = require("node:fs");
const { Duplex } = require("node:stream");
const { connect, TLSSocket } = require("node:tls");
const [, key, cert] = process.argv;
const end = () => new Duplex({ read() {}, write(chunk, _, done) { this.other.push(chunk); done(); } });
require("node:readline").createInterface({ input: process.stdin }).on("line", (what) => {
  const [a, b] = [end(), end()];
  a.other = b; b.other = a;
  const server = new TLSSocket(b, { isServer: true, key: readFileSync(key), cert: readFileSync(cert) });
  server.once("data", () => server.write("HTTP/1.1 200 OK\\r\\ncontent-length: 5\\r\\n\\r\\nhello"));
  const client = connect({ socket: a, rejectUnauthorized: false }, () => client.write("GET /nowhere HTTP/1.1\\r\\nhost: x\\r\\n\\r\\n"));
  client.once("data", () => console.log("done " + what));
});
`;

const FORKING_SERVER = `
import http.server, socketserver, sys
class Server(socketserver.ForkingMixIn, http.server.HTTPServer): request_queue_size = 64
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"ok")
    def log_message(self, *rest): pass
Server(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
`;
