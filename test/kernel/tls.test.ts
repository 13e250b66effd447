import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { Agent, get } from "node:https";
import { homedir, release } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { BpfObject } from "../../src/source/ebpf/loader/bpf-object.ts";
import { TlsProbes } from "../../src/source/ebpf/tls/tls-probes.ts";
import { type Certificates, createCertificates } from "../support/certificates.ts";
import { findProgram, skipUnless } from "../support/needs.ts";
import { findFreePorts, type StartedProgram, startProgram, waitForPort } from "../support/processes.ts";
import { makeTemporaryFolder } from "../support/temporary-folder.ts";
import { runWatched, type SeenExchange, skipWithoutKernel, watch } from "./support/kernel.ts";

const skip = (await skipWithoutKernel()) || skipUnless("openssl");

describe("TLS of processes", { skip }, () => {
  const folder = makeTemporaryFolder();
  let certificates: Certificates;
  let server: StartedProgram;
  let port: number;

  before(async () => {
    certificates = createCertificates(folder.path);
    [port] = (await findFreePorts(1)) as [number];
    const { key, certificate } = certificates.server;
    server = startProgram(process.execPath, ["-e", NODE_SERVER, String(port), key, certificate]);
    await waitForPort(port);
  });
  after(async () => {
    await server.stop();
    folder.remove();
  });

  for (const [name, needs, command] of [
    ["curl (libssl)", "curl", (url: string) => ["curl", "-sk", url]],
    ["curl over HTTP/2", "curl", (url: string) => ["curl", "-sk", "--http2", url]],
    ["Python (libssl, the _ex calls)", "python3", (url: string) => ["python3", "-c", PYTHON_CLIENT, url]],
    ["Node (OpenSSL inside)", "sh", (url: string) => [process.execPath, "-e", NODE_CLIENT, url]],
    ["wget (GnuTLS)", "wget", (url: string) => ["wget", "-q", "-O", "-", "--no-check-certificate", url]],
  ] as const)
    test(`what ${name} says as a client`, { skip: skipUnless(needs) }, async () => {
      const { code, exchanges } = await runWatched([], command(`https://127.0.0.1:${port}/of/${needs}?x=1`));
      assert.equal(code, 0);
      assert.deepEqual(exchanges.map(summarize), [`client GET /of/${needs}?x=1 200 hello complete ${port}`]);
      assert.ok(exchanges[0]?.connection.tls?.decrypted);
      assert.match(exchanges[0]?.connection.tls?.version ?? "", /^TLSv1\.[23]$/);
    });

  test("a server of Node, and the connections that were there before the agent", async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false });
    await ask("/before", agent);
    const seen = await watch(["--pid", String(server.child.pid)]);
    for (let i = 0; i < 5; i++) await ask(`/kept/${i}`, agent);
    const agents = Array.from({ length: 10 }, () => new Agent({ keepAlive: true, rejectUnauthorized: false }));
    for (let round = 0; round < 3; round++) await Promise.all(agents.map((one, i) => ask(`/${round}/${i}`, one)));
    await seen.until(35);
    agent.destroy();
    for (const one of agents) one.destroy();
    assert.equal(await seen.stop(), 0);
    const targets = seen.exchanges.map(({ request }) => request?.target);
    const expected = [
      ...Array.from({ length: 5 }, (_, i) => `/kept/${i}`),
      ...Array.from({ length: 30 }, (_, i) => `/${Math.floor(i / 10)}/${i % 10}`),
    ];
    assert.deepEqual(targets.sort(), expected.sort());
    assert.ok(
      seen.exchanges.every(({ connection, response }) => connection.role === "server" && response?.status === 200),
    );
    assert.ok(seen.exchanges.every(({ connection }) => connection.local?.port === port));
  });

  for (const flags of ["", "-s -w"])
    test(`Go${flags === "" ? "" : ", stripped"}: client and server`, { skip: skipUnless("go") }, async (context) => {
      const program = buildGo(flags);
      const [goPort] = (await findFreePorts(1)) as [number];
      const { key, certificate } = certificates.server;
      const goServer = startProgram(program, ["serve", String(goPort), certificate, key]);
      context.after(() => goServer.stop());
      await waitForPort(goPort);
      const seen = await watch(["--pid", String(goServer.child.pid)]);
      const client = await runWatched([], [program, "get", `https://127.0.0.1:${goPort}/go`, "3"]);
      await seen.until(3);
      await seen.stop();
      const expected = Array.from({ length: 3 }, (_, i) => `GET /go/${i} 200 hello complete ${goPort}`);
      assert.deepEqual(
        client.exchanges.map(summarize),
        expected.map((line) => `client ${line}`),
      );
      assert.deepEqual(
        seen.exchanges.map(summarize),
        expected.map((line) => `server ${line}`),
      );
    });

  test("Go: all places where a function returns are one link", {
    skip: skipUnless("go") || skipBefore(6, 6),
  }, async () => {
    const object = await BpfObject.open();
    try {
      object.load();
      const [library] = new TlsProbes(object).attachToFile(buildGo(""));
      assert.deepEqual([library?.kind, library?.problem], ["go", undefined]);
      // Read and Write as they begin; the returns are another object's.
      assert.equal(object.attachments, 2);
    } finally {
      object.close();
    }
  });

  test("nginx (libssl) with a large body", { skip: skipUnless("nginx", "curl") }, async (context) => {
    const [nginxPort] = (await findFreePorts(1)) as [number];
    const { key, certificate } = certificates.server;
    writeFileSync(join(folder.path, "large"), "x".repeat(1_000_000));
    const config = join(folder.path, "nginx.conf");
    writeFileSync(
      config,
      `daemon off; master_process off; error_log /dev/null; pid ${folder.path}/nginx.pid; events {}
http { access_log off; server { listen 127.0.0.1:${nginxPort} ssl; ssl_certificate ${certificate}; ssl_certificate_key ${key}; root ${folder.path}; } }`,
    );
    const nginx = startProgram("nginx", ["-c", config, "-p", folder.path]);
    context.after(() => nginx.stop());
    await waitForPort(nginxPort);
    const seen = await watch(["--pid", String(nginx.child.pid), "--limit", "bodyBytes=2M"]);
    execFileSync(findProgram("curl")!, ["-sk", "-o", "/dev/null", `https://127.0.0.1:${nginxPort}/large`]);
    await seen.until(1);
    await seen.stop();
    const [exchange] = seen.exchanges;
    assert.equal(exchange?.quality, "complete");
    assert.equal(exchange?.response?.body.size, 1_000_000);
    assert.equal(exchange?.response?.body.text, readFileSync(join(folder.path, "large"), "utf8"));
  });

  function ask(path: string, agent: Agent): Promise<void> {
    return new Promise((resolve, reject) => {
      get({ port, host: "127.0.0.1", path, agent }, (response) => response.resume().on("end", resolve)).on(
        "error",
        reject,
      );
    });
  }
});

