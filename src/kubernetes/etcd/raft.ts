import type { Process } from '../../linux/process.ts';
import { type Clock, SECOND } from '../../sim/clock.ts';
import type { Rng } from '../../sim/rng.ts';
import { Auth } from './auth.ts';
import { clusterId, type Member } from './membership.ts';
import type { Etcd } from './store.ts';

/** --election-timeout. A follower waits for one to two of them (raft.resetRandomizedElectionTimeout). */
const ELECTION_TIMEOUT = SECOND;

/**
 * The members of one cluster and their one log, a simple model of raft: a member takes part while its process runs; who has not
 * heard of a leader for an election timeout stands for election in the next term, and wins with the votes of most members; what
 * most members cannot hold is not committed. Their logs do not differ: there is one store.
 */
export class RaftGroup {
  readonly id: bigint;
  readonly store: Etcd;
  readonly members: Map<bigint, Member>;
  readonly auth = new Auth();
  leader: bigint | undefined;
  /** The newest term that any member knows. */
  term = 1;
  /** Of the last entry that was applied: what a member tells as its term. */
  appliedTerm = 1;
  /** Entries of the log besides what was proposed to the store: configuration, a leader's empty first entry, published attributes, the cluster's version. */
  #entries: number;
  #unpublished = 0;
  #versionSet = false;
  #electing = false;
  readonly #running = new Map<bigint, Process>();
  readonly #clock: Clock;
  readonly #rng: Rng;
  readonly #waiting = new Set<() => void>();

  constructor(members: readonly Member[], store: Etcd, clock: Clock, rng: Rng) {
    this.id = clusterId(members.map(({ id }) => id));
    this.members = new Map(members.map((m) => [m.id, m]));
    this.store = store;
    this.#clock = clock;
    this.#rng = rng;
    this.#entries = members.length;
    store.unavailable = NO_LEADER;
  }

  /** Of the last entry in the log. */
  get index(): number {
    return this.#entries + this.store.proposals;
  }

  get quorum(): boolean {
    return this.#running.size > this.members.size / 2;
  }

  running(id: bigint): Process | undefined {
    return this.#running.get(id);
  }

  /** The member's process has started; it takes part until that ends. */
  join(member: Member, process: Process): void {
    this.members.set(member.id, member);
    this.#running.set(member.id, process);
    this.#unpublished++;
    process.onExit(() => this.#left(member.id, process));
    if (this.leader !== undefined) this.#lead(this.leader);
    else if (this.members.size === 1) this.#campaign(member.id); // it does not wait for the votes of others
    else this.#electLater();
  }

  /** `found` is called once there is a leader; returns a function that takes it back. */
  onLeader(found: () => void): () => void {
    this.#waiting.add(found);
    return () => void this.#waiting.delete(found);
  }

  /** A change of the configuration, as an entry of the log. */
  add(member: Member): void {
    this.#entries++;
    this.members.set(member.id, member);
    if (!this.quorum) this.#lostQuorum();
  }

  remove(id: bigint): void {
    this.#entries++;
    this.members.delete(id);
    this.#running.get(id)?.exit(0);
  }

  /** MoveLeader: the transferee stands at once. */
  transfer(to: bigint): void {
    this.#campaign(to);
  }

  #left(id: bigint, process: Process): void {
    if (this.#running.get(id) !== process) return;
    this.#running.delete(id);
    if (this.leader === id) this.leader = undefined;
    else if (!this.quorum) this.#lostQuorum();
    if (this.leader !== undefined) return;
    this.store.unavailable = NO_LEADER;
    this.#electLater();
  }

  #lostQuorum(): void {
    this.store.unavailable = NO_LEADER;
    this.#clock.after(ELECTION_TIMEOUT, () => this.#checkQuorum(), { background: true });
  }

  /** A leader that does not reach most members for an election timeout steps down. */
  #checkQuorum(): void {
    if (this.quorum || this.leader === undefined) return;
    this.leader = undefined;
    this.#electLater();
  }

  #electLater(): void {
    if (this.#electing || this.#running.size === 0) return;
    this.#electing = true;
    const stands = [...this.#running.keys()].map((id) => ({ id, after: ELECTION_TIMEOUT + this.#rng.int(ELECTION_TIMEOUT) })).sort((a, b) => a.after - b.after)[0]!;
    this.#clock.after(stands.after, () => {
      this.#electing = false;
      if (this.leader !== undefined) return;
      if (this.#running.has(stands.id)) this.#campaign(stands.id);
      else this.#electLater();
    }, { background: true });
  }

  #campaign(id: bigint): void {
    this.term++;
    if (!this.quorum) return this.#electLater();
    this.#entries++;
    this.#lead(id);
  }

  #lead(id: bigint): void {
    this.leader = id;
    if (!this.quorum) return;
    this.appliedTerm = this.term;
    this.#entries += this.#unpublished;
    this.#unpublished = 0;
    if (!this.#versionSet) this.#entries++;
    this.#versionSet = true;
    this.store.unavailable = undefined;
    for (const found of [...this.#waiting]) found();
  }
}

const NO_LEADER = 'context deadline exceeded';
