/** The one logger's interface: pino's, as far as Tapline uses it. `fields` are facts under stable names; the message is for people. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Says nothing: for tests and for use as a library. */
export const SILENT_LOGGER: Logger = { debug() {}, info() {}, warn() {}, error() {} };
