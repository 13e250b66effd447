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

  /**
   * Does the handshake and verifies the server's certificate as configured.
   *
   * @param socket is connected
   * @param offers the protocols to offer (ALPN); none when empty
   * @param serverName that is sent (SNI), instead of the configuration's
   * @param isVerified the certificate must be for that name, too
   * @throws whatever made the handshake fail; the socket is closed then
   */
  connect(
    socket: Socket,
    connection: Connection,
    offers: readonly string[],
    serverName = this.config.sni,
    isVerified = false,
  ): Promise<TLSSocket> {
    return new Promise((resolve, reject) => {
      const validation = isVerified ? withName(this.config.validation, serverName) : this.config.validation;
      const secured = connect({
        socket,
        secureContext: this.#context,
        ...(serverName === undefined || isIP(serverName) !== 0 ? {} : { servername: serverName }),
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
        const problem = verifyPeer(secured, validation);
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
