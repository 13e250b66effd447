import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { rewrittenDocuments } from "../support/compare-rewritten.ts";
import { withoutOrder } from "../support/damage-packets.ts";
import { REWRITES, repeatLater } from "../support/link-rewrites.ts";
import { sharedData } from "../support/needs.ts";
import { documentsOf, loadPackets } from "../support/rewrite-packets.ts";

/** Small captures of several protocols; test/peers/rewritings.test.ts takes all there are. */
const CAPTURES = [
  "corpora/captures/http-100-continue.pcap",
  "corpora/captures/http-content-gzip.pcap",
  "corpora/captures/h2c_ascii.pcap",
  "corpora/captures/socks5-http-302.pcap",
  "corpora/captures/v6-http.pcap",
  "findings/pairing/order.pcap",
];

describe("how traffic was captured changes nothing that is understood", () => {
  for (const name of CAPTURES) {
    const { path, skip } = sharedData(name);
    test(name, { skip }, () => {
      const packets = loadPackets(path);
      const documents = rewrittenDocuments(packets);
      assert.ok(documents.length > 0);
      for (const how of Object.keys(REWRITES)) assert.deepEqual(rewrittenDocuments(packets, how), documents, how);
    });
  }

  for (const name of [
    "corpora/captures/http-100-continue.pcap",
    "corpora/captures/http2-nghttp2.pcap",
    "corpora/captures/https3-301-get.pcap",
    "corpora/captures/https-connect.pcap",
    "corpora/captures/v6-http.pcap",
    "findings/pairing/order.pcap",
  ]) {
    const { path, skip } = sharedData(name);
    test(`${name}: the same ports again, ten minutes later, are other connections`, { skip }, () => {
      const packets = loadPackets(path);
      const once = withoutConnections(documentsOf(packets));
      const twice = withoutConnections(documentsOf(repeatLater(packets)));
      assert.deepEqual(
        twice,
        once.flatMap((document) => [document, document]),
      );
    });
  }
});

function withoutConnections(documents: readonly string[]): string[] {
  return withoutOrder(documents.map((document) => document.replace(/"connection":\{"id":"\d+",/, "")));
}
