// What -v=6 and more tells of each request, on standard error (client-go's transport/round_trippers.go and rest/request.go).
import type { WireRequest } from './rest.ts';

type Klog = (level: 'I', where: string, text: string) => void;

/** `url` is the whole address; the answer's body is there when it came whole. */
export interface Exchange {
  request: WireRequest;
  url: string;
  answer: { status: number; headers: Record<string, string>; body: string };
}

export function logExchange(klog: Klog, verbosity: number, { request, url, answer }: Exchange): void {
  const status = `${answer.status} ${STATUS_TEXT[answer.status] ?? ''}`, took = 'in 1 milliseconds';
  if (verbosity < 7) return klog('I', 'round_trippers.go:553', `${request.method} ${url} ${status} ${took}`);
  if (verbosity >= 8 && request.body !== undefined) klog('I', 'request.go:1212', `Request Body: ${cut(request.body, verbosity)}`);
  klog('I', 'round_trippers.go:463', `${request.method} ${url}`);
  klog('I', 'round_trippers.go:469', 'Request Headers:');
  for (const [name, value] of Object.entries(request.headers)) klog('I', 'round_trippers.go:473', `    ${canonical(name)}: ${name === 'authorization' ? masked(value) : value}`);
  klog('I', 'round_trippers.go:574', `Response Status: ${status} ${took}`);
  if (verbosity < 8) return;
  klog('I', 'round_trippers.go:577', 'Response Headers:');
  for (const [name, value] of Object.entries(answer.headers)) klog('I', 'round_trippers.go:580', `    ${canonical(name)}: ${value}`);
  if (answer.body !== '') klog('I', 'request.go:1212', `Response Body: ${cut(answer.body, verbosity)}`);
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
