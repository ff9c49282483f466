// Requests in the one spelling that the host gives them, or why they are none: `addresses.json`, a table beside the
// host's own reader, says what becomes of which.

// Longer addresses are none, in bytes.
const LONGEST = 16 << 10;

const TOKEN = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/;
const LABELS = /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/;

/** No request can be made of it. */
export class NoRequest extends Error {}

/** A method in its one spelling. */
export function method(text) {
  const name = text.toUpperCase();
  if (name === 'CONNECT' || name === 'TRACE') refuse(`the method ${name} is not for steps; use another one`);
  return TOKEN.test(text) ? name : refuse('the method is not one word of letters; use one such as `GET`');
}

/** An address in its one spelling. */
export function address(text) {
  const { authority } = raw(text);
  if (authority === '') refuse('the address has no host; write it in full');
  if (authority.includes('@'))
    refuse('the address has a user or password; leave them out, and grant a `secret` instead');
  const url = URL.canParse(text) ? new URL(text) : refuse('the address cannot be read');
  if (!url.hostname.startsWith('[') && !LABELS.test(url.hostname))
    refuse('the host of the address is not a name of labels; write it without a dot at its end');
  if (url.port === '0') refuse('the port of the address is 0; name a real one');
  return `${url.protocol}//${url.host}${path(url.pathname)}${url.search}`;
}

/** What the parser would silently drop or repair is looked for in the text itself. */
function raw(text) {
  if (Buffer.byteLength(text) > LONGEST) refuse(`the address is longer than ${LONGEST >> 10} KiB; shorten it`);
  if (/[\p{Cc}\p{White_Space}\\]/u.test(text))
    refuse('the address has white space, a control character or a backslash; percent-encode it');
  const found = /^https?:\/\/(?<authority>[^/?#]*)/i.exec(text);
  return found?.groups ?? refuse('the address does not begin with `https://` or `http://`; write it in full');
}

function path(text) {
  const segments = text.split('/').slice(1);
  const kept = segments.filter((segment, at) => segment !== '' || at === segments.length - 1);
  return kept.map((segment) => `/${normal(segment)}`).join('');
}

/** The normal form of what stands between two slashes. */
function normal(segment) {
  if (/%(?![0-9a-f]{2})/i.test(segment)) refuse('the path has a `%` that no two hex digits follow; write `%25`');
  if (/%([01][0-9a-f]|2f|5c|7f)/i.test(segment))
    refuse('the path has an encoded slash, backslash or control character; leave it out');
  const spelled = segment.replace(/%(..)|[^A-Za-z0-9._~*!$&'()+,;=:@-]/g, (piece, hex) =>
    plain(hex ? Number.parseInt(hex, 16) : piece.charCodeAt(0)),
  );
  if (/^\.\.?(;|$)/.test(spelled)) refuse('the path has `.` or `..` with parameters; leave it out');
  return spelled;
}

/** A byte of a path that was encoded, or must be. */
function plain(byte) {
  const char = String.fromCharCode(byte);
  return /[A-Za-z0-9._~*-]/.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}

function refuse(why) {
  throw new NoRequest(why);
}
