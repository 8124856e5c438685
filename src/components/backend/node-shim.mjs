// A small part of Node.js and Express 4 for programs that answer HTTP requests. Runs as a classic worker's script, alone:
// its port brings {start, files, port} and {request, id, request}, and takes log, ready, ended and answer.
'use strict';

(() => {
  /** @type {MessagePort} */
  let channel;
  const say = (message) => channel.postMessage(message);

  // ---- values as console.log shows them

  const quoted = (text) => `'${text.replace(/\\/g, '\\\\').replace(/'/g, "\\'").replace(/\n/g, '\\n')}'`;

  function inspect(value, depth = 0, seen = []) {
    if (typeof value === 'string') return quoted(value);
    if (typeof value === 'function') return value.name ? `[Function: ${value.name}]` : '[Function (anonymous)]';
    if (typeof value === 'bigint') return `${value}n`;
    if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? '-0' : String(value);
    if (value instanceof Error) return value.stack ?? String(value);
    if (value instanceof Date) return value.toISOString();
    if (value instanceof RegExp) return String(value);
    if (seen.includes(value)) return '[Circular *1]';
    const inner = [...seen, value];
    const name = value.constructor?.name ?? '';
    if (depth > 2) return Array.isArray(value) ? '[Array]' : `[${name || 'Object'}]`;
    const show = (v) => inspect(v, depth + 1, inner);
    if (Array.isArray(value)) return wrap(value.map(show), '[', ']');
    if (value instanceof Map) return `Map(${value.size}) ${wrap([...value].map(([k, v]) => `${show(k)} => ${show(v)}`), '{', '}')}`;
    if (value instanceof Set) return `Set(${value.size}) ${wrap([...value].map(show), '{', '}')}`;
    const key = (k) => (/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(k) ? k : quoted(k));
    const fields = Object.keys(value).map((k) => `${key(k)}: ${show(value[k])}`);
    return (name && name !== 'Object' ? `${name} ` : '') + wrap(fields, '{', '}');
  }

  function wrap(parts, open, close) {
    if (parts.length === 0) return open + close;
    const line = parts.join(', ');
    if (line.length <= 72 && !line.includes('\n')) return `${open} ${line} ${close}`;
    return `${open}\n${parts.map((part) => `  ${part.replace(/\n/g, '\n  ')}`).join(',\n')}\n${close}`;
  }

  function format(...args) {
    if (typeof args[0] === 'string' && args[0].includes('%')) {
      const [text, ...rest] = args;
      const filled = text.replace(/%([sdifjoO%])/g, (all, kind) => {
        if (kind === '%') return '%';
        if (rest.length === 0) return all;
        const value = rest.shift();
        if (kind === 's') return typeof value === 'object' ? inspect(value) : String(value);
        if (kind === 'd') return String(Number(value));
        if (kind === 'i') return String(parseInt(value, 10));
        if (kind === 'f') return String(parseFloat(value));
        return kind === 'j' ? JSON.stringify(value) : inspect(value);
      });
      args = [filled, ...rest];
    }
    return args.map((value) => (typeof value === 'string' ? value : inspect(value))).join(' ');
  }

  const print = (...args) => say({ type: 'log', text: `${format(...args)}\n` });
  const console = { log: print, info: print, debug: print, warn: print, error: print, dir: (value) => print(inspect(value)), trace: print, table: print, assert: (ok, ...args) => ok || print('Assertion failed', ...args), time() {}, timeEnd() {}, group: print, groupEnd() {} };

  // ---- Node's modules

  class EventEmitter {
    #listeners = new Map();
    on(name, run) {
      this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), run]);
      return this;
    }
    addListener(name, run) {
      return this.on(name, run);
    }
    once(name, run) {
      const only = (...args) => (this.off(name, only), run.apply(this, args));
      return this.on(name, only);
    }
    off(name, run) {
      this.#listeners.set(name, (this.#listeners.get(name) ?? []).filter((other) => other !== run));
      return this;
    }
    removeListener(name, run) {
      return this.off(name, run);
    }
    removeAllListeners(name) {
      if (name === undefined) this.#listeners.clear();
      else this.#listeners.delete(name);
      return this;
    }
    listenerCount(name) {
      return (this.#listeners.get(name) ?? []).length;
    }
    emit(name, ...args) {
      const listeners = this.#listeners.get(name) ?? [];
      if (name === 'error' && listeners.length === 0) throw args[0];
      for (const run of listeners) run.apply(this, args);
      return listeners.length > 0;
    }
  }
  EventEmitter.EventEmitter = EventEmitter;

  class Buffer extends Uint8Array {
    static from(value, encoding = 'utf8') {
      if (typeof value !== 'string') return super.from(value);
      if (encoding === 'base64') return super.from(atob(value.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
      if (encoding === 'hex') return super.from(value.match(/../g) ?? [], (pair) => parseInt(pair, 16));
      if (encoding === 'latin1' || encoding === 'binary') return super.from(value, (c) => c.charCodeAt(0));
      return super.from(new TextEncoder().encode(value));
    }
    static isBuffer(value) {
      return value instanceof Buffer;
    }
    static byteLength(text) {
      return typeof text === 'string' ? new TextEncoder().encode(text).length : text.length;
    }
    static alloc(size, fill = 0) {
      return new Buffer(size).fill(fill);
    }
    static concat(parts) {
      const all = new Buffer(parts.reduce((sum, part) => sum + part.length, 0));
      let at = 0;
      for (const part of parts) {
        all.set(part, at);
        at += part.length;
      }
      return all;
    }
    toString(encoding = 'utf8') {
      if (encoding === 'hex') return Array.from(this, (byte) => byte.toString(16).padStart(2, '0')).join('');
      const latin = () => Array.from(this, (byte) => String.fromCharCode(byte)).join('');
      if (encoding === 'base64') return btoa(latin());
      return encoding === 'latin1' || encoding === 'binary' ? latin() : new TextDecoder().decode(this);
    }
    toJSON() {
      return { type: 'Buffer', data: [...this] };
    }
  }

  class Exit extends Error {
    constructor(code) {
      super(`process.exit(${code})`);
    }
  }

  const began = performance.now();
  const process = Object.assign(new EventEmitter(), {
    env: {},
    argv: ['/usr/local/bin/node', '/usr/src/app/server.js'],
    pid: 1,
    platform: 'linux',
    version: 'v20.11.1',
    versions: { node: '20.11.1' },
    cwd: () => '/usr/src/app',
    uptime: () => (performance.now() - began) / 1000,
    memoryUsage: () => ({ rss: 50_000_000, heapTotal: 7_000_000, heapUsed: 5_000_000, external: 0, arrayBuffers: 0 }),
    hrtime: Object.assign(() => [Math.floor(performance.now() / 1000), Math.floor((performance.now() % 1000) * 1e6)], { bigint: () => BigInt(Math.floor(performance.now() * 1e6)) }),
    nextTick: (run, ...args) => void Promise.resolve().then(() => run(...args)),
    exit(code = 0) {
      end(`process.exit(${code})`);
      throw new Exit(code);
    },
    stdout: { write: (text) => (say({ type: 'log', text: String(text) }), true) },
    stderr: { write: (text) => (say({ type: 'log', text: String(text) }), true) },
  });

  let over = false;
  function end(message) {
    if (over) return;
    over = true;
    say({ type: 'ended', message });
  }

  /** An error that nobody has caught: the process ends. */
  function crash(error) {
    if (error instanceof Exit || over) return;
    const text = error instanceof Error ? (error.stack ?? String(error)) : `Uncaught ${inspect(error)}`;
    const told = error instanceof Error && !text.includes(error.message) ? `${error}\n${text}` : text;
    console.error(`${told}\n\nNode.js ${process.version}`);
    end(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
  }
  self.addEventListener('error', (event) => (event.preventDefault(), crash(event.error ?? new Error(event.message))));
  self.addEventListener('unhandledrejection', (event) => (event.preventDefault(), crash(event.reason)));

  const REASONS = { 200: 'OK', 201: 'Created', 202: 'Accepted', 204: 'No Content', 301: 'Moved Permanently', 302: 'Found', 304: 'Not Modified', 307: 'Temporary Redirect', 308: 'Permanent Redirect', 400: 'Bad Request', 401: 'Unauthorized', 403: 'Forbidden', 404: 'Not Found', 405: 'Method Not Allowed', 409: 'Conflict', 413: 'Payload Too Large', 418: "I'm a Teapot", 422: 'Unprocessable Entity', 429: 'Too Many Requests', 500: 'Internal Server Error', 501: 'Not Implemented', 502: 'Bad Gateway', 503: 'Service Unavailable', 504: 'Gateway Timeout' };

  class IncomingMessage extends EventEmitter {
    constructor({ method, target, headers, body }) {
      super();
      this.method = method;
      this.url = target;
      this.httpVersion = '1.1';
      this.rawHeaders = headers.flat();
      this.headers = {};
      for (const [name, value] of headers) {
        const key = name.toLowerCase();
        this.headers[key] = key in this.headers ? `${this.headers[key]}, ${value}` : value;
      }
      this.socket = { remoteAddress: '127.0.0.1', encrypted: false };
      this.connection = this.socket;
      this.complete = false;
      this._body = body;
      this._text = false;
    }
    setEncoding() {
      this._text = true;
      return this;
    }
    on(name, run) {
      super.on(name, run);
      if ((name === 'data' || name === 'end') && !this._flowing) {
        this._flowing = true;
        setTimeout(() => {
          if (this._body) this.emit('data', this._text ? this._body : Buffer.from(this._body));
          this.complete = true;
          this.emit('end');
        });
      }
      return this;
    }
    async *[Symbol.asyncIterator]() {
      if (this._body) yield this._text ? this._body : Buffer.from(this._body);
    }
    resume() {
      return this;
    }
  }

  class ServerResponse extends EventEmitter {
    constructor(request, done) {
      super();
      this.req = request;
      this.statusCode = 200;
      this.headersSent = false;
      this.writableEnded = false;
      this._headers = new Map();
      this._chunks = [];
      this._done = done;
    }
    get finished() {
      return this.writableEnded;
    }
    setHeader(name, value) {
      if (this.headersSent) throw Object.assign(new Error('Cannot set headers after they are sent to the client'), { code: 'ERR_HTTP_HEADERS_SENT' });
      if (value === undefined) throw Object.assign(new TypeError(`Invalid value "undefined" for header "${name}"`), { code: 'ERR_HTTP_INVALID_HEADER_VALUE' });
      this._headers.set(name.toLowerCase(), [name, value]);
      return this;
    }
    getHeader(name) {
      return this._headers.get(name.toLowerCase())?.[1];
    }
    hasHeader(name) {
      return this._headers.has(name.toLowerCase());
    }
    removeHeader(name) {
      this._headers.delete(name.toLowerCase());
    }
    getHeaders() {
      return Object.fromEntries([...this._headers].map(([key, [, value]]) => [key, value]));
    }
    getHeaderNames() {
      return [...this._headers.keys()];
    }
    writeHead(status, reason, headers = typeof reason === 'object' ? reason : undefined) {
      this.statusCode = status;
      for (const [name, value] of Object.entries(headers ?? {})) this.setHeader(name, value);
      this.headersSent = true;
      return this;
    }
    write(chunk) {
      this.headersSent = true;
      this._chunks.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
      return true;
    }
    end(chunk) {
      if (this.writableEnded) return this;
      if (chunk !== undefined && typeof chunk !== 'function') this._chunks.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
      const streamed = this.headersSent && this._chunks.length > 0 && !this.hasHeader('Content-Length');
      this.headersSent = true;
      this.writableEnded = true;
      const body = Buffer.concat(this._chunks);
      const headers = [...this._headers.values()].flatMap(([name, value]) => (Array.isArray(value) ? value : [value]).map((one) => [name, String(one)]));
      const bodiless = this.statusCode === 204 || this.statusCode === 304;
      if (!streamed && !bodiless && !this.hasHeader('Content-Length')) headers.push(['Content-Length', String(body.length)]);
      this.emit('finish');
      this.emit('close');
      this._done({ status: this.statusCode, headers, body: this.req.method === 'HEAD' || bodiless ? '' : body.toString() });
      return this;
    }
  }

  const servers = new Map();
  let wanted = 3000;

  class Server extends EventEmitter {
    listening = false;
    constructor(options, handler = typeof options === 'function' ? options : undefined) {
      super();
      if (handler) this.on('request', handler);
    }
    listen(port, ...rest) {
      const number = Number(typeof port === 'object' ? port.port : port);
      if (servers.has(number)) throw Object.assign(new Error(`listen EADDRINUSE: address already in use :::${number}`), { code: 'EADDRINUSE' });
      servers.set(number, this);
      this.port = number;
      const then = rest.find((arg) => typeof arg === 'function');
      setTimeout(() => {
        this.listening = true;
        then?.call(this);
        this.emit('listening');
        if (number === wanted) say({ type: 'ready' });
      });
      return this;
    }
    close(then) {
      servers.delete(this.port);
      this.listening = false;
      if (then) setTimeout(then);
      return this;
    }
    address() {
      return { address: '::', family: 'IPv6', port: this.port };
    }
  }

  const http = { createServer: (...args) => new Server(...args), Server, IncomingMessage, ServerResponse, STATUS_CODES: REASONS, METHODS: ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'] };

  const path = {
    sep: '/',
    normalize(p) {
      const parts = [];
      for (const part of p.split('/')) {
        if (part === '..') parts.pop();
        else if (part && part !== '.') parts.push(part);
      }
      return (p.startsWith('/') ? '/' : '') + parts.join('/') || '.';
    },
    join: (...parts) => path.normalize(parts.join('/')),
    resolve: (...parts) => path.normalize(parts.reduce((at, part) => (part.startsWith('/') ? part : `${at}/${part}`), '/usr/src/app')),
    basename: (p, ext = '') => (p.split('/').pop() ?? '').replace(new RegExp(`${ext.replace(/\./g, '\\.')}$`), ''),
    dirname: (p) => p.replace(/\/[^/]*$/, '') || '/',
    extname: (p) => /[^/](\.[^./]*)$/.exec(p)?.[1] ?? '',
  };

  // ---- Express 4

  function sha1(bytes) {
    const padded = new Uint8Array((((bytes.length + 8) >> 6) + 1) << 6);
    padded.set(bytes);
    padded[bytes.length] = 0x80;
    const view = new DataView(padded.buffer);
    view.setUint32(padded.length - 4, bytes.length << 3);
    const h = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];
    const rotate = (x, n) => (x << n) | (x >>> (32 - n));
    const w = new Uint32Array(80);
    for (let block = 0; block < padded.length; block += 64) {
      for (let i = 0; i < 80; i++) w[i] = i < 16 ? view.getUint32(block + 4 * i) : rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
      let [a, b, c, d, e] = h;
      for (let i = 0; i < 80; i++) {
        const [f, k] = i < 20 ? [(b & c) | (~b & d), 0x5a827999] : i < 40 ? [b ^ c ^ d, 0x6ed9eba1] : i < 60 ? [(b & c) | (b & d) | (c & d), 0x8f1bbcdc] : [b ^ c ^ d, 0xca62c1d6];
        const t = (rotate(a, 5) + f + e + k + w[i]) >>> 0;
        [a, b, c, d, e] = [t, a, rotate(b, 30) >>> 0, c, d];
      }
      [a, b, c, d, e].forEach((x, i) => (h[i] = (h[i] + x) >>> 0));
    }
    return String.fromCharCode(...h.flatMap((x) => [x >>> 24, (x >>> 16) & 255, (x >>> 8) & 255, x & 255]));
  }

  const etag = (bytes) => `W/"${bytes.length.toString(16)}-${btoa(sha1(bytes)).slice(0, 27)}"`;
  const escapeHtml = (text) => text.replace(/[&<>"']/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[c]);
  const TYPES = { html: 'text/html; charset=utf-8', htm: 'text/html; charset=utf-8', txt: 'text/plain; charset=utf-8', text: 'text/plain; charset=utf-8', json: 'application/json; charset=utf-8', js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8', xml: 'application/xml', svg: 'image/svg+xml', bin: 'application/octet-stream' };
  const typeOf = (name) => (name.includes('/') ? name : (TYPES[name.replace(/^.*\./, '')] ?? 'application/octet-stream'));
  const decode = (text) => {
    try {
      return decodeURIComponent(text);
    } catch {
      throw Object.assign(new URIError(`Failed to decode param '${text}'`), { status: 400 });
    }
  };

  /** Matches a path against a pattern of Express's: whole, or (prefix) its beginning. */
  function matcher(pattern, prefix) {
    if (Array.isArray(pattern)) {
      const all = pattern.map((one) => matcher(one, prefix));
      return (p) => all.map((match) => match(p)).find(Boolean);
    }
    if (pattern instanceof RegExp) {
      return (p) => {
        const found = pattern.exec(p);
        return found && { matched: found[0], params: { ...found.slice(1).map((v) => v && decode(v)), ...found.groups } };
      };
    }
    if (prefix && (pattern === '/' || pattern === '')) return () => ({ matched: '', params: {} });
    const keys = [];
    let stars = 0;
    const source = pattern
      .replace(/\/$/, '')
      .replace(/\/:(\w+)(\([^)]*\))?(\?)?|\*|[.+^$[\]{}|\\]/g, (found, name, inside, optional) => {
        if (name) {
          keys.push(name);
          return optional ? `(?:/${inside ?? '([^/]+?)'})?` : `/${inside ?? '([^/]+?)'}`;
        }
        if (found !== '*') return found === '+' || found === '^' || found === '$' ? found : `\\${found}`;
        keys.push(String(stars++));
        return '(.*)';
      })
      .replace(/:(\w+)/g, (_, name) => (keys.push(name), '([^/]+?)'));
    const regex = new RegExp(`^${source}${prefix ? '(?=/|$)' : '/?$'}`, 'i');
    return (p) => {
      const found = regex.exec(p);
      return found && { matched: found[0], params: Object.fromEntries(keys.map((key, i) => [key, found[i + 1] && decode(found[i + 1])])) };
    };
  }

  const METHODS = ['get', 'post', 'put', 'delete', 'patch', 'options', 'head'];

  function Router() {
    const stack = [];
    /** @param {any} error */
    function router(req, res, out, error) {
      let i = 0;
      const base = req.baseUrl ?? '';
      const url = req.url;
      const params = req.params;
      const step = (failure) => {
        req.baseUrl = base;
        req.url = url;
        req.params = params;
        if (failure === 'router' || failure === 'route') failure = undefined;
        for (; i < stack.length; ) {
          const layer = stack[i++];
          const p = url.replace(/[?#].*$/, '') || '/';
          let match;
          try {
            match = layer.match(p);
          } catch (thrown) {
            failure ??= thrown;
            continue;
          }
          if (!match) continue;
          if (layer.method && layer.method !== 'all' && layer.method !== req.method.toLowerCase() && !(layer.method === 'get' && req.method === 'HEAD')) continue;
          const takesErrors = layer.run.length === 4 && !layer.isRouter;
          if (Boolean(failure) !== takesErrors) continue;
          req.params = { ...params, ...match.params };
          if (!layer.method) {
            req.baseUrl = base + match.matched;
            const rest = url.slice(match.matched.length);
            req.url = rest.startsWith('/') ? rest : `/${rest}`;
          }
          try {
            const result = failure ? layer.run(failure, req, res, step) : layer.run(req, res, step);
            if (layer.isRouter || !(result instanceof Promise)) return;
            // Express 4 does not wait for a handler's promise: its rejection is nobody's.
            return;
          } catch (thrown) {
            if (thrown instanceof Exit) throw thrown;
            failure = thrown ?? new Error('undefined');
            req.baseUrl = base;
            req.url = url;
          }
        }
        out(failure);
      };
      step(error);
    }
    const add = (method, pattern, handlers) => {
      for (const run of handlers.flat(Infinity)) {
        if (typeof run !== 'function') throw new TypeError(method ? `Route.${method}() requires a callback function but got a [object ${typeof run}]` : 'Router.use() requires a middleware function but got a ' + typeof run);
        stack.push({ method, match: matcher(pattern, !method), run: run.handle ?? run, isRouter: Boolean(run.isRouter) });
      }
      return router;
    };
    router.isRouter = true;
    router.use = (...args) => (typeof args[0] === 'function' ? add(undefined, '/', args) : add(undefined, args[0], args.slice(1)));
    for (const method of [...METHODS, 'all']) router[method] = (pattern, ...handlers) => add(method, pattern, handlers);
    router.route = (pattern) => {
      const route = {};
      for (const method of [...METHODS, 'all']) route[method] = (...handlers) => (add(method, pattern, handlers), route);
      return route;
    };
    return router;
  }

  function parseQuery(text) {
    const query = {};
    for (const [name, value] of new URLSearchParams(text)) {
      const [, list, key] = /^([^[]+)\[(\w*)\]$/.exec(name) ?? [];
      if (list && key === '') query[list] = [...(query[list] ?? []), value];
      else if (list) query[list] = { ...query[list], [key]: value };
      else query[name] = name in query ? [query[name], value].flat() : value;
    }
    return query;
  }

  function dress(app, req, res) {
    req.app = app;
    req.res = res;
    req.originalUrl = req.url;
    req.params = {};
    const define = (target, name, get) => Object.defineProperty(target, name, { get, configurable: true });
    define(req, 'path', () => req.url.replace(/[?#].*$/, ''));
    req.query = parseQuery(/\?([^#]*)/.exec(req.url)?.[1] ?? '');
    req.get = req.header = (name) => req.headers[name.toLowerCase()];
    const trusted = (name) => (app.get('trust proxy') ? req.headers[name]?.split(',')[0].trim() : undefined);
    define(req, 'hostname', () => (trusted('x-forwarded-host') ?? req.headers.host ?? '').replace(/:\d+$/, ''));
    define(req, 'host', () => req.hostname);
    define(req, 'protocol', () => trusted('x-forwarded-proto') ?? 'http');
    define(req, 'secure', () => req.protocol === 'https');
    define(req, 'ip', () => trusted('x-forwarded-for') ?? req.socket.remoteAddress);
    define(req, 'xhr', () => /xmlhttprequest/i.test(req.headers['x-requested-with'] ?? ''));
    req.is = (type) => (req.headers['content-type'] ?? '').includes(type) && type;
    req.accepts = (...types) => types.flat().find((type) => /\*\/\*|^$/.test(req.headers.accept ?? '') || (req.headers.accept ?? '').includes(type)) ?? false;

    res.app = app;
    res.locals = {};
    res.status = (code) => ((res.statusCode = code), res);
    res.set = res.header = (name, value) => {
      if (typeof name === 'object') for (const [n, v] of Object.entries(name)) res.set(n, v);
      else res.setHeader(name, name.toLowerCase() === 'content-type' && typeof value === 'string' && !/charset/.test(value) && /^text\//.test(value) ? `${value}; charset=utf-8` : value);
      return res;
    };
    res.get = (name) => res.getHeader(name);
    res.append = (name, value) => res.set(name, res.get(name) === undefined ? value : [res.get(name), value].flat());
    res.type = res.contentType = (type) => res.set('Content-Type', typeOf(type));
    res.vary = (name) => res.append('Vary', name);
    res.location = (url) => res.set('Location', encodeURI(url === 'back' ? (req.get('Referer') ?? '/') : url));
    res.cookie = (name, value, o = {}) => {
      const parts = [`${name}=${encodeURIComponent(typeof value === 'object' ? `j:${JSON.stringify(value)}` : String(value))}`];
      if (o.maxAge !== undefined) parts.push(`Max-Age=${Math.floor(o.maxAge / 1000)}`);
      parts.push(`Path=${o.path ?? '/'}`);
      if (o.httpOnly) parts.push('HttpOnly');
      if (o.secure) parts.push('Secure');
      return res.append('Set-Cookie', parts.join('; '));
    };
    res.send = (body) => {
      if (typeof body === 'number' || typeof body === 'boolean' || (typeof body === 'object' && body !== null && !(body instanceof Uint8Array))) return res.json(body);
      if (typeof body === 'string' && !res.get('Content-Type')) res.type('html');
      const bytes = typeof body === 'string' ? Buffer.from(body) : (body ?? new Buffer(0));
      if (body instanceof Uint8Array && !res.get('Content-Type')) res.type('bin');
      if (body !== undefined) {
        res.setHeader('Content-Length', bytes.length);
        if (!res.get('ETag') && app.get('etag')) res.set('ETag', etag(bytes));
      }
      if (res.statusCode === 200 && res.get('ETag') && req.headers['if-none-match'] === res.get('ETag')) res.statusCode = 304;
      if (res.statusCode === 204 || res.statusCode === 304) for (const name of ['Content-Type', 'Content-Length', 'Transfer-Encoding']) res.removeHeader(name);
      return res.end(bytes);
    };
    res.json = (value) => {
      if (!res.get('Content-Type')) res.set('Content-Type', 'application/json; charset=utf-8');
      return res.send(JSON.stringify(value, app.get('json replacer'), app.get('json spaces')) ?? '');
    };
    res.sendStatus = (code) => res.status(code).type('txt').send(REASONS[code] ?? String(code));
    res.redirect = (...args) => {
      const [status, url] = args.length === 1 ? [302, args[0]] : args;
      const to = res.location(url).get('Location');
      res.status(status).vary('Accept').type(/text\/html/.test(req.headers.accept ?? '') ? 'html' : 'txt');
      const text = `${REASONS[status]}. Redirecting to `;
      const body = /html/.test(res.get('Content-Type')) ? `<p>${text}<a href="${escapeHtml(to)}">${escapeHtml(to)}</a></p>` : text + to;
      res.setHeader('Content-Length', Buffer.byteLength(body));
      return res.end(body);
    };
    res.sendFile = (file) => {
      const text = fileAt(file);
      if (text === undefined) throw Object.assign(new Error(`ENOENT: no such file or directory, stat '${file}'`), { status: 404 });
      if (!res.get('Content-Type')) res.type(file);
      return res.send(text);
    };
    res.format = (map) => map[Object.keys(map).find((type) => req.accepts(type)) ?? 'default']?.(req, res);
  }

  function lastWord(app, req, res, error) {
    if (over) return;
    if (res.headersSent) return void res.end();
    const status = error ? (error.status ?? error.statusCode ?? (res.statusCode >= 400 ? res.statusCode : 500)) : 404;
    if (error && status >= 500) console.error(error);
    for (const name of res.getHeaderNames()) if (name !== 'x-powered-by') res.removeHeader(name);
    const said = error ? (app.get('env') === 'production' ? REASONS[status] : (error.stack ?? String(error))) : `Cannot ${req.method} ${encodeURI(decodeURI(req.originalUrl.replace(/[?#].*$/, '')))}`;
    const text = escapeHtml(said).replace(/\n/g, '<br>').replace(/ {2}/g, ' &nbsp;');
    const body = `<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>Error</title>\n</head>\n<body>\n<pre>${text}</pre>\n</body>\n</html>\n`;
    res.statusCode = status;
    res.setHeader('Content-Security-Policy', "default-src 'none'");
    res.setHeader('X-Content-Type-Options', 'nosniff');
    res.setHeader('Content-Type', 'text/html; charset=utf-8');
    res.setHeader('Content-Length', Buffer.byteLength(body));
    res.end(body);
  }

  function express() {
    const settings = new Map([['x-powered-by', true], ['etag', 'weak'], ['env', process.env.NODE_ENV ?? 'development']]);
    const router = Router();
    const app = (req, res, next) => {
      dress(app, req, res);
      if (app.enabled('x-powered-by')) res.setHeader('X-Powered-By', 'Express');
      router(req, res, next ?? ((error) => lastWord(app, req, res, error)));
    };
    Object.assign(app, router, {
      isRouter: true,
      handle: (req, res, next) => router(req, res, next),
      locals: {},
      set: (name, value) => (settings.set(name, value), app),
      enable: (name) => app.set(name, true),
      disable: (name) => app.set(name, false),
      enabled: (name) => Boolean(settings.get(name)),
      disabled: (name) => !settings.get(name),
      get: (name, ...handlers) => (handlers.length === 0 ? settings.get(name) : (router.get(name, ...handlers), app)),
      listen: (...args) => http.createServer(app).listen(...args),
    });
    return app;
  }

  const parser = (type, read) => (options) => (req, res, next) => {
    req.body ??= {};
    if (!(req.headers['content-type'] ?? '').includes(options?.type ?? type) || !req._body) return next();
    try {
      req.body = read(req._body);
    } catch (error) {
      return next(Object.assign(error, { status: 400 }));
    }
    next();
  };
  Object.assign(express, {
    Router,
    json: parser('application/json', (text) => JSON.parse(text)),
    urlencoded: parser('application/x-www-form-urlencoded', parseQuery),
    text: parser('text/plain', (text) => text),
    static: (root) => (req, res, next) => {
      const at = path.resolve(root, `.${decode(req.path)}`);
      const file = [at, `${at}/index.html`].find((name) => fileAt(name) !== undefined);
      if (!file || (req.method !== 'GET' && req.method !== 'HEAD')) return next();
      res.sendFile(file);
    },
  });

  // ---- modules

  let files = {};
  const fileAt = (name) => files[path.resolve(name).replace('/usr/src/app/', '')];
  const missing = (name) => Object.assign(new Error(`ENOENT: no such file or directory, open '${name}'`), { code: 'ENOENT' });
  const fs = {
    existsSync: (name) => fileAt(name) !== undefined,
    readFileSync(name, encoding) {
      const text = fileAt(name);
      if (text === undefined) throw missing(name);
      return encoding ? text : Buffer.from(text);
    },
    readFile: (name, ...rest) => {
      const text = fileAt(name);
      setTimeout(() => rest.at(-1)(text === undefined ? missing(name) : null, rest.length > 1 ? text : text && Buffer.from(text)));
    },
    promises: { readFile: async (name, encoding) => fs.readFileSync(name, encoding) },
  };
  let hostname = 'login';
  const MODULES = {
    express, http, path, fs, events: EventEmitter, process,
    'fs/promises': fs.promises,
    os: { hostname: () => hostname, platform: () => 'linux', cpus: () => [{}, {}], EOL: '\n', networkInterfaces: () => ({}), uptime: process.uptime },
    url: { URL, URLSearchParams, parse: (text) => ((u) => ({ pathname: u.pathname, search: u.search || null, query: u.search.slice(1) || null, href: text }))(new URL(text, 'http://localhost')) },
    querystring: { parse: parseQuery, stringify: (value) => String(new URLSearchParams(value)) },
    util: { inspect, format, promisify: (run) => (...args) => new Promise((resolve, reject) => run(...args, (error, value) => (error ? reject(error) : resolve(value)))) },
    buffer: { Buffer },
    'timers/promises': { setTimeout: (ms, value) => new Promise((resolve) => setTimeout(resolve, ms, value)) },
    crypto: { randomUUID: () => self.crypto.randomUUID(), createHash: () => ({ update: (text) => ({ digest: (encoding) => Buffer.from(sha1(Buffer.from(text)), 'latin1').toString(encoding) }) }) },
  };
  const loaded = new Map();

  function requireFrom(from) {
    return (name) => {
      if (!/^[./]/.test(name)) {
        const known = MODULES[name.replace(/^node:/, '')];
        if (known) return known;
        throw Object.assign(new Error(`Cannot find module '${name}'\n(en esta caja solo hay ${Object.keys(MODULES).join(', ')})`), { code: 'MODULE_NOT_FOUND' });
      }
      const at = path.resolve(path.dirname(from), name);
      const found = [at, `${at}.js`, `${at}.json`, `${at}/index.js`].find((file) => fileAt(file) !== undefined);
      if (!found) throw Object.assign(new Error(`Cannot find module '${name}'`), { code: 'MODULE_NOT_FOUND' });
      return load(found);
    };
  }

  /** What `import` says, as require does. */
  function plain(code) {
    return code
      .replace(/^\s*import\s+\*\s+as\s+(\w+)\s+from\s+(['"][^'"]+['"]);?/gm, 'const $1 = require($2);')
      .replace(/^\s*import\s+(\w+)\s*,\s*(\{[^}]*\})\s+from\s+(['"][^'"]+['"]);?/gm, (_, name, list, from) => `const ${name} = require(${from}), ${list.replace(/ as /g, ': ')} = ${name};`)
      .replace(/^\s*import\s+(\{[^}]*\})\s+from\s+(['"][^'"]+['"]);?/gm, (_, list, from) => `const ${list.replace(/ as /g, ': ')} = require(${from});`)
      .replace(/^\s*import\s+(\w+)\s+from\s+(['"][^'"]+['"]);?/gm, 'const $1 = require($2);')
      .replace(/^\s*import\s+(['"][^'"]+['"]);?/gm, 'require($1);')
      .replace(/^\s*export\s+default\s+/gm, 'module.exports = ');
  }

  function load(file) {
    const known = loaded.get(file);
    if (known) return known.exports;
    const module = { exports: {}, filename: file };
    loaded.set(file, module);
    const code = fileAt(file);
    if (file.endsWith('.json')) module.exports = JSON.parse(code);
    else {
      const names = ['require', 'module', 'exports', '__filename', '__dirname', 'console', 'process', 'Buffer', 'global', 'setImmediate', 'clearImmediate', ...HIDDEN];
      const run = new Function(...names, `${plain(code)}\n//# sourceURL=${file}`);
      run.call(module.exports, requireFrom(file), module, module.exports, file, path.dirname(file), console, process, Buffer, GLOBAL, (then, ...args) => setTimeout(then, 0, ...args), clearTimeout);
    }
    return module.exports;
  }

  /** What a worker has and Node has not, or what would be of no use without network. */
  const HIDDEN = ['self', 'postMessage', 'importScripts', 'close', 'fetch', 'XMLHttpRequest', 'WebSocket', 'EventSource', 'indexedDB', 'caches', 'navigator', 'location', 'Worker'];
  const GLOBAL = {};

  self.onmessage = ({ ports: [port] }) => {
    channel = port;
    self.onmessage = null;
    channel.onmessage = ({ data }) => {
      if (data.type === 'start') {
        files = data.files;
        wanted = data.port;
        try {
          load('/usr/src/app/server.js');
        } catch (error) {
          crash(error);
        }
        return;
      }
      const server = servers.get(wanted);
      if (!server) return say({ type: 'answer', id: data.id, response: { status: -1, headers: [], body: '' } });
      hostname = data.request.hostname;
      const request = new IncomingMessage(data.request);
      const response = new ServerResponse(request, (answer) => say({ type: 'answer', id: data.id, response: answer }));
      try {
        server.emit('request', request, response);
      } catch (error) {
        crash(error);
      }
    };
  };
})();
