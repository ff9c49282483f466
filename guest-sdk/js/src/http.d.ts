/**
 * Requests to other servers, as the step's grant allows: `[[http]]` says to which hosts, with which methods and paths.
 * Needs `import lockstep:step/http` in the world.
 *
 * ```ts
 * const rate = http.get('https://rates.example.com/eur').successful().json();
 * const answer = http.post('https://api.example.com/v1/refunds', { json: { order, rate }, key: order });
 * ```
 *
 * A call waits for the whole answer; nothing is awaited. What goes wrong throws a `Failure`: transient where another
 * attempt may succeed (`http-timeout`, `http-connect`, `http-tls`, `http-protocol`), permanent where not
 * (`http-denied`, `http-refused`, `http-too-large`, `http-invalid-request`). Secrets are the host's: name one in the
 * grant, and leave the header out here.
 */

/** What a request may have beside its method and its URL. */
export interface Options {
  headers?: Record<string, string> | [string, string][] | undefined;
  /** A text or bytes. */
  body?: string | Uint8Array | undefined;
  /** A value that is sent as JSON instead of a body, with the header that says so unless `headers` has one. */
  json?: unknown;
  /** How long it may take; the grant's rule may allow less. */
  timeoutMs?: number | undefined;
  /** The call is the same again wherever it has the same key, where the grant's rule sends keys. */
  key?: string | undefined;
}

/** The whole answer. One with a status of 400 and more is an answer too. */
export interface Response {
  status: number;
  /** Names in lower case. */
  headers: [string, string][];
  /** As it came: nothing is unpacked. */
  body: Uint8Array;
  /** The first header of a name, whatever its case. */
  header(name: string): string | undefined;
  /** The body as text; what is no text in it becomes `�`. */
  text(): string;
  /** The body as the JSON that it is; else the permanent failure `http-not-json`. */
  json<T = any>(): T;
  /**
   * The answer if its status is in the 200s; else throws the failure `http-status`, transient where the server may do
   * better later: at 408, 425, 429 and from 500 on.
   */
  successful(): Response;
}

/** Asks for what is there. */
export function get(url: string, options?: Options): Response;
export function post(url: string, options?: Options): Response;
/** A request with any method. */
export function request(method: string, url: string, options?: Options): Response;
