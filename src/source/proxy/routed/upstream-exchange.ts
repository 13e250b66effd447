import type { Duplex, Readable, Writable } from "node:stream";
import type { Connection } from "../../../model/index.ts";
import type { HeaderList } from "./headers/header-list.ts";

/** A request as it is sent to an endpoint. */
export interface UpstreamRequest {
  readonly method: string;
  readonly scheme: string;
  readonly authority: string;
  readonly path: string;
  readonly headers: HeaderList;
  readonly isBodiless: boolean;
  readonly isUpgrade: boolean;
}

/** The response's head and its body. */
export interface UpstreamResponse {
  readonly status: number;
  readonly headers: HeaderList;
  readonly body: Readable;
  readonly isBodiless: boolean;
  /** Once the body has ended. */
  readonly trailers: () => HeaderList;
}

export interface UpstreamHandler {
  /** Called once, before anything else: the request is on its way. */
  begun(exchange: UpstreamExchange): void;
  /** Called once, and nothing else is: no connection could be made. */
  refused(error: Error): void;
  inform(status: number, headers: HeaderList): void;
  respond(response: UpstreamResponse): void;
  /** The endpoint changed the protocol: bytes follow, both ways. */
  upgraded(headers: HeaderList, socket: Duplex, first: Buffer): void;
  /** Called once, before the response's end: nothing more comes. */
  failed(error: Error, reason: FailureReason): void;
}

/** Why a response did not come whole, in Envoy's words: the connection ended; what came was no HTTP, or too much; the stream was given up. */
export type FailureReason = "connection termination" | "protocol error" | "remote reset";

/** A request that is under way. */
export interface UpstreamExchange {
  readonly connection: Connection;
  readonly sink: Writable;
  readonly finish: (trailers: HeaderList) => void;
  readonly reset: () => void;
}
