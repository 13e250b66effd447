import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { sharedData } from "../support/needs.ts";
import { documentsOf, loadPackets, resegment, retransmit } from "../support/rewrite-packets.ts";

/** Small captures of several protocols; test/peers/relations.test.ts takes all there are. */
const CAPTURES = [
  "corpora/captures/http-100-continue.pcap",
  "corpora/captures/http-content-gzip.pcap",
  "corpora/captures/http-no-length.pcap",
  "corpora/captures/http-post-upload.pcap",
  "corpora/captures/h2c_ascii.pcap",
  "corpora/captures/https3-301-get.pcap",
  "corpora/captures/socks5-http-302.pcap",
  "corpora/captures/v6-http.pcap",
  "findings/pairing/order.pcap",
  "findings/loss/lost-request-split.pcap",
];

describe("how a capture is cut into segments changes nothing that is understood", () => {
  for (const name of CAPTURES) {
    const { path, skip } = sharedData(name);
    test(name, { skip }, () => {
      const packets = loadPackets(path);
      const documents = documentsOf(packets);
      assert.ok(documents.length > 0);
      assert.deepEqual(documentsOf(retransmit(packets)), documents, "each segment twice");
      for (const size of [1, 2, 3, 7, 1460])
        assert.deepEqual(documentsOf(resegment(packets, size)), documents, `segments of ${size} bytes`);
    });
  }
});
