// Where an exception came from, in the author's files. The build leaves a table of the bundle's lines behind; outside
// a component there is none, and the stack says it by itself.

// `at onCrash (bundle.js:12:9)`, or without the name.
const FRAME = /^\s*at (?:(.*) \()?(.*?):(\d+):(\d+)\)?$/;

/** The frames of an error, innermost first: `onCrash (step.ts:12)`. */
export function frames(error) {
  const noted = globalThis[Symbol.for('lockstep.lines')];
  const table = noted && JSON.parse(noted);
  const found = String(error.stack ?? '')
    .split('\n')
    .map((line) => FRAME.exec(line))
    .filter(Boolean);
  return found
    .map(([, name, file, line, column]) => frame(table, name, file, Number(line), Number(column)))
    .filter(Boolean);
}

function frame(table, name, file, line, column) {
  const place = table ? authored(table, line, column) : outside(file, line);
  return place && (name ? `${name} (${place})` : place);
}

/** The line that the author wrote; none for a line of the glue. Rows: column of the bundle, file, line. */
function authored({ files, lines }, line, column) {
  const row = lines[line - 1]?.findLast(([from]) => from < column) ?? lines[line - 1]?.[0];
  return row && `${files[row[1]]}:${row[2]}`;
}

function outside(file, line) {
  const isAuthored = !/^node:|[\\/](node_modules|gen)[\\/]/.test(file);
  return isAuthored && `${file.replace(/^file:\/\//, '')}:${line}`;
}
