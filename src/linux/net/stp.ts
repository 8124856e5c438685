/**
 * The spanning tree protocol of a bridge, IEEE 802.1D-1998 as net/bridge/br_stp.c, br_stp_if.c and br_stp_timer.c have it: the bridge with
 * the lowest id is the root, each other bridge reaches it through one port, each wire has one designated port, and what is neither blocks.
 */
import { SECOND, type Clock, type Micros } from '../../sim/clock.ts';
import { Alarm } from './alarm.ts';
import type { Bridge, PortState } from './bridge.ts';
import type { Link } from './link.ts';
import type { Bpdu, ConfigBpdu } from './packet.ts';

export const STP_GROUP = '01:80:c2:00:00:00';
const HUNDREDTH = SECOND / 100;
const HOLD_TIME = SECOND;
/** What a bridge adds to the age of a message: one tick (1/256 s) at least. */
const AGE_STEP = 4_000;

/** What the protocol knows of a port. */
export interface StpPort {
  state: PortState;
  designatedRoot: string;
  designatedCost: number;
  designatedBridge: string;
  designatedPort: number;
  /** When the message that it was learned from left the root. */
  designatedSince: Micros;
  changeAck: boolean;
  configPending: boolean;
  readonly messageAge: Alarm;
  readonly forwardDelay: Alarm;
  readonly hold: Alarm;
}

export class SpanningTree {
  readonly #bridge: Bridge;
  readonly #clock: Clock;
  readonly #ports = new Map<Link, StpPort>();
  /** Ids of bridges: the lower one as text is the lower one. */
  root: string;
  rootPort: Link | undefined;
  rootPathCost = 0;
  /** The root's, hundredths of a second. */
  maxAge: number;
  helloTime: number;
  forwardDelay: number;
  topologyChange = false;
  topologyChangeDetected = false;
  /** Whether a port forwards: the bridge's carrier. */
  live = false;
  readonly helloTimer: Alarm;
  readonly tcnTimer: Alarm;
  readonly topologyChangeTimer: Alarm;

