import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { type Certificates, createCertificates } from "../support/certificates.ts";
import { findProgram, skipUnless } from "../support/needs.ts";
import { findFreePorts, startProgram, waitForPort } from "../support/processes.ts";
import { makeTemporaryFolder } from "../support/temporary-folder.ts";
import { type SeenExchange, skipWithoutKernel, watch } from "./support/kernel.ts";

/** As scripts/setup-tests builds it. */
const NETTY = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "tapline/peers/netty-4.1.118");
const BODY = 1_000_000;

const skip = (await skipWithoutKernel()) || skipUnless("openssl", "curl");

describe("TLS of further servers", { skip }, () => {
  const folder = makeTemporaryFolder();
  let certificates: Certificates;

  before(() => {
    certificates = createCertificates(folder.path);
    writeFileSync(join(folder.path, "body"), "b".repeat(BODY));
  });
  after(() => folder.remove());

  for (const root of ["the machine's", "one of its own"])
    test(`haproxy (libssl), its root ${root}: HTTP/1 and HTTP/2 on its side of clients`, {
      skip: skipUnless("haproxy"),
    }, async (context) => {
      const [port, plain] = (await findFreePorts(2)) as [number, number];
      const { key, certificate } = certificates.server;
      const both = join(folder.path, "both.pem");
      writeFileSync(both, readFileSync(certificate, "utf8") + readFileSync(key, "utf8"));
      const config = join(folder.path, "haproxy.cfg");
      writeFileSync(config, makeHaproxyConfig(port, plain, both, root === "one of its own" ? folder.path : "/"));
      const haproxy = startProgram("haproxy", ["-db", "-f", config]);
      context.after(() => haproxy.stop());
      await waitForPort(port);
      const seen = await watch(["--pid", String(haproxy.child.pid), "--limit", "bodyBytes=2M"]);
      for (const version of ["--http1.1", "--http2"])
        for (let i = 0; i < 3; i++) curl(version, `https://127.0.0.1:${port}/${version.slice(2)}/${i}`);
      // Each is three: of the client, to the server behind, and that one's own.
      await seen.until(18);
      assert.equal(await seen.stop(), 0);
      assert.deepEqual(
        seen.exchanges.filter(({ connection }) => connection.local?.port === port).map(summarize),
        ["http1.1", "http2"].flatMap((version) =>
          [0, 1, 2].map((i) => `server GET /${version}/${i} 200 0 hello complete`),
        ),
      );
    });

  test("Netty (BoringSSL, whose file is gone)", { skip: skipNetty() }, async (context) => {
    const [port] = (await findFreePorts(1)) as [number];
    const { key, certificate } = certificates.server;
    const netty = startProgram("java", [
      "-Xmx128m",
      "-cp",
      `${NETTY}:${NETTY}/jars/*`,
      "Server",
      String(port),
      certificate,
      key,
    ]);
    context.after(() => netty.stop());
    await waitForPort(port);
    curl("--http1.1", `https://127.0.0.1:${port}/first`);
    const seen = await watch(["--pid", String(netty.child.pid), "--limit", "bodyBytes=2M"]);
    for (let i = 0; i < 3; i++) curl("--http1.1", `https://127.0.0.1:${port}/${i}`);
    curl("-d", `@${join(folder.path, "body")}`, "--http1.1", `https://127.0.0.1:${port}/large`);
    await seen.until(4);
    assert.equal(await seen.stop(), 0);
    assert.deepEqual(seen.exchanges.map(summarize), [
      ...[0, 1, 2].map((i) => `server GET /${i} 200 0 0 complete`),
      `server POST /large 200 ${BODY} ${BODY} complete`,
    ]);
    assert.ok(seen.exchanges.every(({ connection }) => connection.tls?.decrypted && connection.local?.port === port));
  });

  test("a library that an update took away under a process", { skip: skipUnless("python3") }, async (context) => {
    const library = execFileSync("python3", ["-c", PYTHON_LIBRARY], { encoding: "utf8" }).trim();
    const copy = join(folder.path, "libssl.so.3");
    copyFileSync(library, copy);
    const [port] = (await findFreePorts(1)) as [number];
    const { key, certificate } = certificates.server;
    const python = startProgram("env", [
      `LD_LIBRARY_PATH=${folder.path}`,
      "python3",
      "-c",
      PYTHON_SERVER,
      String(port),
      certificate,
      key,
      copy,
    ]);
    context.after(() => python.stop());
    await waitForPort(port);
    assert.ok(!existsSync(copy), "it has taken it out");
    const seen = await watch(["--pid", String(python.child.pid)]);
    curl("--http1.1", `https://127.0.0.1:${port}/gone`);
    await seen.until(1);
    await delay(100);
    assert.equal(await seen.stop(), 0);
    assert.deepEqual(seen.exchanges.map(summarize), ["server GET /gone 200 0 ok complete"]);
  });
});

function curl(...args: string[]): void {
  execFileSync(findProgram("curl")!, ["-sk", "--max-time", "60", "-o", "/dev/null", ...args]);
}

function skipNetty(): string | false {
  if (!existsSync(join(NETTY, "Server.class")))
    return "missing: Netty (scripts/setup-tests builds it where Maven and a JDK are)";
  return skipUnless("java");
}

function summarize({ connection, request, response, quality }: SeenExchange): string {
  const what = [connection.role, request?.method, request?.target, response?.status, request?.body.size];
  return [...what, response?.body.text, quality].join(" ");
}

function makeHaproxyConfig(port: number, plain: number, certificate: string, root: string): string {
  return `
global
  chroot ${root}
defaults
  mode http
  timeout connect 60s
  timeout client 60s
  timeout server 60s
frontend outside
  bind 127.0.0.1:${port} ssl crt ${certificate} alpn h2,http/1.1
  default_backend inside
backend inside
  server one 127.0.0.1:${plain}
frontend answers
  bind 127.0.0.1:${plain}
  http-request return status 200 content-type text/plain string hello
`;
}

/** The libssl of this Python. */
const PYTHON_LIBRARY = `
import ssl
print(next(line.split()[-1] for line in open("/proc/self/maps") if "libssl.so" in line))
`;

const PYTHON_SERVER = `
import http.server, os, ssl, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"ok")
    def log_message(self, *rest): pass
assert sys.argv[4] in open("/proc/self/maps").read(), "the copy is what is loaded"
os.unlink(sys.argv[4])
server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[2], sys.argv[3])
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
`;