const NODE_SERVER = `
const { readFileSync } = require("node:fs");
const [, port, key, cert] = process.argv;
const options = { key: readFileSync(key), cert: readFileSync(cert), allowHTTP1: true };
const server = require("node:http2").createSecureServer(options, (q, r) => q.resume().on("end", () => r.end("hello")));
server.keepAliveTimeout = 120_000;
server.listen(+port, "127.0.0.1");
`;

const NODE_CLIENT = `
require("node:https").get(process.argv[1], { rejectUnauthorized: false }, (r) => r.resume());
`;

const PYTHON_CLIENT = `
import ssl, sys, urllib.request
urllib.request.urlopen(sys.argv[1], context=ssl._create_unverified_context()).read()
`;

const GO_PROGRAM = `package main

import (
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
)

func main() {
	if os.Args[1] == "serve" {
		http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "hello") })
		server := &http.Server{Addr: "127.0.0.1:" + os.Args[2], TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){}}
		panic(server.ListenAndServeTLS(os.Args[3], os.Args[4]))
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	count, _ := strconv.Atoi(os.Args[3])
	for i := 0; i < count; i++ {
		response, err := client.Get(fmt.Sprintf("%s/%d", os.Args[2], i))
		if err != nil {
			panic(err)
		}
		io.Copy(io.Discard, response.Body)
		response.Body.Close()
	}
}
`;

/** Built once, into the cache of peers. */
function buildGo(flags: string): string {
  const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "tapline/kernel-tests");
  const program = join(cache, flags === "" ? "go-tls" : "go-tls-stripped");
  mkdirSync(cache, { recursive: true });
  const source = join(cache, "main.go");
  if (existsSync(program) && existsSync(source) && readFileSync(source, "utf8") === GO_PROGRAM) return program;
  writeFileSync(source, GO_PROGRAM);
  execFileSync(findProgram("go")!, ["build", "-ldflags", flags, "-o", program, source], { cwd: cache });
  return program;
}

/** Why a kernel is too old. */
function skipBefore(major: number, minor: number): string | false {
  const [own, ownMinor] = release().split(".").map(Number) as [number, number];
  return own > major || (own === major && ownMinor >= minor)
    ? false
    : `Linux ${major}.${minor} has it, this is ${release()}`;
}

function summarize({ connection, request, response, quality }: SeenExchange): string {
  const { role, local, remote } = connection;
  const served = role === "client" ? remote?.port : local?.port;
  return [role, request?.method, request?.target, response?.status, response?.body.text, quality, served].join(" ");
}
