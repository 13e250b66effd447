import type { Socket } from "node:net";
import { createServer, type SecureContext, type Server, type TLSSocket } from "node:tls";
import type { Connection } from "../../../model/index.ts";
import { KeyLog } from "../../dial/key-log.ts";
import { makeSecureContext } from "../../dial/secure-context.ts";
import type { DownstreamTlsConfig } from "../../dial/tls-config.ts";
import { verifyPeer } from "../../dial/verify-peer.ts";
import type { SparseLog } from "../../sparse-log.ts";

/** How long a handshake may take where the configuration does not say, in milliseconds. */
const DEFAULT_HANDSHAKE_TIMEOUT = 120_000;

interface Handshake {
  readonly connection: Connection;
  readonly resolve: (socket: TLSSocket) => void;
  readonly reject: (error: Error) => void;
}

/** The server's side of TLS for a listener: turns accepted sockets into TLS sockets. */
export class TlsAcceptor {
  readonly config: DownstreamTlsConfig;
  readonly #context: SecureContext;
  readonly #keyLog: KeyLog | undefined;
  readonly #timeoutMillis: number;
  /** One server object a protocol that was negotiated (`""` for none): its ALPN list is that protocol. None of them listens. */
  readonly #servers = new Map<string, Server>();
  readonly #handshakes = new WeakMap<Socket, Handshake>();

  /** @throws TaplineError `configuration` */
  constructor(config: DownstreamTlsConfig, options: { log: SparseLog; timeoutMillis?: number }) {
    this.config = config;
    this.#context = makeSecureContext(config);
    this.#keyLog = config.keyLog === undefined ? undefined : new KeyLog(config.keyLog, options.log);
    this.#timeoutMillis = options.timeoutMillis ?? DEFAULT_HANDSHAKE_TIMEOUT;
  }

  get timeoutMillis(): number {
    return this.#timeoutMillis;
  }

  /**
   * Does the handshake. The client's certificate is verified as configured.
   *
   * @param socket is paused; it may hold bytes that were read and put back
   * @param protocol what ALPN answers; undefined leaves the extension unanswered
   * @param isHello false where the bytes that were put back are no ClientHello: they get their alert, and nothing is waited for
   * @throws whatever made the handshake fail; the socket is closed then
   */
  accept(socket: Socket, connection: Connection, protocol: string | undefined, isHello: boolean): Promise<TLSSocket> {
    return new Promise((resolve, reject) => {
      this.#handshakes.set(socket, { connection, resolve, reject });
      this.#serverFor(protocol ?? "").emit("connection", socket);
      // OpenSSL would wait for more of some (a hello of SSLv2, an empty record), and does not see an end that has come already.
      if (!isHello)
        setImmediate(() => {
          socket.destroy();
          reject(new Error("this is no ClientHello"));
        });
    });
  }

  #serverFor(protocol: string): Server {
    const known = this.#servers.get(protocol);
    if (known !== undefined) return known;
    const server = createServer({
      ...(protocol === "" ? {} : { ALPNProtocols: [protocol] }),
      // Whether a certificate is good is decided after the handshake, where it can be said in the log.
      requestCert: this.config.requireClientCertificate || this.config.validation !== undefined,
      rejectUnauthorized: false,
      handshakeTimeout: this.#timeoutMillis,
      pauseOnConnect: true,
    });
    setSharedContext(server, this.#context);
    server.on("secureConnection", (secured) => this.#established(secured));
    server.on("tlsClientError", (error, secured) => {
      this.#handshakeOf(secured)?.reject(error);
      secured.destroy();
    });
    server.on("keylog", (line: Buffer, secured: TLSSocket) => {
      const handshake = this.#handshakeOf(secured);
      if (handshake !== undefined) this.#keyLog?.write(handshake.connection, line);
    });
    this.#servers.set(protocol, server);
    return server;
  }

  #established(secured: TLSSocket): void {
    const handshake = this.#handshakeOf(secured);
    const problem = this.#verifyClient(secured);
    if (handshake === undefined || problem !== undefined) {
      secured.destroy();
      handshake?.reject(new Error(problem));
      return;
    }
    secured.pause();
    handshake.resolve(secured);
  }

  #verifyClient(secured: TLSSocket): string | undefined {
    const { requireClientCertificate, validation } = this.config;
    if (secured.getPeerX509Certificate() === undefined)
      return requireClientCertificate ? "the client sent no certificate" : undefined;
    return verifyPeer(secured, validation);
  }

  #handshakeOf(secured: TLSSocket): Handshake | undefined {
    // The socket that a TLS socket was made around; Node keeps it in `_parent`.
    const socket = (secured as unknown as { _parent: Socket | null })._parent;
    return socket === null ? undefined : this.#handshakes.get(socket);
  }
}

/**
 * Makes a server use a context that exists. `createServer` would make a new one for each protocol, each with ticket keys of
 * its own, and read the certificates each time.
 */
function setSharedContext(server: Server, context: SecureContext): void {
  (server as unknown as { _sharedCreds: SecureContext })._sharedCreds = context;
}
