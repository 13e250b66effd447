import { type DocumentNode, MessageReader, refuse } from "../../../../wire/config-document/index.ts";
import type { DataSource } from "../../../dial/tls-config.ts";
import { DATA_SOURCE } from "../fields/tls-fields.ts";
import type { ReadContext } from "../read-context.ts";

/** Reads `envoy.config.core.v3.DataSource`, and the file that it names. */
export function readDataSource(node: DocumentNode, context: ReadContext): DataSource {
  const message = new MessageReader(node, DATA_SOURCE);
  const form = message.requiredOneOf("filename", "inline_bytes", "inline_string", "environment_variable");
  const place = message.placeOf(form);
  if (form === "inline_bytes") return { bytes: message.bytes(form)!, place };
  const text = message.requiredString(form);
  if (form === "inline_string") return { bytes: new TextEncoder().encode(text), place };
  if (form === "environment_variable") {
    const value = context.environment[text];
    if (value === undefined) refuse(place, `the environment variable ${text} is not set`);
    return { bytes: new TextEncoder().encode(value), place };
  }
  try {
    return { bytes: context.readFile(text), path: text, place };
  } catch (error) {
    return refuse(place, `cannot read ${text}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
