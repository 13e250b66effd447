import type { Body, Header } from "../../model/index.ts";
import type { DescribeMessage } from "../content/grpc-payloads.ts";

/** The lines below an exchange's line in a longer view, as data: in the order in which it is shown. */
export type ExchangeDetail = HeadDetail | BodyDetail | MessageDetail | NoteDetail;

/** A line that begins a message, and the fields below it. */
export interface HeadDetail {
  readonly part: "head";
  readonly from: "client" | "server";
  readonly line: string;
  readonly fields: readonly Header[];
}

export interface BodyDetail {
  readonly part: "body";
  readonly from: "client" | "server";
  readonly body: Body;
  /** Its media type, where one is given. */
  readonly type?: string | undefined;
  /** Fields that came after it. */
  readonly trailers: readonly Header[];
}

/** One message of a conversation, or one value: what it is and notes in a line, then its content. */
export interface MessageDetail {
  readonly part: "message";
  readonly from: "client" | "server";
  /** The kind of fact, in a word. */
  readonly label: string;
  /** Its bytes on the wire. */
  readonly size: number;
  readonly notes: readonly string[];
  readonly content: Uint8Array | string;
}

/** A line of its own. */
export interface NoteDetail {
  readonly part: "note";
  readonly text: string;
}

export interface DetailOptions {
  /** Bodies and messages too. */
  readonly bodies: boolean;
  /** Says what messages hold that need a schema to be understood. */
  readonly describeMessage?: DescribeMessage | undefined;
}

/** A name and its value, for the line that tells what an exchange is part of. */
export type Fact = readonly [name: string, value: string];
