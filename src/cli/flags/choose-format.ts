import { TaplineError } from "../../model/index.ts";
import type { WritableFormat } from "../../wire/format.ts";
import { findFormat, formatOfPath, WRITABLE_EXTENSIONS, WRITABLE_FORMATS } from "../../wire/formats.ts";

/**
 * The format to write a file in: the one that was asked for, or the one that its extension says.
 *
 * @param option how this command asks for a format, for messages; absent where only the extension says it
 * @throws TaplineError (`usage`) for a name that is none, and for an extension that says nothing; the hint can be followed
 */
export function chooseFormat(asked: string | undefined, path: string, option?: string): WritableFormat {
  const format = asked === undefined ? formatOfPath(path) : findFormat(asked);
  if (format !== undefined && format.kind !== "flows") return format;
  const names = WRITABLE_FORMATS.map(({ name }) => name).join(", ");
  if (asked !== undefined)
    throw new TaplineError("usage", `${option ?? "the format"} ${asked}: there is no such format`, {
      hint: `expected one of ${names}`,
    });
  const extensions = `end it in ${WRITABLE_EXTENSIONS.join(", ")}`;
  throw new TaplineError("usage", `the name '${path}' does not say what to write`, {
    hint: option === undefined ? extensions : `add ${option} with ${names}; or ${extensions}`,
  });
}

/**
 * The format of `-w`, which `--write-format` says where the file's name does not; undefined without `-w`.
 * @throws TaplineError (`usage`) as `chooseFormat`, and for a format of nothing
 */
export function chooseWritten(flags: {
  readonly write?: string;
  readonly writeFormat?: string;
}): WrittenFile | undefined {
  if (flags.write !== undefined)
    return { path: flags.write, format: chooseFormat(flags.writeFormat, flags.write, "--write-format") };
  if (flags.writeFormat === undefined) return undefined;
  chooseFormat(flags.writeFormat, "", "--write-format");
  throw new TaplineError("usage", "--write-format says how -w writes, and -w is not there");
}

export interface WrittenFile {
  readonly path: string;
  readonly format: WritableFormat;
}

/** One line a format, for help. */
export function describeFormats(): string {
  return WRITABLE_FORMATS.map((format) => {
    const [extension] = format.extensions.filter((extension) => formatOfPath(`x${extension}`) === format);
    return `  ${format.name.padEnd(13)} ${format.meaning}${extension === undefined ? "" : ` (${extension})`}`;
  }).join("\n");
}
