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
  for (const file of files(pattern, FOLDER)) {
    test(title(file, toml), () => {
      const differences = run(read(file, toml), world, step, {
        step: basename(FOLDER),
        workflow: workflow(FOLDER, toml),
      });
      if (differences.length > 0) throw new Error(`${relative(FOLDER, file)}\n${differences.join('\n')}`);
    });
  }
}

/** A file that cannot be read is a test that fails. */
function title(file, toml) {
  try {
    return `${relative(FOLDER, file)}: ${read(file, toml).case ?? ''}`;
  } catch {
    return relative(FOLDER, file);
  }
}

/** The name of the workflow that the step's folder lies in. */
function workflow(folder, toml) {
  const file = join(folder, 'workflow.toml');
  if (existsSync(file)) return toml(readFileSync(file, 'utf8')).workflow;
  const parent = dirname(folder);
  return parent === folder ? 'workflow' : workflow(parent, toml);
}
