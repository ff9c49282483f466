// A component's modules are evaluated once, while it is built: there is no host then, and no attempt.

let isRunning = false;

/** A handler is called. */
export function enter() {
  isRunning = true;
}

/** Whether a handler is called; else the step is being built. */
export function running() {
  return isRunning;
}

/** The interfaces of the host, which can be called by handlers alone. */
export function guarded(interfaces) {
  const guard = (name, functions) =>
    Object.fromEntries(
      Object.entries(functions).map(([key, call]) => [
        key,
        (...values) => {
          if (!isRunning)
            throw new Error(
              `\`${name}.${key}\` is called at the top of a module, where there is no run: call it in a handler`,
            );
          return call(...values);
        },
      ]),
    );
  return Object.fromEntries(Object.entries(interfaces).map(([name, functions]) => [name, guard(name, functions)]));
}
