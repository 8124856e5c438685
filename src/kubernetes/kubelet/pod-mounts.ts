import { type Micros, MS, SECOND } from '../../sim/clock.ts';
import type { KubeObject } from '../api/types.ts';
import { ApiError, ConnectionError } from '../client/client.ts';
import type { ObjectReference } from '../client/events.ts';
import type { Kubelet } from './kubelet.ts';
import { MountError, type PodVolumes, type Volume } from './volumes.ts';

/** How long WaitForAttachAndMount waits (podAttachAndMountTimeout, and what the recordings show beyond it). */
const TIMEOUT = 123 * SECOND;
/** exponentialbackoff's first and longest delay. */
const FIRST = 500 * MS, LONGEST = 122 * SECOND;

/** The volume manager for one pod: each volume that cannot be mounted is tried again at times of its own, ever later. */
export class PodMounts {
  readonly #kubelet: Kubelet;
  readonly #volumes: PodVolumes;
  readonly #retries = new Map<string, { next: Micros; delay: Micros }>();
  #deadline: Micros = 0;

  constructor(kubelet: Kubelet, volumes: PodVolumes) {
    this.#kubelet = kubelet;
    this.#volumes = volumes;
  }

  /** Mounts what is due. Then calls one of: `mounted` (all are), `failed` (the sync has failed), `again` (later: a volume is due). */
  mount(pod: KubeObject, about: ObjectReference, { mounted, failed, again }: { mounted(): void; failed(): void; again(): void }): void {
    const { clock, recorder } = this.#kubelet;
    const missing: string[] = [];
    let next = Infinity;
    for (const volume of (pod.spec.volumes ?? []) as Volume[]) {
      const retry = this.#retries.get(volume.name);
      if (retry && retry.next > clock.now) {
        missing.push(volume.name);
        next = Math.min(next, retry.next);
        continue;
      }
      try {
        this.#volumes.mount(pod, volume);
        this.#retries.delete(volume.name);
      } catch (error) {
        if (error instanceof ConnectionError) return failed();
        if (!(error instanceof MountError || error instanceof ApiError)) throw error;
        recorder.event(about, 'Warning', 'FailedMount', `MountVolume.SetUp failed for volume "${volume.name}" : ${error.message}`);
        const delay = retry ? Math.min(retry.delay * 2, LONGEST) : FIRST;
        this.#retries.set(volume.name, { next: clock.now + delay, delay });
        missing.push(volume.name);
        next = Math.min(next, clock.now + delay);
      }
    }
    if (missing.length === 0) {
      this.#deadline = 0;
      return mounted();
    }
    if (this.#deadline === 0) this.#deadline = clock.now + TIMEOUT;
    if (clock.now >= this.#deadline) {
      this.#deadline = 0;
      recorder.event(about, 'Warning', 'FailedMount', `Unable to attach or mount volumes: unmounted volumes=[${missing.join(' ')}], unattached volumes=[], failed to process volumes=[]: timed out waiting for the condition`);
      return failed();
    }
    clock.after(Math.min(next, this.#deadline) - clock.now, again, { background: true });
  }
}
