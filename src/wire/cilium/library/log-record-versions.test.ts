import assert from "node:assert/strict";
import { test } from "node:test";
import { type LogRecordTypes, logRecordMessage } from "../../../../test/support/cilium-log-record.ts";
import type { GobStruct } from "../../../../test/support/gob-writer.ts";
import { Random } from "../../../../test/support/random.ts";
import { type Dialect, decodeLogRecordNotify, JSON_OUTPUT, MonitorFormatter } from "../index.ts";

/** How the agents of each version describe their records (pkg/proxy/accesslog/record.go of v1.9.18 to v1.20.2). */
const VERSIONS: Readonly<Record<string, LogRecordTypes>> = {
  "v1.9 to v1.11": { labels: "texts", addresses: "bytes", digest: true },
  "v1.12 to v1.15": { labels: "texts", addresses: "bytes" },
  "v1.16": { labels: "structs", addresses: "bytes" },
  "v1.17 to v1.19": { labels: "structs", addresses: "binary" },
  "v1.20": { labels: "structs", addresses: "binary", kafka: false },
};
const DIALECTS: readonly Dialect[] = ["v1.9", "v1.19", "v1.20"];
const SEED = Date.now() % 1_000_000;
const COUNT = 40;

/** A record, as an agent of that version would send it. */
function record(drawn: Drawn, { labels, digest }: LogRecordTypes): GobStruct {
  const end = (id: number, own: readonly string[]) => ({
    ID: id,
    IPv4: `10.0.0.${id}`,
    Port: 4000 + id,
    Identity: 100 + id,
    Labels:
      labels === "texts"
        ? own.map((key) => `k8s:${key}=v`)
        : own.map((key) => ({ Key: key, Value: "v", Source: "k8s" })),
    ...(digest === true && own.length > 0 && { LabelsSHA256: "f".repeat(64) }),
  });
  return {
    Type: drawn.isRequest ? "Request" : "Response",
    Timestamp: "2026-01-31T12:00:00.000000001Z",
    NodeAddressInfo: { IPv4: "192.168.0.1", IPv6: "fd00::1" },
    ObservationPoint: drawn.isRequest ? "Ingress" : "Egress",
    SourceEndpoint: end(1, drawn.labels.slice(0, drawn.split)),
    DestinationEndpoint: end(2, drawn.labels.slice(drawn.split)),
    IPVersion: 1,
    Verdict: "Forwarded",
    Info: "told",
    Metadata: ["a", "b"],
    TransportProtocol: 6,
    FlowEvent: "FlowAdded",
    ServiceInfo: { Name: "shop/cart", IPPort: { IP: "10.96.0.1", Port: 80 } },
    DropReason: 133,
    ...drawn.layer,
  };
}

interface Drawn {
  readonly isRequest: boolean;
  readonly labels: readonly string[];
  /** So many of the labels are the source's. */
  readonly split: number;
  readonly layer: GobStruct;
}

function draw(random: Random): Drawn {
  const labels = Array.from({ length: random.below(5) }, (_, index) => `label-${index}`);
  const bytes = (length: number) => Uint8Array.from({ length }, () => 1 + random.below(254));
  const layers: readonly GobStruct[] = [
    {
      HTTP: {
        Code: 200 + random.below(300),
        Method: "GET",
        URL: new TextEncoder().encode(`http://h.example/${random.below(99)}?q=1`),
        Protocol: "HTTP/1.1",
        Headers: { "X-A": ["1", "2"] },
      },
    },
    {
      DNS: {
        Query: "a.example.",
        IPs: Array.from({ length: random.below(4) }, () => bytes(random.below(2) === 0 ? 4 : 16)),
        TTL: random.below(9999),
        CNAMEs: ["b.example."],
        ObservationSource: "proxy",
        QTypes: [1, 28],
        AnswerTypes: [5, 1],
      },
    },
    { L7: { Proto: "memcached", Fields: { cmd: "get" } } },
  ];
  return {
    isRequest: random.below(2) === 0,
    labels,
    split: random.below(labels.length + 1),
    layer: layers[random.below(layers.length)]!,
  };
}

