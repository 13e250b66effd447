import { ASPECTS } from "../../src/analysis/comparison/difference.ts";
import { ATTRIBUTES } from "../../src/analysis/filter/index.ts";
import { formatType } from "../../src/analysis/filter/value.ts";
import { ANALYSIS_LIMITS } from "../../src/analysis/limits.ts";
import { REASSEMBLY_LIMITS } from "../../src/analysis/reassembly/reassembly-limits.ts";
import { ENVIRONMENT } from "../../src/cli/process/environment.ts";
import { EXIT_CODES, LEDGER_REASONS, NUMBERED_REASONS, QUALITY_MEANINGS } from "../../src/model/index.ts";
import { ROVER_KEYS, type RoverKey } from "../../src/source/ebpf/rover/rover-keys.ts";
import { BOOTSTRAP_MESSAGES } from "../../src/source/proxy/config/fields/all-messages.ts";
import {
  UNSUPPORTED_HTTP_FILTERS,
  UNSUPPORTED_NETWORK_FILTERS,
  UNSUPPORTED_TRANSPORT_SOCKETS,
} from "../../src/source/proxy/config/fields/unsupported-extensions.ts";
import {
  IDLE_HTTP_FILTERS,
  IDLE_NETWORK_FILTERS,
  type IdleExtension,
} from "../../src/source/proxy/config/idle-extensions.ts";
import { UNSUPPORTED_LISTENER_FILTERS } from "../../src/source/proxy/config/listener/read-listener-filters.ts";
import { DIALECTS } from "../../src/wire/cilium/dialect.ts";
import { dropReason } from "../../src/wire/cilium/names/drop-reasons.ts";
import { TRACE_READER_LIMITS } from "../../src/wire/envoy/trace-record.ts";
import { FORMATS, formatOfPath } from "../../src/wire/formats.ts";
import { HAR_LIMITS } from "../../src/wire/har/har-reader.ts";
import { NDJSON_LIMITS } from "../../src/wire/ndjson/ndjson-reader.ts";
import { CAPTURE_LIMITS } from "../../src/wire/pcap/capture-limits.ts";
import { makeDocumentTable } from "./document-page.ts";
import { makeFlagTable } from "./flag-page.ts";
import { makeLimitTable, makeTable } from "./tables.ts";

/** A part of a page that is made from a table in the code. */
export interface Section {
  readonly page: string;
  readonly name: string;
  readonly make: () => string | Promise<string>;
}

export const SECTIONS: readonly Section[] = [
  { page: "docs/read.md", name: "qualities", make: makeQualityTable },
  { page: "docs/read.md", name: "analysis limits", make: () => makeLimitTable(ANALYSIS_LIMITS) },
  { page: "docs/read.md", name: "reassembly limits", make: () => makeLimitTable(REASSEMBLY_LIMITS, "reassembly.") },
  { page: "docs/read.md", name: "capture limits", make: () => makeLimitTable(CAPTURE_LIMITS) },
  {
    page: "docs/read.md",
    name: "document limits",
    make: () => makeLimitTable({ ...HAR_LIMITS, ...NDJSON_LIMITS }),
  },
  { page: "docs/trace-formats.md", name: "limits", make: () => makeLimitTable(TRACE_READER_LIMITS) },
  { page: "docs/convert.md", name: "formats", make: makeFormatTable },
  { page: "docs/filter.md", name: "attributes", make: makeAttributeTable },
  { page: "docs/monitor.md", name: "drop reasons", make: makeDropReasonTable },
  { page: "docs/configuration.md", name: "fields", make: makeFieldTable },
  { page: "docs/configuration.md", name: "without effect", make: makeWithoutEffectTable },
  { page: "docs/configuration.md", name: "refused", make: makeRefusedTable },
  { page: "docs/rover.md", name: "rover keys", make: makeRoverTable },
  { page: "docs/diff.md", name: "aspects", make: makeAspectTable },
  { page: "docs/exit-codes.md", name: "exit codes", make: makeExitCodeTable },
  { page: "docs/documents.md", name: "fields", make: makeDocumentTable },
  { page: "docs/flags.md", name: "flags", make: makeFlagTable },
  { page: "docs/ledger.md", name: "reasons", make: makeReasonTable },
  { page: "docs/exit-codes.md", name: "environment", make: makeEnvironmentTable },
];

function makeAspectTable(): string {
  return makeTable(
    ["aspect", "as a table", "means"],
    Object.entries(ASPECTS).map(([name, { title, doc }]) => [`\`${name}\``, title, doc]),
  );
}

const SUBJECTS: Readonly<Record<string, string>> = { exchange: "exchanges", flow: "flows", event: "events" };

function makeAttributeTable(): string {
  const rows = ATTRIBUTES.map(({ name, type, kinds, doc }) => [
    `\`${name}\``,
    formatType(type),
    kinds.map((kind) => SUBJECTS[kind] ?? kind).join(", "),
    doc,
  ]);
  return makeTable(["name", "type", "of", "what"], rows);
}

