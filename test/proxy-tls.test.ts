import assert from "node:assert/strict";
import { createHash, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, describe, test } from "node:test";
import { type ConnectionOptions, connect, createServer, type TLSSocket, type TlsOptions } from "node:tls";
import { type Certificates, createCertificates } from "./support/certificates.ts";
import { skipUnless } from "./support/needs.ts";
import { findFreePorts, startProgram, waitForPort } from "./support/processes.ts";
import { type Harness, ip, readAll, startProxy, startService, until, writeBootstrap } from "./support/proxy-harness.ts";
import { runProgram } from "./support/run-program.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";

type KeyPair = Certificates["client"];

const DOWNSTREAM = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext";
const UPSTREAM = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext";

describe("TLS", { skip: skipUnless("openssl") }, () => {
  const folder = makeTemporaryFolder();
  let certificates: Certificates;
  const cleanups: (() => void)[] = [];
  before(() => {
    certificates = createCertificates(folder.path);
  });
  afterEach(() => {
    for (const cleanup of cleanups.splice(0)) cleanup();
  });
  after(folder.remove);

  const pem = ({ certificate, key }: KeyPair) =>
    `tls_certificates: [{certificate_chain: {filename: ${certificate}}, private_key: {filename: ${key}}}]`;
  const trusting = (more = "") => `validation_context: {trusted_ca: {filename: ${certificates.authority}}${more}}`;

  /** A transport socket with TLS; `common` are entries of its common_tls_context, `more` of the context. */
  const downstream = (common: string, more = "") =>
    `transport_socket: {name: envoy.transport_sockets.tls, typed_config: {"@type": ${DOWNSTREAM}, common_tls_context: {${pem(certificates.server)}${common}}${more}}}`;
  const upstream = (common: string, more = "") =>
    `transport_socket: {name: envoy.transport_sockets.tls, typed_config: {"@type": ${UPSTREAM}, common_tls_context: {${common}}${more}}}`;

  async function proxyTo(port: number, sockets: { chain?: string; cluster?: string }): Promise<Harness> {
    const harness = await startProxy(writeBootstrap({ endpoints: [ip(port)], ...sockets }));
    cleanups.push(() => harness.proxy.stop());
    return harness;
  }

  async function plainService(text: string): Promise<number> {
    const { port, stop } = await startService((socket) => {
      socket.once("data", (bytes) => socket.end(`${text}${bytes}`));
    });
    cleanups.push(stop);
    return port;
  }

  /** A TLS server (Node's) that answers with what it knows of the connection. */
  async function tlsService(options: TlsOptions = {}): Promise<number> {
    const { server: pair } = certificates;
    const credentials = { cert: readFileSync(pair.certificate), key: readFileSync(pair.key) };
    const server = createServer({ ...credentials, ...options }, (socket) => {
      socket.on("error", () => {});
      const peer = socket.getPeerX509Certificate()?.subjectAltName ?? "nobody";
      socket.end(
        `${socket.alpnProtocol || "none"} ${(socket as { servername?: string | false }).servername || "none"} ${peer}`,
      );
    });
    server.on("tlsClientError", () => {});
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    cleanups.push(() => server.close());
    return (server.address() as { port: number }).port;
  }

  async function startServer(program: string, args: readonly string[], port: number): Promise<void> {
    const started = startProgram(program, args);
    cleanups.push(() => void started.stop());
    await waitForPort(port);
  }

  function dialTls(port: number, options: ConnectionOptions = {}): TLSSocket {
    const socket = connect({ host: "127.0.0.1", port, ca: readFileSync(certificates.authority), ...options });
    cleanups.push(() => socket.destroy());
    return socket;
  }

  /** The text that a server sends, or the error's code. */
  async function answerOf(socket: TLSSocket): Promise<string> {
    const failed = new Promise<string>((resolve) => {
      socket.on("error", (error: NodeJS.ErrnoException) => resolve(`error ${error.code}`));
    });
    return Promise.race([readAll(socket), failed]);
  }

  const counter = ({ proxy }: Harness, end: string) =>
    proxy.counters.collect().find(({ name }) => name.endsWith(end))?.value;

  test("is terminated downstream, and the tap sees plaintext and what was negotiated", async () => {
    const harness = await proxyTo(await plainService("you said "), { chain: downstream("") });
    const client = dialTls(harness.port, { servername: "demo.example.com" });
    client.write("hello");
    assert.equal(await answerOf(client), "you said hello");
    client.end();
    await until(() => harness.proxy.connectionCount === 0, "the relay has ended");
    const [seen] = harness.tap.of("server");
    assert.deepEqual([seen!.read, seen!.written], ["hello", "you said hello"]);
    assert.deepEqual(seen!.events.slice(0, 2), ["open", "read 5"]);
    const { version, sni, decrypted } = seen!.connection.tls!;
    assert.deepEqual({ version, sni, decrypted }, { version: "TLSv1.3", sni: "demo.example.com", decrypted: true });
  });

  test("is originated upstream, with the configured server name", async () => {
    const harness = await proxyTo(await tlsService(), {
      chain: downstream(""),
      cluster: upstream(trusting(), ", sni: demo.example.com"),
    });
    assert.equal(await answerOf(dialTls(harness.port)), "none demo.example.com nobody");
  });

  test("carries megabytes both ways unchanged", async () => {
    const sent = Buffer.alloc(4 << 20, "0123456789abcdef-");
    const { port, stop } = await startService((socket) => socket.pipe(socket));
    cleanups.push(stop);
    const inner = await proxyTo(port, { chain: downstream("") });
    const outer = await proxyTo(inner.port, { chain: downstream(""), cluster: upstream(trusting()) });
    const client = dialTls(outer.port);
    client.end(sent);
    assert.ok(Buffer.from(await answerOf(client), "latin1").equals(sent));
    await until(() => outer.proxy.connectionCount + inner.proxy.connectionCount === 0, "the relays have ended");
    assert.ok(outer.proxy.ledger.balanced && inner.proxy.ledger.balanced);
    assert.equal(outer.tap.of("client")[0]!.read.length, sent.length);
  });

  test("only the configured versions are spoken", async () => {
    const params = ", tls_params: {tls_maximum_protocol_version: TLSv1_2}";
    const harness = await proxyTo(await plainService("over "), { chain: downstream(params) });
    const refused = await answerOf(dialTls(harness.port, { minVersion: "TLSv1.3" }));
    assert.match(refused, /^error ERR_SSL_/);
    const client = dialTls(harness.port);
    client.write("1.2");
    assert.equal(await answerOf(client), "over 1.2");
    assert.equal(client.getProtocol(), "TLSv1.2");
    assert.equal(counter(harness, "ssl.connection_error"), 1);
  });

  test("a client certificate is required, verified, and matched by name", async () => {
    const common = `, ${trusting(', match_typed_subject_alt_names: [{san_type: URI, matcher: {prefix: "spiffe://example.com/"}}]')}`;
    const harness = await proxyTo(await plainService("welcome "), {
      chain: downstream(common, ", require_client_certificate: true"),
    });
    const pairOf = ({ certificate, key }: KeyPair) => ({ cert: readFileSync(certificate), key: readFileSync(key) });
    const attempt = async (options: ConnectionOptions) => {
      const client = dialTls(harness.port, options);
      client.on("secureConnect", () => client.write("client"));
      return answerOf(client);
    };
    assert.equal(await attempt(pairOf(certificates.client)), "welcome client");
    assert.notEqual(await attempt({}), "welcome client");
    assert.notEqual(await attempt(pairOf(certificates.stranger)), "welcome client");
    assert.equal(harness.tap.of("client").length, 1, "refused clients reach no endpoint");
  });

  test("a certificate is sent upstream", async () => {
    const port = await tlsService({ requestCert: true, ca: readFileSync(certificates.authority) });
    const harness = await proxyTo(port, { chain: downstream(""), cluster: upstream(pem(certificates.client)) });
    assert.equal(
      await answerOf(dialTls(harness.port)),
      "none none DNS:client.example.com, URI:spiffe://example.com/client",
    );
  });

  test("an upstream server's certificate is verified as configured", async () => {
    const port = await tlsService();
    const hash = createHash("sha256")
      .update(new X509Certificate(readFileSync(certificates.server.certificate)).raw)
      .digest("hex");
    const name = (type: string, value: string) =>
      `, match_typed_subject_alt_names: [{san_type: ${type}, matcher: {exact: "${value}"}}]`;
    const { stranger } = certificates;
    const cases: [validation: string, accepted: boolean][] = [
      ["", true],
      [trusting(), true],
      [`validation_context: {trusted_ca: {filename: ${stranger.certificate}}}`, false],
      [
        `validation_context: {trusted_ca: {filename: ${stranger.certificate}}, trust_chain_verification: ACCEPT_UNTRUSTED}`,
        true,
      ],
      [trusting(name("DNS", "demo.example.com")), true],
      [trusting(name("DNS", "other.example.org")), false],
      [trusting(name("URI", "spiffe://example.com/service")), true],
      [trusting(name("IP_ADDRESS", "127.0.0.1")), true],
      [trusting(name("URI", "demo.example.com")), false],
      [`validation_context: {verify_certificate_hash: ["${hash}"]}`, true],
      [`validation_context: {verify_certificate_hash: ["${"0".repeat(64)}"]}`, false],
    ];
    for (const [validation, accepted] of cases) {
      const harness = await proxyTo(port, { chain: downstream(""), cluster: upstream(validation) });
      const answer = await answerOf(dialTls(harness.port));
      assert.equal(answer, accepted ? "none none nobody" : "", validation);
      if (!accepted) assert.equal(counter(harness, "upstream_cx_connect_fail"), 1);
    }
  });

  test("session keys are written where they are asked for, and only then", async () => {
    const log = join(folder.path, "keys", "log.txt");
    const other = join(folder.path, "keys", "none.txt");
    const keyLog = (path: string, range: string) =>
      `, key_log: {path: ${path}, local_address_range: [{address_prefix: ${range}, prefix_len: 8}]}`;
    for (const [path, range] of [
      [log, "127.0.0.0"],
      [other, "10.0.0.0"],
    ] as const) {
      const harness = await proxyTo(await plainService(""), { chain: downstream(keyLog(path, range)) });
      const client = dialTls(harness.port);
      client.write("x");
      assert.equal(await answerOf(client), "x");
    }
    const lines = readFileSync(log, "utf8").trim().split("\n");
    assert.ok(lines.length >= 4);
    for (const line of lines) assert.match(line, /^[A-Z_0-9]+ [0-9a-f]{64} [0-9a-f]{64,96}$/);
    assert.equal(statSync(log).mode & 0o777, 0o600);
    assert.equal(existsSync(other), false);
  });

  test("a key that does not belong to its certificate is refused, with its place", async () => {
    const { server, client } = certificates;
    const pair = pem({ certificate: server.certificate, key: client.key });
    const chain = `transport_socket: {name: tls, typed_config: {"@type": ${DOWNSTREAM}, common_tls_context: {${pair}}}}`;
    await assert.rejects(startProxy(writeBootstrap({ endpoints: [ip(1)], chain })), {
      code: "configuration",
      message: /^the TLS configuration is refused: .*key values mismatch/,
    });
  });

  test("a client that never finishes its handshake is let go", async () => {
    const harness = await proxyTo(await plainService(""), {
      chain: `transport_socket_connect_timeout: 0.2s, ${downstream("")}`,
    });
    const { dial } = await import("./support/proxy-harness.ts");
    const silent = await dial(harness.port);
    assert.equal(await readAll(silent), "");
    silent.destroy();
    const babbling = await dial(harness.port);
    babbling.write("GET / HTTP/1.1\r\n\r\n");
    await readAll(babbling);
    babbling.destroy();
    await until(() => harness.proxy.connectionCount === 0, "both sessions have ended");
    assert.equal(harness.tap.of("client").length, 0);
  });

  test("what is no ClientHello ends at once, also where OpenSSL would wait for more", { timeout: 30_000 }, async () => {
    const harness = await proxyTo(await plainService(""), { chain: downstream("") });
    const { dial } = await import("./support/proxy-harness.ts");
    for (const hex of ["802e010002", "1603010000", `160301ffff${"61".repeat(20)}`, "1609090020", "0d0a0d0a0d"])
      for (const isEnded of [false, true]) {
        const client = await dial(harness.port);
        client.write(Buffer.from(hex, "hex"));
        if (isEnded) client.end();
        await readAll(client);
        client.destroy();
      }
    await until(() => harness.proxy.connectionCount === 0, "all sessions have ended");
  });

  describe("ALPN on both sides", () => {
    const BOTH = ", alpn_protocols: [h2, http/1.1]";
    const cases: [name: string, server: string[], cluster: string, client: string[], protocol: string][] = [
      ["both know h2", ["h2", "http/1.1"], "", ["h2", "http/1.1"], "h2"],
      ["the server knows only http/1.1", ["http/1.1"], "", ["h2", "http/1.1"], "http/1.1"],
      [
        "the cluster allows only http/1.1",
        ["h2", "http/1.1"],
        "alpn_protocols: [http/1.1]",
        ["h2", "http/1.1"],
        "http/1.1",
      ],
      ["the client knows only http/1.1", ["h2", "http/1.1"], "", ["http/1.1"], "http/1.1"],
      ["the client offers nothing", ["h2", "http/1.1"], "alpn_protocols: [h2, http/1.1]", [], "http/1.1"],
    ];
    for (const [name, server, cluster, client, protocol] of cases) {
      test(`the client gets what the upstream server picks: ${name}`, async () => {
        const port = await tlsService({ ALPNProtocols: server });
        const harness = await proxyTo(port, { chain: downstream(BOTH), cluster: upstream(cluster) });
        const socket = dialTls(harness.port, client.length === 0 ? {} : { ALPNProtocols: client });
        assert.equal(await answerOf(socket), `${protocol} none nobody`);
        assert.equal(socket.alpnProtocol || "none", client.length === 0 ? "none" : protocol);
      });
    }

    test("a server without ALPN speaks HTTP/1.1", async () => {
      const harness = await proxyTo(await tlsService(), { chain: downstream(BOTH), cluster: upstream("") });
      const socket = dialTls(harness.port, { ALPNProtocols: ["h2", "http/1.1"] });
      assert.equal(await answerOf(socket), "none none nobody");
      assert.equal(socket.alpnProtocol, "http/1.1");
    });

    test("curl speaks h2 to nghttpd and HTTP/1.1 to nginx", {
      skip: skipUnless("curl", "nghttpd", "nginx"),
    }, async () => {
      const { server } = certificates;
      const root = join(folder.path, "www");
      mkdirSync(root, { recursive: true });
      writeFileSync(join(root, "hello.txt"), "hello from the service\n");
      const [h2Port, h1Port] = (await findFreePorts(2)) as [number, number];
      await startServer("nghttpd", ["-d", root, String(h2Port), server.key, server.certificate], h2Port);
      const nginxConf = join(folder.path, "nginx.conf");
      writeFileSync(
        nginxConf,
        `daemon off; worker_processes 1; pid ${folder.path}/nginx.pid; error_log ${folder.path}/nginx.log;
events {}
http { access_log off; server { listen 127.0.0.1:${h1Port} ssl; location / { return 200 "hello from the service\\n"; }
  ssl_certificate ${server.certificate}; ssl_certificate_key ${server.key}; } }`,
      );
      await startServer("nginx", ["-c", nginxConf], h1Port);
      for (const [port, version] of [
        [h2Port, "2"],
        [h1Port, "1.1"],
      ] as const) {
        const harness = await proxyTo(port, { chain: downstream(BOTH), cluster: upstream(trusting()) });
        const args = [
          "-sS",
          "--cacert",
          certificates.authority,
          "-w",
          "%{http_version}",
          `https://127.0.0.1:${harness.port}/hello.txt`,
        ];
        const { stdout, stderr } = await runProgram("curl", args);
        assert.equal(stdout, `hello from the service\n${version}`, stderr);
        await until(() => harness.tap.of("server")[0]?.events.at(-1)?.startsWith("close") === true, "it has closed");
        const [seen] = harness.tap.of("server");
        assert.match(seen!.read, version === "2" ? /^PRI \* HTTP\/2\.0/ : /^GET \/hello\.txt HTTP\/1\.1/);
        assert.equal(harness.tap.of("client")[0]!.written, seen!.read);
      }
    });
  });

  for (const [version, name] of [
    ["-tls1_2", "TLSv1.2"],
    ["-tls1_3", "TLSv1.3"],
  ] as const)
    test(`openssl's client resumes a session with its certificate, and others do not get in with it: ${name}`, async () => {
      const harness = await proxyTo(await plainService("welcome "), {
        chain: downstream(`, ${trusting()}`, ", require_client_certificate: true"),
      });
      const connect = async (pair: KeyPair | undefined, ...options: string[]) => {
        const own = pair === undefined ? [] : ["-cert", pair.certificate, "-key", pair.key];
        const args = ["s_client", "-connect", `127.0.0.1:${harness.port}`, version, ...own, ...options, "-ign_eof"];
        return (await runProgram("openssl", args, { input: "hello", timeoutMillis: 3000 })).stdout;
      };
      const session = join(folder.path, `client${version}.pem`);
      assert.match(await connect(certificates.client, "-sess_out", session), /welcome hello/);
      const resumed = await connect(certificates.client, "-sess_in", session);
      assert.match(resumed, /welcome hello/);
      assert.match(resumed, new RegExp(`Reused, ${name}`));
      const refused = join(folder.path, `stranger${version}.pem`);
      for (const options of [["-sess_out"], ["-sess_in"]])
        for (const pair of [certificates.stranger, undefined])
          assert.doesNotMatch(await connect(pair, ...options, refused), /welcome/);
    });

  test("openssl's client and server agree through the proxy, resuming a session", async () => {
    const { server } = certificates;
    const [port] = (await findFreePorts(1)) as [number];
    const args = ["s_server", "-accept", `127.0.0.1:${port}`, "-cert", server.certificate, "-key", server.key, "-rev"];
    await startServer("openssl", [...args, "-quiet"], port);
    const harness = await proxyTo(port, { chain: downstream(""), cluster: upstream(trusting(), ", sni: localhost") });
    const session = join(folder.path, "session.pem");
    const base = ["s_client", "-connect", `127.0.0.1:${harness.port}`, "-CAfile", certificates.authority, "-tls1_2"];
    const first = await runProgram("openssl", [...base, "-sess_out", session, "-ign_eof"], {
      input: "abc\nCLOSE\n",
      timeoutMillis: 3000,
    });
    assert.match(first.stdout, /\ncba\n/);
    assert.match(first.stdout, /Verify return code: 0/);
    const second = await runProgram("openssl", [...base, "-sess_in", session, "-ign_eof"], {
      input: "xyz\nCLOSE\n",
      timeoutMillis: 3000,
    });
    assert.match(second.stdout, /\nzyx\n/);
    assert.match(second.stdout, /Reused, TLSv1\.2/);
  });
});
