// What -v=6 and more tells of each request, on standard error (client-go's transport/round_trippers.go and rest/request.go).
import { StatusError, UrlError } from './errors.ts';
import type { WireRequest } from './rest.ts';

type Klog = (level: 'I', where: string, text: string) => void;

/** `url` is the whole address; the answer's body is there when it came whole. Without an answer, why there is none. */
export interface Exchange {
  request: WireRequest;
  url: string;
  answer: { status: number; headers: Record<string, string>; body: string } | string;
  /** No connection was there yet: one had to be made. */
  first: boolean;
}

export function logExchange(klog: Klog, verbosity: number, { request, url, answer, first }: Exchange): void {
  const said = (where: string, text: string) => klog('I', where, text), reached = typeof answer !== 'string';
  const status = reached ? `${answer.status} ${STATUS_TEXT[answer.status] ?? ''}` : '', ms = reached ? 1 : 0, took = `in ${ms} milliseconds`;
  const headers = Object.entries(request.headers).map(([name, value]) => `${canonical(name)}: ${name === 'authorization' ? masked(value) : value}`);
  if (verbosity >= 8 && request.body !== undefined) said('request.go:1212', `Request Body: ${cut(request.body, verbosity)}`);
  if (verbosity >= 9) {
    said('round_trippers.go:466', `curl -v -X${request.method} ${headers.map((h) => ` -H ${JSON.stringify(h)}`).join('')} '${url}'`);
    const host = /^\w+:\/\/([^/?]+)/.exec(url)?.[1] ?? '';
    if (first) said(reached ? 'round_trippers.go:510' : 'round_trippers.go:508', `HTTP Trace: Dial to tcp:${host} ${reached ? 'succeed' : `failed: ${answer}`}`);
  } else if (verbosity >= 7) {
    said('round_trippers.go:463', `${request.method} ${url}`);
    said('round_trippers.go:469', 'Request Headers:');
    for (const header of headers) said('round_trippers.go:473', `    ${header}`);
    said('round_trippers.go:574', `Response Status: ${status} ${took}`);
  }
  if (verbosity < 7 || verbosity >= 9) said('round_trippers.go:553', `${request.method} ${url} ${status} ${took}`);
  if (verbosity >= 9) said('round_trippers.go:570', `HTTP Statistics: ${first ? 'DNSLookup 0 ms Dial 0 ms TLSHandshake 0 ms' : 'GetConnection 0 ms'}${reached ? ` ServerProcessing ${ms} ms` : ''} Duration ${ms} ms`);
  if (verbosity < 8) return;
  said('round_trippers.go:577', 'Response Headers:');
  if (!reached) return;
  for (const [name, value] of Object.entries(answer.headers)) said('round_trippers.go:580', `    ${canonical(name)}: ${value}`);
  if (answer.body !== '') said('request.go:1212', `Response Body: ${cut(answer.body, verbosity)}`);
}

/** What -v=4 and more tells of an error that ends a command (kubectl/pkg/cmd/util/helpers.go, StandardErrorMessage). */
export function logError(klog: Klog, error: Error): void {
  if (error instanceof StatusError) klog('I', 'helpers.go:246', `server response object: [${JSON.stringify(error.status, null, 2)}]`);
  if (error instanceof UrlError) klog('I', 'helpers.go:264', `Connection error: ${error.message.replace(/^(\w+) "(.*?)":/, '$1 $2:')}`);
}

/** rest.truncateBody: -v=8 shows 1024 bytes, -v=9 ten times as many, more shows all. */
function cut(body: string, verbosity: number): string {
  const most = verbosity >= 10 ? Infinity : verbosity >= 9 ? 10240 : 1024;
  const text = body.replace(/\n$/, '');
  return text.length <= most ? text : `${text.slice(0, most)} [truncated ${text.length - most} chars]`;
}

/** transport.maskValue */
function masked(value: string): string {
  const scheme = value.split(' ')[0]!;
  return /^(basic|bearer|negotiate)$/i.test(scheme) ? `${scheme}${value.includes(' ') ? ' <masked>' : ''}` : '<masked>';
}

function canonical(name: string): string {
  return name.replace(/(^|-)([a-z])/g, (_, dash: string, letter: string) => dash + letter.toUpperCase());
}

const STATUS_TEXT: Record<number, string> = { 101: 'Switching Protocols', 200: 'OK', 201: 'Created', 202: 'Accepted', 400: 'Bad Request', 401: 'Unauthorized', 403: 'Forbidden', 404: 'Not Found', 409: 'Conflict', 422: 'Unprocessable Entity', 500: 'Internal Server Error', 503: 'Service Unavailable' };
