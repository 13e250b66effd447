/** A DNS message (RFC 1035 §4.1), as far as it could be read. Names are in presentation form, without a dot at the end; the root is `.`. */
export interface DnsMessage {
  readonly id: number;
  readonly isResponse: boolean;
  /** 0 QUERY, 4 NOTIFY, 5 UPDATE, … */
  readonly opcode: number;
  readonly authoritative: boolean;
  /** TC: the answer did not fit, and is to be asked for again over TCP. */
  readonly truncated: boolean;
  readonly recursionDesired: boolean;
  readonly recursionAvailable: boolean;
  readonly authenticData: boolean;
  readonly checkingDisabled: boolean;
  /** With the upper bits that EDNS adds (RFC 6891 §6.1.3). */
  readonly rcode: number;
  readonly questions: readonly DnsQuestion[];
  readonly answers: readonly DnsRecord[];
  /** Records of authority; in an UPDATE the updates. */
  readonly authorities: readonly DnsRecord[];
  /** Without the OPT record, which is `edns`. */
  readonly additionals: readonly DnsRecord[];
  readonly edns?: Edns;
  /** Counts in the header, whatever was read: higher than the lists above where the message was cut. */
  readonly counts: { readonly answers: number; readonly authorities: number; readonly additionals: number };
  /** Why it could not be read to its end, in the ledger's words; absent where it was. */
  readonly problem?: string;
}

export interface DnsQuestion {
  readonly name: string;
  /** `A`, `HTTPS`; `TYPE65280` of a number without a name (RFC 3597 §5). */
  readonly type: string;
  /** `IN`, `CH`, `ANY`, … */
  readonly class: string;
}

export interface DnsRecord extends DnsQuestion {
  /** Seconds. */
  readonly ttl: number;
  /** In presentation form, as in a zone's file: `10 mail.example.com`; `\# 2 abcd` of a type that is not known (RFC 3597 §5). */
  readonly data: string;
}

/** The OPT record (RFC 6891). */
export interface Edns {
  /** The largest datagram that its sender takes. */
  readonly udpSize: number;
  readonly version: number;
  /** DO: the sender wants DNSSEC's records. */
  readonly dnssecOk: boolean;
  readonly options: readonly { readonly code: number; readonly name: string; readonly data: string }[];
}
