/** Go's reason why a text is no URL. Caught where URLs are parsed. */
export class UrlError extends Error {}
