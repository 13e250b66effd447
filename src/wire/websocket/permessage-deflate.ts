/** Parameters agreed on in the handshake for permessage-deflate (RFC 7692 §7.1). The sizes of the windows do not matter to who decompresses. */
export interface DeflateParameters {
  /** Each message of the client, or of the server, is compressed on its own. */
  readonly clientNoContextTakeover: boolean;
  readonly serverNoContextTakeover: boolean;
}

/** From the response's Sec-WebSocket-Extensions field; undefined when messages are not compressed. */
export function readDeflateParameters(extensions: string | undefined): DeflateParameters | undefined {
  for (const extension of extensions?.split(",") ?? []) {
    const [name, ...parameters] = extension.split(";").map((part) => part.trim().toLowerCase());
    if (name !== "permessage-deflate") continue;
    return {
      clientNoContextTakeover: parameters.includes("client_no_context_takeover"),
      serverNoContextTakeover: parameters.includes("server_no_context_takeover"),
    };
  }
  return undefined;
}
