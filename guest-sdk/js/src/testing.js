// Case files as tests of vitest, in plain Node: no WebAssembly, milliseconds, and breakpoints hold.
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'smol-toml';
import { test } from 'vitest';
import { world } from '../world.js';
import { files, read, run } from './testing/cases.js';

export { stand } from '#host';

const FOLDER = fileURLToPath(new URL('../..', import.meta.url));

export function cases(pattern, step) {
  const toml = (text) => parse(text, { integersAsBigInt: true });
  const about = { step: basename(FOLDER), workflow: workflow(FOLDER, toml) };
  for (const file of files(pattern, FOLDER)) {
    const { given, wrong } = tried(() => read(file, toml));
    const name = relative(FOLDER, file);
    // Only a host can park an attempt.
    const one = given?.expect?.parked ? test.skip : test;
    one(given?.case ? `${name}: ${given.case}` : name, () => {
      if (wrong) throw wrong;
      const differences = run(given, world, step, about);
      if (differences.length > 0) throw new Error(`${name}\n${differences.join('\n')}`);
    });
  }
}

/** A file that cannot be read is a test that fails, and not the end of all tests. */
function tried(read) {
  try {
    return { given: read() };
  } catch (wrong) {
    return { wrong };
  }
}

/** The name of the workflow that the step's folder lies in; empty, if there is none. */
function workflow(folder, toml) {
  const file = join(folder, 'workflow.toml');
  if (existsSync(file)) return toml(readFileSync(file, 'utf8')).workflow;
  const parent = dirname(folder);
  return parent === folder ? '' : workflow(parent, toml);
}
