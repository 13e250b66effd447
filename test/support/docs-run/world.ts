import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer, request } from "node:http";
import { createServer as createHttpsServer, request as requestHttps } from "node:https";
import { createServer as createSocketServer } from "node:net";
import { join } from "node:path";
import { PROJECT } from "./blocks.ts";

/**
 * The place where the pages' commands run: a checkout of the project that they may write into; on loopback a service
 * (127.0.0.1:8080, and `service.example` over TLS) with somebody who asks it; Cilium's agent on its socket; another machine on eth0.
 * All of it is in namespaces of its own: ports and names are those that the pages say.
 */
export class World {
  readonly checkout: string;
  readonly sample: string;
  /** Requests that were answered so far. */
  answered = 0;
  readonly environment: NodeJS.ProcessEnv;
  readonly #timers: NodeJS.Timeout[] = [];
  #neighbour: ChildProcess | undefined;

  /** @param folder an empty one, which is removed by whoever made it */
  constructor(folder: string) {
    this.checkout = join(folder, "tapline");
    this.sample = join(this.checkout, "docs/sample");
    mkdirSync(join(this.checkout, "docs"), { recursive: true });
    for (const name of readdirSync(PROJECT))
      if (!["docs", "taps", "tapline-data", ".git"].includes(name))
        symlinkSync(join(PROJECT, name), join(this.checkout, name));
    cpSync(join(PROJECT, "docs/sample"), this.sample, { recursive: true });
    const { NODE_COMPILE_CACHE, XDG_CACHE_HOME, HOME, PATH } = process.env;
    this.environment = {
      PATH: `${this.checkout}/bin:${PATH}`,
      HOME: folder,
      XDG_CACHE_HOME: XDG_CACHE_HOME ?? join(HOME ?? "/tmp", ".cache"),
      ...(NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE }),
      LC_ALL: "C.UTF-8",
      TZ: "UTC",
      CURL_CA_BUNDLE: join(folder, "cert.pem"),
      npm_config_update_notifier: "false",
    };
    writeFileSync(join(folder, "hosts"), `127.0.0.1 localhost ${NAMES.join(" ")}\n`);
    ip("link", "set", "lo", "up");
    execFileSync("mount", ["--bind", join(folder, "hosts"), "/etc/hosts"]);
    execFileSync("mount", ["-t", "tmpfs", "none", "/run"]);
    const subject = ["-subj", "/CN=service.example", "-addext", "subjectAltName=DNS:service.example"];
    const files = ["-keyout", join(folder, "key.pem"), "-out", join(folder, "cert.pem")];
    execFileSync(
      "openssl",
      [
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
        ...subject,
        ...files,
      ],
      {
        stdio: "ignore",
      },
    );
    this.#serve(folder);
    this.#playAgent();
  }

  /** Somebody asks what listens of these ports, ten times a second, and the service over TLS with its secrets in keys.log. */
  ask(ports: readonly number[], overTls: boolean): void {
    let count = 0;
    const answer = () => {
      this.answered++;
    };
    const timer = setInterval(() => {
      const path = PATHS[count++ % PATHS.length]!;
      for (const port of ports)
        request({ port, host: "127.0.0.1", path, agent: false, headers: { authorization: "Bearer abcdef0123456789" } })
          .once("error", () => {})
          .once("response", (response) => response.once("end", answer).resume())
          .end();
      if (overTls && count % 3 === 0)
        requestHttps({
          port: 443,
          host: "127.0.0.1",
          servername: "service.example",
          rejectUnauthorized: false,
          agent: false,
        })
          .once("error", () => {})
          .once("socket", (socket) =>
            socket.on("keylog", (line: Buffer) => appendFileSync(join(this.sample, "keys.log"), line)),
          )
          .once("response", (response) => response.once("end", answer).resume())
          .end();
    }, 100);
    this.#timers.push(timer);
  }

  /** Another machine, at the other end of eth0, asks the service there. */
  addNeighbour(): void {
    // Names of interfaces are looked for there, too.
    execFileSync("mount", ["-t", "sysfs", "none", "/sys"]);
    const own = readlinkSync("/proc/self/ns/net");
    this.#neighbour = spawn("unshare", ["-n", "sh", "-c", NEIGHBOUR], { stdio: "ignore", detached: true });
    while (readlinkSync(`/proc/${this.#neighbour.pid}/ns/net`) === own) execFileSync("sleep", ["0.02"]);
    ip("link", "add", "eth0", "type", "veth", "peer", "name", "eth1", "netns", String(this.#neighbour.pid));
    ip("addr", "add", "10.0.1.1/24", "dev", "eth0");
    ip("link", "set", "eth0", "up");
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
    if (this.#neighbour !== undefined) process.kill(-this.#neighbour.pid!, "SIGKILL");
  }

  #serve(folder: string): void {
    const answer: Parameters<typeof createServer>[1] = (asked, response) => {
      asked.resume();
      const fails = asked.url === "/fail";
      response.writeHead(fails ? 503 : 200, { "content-type": "application/json" });
      response.end(fails ? '{"error":"no database"}' : '{"hello":"world"}');
    };
    createServer(answer).listen(8080, "0.0.0.0").unref();
    const files = { key: readFileSync(join(folder, "key.pem")), cert: readFileSync(join(folder, "cert.pem")) };
    createHttpsServer(files, answer).listen(443, "127.0.0.1").unref();
  }

  #playAgent(): void {
    mkdirSync("/run/cilium", { recursive: true });
    const session = readFileSync(join(this.sample, "node.gob"));
    const agent = createSocketServer((socket) => {
      socket.on("error", () => {});
      socket.write(session);
    });
    agent.listen("/run/cilium/monitor1_2.sock").unref();
  }
}

const NAMES = ["service.example", "example.org", "oap.example.com", "oap.watch"];
const PATHS = ["/items", "/items/7", "/fail"];
const NEIGHBOUR = `
while ! ip link set eth1 up 2>/dev/null; do sleep 0.05; done
ip addr add 10.0.1.2/24 dev eth1
while sleep 0.1; do curl -sm 2 http://10.0.1.1:8080/items >/dev/null; done`;

function ip(...args: readonly string[]): void {
  execFileSync("ip", args, { stdio: ["ignore", "ignore", "inherit"] });
}
