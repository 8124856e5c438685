import { StringDecoder } from 'node:string_decoder';
import type { Duplex } from 'node:stream';
import type { ApiStream, ChannelMessage, StreamControl, StreamSink } from '../../kubernetes/apiserver/http.ts';
import { SpdyConnection, type SpdyStream } from './spdy.ts';
import type { WebSocketConnection } from './websocket.ts';

/**
 * exec, attach and port-forward as clients speak them: channels of the simulated API server joined to the streams of a SPDY
 * connection or to a WebSocket's messages (k8s.io/kubelet/pkg/cri/streaming).
 */
const STDIN = 0, ERROR = 3, RESIZE = 4;
const CHANNELS: Record<string, number> = { stdin: STDIN, stdout: 1, stderr: 2, error: ERROR, resize: RESIZE };

export interface ExecStreams {
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
  tty: boolean;
}

/** Waits for the client to open its streams, then runs. `open` is called once. */
export function execOverSpdy(socket: Duplex, asked: ExecStreams, open: (sink: StreamSink) => StreamControl): void {
  const connection = overSocket(socket);
  const expected = 1 + Number(asked.stdin) + Number(asked.stdout) + Number(asked.stderr && !asked.tty) + Number(asked.tty);
  const streams = new Map<number, SpdyStream>();
  let control: StreamControl | undefined;
  connection.onStream = (stream) => {
    const channel = CHANNELS[stream.headers['streamtype'] ?? ''];
    if (channel === undefined) return;
    streams.set(channel, stream);
    if (channel === STDIN || channel === RESIZE) {
      const early: ChannelMessage[] = [];
      const text = new StringDecoder('utf8');
      const send = (message: ChannelMessage) => (control ? control.send(message) : early.push(message));
      stream.onData = (data) => void send({ channel, data: text.write(data) });
      stream.onEnd = () => void send({ channel, data: '', close: true });
      starting.push(() => early.forEach((message) => control!.send(message)));
    }
    if (streams.size === expected) start();
  };
  const starting: (() => void)[] = [];
  const start = () => {
    const ended = new Set<number>();
    const end = (channel: number) => {
      if (ended.has(channel)) return;
      ended.add(channel);
      streams.get(channel)?.end();
    };
    control = open({
      data: (chunk) => {
        const { channel, data, close } = message(chunk);
        if (data !== '') streams.get(channel)?.write(Buffer.from(data));
        if (close) end(channel);
      },
      end: () => {
        for (const channel of [1, 2, ERROR]) end(channel);
        void connection.drained().then(() => socket.end());
      },
    });
    for (const begin of starting) begin();
  };
  socket.on('close', () => control?.close());
}

/** `version` is that of vN.channel.k8s.io; from 5 on the client may close a channel (message 255). */
export function execOverWebSocket(connection: WebSocketConnection, open: (sink: StreamSink) => StreamControl): void {
  const text = new StringDecoder('utf8');
  const send = (channel: number, data: string) => connection.send(Buffer.concat([Buffer.from([channel]), Buffer.from(data)]));
  const control = open({
    data: (chunk) => {
      const { channel, data } = message(chunk);
      if (data !== '') send(channel, data);
    },
    end: () => connection.close(),
  });
  connection.onMessage = (data) => {
    if (data[0] === 255) control.send({ channel: data[1] ?? STDIN, data: '', close: true });
    else if (data.length > 1) control.send({ channel: data[0]!, data: text.write(data.subarray(1)) });
  };
  connection.onClose = () => control.close();
}

/** Each pair of an error and a data stream with one requestID is a connection to a port of the pod. */
export function forwardOverSpdy(connection: SpdyConnection, gone: (fn: () => void) => void, open: (port: number) => ApiStream | undefined): void {
  const pairs = new Map<string, { error?: SpdyStream; data?: SpdyStream }>();
  connection.onStream = (stream) => {
    const id = stream.headers['requestid'] ?? '';
    const pair = pairs.get(id) ?? {};
    pairs.set(id, pair);
    const early: Buffer[] = [];
    let over = false;
    if (stream.headers['streamtype'] === 'error') pair.error = stream;
    else {
      pair.data = stream;
      stream.onData = (data) => void early.push(data);
      stream.onEnd = () => void (over = true);
    }
    if (!pair.error || !pair.data) return;
    pairs.delete(id);
    join(pair.error, pair.data, Number(stream.headers['port']));
    for (const data of early) pair.data.onData(data);
    if (over) pair.data.onEnd();
  };
  const join = (error: SpdyStream, data: SpdyStream, port: number) => {
    const stream = open(port);
    if (!stream) {
      error.write(Buffer.from('an error occurred forwarding: lost connection to pod'));
      error.end();
      data.end();
      return;
    }
    let ended = false;
    const end = () => {
      if (ended) return;
      ended = true;
      error.end();
      data.end();
    };
    const control = stream.start({
      data: (chunk) => {
        const m = message(chunk);
        if (m.data !== '') (m.channel % 2 === 0 ? data : error).write(Buffer.from(m.data));
        if (m.close && m.channel % 2 === 0) end();
      },
      end,
    });
    const text = new StringDecoder('utf8');
    data.onData = (d) => control.send({ channel: 0, data: text.write(d) });
    data.onEnd = () => control.send({ channel: 0, data: '', close: true });
    gone(() => control.close());
  };
}

export function overSocket(socket: Duplex): SpdyConnection {
  const connection = new SpdyConnection((frame) => {
    if (!socket.destroyed && socket.writable) socket.write(frame);
  });
  socket.on('data', (data: Buffer) => connection.receive(data));
  socket.on('error', () => socket.destroy());
  return connection;
}

function message(chunk: unknown): ChannelMessage {
  return typeof chunk === 'string' ? { channel: 1, data: chunk } : (chunk as ChannelMessage);
}
