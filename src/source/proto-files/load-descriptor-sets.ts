import { readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { create, toBinary } from "@bufbuild/protobuf";
import { type FileDescriptorProto, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { describeReadError, TaplineError } from "../../model/index.ts";
import { linkFiles, parseProto, WELL_KNOWN_FILES } from "../../wire/proto-source/index.ts";

/**
 * Reads what describes protobuf messages: `.proto` files with their imports, and files of anything else, which are taken for
 * descriptor sets. Gives serialised `google.protobuf.FileDescriptorSet`s.
 *
 * @param importPaths folders that imports are looked for in; those of the files themselves come after them
 * @throws TaplineError (`input`) where a file cannot be read or is wrong, or an import is not found
 */
export function loadDescriptorSets(paths: readonly string[], importPaths: readonly string[] = []): Uint8Array[] {
  const sources = paths.filter((path) => path.endsWith(".proto"));
  const sets = paths.filter((path) => !path.endsWith(".proto")).map(readFile);
  return sources.length === 0 ? sets : [...sets, compile(sources, importPaths)];
}

function compile(sources: readonly string[], importPaths: readonly string[]): Uint8Array {
  const roots = [...new Set([...importPaths, ...sources.map(dirname)].map((path) => resolve(path)))];
  const files = new Map<string, FileDescriptorProto>();
  // In the order that a descriptor set wants: what is imported comes first.
  const add = (name: string, path: string): void => {
    const text = new TextDecoder().decode(readFile(path));
    const file = parseProto(name, text);
    files.set(name, file);
    for (const imported of file.dependency) addImport(imported, path);
    files.delete(name);
    files.set(name, file);
  };
  const addImport = (name: string, from: string): void => {
    if (files.has(name)) return;
    const path = roots.map((root) => join(root, name)).find(exists);
    const wellKnown = WELL_KNOWN_FILES.get(name);
    if (path !== undefined) add(name, path);
    else if (wellKnown !== undefined) {
      for (const imported of wellKnown.dependency) addImport(imported, name);
      files.set(name, wellKnown);
    } else
      throw new TaplineError("input", `imports ${name}, which is in none of ${roots.join(", ")}`, {
        place: { file: from },
        hint: "name its folder with --proto-path",
      });
  };
  for (const source of sources) {
    const path = resolve(source);
    const name = relative(roots.find((root) => !relative(root, path).startsWith("..")) ?? dirname(path), path);
    if (!files.has(name)) add(name, path);
  }
  const linked = [...files.values()];
  linkFiles(
    linked.filter((file) => !WELL_KNOWN_FILES.has(file.name)),
    linked,
  );
  return toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file: linked }));
}

function readFile(path: string): Uint8Array {
  try {
    return new Uint8Array(readFileSync(path));
  } catch (error) {
    throw new TaplineError("input", describeReadError(error), { place: { file: path }, cause: error });
  }
}

function exists(path: string): boolean {
  try {
    readFileSync(path);
    return true;
  } catch {
    return false;
  }
}
