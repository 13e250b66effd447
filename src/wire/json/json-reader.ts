import { findJsonFault } from "./find-json-fault.ts";

export type JsonResult =
  | { readonly value: unknown; readonly fault?: undefined }
  /** `is no JSON: at character 12 a value was expected`: what is wrong with it. */
  | { readonly value?: undefined; readonly fault: string };

/**
 * Parses many texts, of which many may be no JSON. V8 keeps something of each text that JSON.parse throws for until its next full
 * collection: once some were faulty, each is looked through before it is parsed.
 */
export class JsonReader {
  #faults = 0;

  read(text: string): JsonResult {
    if (this.#faults >= FAULTS_BEFORE_LOOKING && text.length <= MAX_LOOKED_THROUGH) {
      const fault = describeFault(text);
      if (fault !== undefined) return { fault };
    }
    try {
      return { value: JSON.parse(text) };
    } catch {
      this.#faults++;
      return { fault: (text.length > MAX_LOOKED_THROUGH ? undefined : describeFault(text)) ?? "is no JSON" };
    }
  }
}

const FAULTS_BEFORE_LOOKING = 16;
/** Characters. A pattern may not run through a longer one. */
const MAX_LOOKED_THROUGH = 64 * 1024;

function describeFault(text: string): string | undefined {
  const fault = findJsonFault(text);
  return fault && `is no JSON: at character ${fault.at + 1} ${fault.expected} was expected`;
}
