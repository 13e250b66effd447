/**
 * Stands last in a message's headers or trailers in an HTTP trace where fields beyond a limit were not kept: Envoy's messages have no place for that.
 * No message can bring it: no name in HTTP/1 has a colon, and HTTP/2 knows all that begin with one (RFC 9113 §8.3).
 */
export const CUT_FIELDS = { name: ":head-limit", value: "fields beyond a limit were not kept" } as const;
