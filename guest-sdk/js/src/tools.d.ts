/**
 * Tools of servers and of components, as the step's grant allows: `[[tools]]` says which, with what arguments, and
 * which calls a person decides on. Needs `import lockstep:step/tools` in the world.
 *
 * ```ts
 * const text = tools.call('read_text_file', { path: 'faq.md' });
 * ```
 *
 * Where the grant says `approve`, `call` does not come back until a person has decided: the attempt ends, and a later
 * one makes the same call and gets what came of it. So a step asks for the same again when it is run again.
 *
 * What goes wrong throws a `Failure`: transient where another attempt may succeed (`tool-timeout`,
 * `tool-unavailable`), permanent where not (`tool-denied`, `tool-refused`, `tool-invalid-arguments`, `tool-failed`,
 * `tool-too-large`).
 */

/** A tool that the grant allows. */
export interface Tool {
  /** As `call` wants it. */
  name: string;
  /** What it does, in the words of whoever made it. */
  description: string;
  /** JSON Schema of its arguments, as the grant leaves them. */
  inputSchema: any;
}

/** The tools that the grant allows, by name. One whose server cannot be reached now is not among them. */
export function list(): Tool[];
/** Calls a tool and waits for its result. Arguments are an object; the result is any JSON value. */
export function call<T = any>(name: string, args?: object): T;
