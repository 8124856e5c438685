/** Where the student's Node.js code runs. Both ways of running it pass the same tests (tests/e2e/backend-contract.test.ts). */
export interface NodeRequest {
  method: string;
  /** Path and query. */
  target: string;
  headers: [string, string][];
  body: string;
  /** What os.hostname() says. */
  hostname: string;
}

export interface NodeResponse {
  /** 0: no answer within the time limit, and the program has been stopped; -1: the program has ended instead of answering. */
  status: number;
  headers: [string, string][];
  body: string;
}

export interface NodePort {
  /** What the student is told about it. */
  readonly name: string;
  /** Rejects where it cannot run. */
  boot(): Promise<void>;
  /** Runs server.js, in place of what ran before. Rejects with what the program said when it does not come to listen on PORT. */
  start(files: Readonly<Record<string, string>>): Promise<void>;
  /** One after another. A program that was stopped, or has died, is started again first, as a kubelet would. */
  request(request: NodeRequest): Promise<NodeResponse>;
  stop(): void;
  /** What the program has printed since the last call. */
  logs(): string;
}

/** The port the program must listen on. */
export const PORT = 3000;
/** Longest wait for an answer, milliseconds. */
export const LIMIT = 2000;

/** The promise's value, or a rejection after some time. */
export function within<T>(promise: Promise<T>, milliseconds: number, message: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(message)), milliseconds);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

export const NO_ANSWER: NodeResponse = { status: 0, headers: [], body: '' };
export const DIED: NodeResponse = { status: -1, headers: [], body: '' };
