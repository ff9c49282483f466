// JSON text, cut where its own texts begin and end. A pattern over all of it would need as much memory of the engine's
// as the longest text has characters.

/** A number, with its fraction and exponent if it has them. */
export const NUMBERS = /-?\d+(\.\d+)?([eE][+-]?\d+)?/g;

/** The pieces in their order, each with whether it is a text. */
export function* pieces(json) {
  for (let at = 0; at < json.length;) {
    const quote = json.indexOf('"', at);
    const begin = quote < 0 ? json.length : quote;
    if (begin > at) yield [json.slice(at, begin), false];
    at = begin < json.length ? end(json, begin) : begin;
    if (at > begin) yield [json.slice(begin, at), true];
  }
}

/** Behind the quote that ends a text; an escaped one has an odd number of backslashes before it. */
function end(json, begin) {
  for (let at = begin + 1; ; at++) {
    at = json.indexOf('"', at);
    if (at < 0) return json.length;
    let slashes = 0;
    while (json[at - 1 - slashes] === '\\') slashes++;
    if (slashes % 2 === 0) return at + 1;
  }
}

/** Whether a number is an integer that JavaScript would make another of. */
export function isInexact(number) {
  return /^-?\d+$/.test(number) && !Number.isSafeInteger(Number(number));
}
