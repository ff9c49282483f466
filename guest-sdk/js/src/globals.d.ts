// What a step has beside the language itself.

/** Lines of the step's log, if its world imports `lockstep:step/log`; none at the top of a module. */
declare const console: Record<'trace' | 'debug' | 'log' | 'info' | 'warn' | 'error', (...parts: unknown[]) => void>;

declare class TextEncoder {
  readonly encoding: 'utf-8';
  encode(text?: string): Uint8Array;
}

declare class TextDecoder {
  constructor(label?: 'utf-8' | 'utf8', options?: { fatal?: boolean | undefined; ignoreBOM?: boolean | undefined });
  readonly encoding: 'utf-8';
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;
  decode(bytes?: ArrayBuffer | ArrayBufferView): string;
}

declare function atob(base64: string): string;
declare function btoa(bytes: string): string;
declare function queueMicrotask(task: () => void): void;
