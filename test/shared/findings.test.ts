import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { sharedData } from "../support/needs.ts";
import { readBytes } from "../support/read-bytes.ts";

/** What each finding shows: `METHOD target status quality problem…`, as its README says that it is right. */
const FINDINGS: Readonly<Record<string, readonly string[]>> = {
  "encapsulation/c-hdlc.pcap": ["GET /hello 200 complete"],
  "encapsulation/erspan2.pcap": ["GET /hello 200 erspan complete"],
  "encapsulation/geneve.pcap": ["GET /hello 200 geneve complete"],
  "encapsulation/gre.pcap": ["GET /hello 200 gre complete"],
  "encapsulation/mpls-pw.pcap": ["GET /hello 200 mpls complete"],
  "encapsulation/nflog.pcap": ["GET /hello 200 complete"],
  "encapsulation/ppp.pcap": ["GET /hello 200 complete"],
  "encapsulation/pppoe-pfc.pcap": ["GET /hello 200 pppoe complete"],
  "encapsulation/vxlan.pcap": ["GET /hello 200 vxlan complete"],
  "evidence/envoy-1.40-http-tap.json": [
    "GET /report/1?access_token=zz 200 complete",
    "GET /report/2?access_token=zz 200 complete",
    "GET /report/3?access_token=zz 200 complete",
  ],
  "evidence/har-query-after-redaction.pcap": ["GET /s?api_key=SEK&page=2&user=bob 200 complete"],
  "loss/lost-request-min.pcap": [
    "GET /1 200 for 1 complete",
    "- - 200 for 2 unpaired response-without-request",
    "GET /3 200 for 3 complete",
    "GET /4 200 for 4 complete",
  ],
  "loss/lost-request-split.pcap": [
    "GET /1 200 for 1 complete",
    "- - 200 for 2 unpaired response-without-request",
    "GET /3 200 for 3 complete",
    "GET /4 200 for 4 complete",
    "GET /5 200 for 5 complete",
    "GET /6 200 for 6 complete",
  ],
  "loss/lost-response-0.pcap": [
    "GET /1 200 for 1 complete",
    "GET /2 - unpaired response-lost request-without-response",
    "GET /3 200 for 3 complete",
    "GET /4 200 for 4 complete",
    "GET /5 200 for 5 complete",
    "GET /6 200 for 6 complete",
  ],
  "loss/lost-response-step1000ms.pcap": [
    "GET /1 200 for 1 complete",
    "GET /2 - unpaired response-lost request-without-response",
    "GET /3 200 for 3 complete",
    "GET /4 200 for 4 complete",
    "GET /5 200 for 5 complete",
    "GET /6 200 for 6 complete",
    "GET /7 200 for 7 complete",
    "GET /8 200 for 8 complete",
  ],
  "other/cql-as-h2.pcap": ["tcp gap"],
  "other/dac.pcap": [
    "GET /x 200 complete",
    "GET /x 200 complete data-after-close",
    "GET /x 200 complete",
    "GET /x 200 complete",
    "GET /x 200 complete data-after-close",
    "GET /x - unpaired data-after-close request-without-response",
  ],
  "other/h2.pcap": [
    "GET /a 200 complete",
    "GET /b 200 complete",
    "GET /e 500 complete",
    "GET /a 200 complete",
    "GET /rst - unpaired reset:CANCEL",
  ],
  "other/onebad.pcapng": ["GET /0 200 complete", "GET /1 200 complete time-unknown", "GET /2 200 complete"],
  "other/proxy-v1-midstream.pcap": ["GET /hello 200 complete"],
  "other/reverse-role.pcap": ["GET /hello 200 complete"],
  "other/snaplen.pcap": [
    "GET /images/sf.n 200 truncated",
    "GET /images/sf.n 200 truncated",
    "GET /images/sf.n 200 truncated",
  ],
  "other/socks-split1.pcap": ["tcp complete", "GET /a 200 complete"],
  "other/socks-split3.pcap": ["tcp complete", "GET /a 200 complete"],
  "other/unk.json": ["GET /json 200 complete"],
  "pairing/order.pcap": ["GET /hello 200 complete times-disagree", "GET /hello 200 complete"],
  "roundtrip/frag-v6.pcap": [
    "GET /json?a=1&b=two%20words&c=%C3%A9 200 complete",
    "GET /enc/gzip 200 complete",
    "GET /enc/br 200 complete",
    "GET /enc/deflate 200 complete",
    "GET /enc/zstd 200 complete",
    "GET /chunk 200 complete",
    "GET /bin 200 complete",
    "GET /204 204 complete",
  ],
  "roundtrip/har-tcp.pcap": ["tcp mid-stream"],
  "roundtrip/har-tls-blocked.pcap": ["tls mid-stream"],
  "roundtrip/replay-5min-same-isn.pcap": ["GET /1 200 for 1 complete", "GET /1 200 for 1 complete"],
  "start-lines/req-double-space.pcap": ["GET /hello 400 complete invalid:request-line"],
  "start-lines/res-bad-status.pcap": ["GET /hello 2000 complete invalid:status", "GET /hello 200 complete"],
  "start-lines/res-no-http-version.pcap": ["GET /hello 200 unfinished invalid:version"],
  "start-lines/response-two-spaces.pcap": ["GET /broken/eicar.txt/space-200 200 complete invalid:status-line"],
};

const { path, skip } = sharedData("findings");

describe("findings", { skip }, () => {
  for (const [name, expected] of Object.entries(FINDINGS))
    test(name, async () => {
      const { documents, ledger, charged } = await readBytes(readFileSync(`${path}/${name}`));
      assert.deepEqual(documents.map(lineOf), expected);
      assert.ok(ledger.balanced, ledger.format().join("\n"));
      assert.equal(charged, 0);
    });

  test("other/netlog.json is refused", async () => {
    const { refusal } = await readBytes(readFileSync(`${path}/other/netlog.json`));
    assert.match(refusal ?? "", /nothing that can be read: it is JSON/);
  });

  test("tls/keylog-no-newline.pcap is decrypted by a key log whose last line does not end", async () => {
    const keys = readFileSync(`${path}/tls/keylog-no-newline.keys`);
    assert.notEqual(keys.at(-1), 0x0a);
    const { documents } = await readBytes(readFileSync(`${path}/tls/keylog-no-newline.pcap`), keys);
    assert.deepEqual(documents.map(lineOf), ["GET /wireshark.png 200 truncated"]);
  });
});

function lineOf(document: string): string {
  const { kind, protocol, application, request, response, quality, problems, connection } = JSON.parse(document);
  const owner = response?.headers?.find(({ name }: { name: string }) => name === "X-For")?.value;
  return [
    ...(kind === "http" ? [request?.method ?? "-", request?.target ?? "-", response?.status ?? "-"] : [protocol]),
    ...(application === undefined ? [] : [application]),
    ...(owner === undefined ? [] : [`for ${owner}`]),
    ...(connection.tunnel === undefined ? [] : [connection.tunnel.type]),
    quality,
    ...problems,
  ].join(" ");
}
