import { isIP, type Socket } from "node:net";
import { connect, type SecureContext, type TLSSocket } from "node:tls";
import { type Connection, TaplineError } from "../../model/index.ts";
import type { SparseLog } from "../sparse-log.ts";
import { KeyLog } from "./key-log.ts";
import { makeSecureContext } from "./secure-context.ts";
import type { CertificateValidation, UpstreamTlsConfig } from "./tls-config.ts";
import { verifyPeer } from "./verify-peer.ts";

/** The client's side of TLS for a cluster: turns dialled sockets into TLS sockets. */
export class TlsConnector {
  readonly config: UpstreamTlsConfig;
  readonly #context: SecureContext;
  readonly #keyLog: KeyLog | undefined;

  /** @throws TaplineError `configuration` */
  constructor(config: UpstreamTlsConfig, log: SparseLog) {
    this.config = config;
    this.#context = makeSecureContext(config);
    this.#keyLog = config.keyLog === undefined ? undefined : new KeyLog(config.keyLog, log);
  }

  /** The name that is sent: a given one, but for an address, or the configuration's. */
  sniFor(serverName: string | undefined): string | undefined {
    const name = serverName === undefined || isIP(serverName) !== 0 ? this.config.sni : serverName;
    return name === undefined || isIP(name) !== 0 ? undefined : name;
  }

  /**
   * Does the handshake and verifies the server's certificate as configured.
   *
   * @param socket is connected
   * @param offers the protocols to offer (ALPN); none when empty
   * @param serverName that is sent (SNI), instead of the configuration's; an address is not sent
   * @param isVerified the certificate must be for that name or address, too
   * @throws whatever made the handshake fail; the socket is closed then
   */
  connect(
    socket: Socket,
    connection: Connection,
    offers: readonly string[],
    serverName?: string,
    isVerified = false,
  ): Promise<TLSSocket> {
    return new Promise((resolve, reject) => {
      const sni = this.sniFor(serverName);
      const isNamed = isVerified && isIP(serverName ?? "") === 0;
      const validation = isNamed ? withName(this.config.validation, serverName) : this.config.validation;
      const secured = connect({
        socket,
        secureContext: this.#context,
        ...(sni === undefined ? {} : { servername: sni }),
        ...(offers.length === 0 ? {} : { ALPNProtocols: [...offers] }),
        // `verifyPeer` decides, by the configuration; Envoy verifies names only where it is told which.
        rejectUnauthorized: false,
        checkServerIdentity: () => undefined,
      });
      secured.pause();
      const fail = (error: Error) => {
        secured.destroy();
        reject(error);
      };
      const onClose = () =>
        fail(new TaplineError("connection", "the upstream server closed before the TLS handshake was done"));
      secured.once("error", fail).once("close", onClose);
      if (this.#keyLog !== undefined) secured.on("keylog", (line) => this.#keyLog?.write(connection, line));
      secured.once("secureConnect", () => {
        const problem = verifyPeer(secured, validation, isVerified && !isNamed ? serverName : undefined);
        if (problem !== undefined) return fail(new TaplineError("connection", problem));
        secured.off("error", fail).off("close", onClose);
        resolve(secured);
      });
    });
  }
}

function withName(validation: CertificateValidation | undefined, name = ""): CertificateValidation {
  const matcher = { kind: "exact", value: name, ignoreCase: true } as const;
  const base = validation ?? {
    certificateHashes: [],
    certificateSpkis: [],
    subjectAltNames: [],
    acceptUntrusted: false,
  };
  return { ...base, subjectAltNames: [{ type: "DNS", matcher }] };
}
