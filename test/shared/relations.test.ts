import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DAMAGES, withoutOrder } from "../support/damage-packets.ts";
import { sharedData } from "../support/needs.ts";
import { Random } from "../support/random.ts";
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
  "findings/other/socks-split3.pcap",
  "findings/start-lines/req-double-space.pcap",
  "corpora/captures/grpc-server-stream.pcap",
];
const SEED = Number(process.env["SEED"] ?? 1);

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
    for (const [how, damage] of Object.entries(DAMAGES))
      test(`${name}, ${how} (SEED=${SEED})`, { skip }, () => {
        const packets = damage(loadPackets(path), new Random(SEED));
        const documents = withoutOrder(documentsOf(packets));
        for (const size of [1, 7])
          assert.deepEqual(withoutOrder(documentsOf(resegment(packets, size))), documents, `segments of ${size} bytes`);
      });
  }
});
