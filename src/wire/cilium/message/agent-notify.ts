import { type StructSchema, StructStreamDecoder } from "../../gob/index.ts";
import type { Dialect } from "../dialect.ts";
import { fromByteString } from "../go/byte-string.ts";
import { goJsonValue } from "../go/json-value.ts";
import { checkDecoded } from "./message-error.ts";

export const AgentNotifyUnspec = 0;
export const AgentNotifyGeneric = 1;
export const AgentNotifyStart = 2;
export const AgentNotifyEndpointRegenerateSuccess = 3;
export const AgentNotifyEndpointRegenerateFail = 4;
export const AgentNotifyPolicyUpdated = 5;
export const AgentNotifyPolicyDeleted = 6;
export const AgentNotifyEndpointCreated = 7;
export const AgentNotifyEndpointDeleted = 8;
export const AgentNotifyIPCacheUpserted = 9;
export const AgentNotifyIPCacheDeleted = 10;
/** Up to v1.17, as the one below. */
export const AgentNotifyServiceUpserted = 11;
export const AgentNotifyServiceDeleted = 12;

/** Something happened in the agent. */
export class AgentNotify {
  type: number;
  /** JSON, by convention. */
  text: string;

  constructor(type = AgentNotifyUnspec, text = "") {
    this.type = type;
    this.text = text;
  }

  /** For `JSON.stringify`: Go's JSON. */
  toJSON(): unknown {
    return goJsonValue({ Type: this.type, Text: this.text });
  }

  /** The line `cilium monitor` prints. */
  dumpInfo(dialect: Dialect = "v1.9"): string {
    return `>> ${resolveAgentType(this.type, dialect)}: ${this.text}\n`;
  }

  /** As Cilium writes it: the text goes in as it stands, so the line is JSON only where the text is. */
  dumpJSON(dialect: Dialect = "v1.9"): string {
    return `{"type":"agent","subtype":"${resolveAgentType(this.type, dialect)}","message":${this.text}}\n`;
  }
}

const NAMES: readonly string[] = [
  "unspecified",
  "Message",
  "Cilium agent started",
  "Endpoint regenerated",
  "Failed endpoint regeneration",
  "Policy updated",
  "Policy deleted",
  "Endpoint created",
  "Endpoint deleted",
  "IPCache entry upserted",
  "IPCache entry deleted",
  "Service upserted",
  "Service deleted",
];
const COUNT_OF: Readonly<Record<Dialect, number>> = { "v1.9": 13, "v1.19": 11, "v1.20": 11 };

/** The name of an agent notification's type, or its number. */
export function resolveAgentType(type: number, dialect: Dialect = "v1.9"): string {
  return type < COUNT_OF[dialect] ? NAMES[type]! : `${type}`;
}

const SCHEMA: StructSchema = {
  kind: "struct",
  goType: "api.AgentNotify",
  fields: {
    Type: { key: "type", schema: { kind: "uint", bits: 32, goType: "api.AgentNotification" } },
    Text: { key: "text", schema: { kind: "string", goType: "string" } },
  },
};

/** Decodes agent notifications: a byte 130 and a gob stream of AgentNotify. */
export class AgentNotifyReader {
  readonly #decoder = new StructStreamDecoder(SCHEMA);

  /** The notification of `bytes[start, end)`, its text as a byte string, as far as it could be read, and Go's error text. */
  read(bytes: Uint8Array, start: number, end: number): { notify: AgentNotify; error: string | undefined } {
    const notify = new AgentNotify();
    const error = this.#decoder.decode(bytes, start + 1, end, notify as unknown as Record<string, unknown>);
    return { notify, error };
  }
}

/** @throws TaplineError `input` with Go's text when the gob stream cannot be decoded. */
export function decodeAgentNotify(data: Uint8Array): AgentNotify {
  const { notify, error } = new AgentNotifyReader().read(data, 0, data.length);
  checkDecoded(error);
  return new AgentNotify(notify.type, fromByteString(notify.text));
}
