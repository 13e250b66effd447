import type { Header } from "../../model/index.ts";
import { redactLines } from "./content/redact-body.ts";
import type { Marker } from "./secret-marker.ts";

export interface StreamRedactionOptions {
  readonly marker: Marker;
  readonly redactHeader: (header: Header) => string | undefined;
  readonly isSecretHeader: (name: string) => boolean;
  readonly redactRest: (bytes: Uint8Array) => Uint8Array;
}

/**
 * One direction of a connection's bytes, in whole lines as they come: header lines as headers, also where their values go on on the next
 * line, answers to `AUTH` in lines of base64, anything else as content.
 */
export class StreamRedaction {
  readonly #options: StreamRedactionOptions;
  /** The header whose value may go on, where that is secret. */
  #folded: string | undefined;
  #logsIn = false;

  constructor(options: StreamRedactionOptions) {
    this.#options = options;
  }

  redact(bytes: Uint8Array): Uint8Array {
    return redactLines(bytes, (line) => this.#redactLine(line), this.#options.redactRest);
  }

  #redactLine(line: string): string {
    const { marker, redactHeader, isSecretHeader } = this.#options;
    if (this.#logsIn && /^[A-Za-z0-9+/]+={0,2}$/.test(line)) return marker.mark("sasl", line);
    this.#logsIn = LOGIN.test(line);
    const folded = /^[ \t]+(?=\S)/.exec(line)?.[0];
    if (folded !== undefined && this.#folded !== undefined)
      return folded + marker.mark(this.#folded, line.slice(folded.length).trimEnd());
    const header = /^([\w!#$%&'*+.^`|~-]{1,128})([ \t]*:[ \t]*)(.*)$/.exec(line);
    this.#folded = header !== null && isSecretHeader(header[1]!) ? header[1] : undefined;
    if (header === null || header[3] === "") return line;
    return `${header[1]}${header[2]}${redactHeader({ name: header[1], value: header[3] })}`;
  }
}

/** SMTP's, POP3's and IMAP's, where the client's next lines are the answers. */
const LOGIN = /^(?:\S{1,32}[ \t]+AUTHENTICATE|AUTH)[ \t]+[\w-]{3,24}[ \t]*$/i;
