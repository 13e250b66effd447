import { writeSync } from "node:fs";
import { Socket } from "node:net";

/**
 * Lets stdout or stderr write all that it is given where it is a file: Node takes a write for done of which only a part found room on
 * the disk, and the rest would be lost without a word.
 */
export function writeWhole(stream: NodeJS.WriteStream): void {
  if (stream instanceof Socket) return;
  const { fd } = stream as { readonly fd: number };
  (stream as NodeJS.WriteStream)._write = (bytes: Uint8Array, _encoding, done): void => {
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
    } catch (error) {
      done(error as Error);
      return;
    }
    done();
  };
}
