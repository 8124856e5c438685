import type { KubeObject } from '../api/types.ts';

/** An HTTP request as the API server's pipeline sees it, after TLS and routing to this process. */
export interface ApiRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD' | 'OPTIONS';
  /** Without the query: /api/v1/namespaces/default/pods */
  path: string;
  /** Decoded query parameters; a repeated one keeps all its values. */
  query: Record<string, string[]>;
  /** Names in lower case. */
  headers: Record<string, string>;
  /** Parsed when it came from inside the simulator, text when it came over a wire. */
  body?: KubeObject | string | undefined;
  user: UserInfo;
}

export interface UserInfo {
  name: string;
  groups: string[];
  uid?: string;
  extra?: Record<string, string[]>;
}

export interface ApiResponse {
  status: number;
  /** Names in lower case. Warnings are in `warning` (RFC 7234 `299 - "text"`), several joined by ', '. */
  headers: Record<string, string>;
  /** An object is to be sent as JSON. */
  body: KubeObject | string;
  /** The answer comes from elsewhere (proxy subresources): whoever holds the connection asks there and passes it on. */
  upstream?: { host: string; port: number; method: string; path: string };
}

export type WatchEventType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
export interface WatchEvent {
  type: WatchEventType;
  object: KubeObject;
}

/**
 * What `handle` gives for a request that stays open (watch=true, log?follow, exec, attach, portforward): the caller passes
 * a sink, and gets a function that closes it.
 */
export interface ApiStream {
  status: number;
  headers: Record<string, string>;
  /** Begins to deliver; never calls back before it returns. */
  start(sink: StreamSink): StreamControl;
}
export interface StreamSink {
  /** A watch event, a piece of a log, or a message of an upgraded connection. */
  data(chunk: WatchEvent | string | ChannelMessage): void;
  end(): void;
}
export interface StreamControl {
  /** Client to server: exec's stdin, resize … */
  send(message: ChannelMessage): void;
  close(): void;
}
/** remotecommand's channels: 0 stdin, 1 stdout, 2 stderr, 3 error (a metav1.Status as JSON), 4 resize ({"Width","Height"}). `close` ends a channel. */
export interface ChannelMessage {
  channel: number;
  data: string;
  close?: boolean;
}
