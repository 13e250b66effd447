import { registerHooks, stripTypeScriptTypes } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { loadJudge } from "./test-registry.ts";

const REGISTRY = pathToFileURL(resolve(import.meta.dirname, "test-registry.ts")).href;
const FORGETFUL = pathToFileURL(resolve(import.meta.dirname, "forgetful.ts")).href;
/** Sources without their types, by address. */
const stripped = new Map<string, string>();
/** Where the copy is that is judged. */
let copy = "";
let load = 0;

/**
 * Loads all judges, and what they import of the project, anew: what is done while it is loaded is done with the mutant that is active now.
 * @param nth how often they were loaded before
 */
export async function loadJudges(nth: number): Promise<void> {
  load = nth;
  copy = pathToFileURL(`${process.cwd()}/`).href;
  if (nth === 0) registerHooks({ resolve: resolveJudged, load: loadJudged });
  for (const file of process.env["TAPLINE_JUDGES"]!.split("\n"))
    await loadJudge(file, pathToFileURL(resolve(file)).href);
}

type Hooks = Required<Parameters<typeof registerHooks>[0]>;

const resolveJudged: Hooks["resolve"] = (name, context, next) => {
  if (name === "node:test") return { url: REGISTRY, shortCircuit: true };
  const remembers = /\/(text-memo|harmless-texts)\.ts$/.exec(name)?.[1];
  // Their own tests ask the real ones.
  const isForgotten = remembers !== undefined && !context.parentURL?.includes(`/${remembers}.test.ts`);
  if (isForgotten) return { url: FORGETFUL, shortCircuit: true };
  const found = next(name, context);
  return isJudged(found.url) ? { ...found, url: `${found.url}?load=${load}` } : found;
};

const loadJudged: Hooks["load"] = (url, context, next) => {
  const [address] = url.split("?") as [string];
  if (!isJudged(address) || !address.endsWith(".ts")) return next(url, context);
  let source = stripped.get(address);
  if (source === undefined) {
    source = stripTypeScriptTypes(String(next(url, context).source));
    stripped.set(address, source);
  }
  return { format: "module", source, shortCircuit: true };
};

function isJudged(url: string): boolean {
  return url.startsWith(copy) && !url.includes("/node_modules/") && !url.includes("?");
}
