import type { Process } from '../../../linux/process.ts';
import { REASONS } from '../../../linux/net/http.ts';

/** A page that nginx makes itself (ngx_http_special_response.c); `server` is what it calls itself: nginx, or nginx/1.25.5 with server_tokens. */
export function errorPage(status: number, server = 'nginx'): string {
  const title = `${status} ${PAGES[status] ?? REASONS[status] ?? ''}`;
  return `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n<hr><center>${server}</center>\r\n</body>\r\n</html>\r\n`;
}

/** Where nginx's pages have another title than the status line. */
const PAGES: Record<number, string> = { 401: 'Authorization Required', 405: 'Not Allowed', 503: 'Service Temporarily Unavailable', 504: 'Gateway Time-out' };

/** nginx's and Go's log time: 2026/11/21 08:24:07 */
export function stamp(process: Process): string {
  return new Date(process.now / 1000).toISOString().slice(0, 19).replace('T', ' ').replaceAll('-', '/');
}

/** Common log format: 21/Nov/2026:08:24:07 +0000 */
export function clf(process: Process): string {
  const [, day, month, year, time] = /^\w+, (\d+) (\w+) (\d+) (\S+) GMT$/.exec(new Date(process.now / 1000).toUTCString())!;
  return `${day}/${month}/${year}:${time} +0000`;
}
