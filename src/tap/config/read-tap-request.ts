import { TaplineError } from "../../model/index.ts";
import {
  type DocumentNode,
  MessageReader,
  type MessageShape,
  parseDocument,
} from "../../wire/config-document/index.ts";
import { readTapConfig } from "./read-tap-config.ts";
import type { TapConfig } from "./tap-config.ts";
import type { TapSite } from "./tap-site.ts";

/** The body posted to `/tap` (`envoy.admin.v3.TapRequest`). */
export interface TapRequest {
  readonly configId: string;
  readonly tap: TapConfig;
}

const TAP_REQUEST = { name: "TapRequest", fields: ["config_id", "tap_config"] } as const satisfies MessageShape<string>;

/**
 * Reads the body of a request to `/tap`, YAML or JSON.
 *
 * @param siteOf what is tapped under a config_id, and the clusters that there are
 *
 * @throws TaplineError (`configuration`) with line and column, in Envoy's words where Envoy has some
 */
export async function readTapRequest(
  body: string,
  siteOf: (configId: string) => Omit<TapSite, "origin"> = () => ({ watches: [] }),
): Promise<TapRequest> {
  if (body.trim() === "") throw new TaplineError("configuration", "/tap requires a JSON/YAML body");
  const document = await parseDocument(body);
  if (document.kind !== "mapping") throw new TaplineError("configuration", `Unable to convert YAML as JSON: ${body}`);
  const message = openRequest(document);
  const configId = message.string("config_id") ?? "";
  if (configId === "") throw invalid("ConfigId: value length must be at least 1 characters");
  const tapConfig = message.node("tap_config");
  if (tapConfig === undefined) throw invalid("TapConfig: value is required");
  return { configId, tap: readTapConfig(tapConfig, { origin: "admin", ...siteOf(configId) }) };
}

function openRequest(document: DocumentNode): MessageReader<"config_id" | "tap_config"> {
  try {
    return new MessageReader(document, TAP_REQUEST);
  } catch (error) {
    if (!(error instanceof TaplineError)) throw error;
    const reason = `Protobuf message (type envoy.admin.v3.TapRequest reason ${error.message}) has unknown fields`;
    throw new TaplineError("configuration", reason, error.place === undefined ? {} : { place: error.place });
  }
}

function invalid(what: string): TaplineError {
  return new TaplineError("configuration", `Proto constraint validation failed (TapRequestValidationError.${what})`);
}
