import type { FileRegistry } from "@bufbuild/protobuf";
import { signal } from "@preact/signals";

/** The types of a descriptor set that was opened in this page, which keeps it to itself. */
export const descriptors = signal<{ readonly name: string; readonly registry: FileRegistry } | undefined>(undefined);
/** Why the last file was none. */
export const descriptorProblem = signal<string | undefined>(undefined);

const MAX_BYTES = 64 * 1024 * 1024;

/** @param file a descriptor set of at most 64 MiB; what it is instead is told by `descriptorProblem` */
export async function openDescriptors(file: File): Promise<void> {
  descriptorProblem.value = undefined;
  try {
    if (file.size > MAX_BYTES) throw new Error("no descriptor set of more than 64 MiB is read");
    const { readDescriptors } = await import("../text/protobuf.ts");
    descriptors.value = { name: file.name, registry: readDescriptors(new Uint8Array(await file.arrayBuffer())) };
  } catch (error) {
    descriptorProblem.value = `${file.name}: ${(error as Error).message}`;
  }
}
