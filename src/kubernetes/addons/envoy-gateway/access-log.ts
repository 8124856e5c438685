import type { Endpoint } from '../../../linux/net/sockets.ts';
import type { Micros } from '../../../sim/clock.ts';

/** What a line of the access log tells. */
export interface LogEntry {
  start: Micros;
  end: Micros;
  method: string;
  path: string;
  protocol: string;
  code: number;
  flags: string;
  details: string;
  transportFailure?: string;
  received: number;
  sent: number;
  headers: Record<string, string>;
  upstreamHost?: string;
  cluster?: string;
  upstreamLocal?: Endpoint | undefined;
  local: Endpoint;
  remote: Endpoint;
  serverName?: string | undefined;
  route?: string;
}

/** Envoy Gateway's default format: JSON by text, every value in quotes, `-` for what there is not. */
export function accessLogLine(e: LogEntry): string {
  const at = (p: Endpoint | undefined) => (p ? `${p.ip}:${p.port}` : undefined);
  const fields: [string, string | number | undefined][] = [
    ['start_time', new Date(Math.floor(e.start / 1000)).toISOString()], ['method', e.method], ['x-envoy-origin-path', e.path], ['protocol', e.protocol], ['response_code', e.code], ['response_flags', e.flags || undefined], ['response_code_details', e.details],
    ['connection_termination_details', undefined], ['upstream_transport_failure_reason', e.transportFailure], ['bytes_received', e.received], ['bytes_sent', e.sent], ['duration', Math.round((e.end - e.start) / 1000)], ['x-envoy-upstream-service-time', undefined],
    ['x-forwarded-for', e.headers['x-forwarded-for']], ['user-agent', e.headers['user-agent']], ['x-request-id', e.headers['x-request-id']], [':authority', e.headers['host']], ['upstream_host', e.upstreamHost], ['upstream_cluster', e.cluster],
    ['upstream_local_address', at(e.upstreamLocal)], ['downstream_local_address', at(e.local)], ['downstream_remote_address', at(e.remote)], ['requested_server_name', e.serverName], ['route_name', e.route],
  ];
  return `{${fields.map(([k, v]) => `"${k}":"${v === undefined ? '-' : v}"`).join(',')}}\n`;
}
