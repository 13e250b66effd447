/** Values of a bootstrap in every spelling that a real Envoy takes: what it made of them, by its /config_dump, beside our reading. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { type DocumentNode, parseDocument } from "../../src/wire/config-document/index.ts";
import { readBool, readDurationMillis, readInteger, readString } from "../../src/wire/config-document/scalars.ts";
import { findFreePorts, startProgram, waitForPort } from "../support/processes.ts";
import { findEnvoy } from "../support/real-envoy.ts";

interface Kind {
  /** A field of a cluster; in /config_dump it has its JSON form. */
  readonly field: string;
  readonly read: (node: DocumentNode, field: string) => unknown;
  readonly fromJson?: (value: never) => unknown;
  readonly unset: unknown;
  readonly spellings: readonly string[];
  /** Those that we refuse, with their place. */
  readonly refused: readonly string[];
}

const KINDS: readonly Kind[] = [
  {
    field: "per_connection_buffer_limit_bytes",
    read: (node, field) => Number(readInteger(node, field, 0n, 0xffff_ffffn)),
    unset: 0,
    spellings:
      `15;017;0x1F;1e3;1.0e3;1E+3;+15;15.0;15.;.5e2;"15";'15'; 15 ;!!int 15;!!int "15";!!str 15;! 15;00;010;0777;4294967295;"15" # c;15 #c;&a 15;"1e3";"15.0";{ value: 15 };>-\n      15`.split(
        ";",
      ),
    refused: ["08", "0X1f", '"0x1F"', "!!float 15"],
  },
  {
    field: "alt_stat_name",
    read: readString,
    unset: "",
    spellings: [
      ..."x;1e3;1.5;.inf;.nan;2001-01-01;2001-12-14t21:59:43.10-05:00;! 123;'it''s';a #b;a#b;1_000;a,b;=;<<;é;😀".split(
        ";",
      ),
      ..."|\n      a\n      b;>\n      a\n      b;|-\n      a\n      b;|+\n      a\n\n;>-\n      a\n\n      b;|1\n      a".split(
        ";",
      ),
      ...[
        '"a\\nb\\x41\\u00e9\\U0001F600"',
        '"a\n      b"',
        "a\n      b",
        '"tab\\there"',
        '"a\\\n      b"',
        "12:30:45x",
        "0x1G",
        "'~'",
      ],
    ],
    refused: ["!foo bar", "!!binary aGk=", "0o17"],
  },
  {
    field: "respect_dns_ttl",
    read: readBool,
    unset: false,
    spellings: "true;True;TRUE;tRue;false;False;yes;no;Yes;on;off;On;y;n;Y;\"true\";'false';!!bool true;t".split(";"),
    refused: ["!!bool yes"],
  },
  {
    field: "connect_timeout",
    read: readDurationMillis,
    fromJson: (value: string) => Math.round(Number.parseFloat(value) * 1e9) / 1e6,
    unset: 0,
    spellings: '1s;0.25s;{ seconds: 1, nanos: 5000 };"1s";00001s; 1s;0.000000001s'.split(";"),
    refused: [],
  },
];

const envoy = findEnvoy();
const folder = mkdtempSync(join(tmpdir(), "tapline-yaml-"));
after(() => rmSync(folder, { recursive: true }));

test("values are what a real Envoy takes them for, or refused", { skip: envoy.skip }, async () => {
  const [port] = await findFreePorts(1);
  const rows = KINDS.flatMap((kind) => [...kind.spellings, ...kind.refused].map((spelling) => ({ kind, spelling })));
  const clusters = rows.map(
    ({ kind, spelling }, at) =>
      `\n  - name: c${at}\n    ${kind.field}: ${spelling}\n    load_assignment: { cluster_name: c${at} }`,
  );
  const config = join(folder, "envoy.yaml");
  const admin = `admin: { address: { socket_address: { address: 127.0.0.1, port_value: ${port} } } }`;
  writeFileSync(config, `${admin}\nstatic_resources:\n  clusters:${clusters.join("")}\n`);
  const started = startProgram(envoy.path, [
    "-c",
    config,
    "--concurrency",
    "1",
    "--use-dynamic-base-id",
    "-l",
    "error",
  ]);
  try {
    await waitForPort(port!);
    const answer = await fetch(`http://127.0.0.1:${port}/config_dump`);
    const theirs = findClusters((await answer.json()) as Dump);
    for (const [at, { kind, spelling }] of rows.entries()) {
      const { field, read, unset, fromJson = (value) => value } = kind;
      const known = theirs.get(`c${at}`);
      assert.ok(known !== undefined, started.output());
      const expected = known[field] === undefined ? unset : fromJson(known[field] as never);
      const ours = await readValue(`x:\n  - name: c\n    ${field}: ${spelling}\n`, (node) => read(node, field));
      if (kind.refused.includes(spelling)) assert.match(String(ours), /^refused: /, spelling);
      else assert.deepEqual(ours, expected, `${field}: ${spelling}`);
    }
  } finally {
    await started.stop();
  }
});

interface Dump {
  readonly configs: readonly {
    readonly static_clusters?: readonly { readonly cluster: Record<string, unknown> }[];
  }[];
}

function findClusters({ configs }: Dump): ReadonlyMap<unknown, Record<string, unknown>> {
  const clusters = configs.flatMap(({ static_clusters = [] }) => static_clusters.map(({ cluster }) => cluster));
  return new Map(clusters.map((cluster) => [cluster["name"], cluster]));
}

async function readValue(text: string, read: (node: DocumentNode) => unknown): Promise<unknown> {
  try {
    const document = await parseDocument(text);
    assert.ok(document.kind === "mapping" && document.entries[0]!.value.kind === "sequence");
    const [item] = document.entries[0]!.value.items;
    assert.ok(item!.kind === "mapping");
    return read(item!.entries[1]!.value);
  } catch (error) {
    return `refused: ${(error as Error).message}`;
  }
}
