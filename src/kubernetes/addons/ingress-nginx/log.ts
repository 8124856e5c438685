import type { KubeObject } from '../../api/types.ts';
import type { Process } from '../../../linux/process.ts';
import { klog, type Severity } from '../../runtime/klog.ts';

/** The controller's own log: klog, structured (`"text" key="value"`) or plain. */
export class Log {
  readonly #process: Process;
  constructor(process: Process) {
    this.#process = process;
  }

  info(where: string, text: string, fields: Readonly<Record<string, unknown>> = {}): void {
    this.#write('I', where, JSON.stringify(text) + pairs(fields));
  }
  error(where: string, error: string | undefined, text: string, fields: Readonly<Record<string, unknown>> = {}): void {
    this.#write('E', where, `${JSON.stringify(text)}${error === undefined ? '' : ` err=${JSON.stringify(error)}`}${pairs(fields)}`);
  }
  plain(severity: Severity, where: string, text: string): void {
    this.#write(severity, where, text);
  }
  /** What record.StartLogging makes of an event. */
  event(about: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string): void {
    const { namespace = '', name, uid = '', resourceVersion = '' } = about.metadata;
    this.#write('I', 'event.go:285', `Event(v1.ObjectReference{Kind:${q(about.kind)}, Namespace:${q(namespace)}, Name:${q(name)}, UID:${q(uid)}, APIVersion:${q(about.apiVersion)}, ResourceVersion:${q(resourceVersion)}, FieldPath:""}): type: '${type}' reason: '${reason}' ${message}`);
  }

  #write(severity: Severity, where: string, text: string): void {
    if (this.#process.running) klog(this.#process, severity, where, text);
  }
}

const q = JSON.stringify;
const pairs = (fields: Readonly<Record<string, unknown>>) => Object.entries(fields).map(([k, v]) => ` ${k}=${typeof v === 'string' ? q(v) : Array.isArray(v) ? JSON.stringify(v) : String(v)}`).join('');