test(`${COUNT} drawn records are the same in the streams of every version, in every dialect (seed ${SEED})`, () => {
  const random = new Random(SEED);
  for (let index = 0; index < COUNT; index++) {
    const drawn = draw(random);
    for (const dialect of DIALECTS) {
      const read = Object.entries(VERSIONS).map(([version, types]) => {
        const message = logRecordMessage(record(drawn, types), types);
        const decoded = decodeLogRecordNotify(message, dialect);
        const { sourceEndpoint, destinationEndpoint } = decoded;
        const labels = [sourceEndpoint, destinationEndpoint].map((end) =>
          (end.labels ?? []).map((label) =>
            typeof label === "string" ? label : `${label.source}:${label.key}=${label.value}`,
          ),
        );
        const text = new MonitorFormatter({ dialect }).formatSample(message, 0);
        const json = new MonitorFormatter({ dialect, verbosity: JSON_OUTPUT }).formatSample(message, 0);
        return { version, labels, text, json: readJson(json) };
      });
      const [first, ...others] = read;
      const ends = [drawn.labels.slice(0, drawn.split), drawn.labels.slice(drawn.split)];
      assert.deepEqual(
        first!.labels,
        ends.map((own) => own.map((key) => `k8s:${key}=v`)),
      );
      for (const { version, labels, text, json } of others) {
        const what = `${version}, ${dialect}, record ${index} of seed ${SEED}`;
        assert.deepEqual(labels, first!.labels, what);
        assert.equal(text, first!.text, what);
        assert.deepEqual(json, first!.json, what);
      }
    }
  }
});

test("every field of a record is read, in the form of the version that wrote it", () => {
  const drawn: Drawn = { isRequest: true, labels: ["app"], split: 1, layer: { L7: { Proto: "memcached" } } };
  for (const [version, types] of Object.entries(VERSIONS)) {
    const label = types.labels === "texts" ? "k8s:app=v" : { key: "app", value: "v", source: "k8s" };
    // A field that a version does not have is not in its records, not even empty.
    const digest = (text: string) => (types.digest === true ? { LabelsSHA256: text } : {});
    const end = (id: number) => ({ ID: id, IPv4: `10.0.0.${id}`, IPv6: "", Port: 4000 + id, Identity: 100 + id });
    for (const dialect of DIALECTS)
      assert.deepEqual(
        JSON.parse(JSON.stringify(decodeLogRecordNotify(logRecordMessage(record(drawn, types), types), dialect))),
        {
          Type: "Request",
          Timestamp: "2026-01-31T12:00:00.000000001Z",
          NodeAddressInfo: { IPv4: "192.168.0.1", IPv6: "fd00::1" },
          ObservationPoint: "Ingress",
          SourceEndpoint: { ...end(1), Labels: [label], ...digest("f".repeat(64)) },
          DestinationEndpoint: { ...end(2), Labels: null, ...digest("") },
          IPVersion: 1,
          Verdict: "Forwarded",
          Info: "told",
          Metadata: ["a", "b"],
          TransportProtocol: 6,
          FlowEvent: "FlowAdded",
          ServiceInfo: { Name: "shop/cart", IPPort: { IP: "10.96.0.1", Port: 80 } },
          DropReason: 133,
          L7: { Proto: "memcached", Fields: null },
        },
        `${version}, ${dialect}`,
      );
  }
});

test("Kafka's records of the versions that have them are read, and of the others they are of no layer that is known", () => {
  const kafka = { Kafka: { ErrorCode: 29, APIVersion: 2, APIKey: "produce", Topic: { Topic: "empire" } } };
  const drawn: Drawn = { isRequest: true, labels: [], split: 0, layer: kafka };
  for (const [version, types] of Object.entries(VERSIONS).filter(([, { kafka: has }]) => has !== false))
    for (const dialect of DIALECTS) {
      const text = new MonitorFormatter({ dialect }).formatSample(logRecordMessage(record(drawn, types), types), 0);
      assert.match(
        text,
        dialect === "v1.20" ? /Request unknown-l7 / : / produce topic empire => 29\n$/,
        `${version}, ${dialect}`,
      );
    }
  const none = logRecordMessage(record({ ...drawn, layer: {} }, VERSIONS["v1.20"]!), VERSIONS["v1.20"]);
  assert.match(new MonitorFormatter({ dialect: "v1.20" }).formatSample(none, 0), /Request unknown-l7 /);
  assert.match(
    new MonitorFormatter({ dialect: "v1.20", verbosity: JSON_OUTPUT }).formatSample(none, 0),
    /"flowType":"Request"/,
  );
});

/** Labels and addresses aside, which JSON has in the form of their types. */
function readJson(text: string): unknown {
  return JSON.parse(text, (key, value) => (/Labels$|^IPs$/.test(key) ? (value ?? []).length : value));
}
