import type { Certificate } from '../../../linux/net/tls.ts';
import type { Micros } from '../../../sim/clock.ts';

/** What Envoy Gateway makes of Gateways and routes (internal/ir), and what Envoy is told of it (xDS). */
export interface Xds {
  /** NAMESPACE/NAME of the Gateway. */
  key: string;
  listeners: HttpListener[];
}

export interface HttpListener {
  /** NAMESPACE/GATEWAY/LISTENER */
  name: string;
  /** Of the container: 10000 more than a privileged port of the Gateway. */
  port: number;
  hostname: string;
  certificates: Certificate[] | undefined;
  /** In the order in which they are tried. */
  routes: HttpRoute[];
}

export interface HttpRoute {
  /** httproute/NAMESPACE/NAME/rule/0/match/0/HOST */
  name: string;
  /** Of its cluster: httproute/NAMESPACE/NAME/rule/0 */
  cluster: string;
  host: string;
  match: RouteMatch;
  requestHeaders: HeaderChange[];
  responseHeaders: HeaderChange[];
  destinations: Destination[];
  /** Instead of a destination. */
  redirect: Redirect | undefined;
  directResponse: number | undefined;
  rewrite: { hostname: string | undefined; path: PathChange | undefined } | undefined;
  mirrors: Destination[];
  timeout: Micros | undefined;
}

export interface RouteMatch {
  path: StringMatch;
  /** :method is one of them. */
  headers: (StringMatch & { name: string })[];
  query: (StringMatch & { name: string })[];
}
export interface StringMatch {
  type: 'exact' | 'prefix' | 'regex';
  value: string;
}
export interface HeaderChange {
  op: 'set' | 'add' | 'remove';
  name: string;
  value: string;
}
export interface PathChange {
  type: 'full' | 'prefix';
  value: string;
}
export interface Redirect {
  scheme: string | undefined;
  hostname: string | undefined;
  port: number | undefined;
  path: PathChange | undefined;
  code: number;
}
/** Without endpoints its share of the requests is answered with 500. */
export interface Destination {
  weight: number;
  endpoints: { address: string; port: number }[];
  requestHeaders: HeaderChange[];
  responseHeaders: HeaderChange[];
}
