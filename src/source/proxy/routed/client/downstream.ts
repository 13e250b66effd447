import type { Readable, Writable } from "node:stream";
import type { HeaderList } from "../headers/header-list.ts";

/** One request of a client and the way to its answer, whichever HTTP it came in. */
export interface DownstreamStream {
  readonly version: "HTTP/1.0" | "HTTP/1.1" | "HTTP/2";
  readonly method: string;
  /** As the request names it; undefined where it names none. */
  readonly scheme: string | undefined;
  /** Undefined where the request names no host. */
  readonly authority: string | undefined;
  readonly path: string;
  /** Without pseudo-headers and `host`. */
  readonly headers: HeaderList;
  readonly body: Readable;
  /** Nothing follows the headers. */
  readonly isBodiless: boolean;
  /** Once the body has ended. */
  readonly trailers: () => HeaderList;
  /** Takes the response's body, after `respond`. */
  readonly sink: Writable;
  readonly respond: (status: number, headers: HeaderList, isBodiless: boolean) => void;
  readonly inform: (status: number, headers: HeaderList) => void;
  readonly finish: (trailers: HeaderList) => void;
  /** Takes no request after this one, where they follow one another on a connection: who sends what is invalid may mean another. */
  readonly distrust: () => void;
  /** Breaks it off: what was begun is not to be taken for whole. */
  readonly reset: () => void;
  /** Whether the client is still there. */
  readonly isOpen: () => boolean;
}
