import assert from "node:assert/strict";
import { globSync } from "node:fs";
import { describe, test } from "node:test";
import { sharedData } from "../support/needs.ts";
import { documentsOf, loadPackets, resegment, retransmit } from "../support/rewrite-packets.ts";

/** Where it still matters how a capture is cut, and why. */
const KNOWN: Readonly<Record<string, string>> = {
  "grpc-server-stream.pcap":
    "behind a gap of HTTP/2, DATA is found again at another place where segments are of one byte",
  "https2-301-get.pcap": "TLS behind the plain text of a proxy begins with a segment of its own, or is not found",
  "socks-http-example.pcap": "HTTP behind SOCKS is looked for where a segment begins",
  "socks-http-pass.pcap": "HTTP behind SOCKS is looked for where a segment begins",
  "socks-https-example.pcap": "TLS behind SOCKS is looked for where a segment begins",
  "socks4-https.pcap": "TLS behind SOCKS is looked for where a segment begins",
  "req-double-space.pcap": "the response to what was not recognised as a request is looked for where a segment begins",
};

for (const folder of ["corpora/captures", "findings"]) {
  const { path, skip } = sharedData(folder);
  describe(`how a capture is cut into segments, in ${folder}`, { skip }, () => {
    for (const name of skip ? [] : globSync("**/*.{pcap,pcapng}", { cwd: path }).sort()) {
      const why = KNOWN[name.replace(/^.*\//, "")];
      test(name, why === undefined ? {} : { todo: why }, () => {
        const packets = loadPackets(`${path}/${name}`);
        const documents = documentsOf(packets);
        assert.deepEqual(documentsOf(retransmit(packets)), documents, "each segment twice");
        for (const size of [1, 2, 3, 7, 1460])
          assert.deepEqual(documentsOf(resegment(packets, size)), documents, `segments of ${size} bytes`);
      });
    }
  });
}
