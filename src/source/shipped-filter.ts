import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/** The Envoy filter that ships with Tapline. */
export interface ShippedFilter {
  readonly bytes: Uint8Array;
  /** In lower-case hex. */
  readonly sha256: string;
}

export const SHIPPED_FILTER_NAME = "http-trace-filter.wasm";

/** Where it stands: beside the program's other files. */
export const SHIPPED_FILTER_URL = new URL(`../../bin/${SHIPPED_FILTER_NAME}`, import.meta.url);

/** `bin/http-trace-filter.wasm` as it stands; undefined where it was never built. */
export function readShippedFilter(): ShippedFilter | undefined {
  try {
    const bytes = readFileSync(SHIPPED_FILTER_URL);
    return { bytes, sha256: sha256Of(bytes) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
