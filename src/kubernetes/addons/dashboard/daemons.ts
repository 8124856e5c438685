import { httpListen } from '../../../linux/net/http.ts';
import type { Process } from '../../../linux/process.ts';
import { type Daemon, endsOn } from '../../runtime/daemons.ts';

const stamp = (p: Process) => new Date(Math.floor(p.now / 1e6) * 1000).toISOString().slice(0, 19).replace('T', ' ').replaceAll('-', '/');

/** Dashboard 2.7's server: it listens and its probes are answered; the application itself, a page for a browser, is not here. */
export const dashboard: Daemon = (process) => {
  endsOn(process, ['TERM', 'INT']);
  void process.out(`${stamp(process)} Starting overwatch\n${stamp(process)} Using namespace: kubernetes-dashboard\n${stamp(process)} Using in-cluster config to connect to apiserver\n${stamp(process)} Successful initial request to the apiserver, version: v1.28.3\n${stamp(process)} Auto-generating certificates\n${stamp(process)} Serving securely on HTTPS port: 8443\n`);
  httpListen(process, { ip: '::', port: 8443, tls: { cn: 'kubernetes-dashboard', ca: 'kubernetes-dashboard', sans: ['kubernetes-dashboard'] } }, (request, res) => (request.path === '/' ? res.send(200, { 'Content-Type': 'text/html; charset=utf-8' }, '') : res.send(404, { 'Content-Type': 'text/plain; charset=utf-8' }, '404 page not found\n')));
};

export const metricsScraper: Daemon = (process) => {
  endsOn(process, ['TERM', 'INT']);
  httpListen(process, { ip: '::', port: 8000 }, (_, res) => res.send(200, { 'Content-Type': 'text/html; charset=utf-8' }, `URL: /\n`));
};