  /** Of a bridge whose ports have been forwarding until now. */
  constructor(bridge: Bridge) {
    this.#bridge = bridge;
    this.#clock = bridge.link.ns.world.clock;
    this.root = this.id;
    ({ maxAge: this.maxAge, helloTime: this.helloTime, forwardDelay: this.forwardDelay } = bridge.options);
    [this.helloTimer, this.tcnTimer, this.topologyChangeTimer] = [new Alarm(this.#clock), new Alarm(this.#clock), new Alarm(this.#clock)];
    for (const port of bridge.ports) this.#know(port).state = bridge.link.up && port.running ? 'forwarding' : 'disabled';
    this.live = [...this.#ports.values()].some((p) => p.state === 'forwarding');
  }

  get id(): string {
    return this.#bridge.id;
  }
  get isRoot(): boolean {
    return this.root === this.id;
  }
  port(link: Link): StpPort {
    return this.#ports.get(link) ?? this.#know(link);
  }

  /** `stp_state 1`. */
  start(): void {
    const { options } = this.#bridge;
    options.forwardDelay = Math.min(3000, Math.max(200, options.forwardDelay));
    if (this.isRoot) this.forwardDelay = options.forwardDelay;
    this.#bridge.portsChanged = true;
    if (this.#bridge.link.up) this.#hello();
    this.#selectStates();
  }

  /* ---- the bridge and its ports come and go ---- */

  bridgeUp(): void {
    this.#hello();
    this.#generateConfigs();
    for (const port of this.#bridge.ports) if (port.running) this.portUp(port);
  }

  bridgeDown(): void {
    for (const port of this.#bridge.ports) this.portDown(port);
    this.topologyChange = this.topologyChangeDetected = false;
    for (const timer of [this.helloTimer, this.topologyChangeTimer, this.tcnTimer]) timer.cancel();
  }

  portUp(link: Link): void {
    if (!this.#bridge.link.up) return;
    const port = this.#know(link);
    port.state = 'blocking';
    this.#selectStates();
  }

  portDown(link: Link): void {
    const port = this.port(link), wasRoot = this.isRoot;
    if (port.state === 'disabled') return;
    this.#becomeDesignated(link, port);
    port.changeAck = port.configPending = false;
    this.#setState(link, port, 'disabled');
    this.#quiet(port);
    this.#reconsider(wasRoot);
  }

  portGone(link: Link): void {
    this.portDown(link);
    this.#ports.delete(link);
  }

  /** The bridge's priority or address is another now; `before` is what its id was. */
  idChanged(before: string): void {
    const wasRoot = this.root === before, { id } = this;
    for (const port of this.#ports.values()) {
      if (port.designatedBridge === before) port.designatedBridge = id;
      if (port.designatedRoot === before) port.designatedRoot = id;
    }
    this.#reconsider(wasRoot);
  }

  /** A port's cost or priority is another now; `before`: what its id was. */
  portChanged(link: Link, before: number): void {
    const port = this.port(link);
    if (port.designatedBridge === this.id && port.designatedPort === before) port.designatedPort = portId(link);
    this.#configurationUpdate();
    this.#selectStates();
  }

  /** hello_time, max_age or forward_delay of the bridge was set: they count while it is the root. */
  timesChanged(): void {
    if (this.isRoot) ({ maxAge: this.maxAge, helloTime: this.helloTime, forwardDelay: this.forwardDelay } = this.#bridge.options);
  }

  /* ---- messages ---- */

  receive(link: Link, bpdu: Bpdu): void {
    const port = this.port(link);
    if (!this.#bridge.options.stp || !this.#bridge.link.up || port.state === 'disabled') return;
    if (bpdu.type === 'tcn') {
      if (!this.#isDesignated(link, port)) return;
      this.#topologyChanged();
      port.changeAck = true;
      this.#transmit(link, port);
      return;
    }
    const wasRoot = this.isRoot;
    if (this.#supersedes(port, bpdu)) {
      this.#record(link, port, bpdu);
      this.#configurationUpdate();
      this.#selectStates();
      if (!this.isRoot && wasRoot) {
        this.helloTimer.cancel();
        if (this.topologyChangeDetected) {
          this.topologyChangeTimer.cancel();
          this.#sendTcn();
        }
      }
      if (link !== this.rootPort) return;
      ({ maxAge: this.maxAge, helloTime: this.helloTime, forwardDelay: this.forwardDelay } = bpdu);
      this.topologyChange = bpdu.topologyChange;
      this.#generateConfigs();
      if (bpdu.topologyChangeAck) {
        this.topologyChangeDetected = false;
        this.tcnTimer.cancel();
      }
    } else if (this.#isDesignated(link, port)) this.#transmit(link, port);
  }

  #record(link: Link, port: StpPort, bpdu: ConfigBpdu): void {
    port.designatedRoot = bpdu.root;
    port.designatedCost = bpdu.rootPathCost;
    port.designatedBridge = bpdu.bridge;
    port.designatedPort = bpdu.port;
    port.designatedSince = this.#clock.now - bpdu.messageAge;
    port.messageAge.set(bpdu.maxAge * HUNDREDTH - bpdu.messageAge, () => {
      if (this.#isDesignated(link, port)) return;
      const wasRoot = this.isRoot;
      this.#becomeDesignated(link, port);
      this.#reconsider(wasRoot);
    });
  }

  /** Whether what the message says is better than what the port knows, or news of the same. */
  #supersedes(port: StpPort, bpdu: ConfigBpdu): boolean {
    if (bpdu.root !== port.designatedRoot) return bpdu.root < port.designatedRoot;
    if (bpdu.rootPathCost !== port.designatedCost) return bpdu.rootPathCost < port.designatedCost;
    if (bpdu.bridge !== port.designatedBridge) return bpdu.bridge < port.designatedBridge;
    return bpdu.bridge !== this.id || bpdu.port <= port.designatedPort;
  }

  #transmit(link: Link, port: StpPort): void {
    if (port.hold.pending) {
      port.configPending = true;
      return;
    }
    const messageAge = this.isRoot || !this.rootPort ? 0 : this.#clock.now - this.port(this.rootPort).designatedSince + AGE_STEP;
    if (messageAge >= this.maxAge * HUNDREDTH) return;
    const { topologyChange, root, rootPathCost, maxAge, helloTime, forwardDelay } = this;
    this.#send(link, { type: 'config', topologyChange, topologyChangeAck: port.changeAck, root, rootPathCost, bridge: this.id, port: portId(link), messageAge, maxAge, helloTime, forwardDelay });
    port.changeAck = port.configPending = false;
    if (this.#bridge.options.stp) port.hold.set(HOLD_TIME, () => port.configPending && this.#transmit(link, port));
  }

  #send(link: Link, bpdu: Bpdu): void {
    if (this.#bridge.options.stp) link.transmit({ src: link.address, dst: STP_GROUP, bpdu, background: true });
  }

  #generateConfigs(): void {
    for (const [link, port] of this.#ports) if (port.state !== 'disabled' && this.#isDesignated(link, port)) this.#transmit(link, port);
  }

  #hello(): void {
    this.helloTimer.set(this.helloTime * HUNDREDTH, () => {
      this.#generateConfigs();
      if (this.#bridge.options.stp) this.#hello();
    });
  }

  #sendTcn(): void {
    if (this.rootPort) this.#send(this.rootPort, { type: 'tcn' });
    this.tcnTimer.set(this.#bridge.options.helloTime * HUNDREDTH, () => {
      if (!this.isRoot && this.#bridge.link.up) this.#sendTcn();
    });
  }

  #topologyChanged(): void {
    const { options, link } = this.#bridge;
    if (!options.stp || !link.up) return;
    if (this.isRoot) {
      this.topologyChange = true;
      this.topologyChangeTimer.set((options.forwardDelay + options.maxAge) * HUNDREDTH, () => (this.topologyChange = this.topologyChangeDetected = false));
    } else if (!this.topologyChangeDetected) this.#sendTcn();
    this.topologyChangeDetected = true;
  }

  /* ---- who is root, which ports are designated, what state follows ---- */

  #reconsider(wasRoot: boolean): void {
    this.#configurationUpdate();
    this.#selectStates();
    if (!this.isRoot || wasRoot) return;
    ({ maxAge: this.maxAge, helloTime: this.helloTime, forwardDelay: this.forwardDelay } = this.#bridge.options);
    this.#topologyChanged();
    this.tcnTimer.cancel();
    if (!this.#bridge.link.up) return;
    this.#generateConfigs();
    this.#hello();
  }

  #configurationUpdate(): void {
    const { id } = this;
    let best: [Link, StpPort] | undefined;
    for (const [link, port] of this.#ports) {
      if (port.state === 'disabled' || this.#isDesignated(link, port) || id <= port.designatedRoot) continue;
      if (!best || compare(rank(link, port), rank(...best)) < 0) best = [link, port];
    }
    this.rootPort = best?.[0];
    this.root = best ? best[1].designatedRoot : id;
    this.rootPathCost = best ? best[1].designatedCost + best[0].port!.cost : 0;
    for (const [link, port] of this.#ports) if (port.state !== 'disabled' && this.#shouldBeDesignated(link, port)) this.#becomeDesignated(link, port);
  }

  #shouldBeDesignated(link: Link, port: StpPort): boolean {
    if (this.#isDesignated(link, port) || port.designatedRoot !== this.root) return true;
    return compare([this.rootPathCost, this.id, portId(link)], [port.designatedCost, port.designatedBridge, port.designatedPort]) < 0;
  }

  #isDesignated(link: Link, port: StpPort): boolean {
    return port.designatedBridge === this.id && port.designatedPort === portId(link);
  }

  #becomeDesignated(link: Link, port: StpPort): void {
    port.designatedRoot = this.root;
    port.designatedCost = this.rootPathCost;
    port.designatedBridge = this.id;
    port.designatedPort = portId(link);
  }

  #selectStates(): void {
    for (const [link, port] of this.#ports) {
      if (port.state === 'disabled') continue;
      if (link === this.rootPort) {
        port.configPending = port.changeAck = false;
        this.#forward(link, port);
      } else if (this.#isDesignated(link, port)) {
        port.messageAge.cancel();
        this.#forward(link, port);
      } else {
        port.configPending = port.changeAck = false;
        this.#block(link, port);
      }
    }
    this.#carrier([...this.#ports.values()].some((p) => p.state === 'forwarding'));
  }

  #block(link: Link, port: StpPort): void {
    if (port.state === 'blocking') return;
    if (port.state === 'forwarding' || port.state === 'learning') this.#topologyChanged();
    this.#setState(link, port, 'blocking');
    port.forwardDelay.cancel();
  }

  #forward(link: Link, port: StpPort): void {
    if (port.state !== 'blocking') return;
    const atOnce = !this.#bridge.options.stp || this.forwardDelay === 0;
    this.#setState(link, port, atOnce ? 'forwarding' : 'listening');
    if (atOnce) this.#topologyChanged();
    else this.#wait(link, port);
  }

  #wait(link: Link, port: StpPort): void {
    port.forwardDelay.set(this.forwardDelay * HUNDREDTH, () => {
      if (port.state === 'listening') {
        this.#setState(link, port, 'learning');
        this.#wait(link, port);
      } else if (port.state === 'learning') {
        this.#setState(link, port, 'forwarding');
        if ([...this.#ports.values()].some((p) => p.state !== 'disabled' && p.designatedBridge === this.id)) this.#topologyChanged();
        this.#carrier(true);
      }
    });
  }

  #setState(link: Link, port: StpPort, state: PortState): void {
    port.state = state;
    this.#bridge.tellPort(link);
  }

  #carrier(live: boolean): void {
    if (this.live === live) return;
    this.live = live;
    if (this.#bridge.link.up) this.#bridge.link.changed();
    this.#bridge.link.ns.changed();
  }

  #know(link: Link): StpPort {
    const known = this.#ports.get(link);
    if (known) this.#quiet(known);
    const port: StpPort = {
      state: 'disabled', designatedRoot: this.root, designatedCost: this.rootPathCost, designatedBridge: this.id, designatedPort: portId(link), designatedSince: 0,
      changeAck: false, configPending: false, messageAge: new Alarm(this.#clock), forwardDelay: new Alarm(this.#clock), hold: new Alarm(this.#clock),
    };
    this.#ports.set(link, port);
    return port;
  }

  #quiet(port: StpPort): void {
    for (const timer of [port.messageAge, port.forwardDelay, port.hold]) timer.cancel();
  }
}

/** Priority and number of a port in one. */
export function portId(link: Link): number {
  return (link.port!.priority << 10) | link.port!.number;
}

/** What decides between two ports that lead to a root; less is better. */
function rank(link: Link, port: StpPort): (string | number)[] {
  return [port.designatedRoot, port.designatedCost + link.port!.cost, port.designatedBridge, port.designatedPort, portId(link)];
}

function compare(a: readonly (string | number)[], b: readonly (string | number)[]): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i]! < b[i]! ? -1 : 1;
  return 0;
}
