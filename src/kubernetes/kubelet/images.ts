import type { KubeObject } from '../api/types.ts';
import type { EventRecorder, ObjectReference } from '../client/events.ts';
import { type Clock, type Micros, MS } from '../../sim/clock.ts';
import type { Rng } from '../../sim/rng.ts';
import type { ContainerRuntime } from '../runtime/cri.ts';
import type { Image } from '../runtime/image.ts';
import { formatReference, parseReference } from '../runtime/reference.ts';
import type { Backoff } from './backoff.ts';
import { minorOf } from '../api/scheme.ts';
import { goDuration } from './duration.ts';
import type { StartFailure } from './status.ts';

/** Microseconds a megabyte takes from the registry, and what every pull costs. */
const PER_MEGABYTE = 22 * MS, ROUND_TRIP = 850 * MS;

/** pkg/kubelet/images: sees that a container's image is there. Pulls run one after another (serializeImagePulls). */
export class ImageManager {
  readonly #runtime: ContainerRuntime;
  readonly #clock: Clock;
  readonly #rng: Rng;
  readonly #recorder: EventRecorder;
  readonly #backoff: Backoff;
  /** Until 1.27 events told how long a pull took to the nanosecond, then to the millisecond. */
  readonly #fine: boolean;
  /** When the puller is free again. */
  #busyUntil: Micros = 0;

  constructor(runtime: ContainerRuntime, clock: Clock, rng: Rng, recorder: EventRecorder, backoff: Backoff, version: string) {
    this.#runtime = runtime;
    this.#clock = clock;
    this.#rng = rng;
    this.#recorder = recorder;
    this.#backoff = backoff;
    this.#fine = minorOf(version) < 28;
  }

  /** Calls `done` with the image, or with why the container cannot start. */
  ensure(pod: KubeObject, container: { name: string; image: string; imagePullPolicy?: string }, about: ObjectReference, done: (image: Image | undefined, failure?: StartFailure) => void): void {
    const name = container.image;
    const event = (type: 'Normal' | 'Warning', reason: string, message: string) => this.#recorder.event(about, type, reason, message);
    const reference = parseReference(name);
    if ('error' in reference) {
      const message = `Failed to apply default image tag "${name}": couldn't parse image reference "${name}": ${reference.error}`;
      event('Warning', 'InspectFailed', message);
      return done(undefined, { reason: 'InvalidImageName', message });
    }
    const policy = container.imagePullPolicy ?? 'IfNotPresent';
    const present = this.#runtime.image(reference);
    if (present && policy !== 'Always') {
      event('Normal', 'Pulled', `Container image "${name}" already present on machine`);
      return done(present.image);
    }
    if (policy === 'Never') {
      const message = `Container image "${name}" is not present with pull policy of Never`;
      event('Warning', 'ErrImageNeverPull', message);
      return done(undefined, { reason: 'ErrImageNeverPull', message });
    }
    const key = `${pod.metadata.uid}_${formatReference(reference)}`;
    if (this.#backoff.isInBackOffSinceUpdate(key)) {
      const message = `Back-off pulling image "${name}"`;
      event('Normal', 'BackOff', message);
      return done(undefined, { reason: 'ImagePullBackOff', message });
    }
    event('Normal', 'Pulling', `Pulling image "${name}"`);
    const asked = this.#clock.now, begins = Math.max(asked, this.#busyUntil);
    const result = this.#runtime.pull(reference);
    const size = 'image' in result && !present ? result.image.size : 0;
    const takes = Math.round(ROUND_TRIP * (0.6 + this.#rng.float()) + (size / 1e6) * PER_MEGABYTE * (0.8 + 0.4 * this.#rng.float()));
    this.#busyUntil = begins + takes;
    const failed = 'error' in result;
    this.#clock.after(begins + (failed ? 250 * MS + Math.round(takes / 10) : takes) - asked, () => {
      if (failed) {
        event('Warning', 'Failed', `Failed to pull image "${name}": ${result.error}`);
        this.#backoff.next(key, this.#clock.now);
        return done(undefined, { reason: 'ErrImagePull', message: result.error });
      }
      const nanos = this.#rng.int(1000);
      const told = (time: Micros) => (this.#fine ? goDuration(time, nanos) : goDuration(time - (time % MS)));
      event('Normal', 'Pulled', `Successfully pulled image "${name}" in ${told(takes)} (${told(this.#clock.now - asked)} including waiting)`);
      done(result.image);
    });
  }
}
