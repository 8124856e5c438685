import type { ApiResponse, ApiStream } from './http.ts';

/**
 * What the API server asks of a node's kubelet on port 10250. Pods and containers are named, as in the kubelet's own URLs
 * (/containerLogs/NS/POD/CONTAINER, /exec/NS/POD/CONTAINER …). Refusals are answered as text responses with their status code,
 * as the kubelet's server writes them, e.g. 400 `container "web" in pod "web" is waiting to start: ContainerCreating`.
 */
export interface KubeletApi {
  /** Text when `follow` is not set; a stream of pieces of text when it is. */
  containerLogs(namespace: string, pod: string, container: string, options: PodLogOptions): ApiResponse | ApiStream;
  /** A stream of ChannelMessage. */
  exec(namespace: string, pod: string, container: string, options: ExecOptions): ApiResponse | ApiStream;
  attach(namespace: string, pod: string, container: string, options: ExecOptions): ApiResponse | ApiStream;
  /** Of port i of `ports`: channel 2i carries data, 2i+1 the error text. */
  portForward(namespace: string, pod: string, ports: number[]): ApiResponse | ApiStream;
  /** Any other path of the kubelet's server, for nodes/NAME/proxy: /healthz, /pods, /stats/summary, /metrics, /logs/ … */
  http(method: string, path: string, query: Record<string, string[]>): ApiResponse;
}

/** v1.PodLogOptions. */
export interface PodLogOptions {
  follow: boolean;
  previous: boolean;
  timestamps: boolean;
  sinceSeconds?: number;
  /** RFC 3339 */
  sinceTime?: string;
  tailLines?: number;
  limitBytes?: number;
}

/** v1.PodExecOptions, v1.PodAttachOptions. */
export interface ExecOptions {
  command: string[];
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
  tty: boolean;
}