function makeFieldTable(): string {
  const code = (names: readonly string[] = []) => names.map((name) => `\`${name}\``).join(", ");
  const rows = BOOTSTRAP_MESSAGES.map(({ name, fields, labels }) => [name, code(fields), code(labels)]);
  return makeTable(["message", "used", "names and notes"], rows);
}

function makeWithoutEffectTable(): string {
  const rows = BOOTSTRAP_MESSAGES.flatMap(({ name, withoutEffect = {} }) =>
    Object.entries(withoutEffect).map(([field, [reason]]) => [name, `\`${field}\``, reason]),
  );
  const filters = [...Object.values(IDLE_HTTP_FILTERS), ...Object.values(IDLE_NETWORK_FILTERS)].map(
    ({ names, reason, unless }: IdleExtension) => [
      "filter",
      `\`${names[0]}\``,
      unless.length === 0 ? reason : `${reason} (refused with ${unless.map((one) => `\`${one}\``).join(", ")})`,
    ],
  );
  return makeTable(["message", "field", "what it is about"], [...rows, ...filters]);
}

function makeRefusedTable(): string {
  const fields = BOOTSTRAP_MESSAGES.flatMap(({ name, unsupported = {} }) =>
    Object.entries(unsupported).map(([field, advice]) => [name, `\`${field}\``, advice]),
  );
  const extensions = Object.entries({
    ...UNSUPPORTED_HTTP_FILTERS,
    ...UNSUPPORTED_NETWORK_FILTERS,
    ...UNSUPPORTED_LISTENER_FILTERS,
    ...UNSUPPORTED_TRANSPORT_SOCKETS,
  }).map(([name, advice]) => ["extension", `\`${name}\``, advice]);
  return makeTable(["message", "field", "what to do"], [...fields, ...extensions]);
}

function makeRoverTable(): string {
  const code = (text: string) => `\`${text}\``;
  const rows = (ROVER_KEYS as readonly RoverKey[]).map(({ path, env, default: otherwise, coded, aliases = [] }) => [
    [path, ...aliases].map(code).join(", or "),
    code(env),
    `${otherwise === "" ? "empty" : code(otherwise)}${coded === undefined ? "" : ` (Rover's own file: ${code(coded)})`}`,
  ]);
  return makeTable(["key", "environment", "default"], rows);
}

/** An extension that another format is taken for stands in brackets. */
function makeFormatTable(): string {
  const code = (text: string) => `\`${text}\``;
  const rows = FORMATS.map((format) => {
    const { name, kind, extensions, meaning, tap } = format;
    return [
      kind === "flows" ? "" : code(name),
      extensions.map((one) => (formatOfPath(`x${one}`) === format ? code(one) : `(${code(one)})`)).join(", "),
      kind,
      tap === undefined ? "" : code(tap.name),
      meaning === tap?.name ? "" : meaning,
    ];
  });
  return makeTable(["`-o`", "extension", "holds", "a tap's `format`", ""], rows);
}

/** Numbers that no dialect knows are left out; a text is told by the dialect that it came with, or was changed in. */
function makeDropReasonTable(): string {
  const rows: string[][] = [];
  for (let number = 0; number < 256; number++) {
    const texts = DIALECTS.map((dialect) => dropReason(number, dialect)).map((text) =>
      /^\d+(, 0)?$/.test(text) ? "" : text,
    );
    if (texts.some((text) => text !== ""))
      rows.push([String(number), ...texts.map((text, at) => (at > 0 && text === texts[at - 1] ? "the same" : text))]);
  }
  return makeTable(["number", ...DIALECTS], rows);
}

function makeQualityTable(): string {
  return makeTable(
    ["quality", "means"],
    Object.entries(QUALITY_MEANINGS).map(([quality, meaning]) => [`\`${quality}\``, meaning]),
  );
}

function makeReasonTable(): string {
  return makeTable(
    ["reason", "means"],
    [
      ...Object.entries(LEDGER_REASONS).map(([reason, meaning]) => [`\`${reason}\``, meaning]),
      ...Object.entries(NUMBERED_REASONS).map(([reason, meaning]) => [
        `\`${reason}-…\``,
        `${meaning}; a number follows`,
      ]),
      ["`enospc`, `econnrefused`, …", "the system's own name of an error: of writing a file, of a connection"],
    ],
  );
}

function makeExitCodeTable(): string {
  return makeTable(
    ["code", "means"],
    Object.values(EXIT_CODES).map(({ code, meaning }) => [`${code}`, meaning]),
  );
}

function makeEnvironmentTable(): string {
  const rows = ENVIRONMENT.map(({ name, commands, meaning }) => [
    `\`${name}\``,
    commands.length === 0 ? "all" : commands.map((command) => `\`${command}\``).join(", "),
    meaning,
  ]);
  return makeTable(["variable", "of", "means"], rows);
}
