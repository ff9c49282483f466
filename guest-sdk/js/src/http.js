// Requests to other servers.
import { host } from '#host';
import { bytes, host as ask, kind, text, whole } from './call.js';
import { Failure } from './failure.js';
import { parse, stringify } from './json.js';
import { decode, encode } from './utf8.js';

export function get(url, options) {
  return request('GET', url, options);
}

export function post(url, options) {
  return request('POST', url, options);
}

export function request(method, url, options = {}) {
  const { headers = {}, body, json, timeoutMs, key, ...unknown } = options;
  const [stranger] = Object.keys(unknown);
  if (stranger !== undefined) throw new TypeError(`a request has no option \`${stranger}\`; ${OPTIONS}`);
  if (body !== undefined && json !== undefined) throw new TypeError('a request has a `body` or `json`, not both');
  const sent = {
    method: text(method, 'the method'),
    url: text(String(url), 'the URL'),
    headers: pairs(headers, json),
    body: json === undefined ? content(body) : encode(stringify(json, 'the JSON of the request')),
    timeoutMs: timeoutMs === undefined ? null : whole(Math.ceil(Number(timeoutMs)), 'the timeout'),
    key: key === undefined ? null : text(key, 'the key'),
  };
  return new Response(ask(() => host.http.fetch(sent), failure));
}

const OPTIONS = 'it takes headers, body, json, timeoutMs and key';

function pairs(headers, json) {
  const given = Array.isArray(headers) ? headers : Object.entries(headers);
  const isTyped = given.some(([name]) => String(name).toLowerCase() === 'content-type');
  const own = json === undefined || isTyped ? [] : [['content-type', 'application/json']];
  return [...own, ...given].map(([name, value]) => [text(name, 'a header'), text(value, `the header \`${name}\``)]);
}

function content(body) {
  if (body === undefined) return new Uint8Array();
  if (typeof body === 'string') return encode(body);
  if (body instanceof Uint8Array || Array.isArray(body)) return bytes(body, 'the body');
  throw new TypeError(`the body is ${kind(body)}; it must be a text or a Uint8Array, or give a value as \`json\``);
}

/** The whole answer. */
class Response {
  constructor({ status, headers, body }) {
    this.status = status;
    this.headers = headers;
    this.body = body;
  }

  header(name) {
    const wanted = name.toLowerCase();
    return this.headers.find(([own]) => own.toLowerCase() === wanted)?.[1];
  }

  text() {
    return decode(this.body);
  }

  json() {
    try {
      return parse(this.text(), 'the answer');
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      throw Failure.permanent('http-not-json', `the answer is not JSON: ${error.message}`);
    }
  }

  successful() {
    if (this.status >= 200 && this.status < 300) return this;
    const mayPass = [408, 425, 429].includes(this.status) || this.status >= 500;
    const message = `the server answered with ${this.status}`;
    throw mayPass ? Failure.transient('http-status', message) : Failure.permanent('http-status', message);
  }
}

/** What a request that has no answer comes to. */
function failure({ tag, val }) {
  switch (tag) {
    case 'denied':
      return Failure.permanent('http-denied', `the grant does not allow \`${val.what}\`: ${val.why}`);
    case 'refused':
      return Failure.permanent('http-refused', val);
    case 'timeout':
      return Failure.transient('http-timeout', 'the server did not answer in time');
    case 'too-large':
      return Failure.permanent('http-too-large', 'the answer is too large for the grant');
    case 'connect':
      return Failure.transient('http-connect', `no connection: ${val}`);
    case 'tls':
      return Failure.transient('http-tls', `no secure connection: ${val}`);
    case 'protocol':
      return Failure.transient('http-protocol', `no proper answer: ${val}`);
    default:
      return Failure.permanent('http-invalid-request', val);
  }
}
