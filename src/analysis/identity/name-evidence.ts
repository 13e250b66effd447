/** Hints in an exchange at who takes part in it; those of its connection are kept beside. */
export interface NameEvidence {
  /** The name that the request asks for, with its port if it has one: the Host header, `:authority`. */
  readonly host?: string;
  /** The name of the end that asked, as its tracing gives it. */
  readonly peerService?: string;
  /** The trace that the exchange is part of. */
  readonly traceId?: string;
  /** `x-request-id`: what the request is known by, where proxies pass it on. */
  readonly requestId?: string;
}
