import { TaplineError } from "../model/index.ts";
import { ABI_MARKERS, type AbiVersion } from "./abi.ts";
import { FUNCTION_NAMES } from "./functions/index.ts";
import { WASI_MODULES, WASI_NAMES } from "./functions/wasi.ts";

/** A module that was compiled and found to be a filter: any number of machines may run it. */
export interface FilterModule {
  readonly module: WebAssembly.Module;
  readonly abi: AbiVersion;
  readonly size: number;
}

/**
 * Compiles a proxy-wasm filter and checks what can be known before it runs: one marker of its ABI, memory and an allocator that it
 * exports, imports that this host has.
 * @param file its name, for what is said of it
 * @throws TaplineError `input`, which says what is wrong
 */
export async function loadFilter(bytes: Uint8Array, file?: string): Promise<FilterModule> {
  const place = file === undefined ? {} : { place: { file } };
  const module = await WebAssembly.compile(bytes as Uint8Array<ArrayBuffer>).catch((error: Error) => {
    throw new TaplineError("input", `not a WebAssembly module: ${error.message}`, { cause: error, ...place });
  });
  try {
    return { module, abi: checkModule(module), size: bytes.length };
  } catch (error) {
    if (!(error instanceof TaplineError)) throw error;
    throw new TaplineError(error.code, error.message, {
      ...(error.hint !== undefined && { hint: error.hint }),
      ...place,
    });
  }
}

function checkModule(module: WebAssembly.Module): AbiVersion {
  const exports = WebAssembly.Module.exports(module);
  const markers = exports.filter(({ name }) => name.startsWith("proxy_abi_version_"));
  if (markers.length !== 1)
    throw new TaplineError(
      "input",
      markers.length === 0
        ? "not a proxy-wasm filter: it exports no proxy_abi_version_…"
        : `it says several versions of its ABI: ${markers.map(({ name }) => name).join(", ")}`,
    );
  const abi = ABI_MARKERS.get(markers[0]!.name);
  if (abi === undefined)
    throw new TaplineError("input", `unknown version of the ABI: ${markers[0]!.name}`, {
      hint: `this host runs ${[...ABI_MARKERS.values()].join(", ")}`,
    });
  checkExports(exports);
  checkImports(WebAssembly.Module.imports(module));
  return abi;
}

function checkExports(exports: readonly WebAssembly.ModuleExportDescriptor[]): void {
  if (!exports.some(({ name, kind }) => name === "memory" && kind === "memory"))
    throw new TaplineError("input", "it does not export its memory");
  if (!exports.some(({ name, kind }) => ALLOCATORS.includes(name) && kind === "function"))
    throw new TaplineError("input", `it exports no allocator: ${ALLOCATORS.join(" or ")} is wanted`);
}

/** The functions that a host may allocate with, the preferred first. */
export const ALLOCATORS: readonly string[] = ["proxy_on_memory_allocate", "malloc"];

function checkImports(imports: readonly WebAssembly.ModuleImportDescriptor[]): void {
  const unknown = imports.filter(({ module, name, kind }) => {
    if (kind !== "function") return true;
    if (WASI_MODULES.includes(module)) return !WASI_NAMES.has(name);
    return module !== "env" || !FUNCTION_NAMES.has(name);
  });
  if (unknown.length === 0) return;
  throw new TaplineError(
    "input",
    `missing import: ${unknown.map(({ module, name }) => `${module}.${name}`).join(", ")}`,
    { hint: "proxies have the functions of proxy-wasm in env, and WASI's, and refuse a filter that wants others" },
  );
}
