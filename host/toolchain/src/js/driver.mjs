// Runs the tools of npm for the build, one command at a time; what they found goes to stdout as JSON.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { SourceMap, createRequire, isBuiltin } from 'node:module';
import { isAbsolute, join, relative, resolve } from 'node:path';

if (Number.parseInt(process.versions.node, 10) < 20) {
  console.error(`steps are built with Node.js 20 or newer, and this is ${process.version}`);
  process.exit(1);
}

const [, , command, tools, request] = process.argv;
const tool = createRequire(join(tools, 'index.js'));

/** The bundle of a step, with a table of where its lines come from, and what the author's file exports. */
async function bundle({ folder: given, root, main, entry, out }) {
  const { build } = tool('esbuild');
  // esbuild names files by where they really are.
  const folder = realpathSync(given);
  const options = {
    absWorkingDir: folder,
    entryPoints: { main, bundle: entry },
    outdir: folder,
    bundle: true,
    write: false,
    metafile: true,
    sourcemap: 'external',
    sourcesContent: false,
    format: 'esm',
    platform: 'neutral',
    target: 'es2023',
    charset: 'utf8',
    mainFields: ['module', 'main'],
    conditions: ['lockstep-component'],
    plugins: [hostOnly(join(folder, 'gen', 'host.js')), ownOnly(root)],
    logLevel: 'silent',
  };
  let built;
  try {
    built = await build(options);
  } catch (error) {
    if (!error.errors) throw error;
    return { errors: error.errors.map(finding), warnings: [], exports: [] };
  }
  const text = (name) => built.outputFiles.find(({ path }) => path === join(folder, name)).text;
  const table = lines(text('bundle.js'), JSON.parse(text('bundle.js.map')), folder);
  // As a text: it is read for an exception alone, and takes less of the component than so many arrays.
  const noted = JSON.stringify(JSON.stringify(table));
  writeFileSync(out, `${text('bundle.js')}globalThis[Symbol.for('lockstep.lines')] = ${noted};\n`);
  // That a handler is missing is told by its name.
  const told = built.warnings.filter(({ id }) => id !== 'import-is-undefined');
  return { errors: [], warnings: told.map(finding), exports: built.metafile.outputs['main.js'].exports };
}

/** The interfaces of the host are for the SDK alone: what it gives an author is never another number. */
function hostOnly(sdk) {
  const text = 'the host is reached by ./gen/lockstep.js: import what you need from there';
  const resolve = ({ path, importer }) => {
    if (/^(node|data):/.test(path)) return undefined;
    return importer === sdk ? { path, external: true } : { errors: [{ text }] };
  };
  return { name: 'host', setup: (build) => build.onResolve({ filter: /^[\w-]+:[\w-]+\// }, resolve) };
}

/** Whoever wrote the step, no other file of the machine that builds it gets into its component. */
function ownOnly(root) {
  const load = ({ path }) => {
    const place = realpathSync(path);
    const from = relative(root, place);
    if (!/^\.\.([\\/]|$)/.test(from) && !isAbsolute(from)) return undefined;
    return { errors: [{ text: `${place} is imported; what a step is built from lies in ${root}: copy it there` }] };
  };
  return { name: 'own', setup: (build) => build.onLoad({ filter: /.*/, namespace: 'file' }, load) };
}

function finding({ text, location, notes }) {
  const hint = notes.map((note) => `; ${note.text}`).join('');
  const { file = '', line = 0, column = 0, lineText = '' } = location ?? {};
  return { file, line, column: column + 1, text: ofNode(text) ?? text + hint, source: lineText };
}

/** What is told of a module that is there in Node alone. */
function ofNode(text) {
  const name = /^Could not resolve "(.*)"/.exec(text)?.[1];
  if (name === undefined || !isBuiltin(name)) return undefined;
  return `there is no module \`${name}\`: a step has nothing of Node.js; use a package in plain JavaScript`;
}

/** For each line of the bundle that the author wrote, rows of column, file and line; null for the others. */
function lines(bundle, map, folder) {
  const [sources, files] = [new SourceMap(map), []];
  const authored = (source) => {
    const path = relative(folder, resolve(folder, source));
    return /^(\.\.|gen|node_modules)[\\/]|[\\/]node_modules[\\/]/.test(path) ? undefined : path.replaceAll('\\', '/');
  };
  const entry = (line, column) => {
    const found = sources.findEntry(line, column);
    const file = found.generatedLine === line && found.originalSource ? authored(found.originalSource) : undefined;
    return file === undefined ? undefined : [column, index(files, file), found.originalLine + 1];
  };
  const row = (text, line) => {
    const first = text.search(/\S/);
    const rows = first < 0 ? [] : [entry(line, first)].filter(Boolean);
    for (let column = first + 1; rows.length > 0 && column < text.length; column++) {
      const next = entry(line, column);
      if (next && (next[1] !== rows.at(-1)[1] || next[2] !== rows.at(-1)[2])) rows.push(next);
    }
    return rows.length > 0 ? rows : null;
  };
  return { lines: bundle.split('\n').map(row), files };
}

function index(files, file) {
  return files.includes(file) ? files.indexOf(file) : files.push(file) - 1;
}

/**
 * The component of a bundle; the same one for the same bundle, since two builds differ in the engine's own chance. Its
 * key says what it was made of and what came of it, so that half of one, or another's, is not taken for it.
 */
async function componentize({ js, wit, world, out }) {
  const source = readFileSync(js, 'utf8');
  const key = (component) => digest(`${tools}\0${world}\0${readFileSync(wit)}\0${source}\0${digest(component)}`);
  const keyed = `${out}.key`;
  if (existsSync(out) && existsSync(keyed) && readFileSync(keyed, 'utf8') === key(readFileSync(out))) return {};
  const { componentize } = tool('componentize-qjs');
  try {
    const { component } = await componentize({ witPath: wit, jsSource: source, world, sync: true, stubWasi: true });
    writeFileSync(out, component);
    writeFileSync(keyed, key(component));
    return {};
  } catch (error) {
    return { error: placed(error.message, source) };
  }
}

function digest(of) {
  return createHash('sha256').update(of).digest('hex');
}

/** A message with places in the bundle, as places in the author's files. */
function placed(message, source) {
  const table = JSON.parse(JSON.parse(/ = (".*");\n$/.exec(source)[1]));
  return message.replace(/componentize-qjs:user\.js:(\d+):(\d+)/g, (place, line, column) => {
    const rows = table.lines[line - 1];
    const row = rows?.findLast(([from]) => from < column) ?? rows?.[0];
    return row ? `${table.files[row[1]]}:${row[2]}` : 'gen';
  });
}

const result = await { bundle, componentize }[command](JSON.parse(request));
process.stdout.write(JSON.stringify(result));
