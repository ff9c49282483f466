// What a step finds around it within a component: bundled as the build does it, in a context that has what the engine
// has and nothing of Node. `LOCKSTEP_JS_TOOLS` names the folder that esbuild lies in.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';

const tools = process.env.LOCKSTEP_JS_TOOLS;
assert(tools, 'set LOCKSTEP_JS_TOOLS to a folder whose node_modules holds esbuild');
const { build } = createRequire(`${tools}/index.js`)('esbuild');

const NOW = 1_750_000_000_000;

/** Runs an expression in a step, with its log. */
async function evaluate(expression, { interfaces = ['log', 'run'], isRunning = true } = {}) {
  const host = {
    log: '{ log: (level, message) => lines.push(`${level}: ${message}`) }',
    run: `{ now: () => ${NOW}, random: (n) => Uint8Array.from({ length: n }, () => 255) }`,
  };
  const built = await build({
    stdin: {
      contents: `import { explain } from './engine.js'; import { enter } from './guard.js';
        ${isRunning ? 'enter();' : ''} globalThis.explain = explain;`,
      resolveDir: fileURLToPath(new URL('../src', import.meta.url)),
    },
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'neutral',
    plugins: [
      {
        name: 'host',
        setup(build) {
          build.onResolve({ filter: /^#host$/ }, () => ({ path: 'host', namespace: 'host' }));
          const members = interfaces.map((name) => `${name}: ${host[name]}`).join(', ');
          build.onLoad({ filter: /.*/, namespace: 'host' }, () => ({
            contents: `export const host = { ${members} };`,
          }));
        },
      },
    ],
  });
  const context = vm.createContext({ lines: [], performance: {} });
  vm.runInContext(built.outputFiles[0].text, context);
  return { value: vm.runInContext(expression, context), lines: context.lines };
}

async function thrown(expression, options) {
  const { value } = await evaluate(
    `(() => { try { ${expression} } catch (error) { return error.message } })()`,
    options,
  );
  return value;
}

test('the time is that of the run', async () => {
  const iso = new Date(NOW).toISOString();
  for (const [expression, value] of [
    ['Date.now()', NOW],
    ['new Date().getTime()', NOW],
    ['new Date(0).toISOString()', '1970-01-01T00:00:00.000Z'],
    ['new Date(Date.UTC(2020, 1, 29)).toISOString()', '2020-02-29T00:00:00.000Z'],
    [`Date.parse('${iso}')`, NOW],
    ['typeof Date()', 'string'],
    ['new Date() instanceof Date', true],
    ['new Date().constructor === Date', true],
    ['new (class extends Date { own() { return this.getTime(); } })().own()', NOW],
    ['typeof performance', 'undefined'],
  ]) {
    assert.equal((await evaluate(expression)).value, value, expression);
  }
});

test('chance is that of the host, and less than one', async () => {
  assert.equal((await evaluate('Math.random()')).value, (2 ** 53 - 1) / 2 ** 53);
});

test('without a run there is neither time nor chance, and the world or the place is to blame', async () => {
  for (const expression of ['Date.now()', 'new Date()', 'Math.random()']) {
    const world = await thrown(expression, { interfaces: [] });
    assert.match(world, /needs the run, which the world does not import: add `import lockstep:step\/run@0\.1\.0;`$/);
    const place = await thrown(expression, { isRunning: false });
    assert.match(place, /is asked for at the top of a module, where there is no run: ask in a handler$/);
  }
  assert.equal((await evaluate('new Date(0).getTime()', { interfaces: [], isRunning: false })).value, 0);
});

test('the console writes to the log of a step that has one', async () => {
  const write =
    "console.trace('t'); console.debug('d'); console.log('l', 1n); console.info('i'); console.warn('w'); console.error('e')";
  assert.deepEqual(
    [...(await evaluate(write)).lines],
    ['trace: t', 'debug: d', 'info: l 1n', 'info: i', 'warn: w', 'error: e'],
  );
  assert.deepEqual([...(await evaluate(write, { interfaces: [] })).lines], []);
  assert.deepEqual([...(await evaluate(write, { isRunning: false })).lines], [], 'there is no log at the top of a module');
});

test('texts are encoded and decoded', async () => {
  const { value } = await evaluate("new TextDecoder().decode(new TextEncoder().encode('Tee 茶 🍵').subarray(4))");
  assert.equal(value, '茶 🍵');
  assert.equal(await thrown("new TextDecoder('latin1')"), 'a step decodes UTF-8 alone, not latin1');
  const strict = "new TextDecoder('utf-8', { fatal: true })";
  assert.equal(await thrown(`${strict}.decode(Uint8Array.of(0x74, 0xff))`), 'these bytes are no UTF-8');
  assert.equal((await evaluate(`${strict}.decode(Uint8Array.of(0xef, 0xbf, 0xbd))`)).value, '\ufffd');
  const marked = 'decode(Uint8Array.of(0xef, 0xbb, 0xbf, 0x74))';
  assert.equal((await evaluate(`new TextDecoder().${marked}`)).value, 't');
  assert.equal((await evaluate(`new TextDecoder('utf8', { ignoreBOM: true }).${marked}`)).value, '\ufefft');
  assert.match(await thrown('new TextDecoder().decode(Uint8Array.of(0xe8), { stream: true })'), /leave `stream` out$/);
});

test('what is not there is explained', async () => {
  for (const [message, told] of [
    [
      'ReferenceError: fetch is not defined',
      'ReferenceError: fetch is not defined; a step has no `fetch`: use `http.get` and its siblings of ./gen/lockstep.js',
    ],
    [
      "ReferenceError: 'Buffer' is not defined",
      "ReferenceError: 'Buffer' is not defined; use `Uint8Array`, `TextEncoder` and `TextDecoder`",
    ],
    ['ReferenceError: nope is not defined', 'ReferenceError: nope is not defined'],
    ['ReferenceError: constructor is not defined', 'ReferenceError: constructor is not defined'],
    ['Error: fetch is not defined', 'Error: fetch is not defined'],
  ]) {
    assert.equal((await evaluate(`explain(${JSON.stringify(message)})`)).value, told);
  }
});
