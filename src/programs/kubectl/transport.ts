// kubectl's connections over the machine's network, and Go's words for what goes wrong on them.
import type { ChannelMessage } from '../../kubernetes/apiserver/http.ts';
import { readCertificate } from '../../kubernetes/runtime/pki.ts';
import { HttpClient, HttpError, HttpSignal, type Duplex, type RequestOptions } from '../../linux/net/http.ts';
import type { TlsClientOptions, TlsError } from '../../linux/net/tls.ts';
import type { Process } from '../../linux/process.ts';
import type { ClusterAccess } from './kubeconfig.ts';
import { WireError, type Connect, type WireRequest } from './rest.ts';

/** Through the sockets of the process. */
export const httpConnect: Connect = (process, access) => {
  const client = new HttpClient(process);
  process.onExit(() => client.close());
  const secure = access.server.startsWith('https:');
  const options = (request: WireRequest): RequestOptions => ({
    method: request.method, url: access.server.replace(/\/$/, '') + request.path, headers: request.headers, timeout: request.timeout, connectTimeout: 30e6,
    ...(request.body === undefined ? {} : { body: request.body }), ...(secure ? { tls: tlsOptions(access) } : {}),
  });
  return {
    request: async (request) => {
      try {
        return await client.request(options(request));
      } catch (error) {
        throw wireError(error, process, access);
      }
    },
    stream: (request, data, end) => process.wait((resume, fail) => {
      const signal = new HttpSignal();
      const refusal: string[] = [];
      let begun = false;
      client.fetch({
        ...options(request), signal, onChunk: (text) => void (begun ? data(text) : refusal.push(text)),
        onHead: (head) => {
          begun = head.status < 400;
          if (begun) resume({ status: head.status, headers: head.headers, body: '', close: () => signal.abort() });
        },
      }, (error, response) => {
        if (begun) end(error ? wireError(error, process, access).message : undefined);
        else if (response) resume({ status: response.status, headers: response.headers, body: refusal.join(''), close: () => {} });
        else fail(wireError(error, process, access));
      });
      return () => signal.abort();
    }),
    upgrade: (request, message, end) => process.wait((resume, fail) => {
      const signal = new HttpSignal();
      let duplex: Duplex | undefined;
      client.fetch({ ...options(request), signal, onUpgrade: (d) => {
        duplex = d;
        d.onMessage = (text) => message(JSON.parse(text) as ChannelMessage);
        d.onClose = end;
      } }, (error, r) => {
        if (error) fail(wireError(error, process, access));
        else resume({ status: r!.status, headers: r!.headers, body: r!.body, send: (m) => duplex?.send(JSON.stringify(m)), close: () => duplex?.close() });
      });
      return () => signal.abort();
    }),
  };
};

function tlsOptions(access: ClusterAccess): TlsClientOptions {
  const ca = access.ca === undefined ? undefined : readCertificate(access.ca)?.cn;
  const cert = access.clientCertificate === undefined ? undefined : readCertificate(access.clientCertificate);
  return { insecure: access.insecure, ca: ca === undefined ? [] : [ca], alpn: ['http/1.1'], ...(cert ? { cert } : {}), ...(access.tlsServerName ? { serverName: access.tlsServerName } : {}) };
}

const ERRNO: Record<string, string> = {
  ECONNREFUSED: 'connection refused', ETIMEDOUT: 'connection timed out', EHOSTUNREACH: 'no route to host', ENETUNREACH: 'network is unreachable', ECONNRESET: 'connection reset by peer', EPIPE: 'broken pipe',
};

/** What Go's net/http would have said. */
export function wireError(error: unknown, process: Process, access: { server: string }): WireError {
  if (!(error instanceof HttpError)) throw error;
  const host = /^\w+:\/\/([^/]+)/.exec(access.server)?.[1] ?? '';
  const at = `${error.remote.ip}:${error.remote.port}`;
  switch (error.code) {
    case 'TLS':
      return new WireError(tlsMessage(error.tls!));
    case 'TIMEOUT':
      return new WireError(error.phase === 'connect' ? `dial tcp ${at}: i/o timeout` : 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)');
    case 'ENOTFOUND':
    case 'EAI_AGAIN': {
      const name = host.replace(/:\d+$/, '');
      const server = /^\s*nameserver\s+(\S+)/m.exec(process.fs.exists('/etc/resolv.conf') ? process.fs.readFile('/etc/resolv.conf') : '')?.[1] ?? '127.0.0.1';
      return new WireError(error.code === 'ENOTFOUND' ? `dial tcp: lookup ${name} on ${server}:53: no such host` : `dial tcp: lookup ${name} on ${server}:53: server misbehaving`);
    }
    case 'EMPTY':
    case 'TRUNCATED':
      return new WireError(error.code === 'EMPTY' ? 'EOF' : 'unexpected EOF');
    case 'BAD':
      return new WireError('net/http: HTTP/1.x transport connection broken: malformed HTTP response');
  }
  const text = ERRNO[error.code] ?? error.code;
  return new WireError(error.phase === 'connect' ? `dial tcp ${at}: connect: ${text}` : `read tcp ${error.local ? `${error.local.ip}:${error.local.port}->` : ''}${at}: read: ${text}`);
}

function tlsMessage({ reason, certificate, serverName, received }: TlsError): string {
  switch (reason) {
    case 'unknown-authority':
      return 'tls: failed to verify certificate: x509: certificate signed by unknown authority';
    case 'name-mismatch': {
      const sans = certificate?.sans ?? [];
      const ip = /^\d+\.\d+\.\d+\.\d+$/.test(serverName);
      const valid = sans.filter((s) => /^\d+\.\d+\.\d+\.\d+$/.test(s) === ip);
      return `tls: failed to verify certificate: x509: certificate is valid for ${valid.join(', ')}, not ${serverName}`;
    }
    case 'expired':
      return 'tls: failed to verify certificate: x509: certificate has expired or is not yet valid';
    case 'not-yet-valid':
      return 'tls: failed to verify certificate: x509: certificate has expired or is not yet valid';
    case 'not-tls':
      return received.startsWith('HTTP/') ? 'http: server gave HTTP response to HTTPS client' : 'tls: first record does not look like a TLS handshake';
    case 'bad-certificate':
      return 'remote error: tls: bad certificate';
  }
}
