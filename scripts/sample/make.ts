/**
 * Writes docs/sample/: what the examples of the pages read. Most of it is built here; what is TLS and gRPC is recorded of real
 * programs on loopback, so that their bytes differ from run to run.
 *
 * usage: node scripts/sample/make.ts
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { makeMonitorSession, NAMES } from "./cilium.ts";
import { recordGrpc, recordTls } from "./live.ts";
import { makeRedisAndDns } from "./other-protocols.ts";
import { makeDay, makeNight, makeTrace } from "./shop.ts";

const root = join(import.meta.dirname, "../..");
const sample = join(root, "docs/sample");
const scratch = mkdtempSync(join(tmpdir(), "tapline-sample-"));
process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));
mkdirSync(join(sample, "api"), { recursive: true });

const SERVICE = `syntax = "proto3";

package shop;

service Carts {
  rpc Get(GetRequest) returns (Cart);
}

message GetRequest {
  int32 id = 1;
}

message Cart {
  int32 id = 1;
  string item = 2;
}
`;

write("capture.pcapng", makeNight().write());
write("day.pcapng.gz", gzipSync(makeDay().write(), { level: 9 }));
write("redis-dns.pcapng", makeRedisAndDns().write());
const { capture, keys } = await recordTls(scratch);
write("tls.pcapng", capture);
write("keys.log", keys);
write("grpc.pcapng", await recordGrpc());
write("node.gob", makeMonitorSession());
write("names.json", `${JSON.stringify(NAMES)}\n`);
write("api/service.proto", SERVICE);
for (const extension of ["pb", "pb_length_delimited"])
  tapline("convert", "--force", write("trace.json", makeTrace(extension === "pb")), join(sample, `trace.${extension}`));
rmSync(join(sample, "trace.json"));
// The minutes around the failure, as a browser saves them: with its secrets.
const around = ["--since", "02:12", "--until", "02:14", "--tz", "UTC", "--no-redact", "-q"];
tapline("read", join(sample, "capture.pcapng"), ...around, "-w", join(sample, "session.har"));
const buf = join(root, "node_modules/.bin/buf");
execFileSync(buf, ["build", join(sample, "api"), "-o", join(sample, "set.binpb")], { stdio: "inherit" });

function write(name: string, content: Uint8Array | string): string {
  const path = join(sample, name);
  writeFileSync(path, content);
  return path;
}

function tapline(...args: readonly string[]): void {
  execFileSync(join(root, "bin/tapline"), args, { stdio: ["ignore", "ignore", "inherit"] });
}
