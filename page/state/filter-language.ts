import { signal } from "@preact/signals";

/** The filter language, once it is there: with what it knows of protocols it is larger than the rest of the page. */
export const language = signal<typeof import("../../src/analysis/filter/index.ts") | undefined>(undefined);

let loading: Promise<void> | undefined;

export function loadLanguage(): Promise<void> {
  loading ??= import("../../src/analysis/filter/index.ts").then((loaded) => {
    language.value = loaded;
  });
  return loading;
}
