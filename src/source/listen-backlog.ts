/**
 * Connections that wait to be accepted, at most: what the kernel allows (`net.core.somaxconn`, 4096 as it comes), as Envoy's listeners
 * have it on Linux. Node's own 511 are full when hundreds of clients connect while the event loop is at work; the kernel forgets the ones
 * that come then, which believe that they are connected.
 */
export const LISTEN_BACKLOG = 65_535;
