import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { sharedData, skipUnless } from "../support/needs.ts";
import { findWithTshark } from "../support/tshark-exchanges.ts";

const captures = sharedData("corpora/captures");

/** Where tapline and tshark do not find the same, what only one of them finds, and why. */
const DIFFERENCES: Readonly<
  Record<string, { why: string; decodeAs?: string[]; tshark?: string[]; tapline?: string[] }>
> = {
  "client-ip.pcap": {
    why: `Two packets. Of the request the last 308 bytes, most of them headers, were never captured: tshark waits for them and
      for the rest of the response, and shows neither; tapline shows the exchange, and says that it is not whole.`,
    tapline: ["POST /biz-inquiry-bff/bff/v1/common/check/polymerization?channel=webportal&terminalType=bff 200 0 469"],
  },
  "grpc-server-stream.pcap": {
    why: "The same, although 17 bytes are missing in three places; but tshark does not recognise HTTP/2 without its preface.",
    decodeAs: ["tcp.port==9001,http2"],
  },
  "grpc-unary.pcap": {
    why: "The response's DATA frame is cut: tshark shows nothing of it, tapline counts what is there and says `unfinished`.",
    decodeAs: ["tcp.port==30035,http2"],
    tshark: ["POST /agent.Synchronizer/Sync 200 242 0"],
    tapline: ["POST /agent.Synchronizer/Sync 200 242 1336"],
  },
  "h2c_ascii.pcap": {
    why: "The same; but tshark does not recognise HTTP/2 without its preface, and has to be told.",
    decodeAs: ["tcp.port==7070,http2"],
  },
  "http-tcp-seq-issue.pcap": {
    why: `The request's second segment comes first, then both at once, and the response is cut after 601 bytes of its body.
      tshark shows neither, since its reassembly waits for what is overlapped and for what is cut.`,
    tapline: [
      "POST /xxxxxxxxx/xxxxxx/xxxxxxxxxxx/xxxxxxxxxx/xxx/xxxxxxxxx.xxx?Command=FileUpload&Type=File&CurrentFolder=%2F 200 300 601",
    ],
  },
  "http2-nghttp2.pcap": {
    why: `The request of stream 13 is a HEADERS frame and a CONTINUATION, which tshark 4.0 does not decode: it shows neither
      method nor path.`,
    tshark: ["- - 200 0 6616"],
    tapline: ["GET / 200 0 6616"],
  },
};

describe("tapline read finds the exchanges that tshark finds", {
  skip: captures.skip || skipUnless("tshark"),
}, () => {
  for (const name of captures.skip ? [] : readdirSync(captures.path).filter((file) => file.endsWith(".pcap")))
    test(name, () => {
      const { decodeAs, tshark = [], tapline = [] } = DIFFERENCES[name] ?? {};
      const theirs = findWithTshark(join(captures.path, name), decodeAs);
      const ours = findWithTapline(join(captures.path, name));
      assert.deepEqual(
        { tshark: without(theirs, ours), tapline: without(ours, theirs) },
        { tshark: [...tshark].sort(), tapline: [...tapline].sort() },
      );
    });
});

/** In the words of `findWithTshark`; what is no HTTP is left out. */
function findWithTapline(file: string): string[] {
  const fields = ["request.method", "request.path", "response.code", "request.size", "response.size"];
  const run = spawnSync(
    join(import.meta.dirname, "../../bin/tapline"),
    ["read", file, "--no-redact", "-T", "fields", "-Y", "http", ...fields.flatMap((field) => ["-e", field])],
    { encoding: "utf8" },
  );
  assert.equal(run.status, 0, run.stderr);
  return run.stdout
    .split("\n")
    .slice(0, -1)
    .map((line) => {
      const [method, path, status, sent, received] = line.split("\t").map((cell) => cell);
      return [method || "-", path || "-", status || "-", sent || "0", received || "0"].join(" ");
    });
}

/** Those of `all` that are not in `others`, each counted as often as it is there. */
function without(all: readonly string[], others: readonly string[]): string[] {
  const rest = [...others];
  return all
    .filter((item) => {
      const at = rest.indexOf(item);
      if (at >= 0) rest.splice(at, 1);
      return at < 0;
    })
    .sort();
}
