import type { ApiServer } from '../../../src/kubernetes/apiserver/server.ts';
import type { ApiRequest, ApiStream, ChannelMessage, StreamControl, UserInfo, WatchEvent } from '../../../src/kubernetes/apiserver/http.ts';
import { WireError, type Connect, type WireRequest, type WireResponse } from '../../../src/programs/kubectl/rest.ts';

/** kubectl's requests handed to an API server without a network: for tests of kubectl alone. */
export function direct(server: () => ApiServer | undefined, user: (headers: Record<string, string>) => UserInfo = () => ADMIN): Connect {
  return (_process, access) => {
    const handle = (request: WireRequest) => {
      const at = server();
      const host = access.server.replace(/^https?:\/\//, '');
      if (!at || !at.running || !['127.0.0.1:6443', '172.18.0.2:6443'].includes(host)) throw new WireError(`dial tcp ${host.replace('localhost', '127.0.0.1')}: connect: connection refused`);
      const [path, search = ''] = request.path.split('?') as [string, string?];
      const query: ApiRequest['query'] = {};
      for (const [k, v] of new URLSearchParams(search)) (query[k] ??= []).push(v);
      return at.handle({ method: request.method, path: decodeURIComponent(path), query, headers: request.headers, body: request.body, user: user(request.headers) });
    };
    const text = (body: unknown) => (typeof body === 'string' ? body : JSON.stringify(body));
    const open = (stream: ApiStream, data: (chunk: WatchEvent | string | ChannelMessage) => void, end: () => void): StreamControl => stream.start({ data, end });
    return {
      request: (request): Promise<WireResponse> => {
        const answer = attempt(() => handle(request));
        if (answer instanceof Error) return Promise.reject(answer);
        if ('start' in answer) throw new Error(`${request.path} answered with a stream`);
        return Promise.resolve({ status: answer.status, headers: answer.headers, body: text(answer.body) });
      },
      stream: (request, data, end) => {
        const answer = attempt(() => handle(request));
        if (answer instanceof Error) return Promise.reject(answer);
        if (!('start' in answer)) {
          if (answer.status < 400) {
            data(text(answer.body));
            end();
          }
          return Promise.resolve({ status: answer.status, headers: answer.headers, body: text(answer.body), close: () => {} });
        }
        const control = open(answer, (chunk) => data(typeof chunk === 'string' ? chunk : `${JSON.stringify(chunk)}\n`), end);
        return Promise.resolve({ status: answer.status, headers: answer.headers, body: '', close: () => control.close() });
      },
      upgrade: (request, message, end) => {
        const answer = attempt(() => handle(request));
        if (answer instanceof Error) return Promise.reject(answer);
        if (!('start' in answer)) return Promise.resolve({ status: answer.status, headers: answer.headers, body: text(answer.body), send: () => {}, close: () => {} });
        const control = open(answer, (chunk) => message(chunk as ChannelMessage), end);
        return Promise.resolve({ status: 101, headers: {}, body: '', send: (m) => control.send(m), close: () => control.close() });
      },
    };
  };
}

export const ADMIN: UserInfo = { name: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] };

function attempt<T>(act: () => T): T | Error {
  try {
    return act();
  } catch (error) {
    return error as Error;
  }
}
