import type { Http1Message } from "./http1-message.ts";

/** A response that comes before the final one (RFC 9110 §15.2); 101 is final. */
export function isInformational(status: number): boolean {
  return status >= 100 && status < 200 && status !== 101;
}

/** A response whose body is Server-Sent Events that can be read as they come: without a content coding. */
export function isEventStream(message: Http1Message): boolean {
  const type = message.header("content-type");
  if (type === undefined || !/^\s*text\/event-stream\s*(;|$)/i.test(type)) return false;
  const coding = message.header("content-encoding");
  return coding === undefined || coding.toLowerCase() === "identity";
}
