import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { exchangeLine } from "../../src/analysis/protocols/index.ts";
import { buildExchange } from "./build-exchange.ts";
import { writeHttpBootstrap } from "./http-bootstrap.ts";
import { startProgram } from "./processes.ts";
import { dial, readAll, startService, until } from "./proxy-harness.ts";
import { runProgram } from "./run-program.ts";

const ROOT = join(import.meta.dirname, "../..");

/** `npm run package`, into this folder: the paths of the archive and of the npm tarball. */
export function makePackage(folder: string): { readonly archive: string; readonly tarball: string } {
  execFileSync("npm", ["run", "--silent", "package", "--", folder], { cwd: ROOT, stdio: "pipe", timeout: 600_000 });
  const find = (ending: RegExp): string => join(folder, readdirSync(folder).find((name) => ending.test(name))!);
  return { archive: find(/-linux-x64\.tar\.gz$/), tarball: find(/\d\.tgz$/) };
}

/** A place where an archive is unpacked, and how something runs there. */
export interface CleanPlace {
  /** A program and arguments that run `tapline` with these, in the folder, with nothing in the environment but a PATH. */
  readonly command: (...args: readonly string[]) => [program: string, args: string[]];
  /** The folder as it is seen here. */
  readonly outside: string;
  /** And as it is seen there. */
  readonly inside: string;
}

/** Runs `read`, `proxy` and `up` there. */
export async function tryCommands({ command, outside, inside }: CleanPlace): Promise<void> {
  writeFileSync(join(outside, "one.ndjson"), exchangeLine(buildExchange({ target: "/packed" })));
  const read = await runProgram(...command("read", `${inside}/one.ndjson`));
  assert.deepEqual([read.code, / GET .* \/packed /.test(read.stdout)], [0, true], read.stderr);

  const service = await startService((socket) => socket.pipe(socket));
  writeFileSync(join(outside, "envoy.yaml"), writeHttpBootstrap(service.port, []));
  const proxy = startProgram(...command("proxy", "-c", `${inside}/envoy.yaml`));
  try {
    await until(() => /"msg":"listening"/.test(proxy.output()), "it listens", 60_000);
    const listening = Number(/"address":"127\.0\.0\.1:(\d+)","msg":"listening"/.exec(proxy.output())![1]);
    const client = await dial(listening);
    client.end("GET /echoed HTTP/1.1\r\nHost: h\r\n\r\n");
    assert.match(await readAll(client), /GET \/echoed/);
    assert.equal(await proxy.stop(), 0, proxy.output());
  } finally {
    await proxy.stop("SIGKILL");
    service.stop();
  }

  const up = startProgram(...command("up"));
  try {
    await until(() => up.output().includes("Ctrl-C"), "it says where it is", 60_000);
    const page = /the page +(\S+)/.exec(up.output())![1]!;
    assert.match(await (await fetch(page)).text(), /^<!doctype html>/);
    await until(() => /requests\/s/.test(up.output()), "its status line", 60_000);
    assert.equal(await up.stop("SIGINT"), 130, up.output());
  } finally {
    await up.stop("SIGKILL");
  }
}
