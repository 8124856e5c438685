/** net.* settings of a network namespace. Values are texts as /proc/sys shows them. */
const DEFAULTS: Record<string, string> = {
  'net.ipv4.ip_forward': '0',
  'net.ipv4.ip_default_ttl': '64',
  'net.ipv4.ip_local_port_range': '32768\t60999',
  'net.ipv4.ip_nonlocal_bind': '0',
  'net.ipv4.ip_unprivileged_port_start': '1024',
  'net.ipv4.ping_group_range': '1\t0',
  'net.ipv4.icmp_echo_ignore_all': '0',
  'net.ipv4.icmp_echo_ignore_broadcasts': '1',
  'net.ipv4.tcp_fin_timeout': '60',
  'net.ipv4.tcp_syn_retries': '6',
  'net.ipv4.tcp_synack_retries': '5',
  'net.ipv4.tcp_retries2': '15',
  'net.ipv4.tcp_tw_reuse': '2',
  'net.ipv4.tcp_max_syn_backlog': '4096',
  'net.ipv4.tcp_syncookies': '1',
  'net.ipv4.tcp_timestamps': '1',
  'net.ipv4.tcp_sack': '1',
  'net.ipv4.tcp_window_scaling': '1',
  'net.ipv4.tcp_keepalive_time': '7200',
  'net.ipv4.tcp_keepalive_intvl': '75',
  'net.ipv4.tcp_keepalive_probes': '9',
  'net.ipv4.tcp_mtu_probing': '0',
  'net.ipv4.tcp_rmem': '4096\t131072\t6291456',
  'net.ipv4.tcp_wmem': '4096\t16384\t4194304',
  'net.ipv4.neigh.default.gc_stale_time': '60',
  'net.ipv4.neigh.default.gc_thresh1': '128',
  'net.ipv4.neigh.default.gc_thresh2': '512',
  'net.ipv4.neigh.default.gc_thresh3': '1024',
  'net.ipv4.neigh.default.base_reachable_time_ms': '30000',
  'net.ipv6.icmp.echo_ignore_all': '0',
  'net.ipv6.icmp.ratelimit': '1000',
  'net.core.somaxconn': '4096',
  'net.core.rmem_max': '212992',
  'net.core.wmem_max': '212992',
  'net.core.default_qdisc': 'pfifo_fast',
};

/** net.ipv4.conf.DEV.* */
const CONF: Record<string, string> = {
  accept_local: '0', accept_redirects: '1', accept_source_route: '0', arp_announce: '0', arp_filter: '0', arp_ignore: '0', arp_notify: '0', bc_forwarding: '0',
  forwarding: '0', log_martians: '0', proxy_arp: '0', route_localnet: '0', rp_filter: '0', secure_redirects: '1', send_redirects: '1', shared_media: '1', src_valid_mark: '0',
};
/** net.ipv6.conf.DEV.* */
const CONF6: Record<string, string> = {
  accept_dad: '1', accept_ra: '1', accept_redirects: '1', accept_source_route: '0', addr_gen_mode: '0', autoconf: '1', dad_transmits: '1', disable_ipv6: '0', forwarding: '0', hop_limit: '64', keep_addr_on_down: '0', proxy_ndp: '0', router_solicitations: '-1', use_tempaddr: '0',
};
/** net.ipv4.neigh.DEV.*, net.ipv6.neigh.DEV.* */
const NEIGH: Record<string, string> = { base_reachable_time_ms: '30000', delay_first_probe_time: '5', gc_stale_time: '60', mcast_solicit: '3', retrans_time_ms: '1000', ucast_solicit: '3' };
const NEIGH_KEY = /^net\.ipv[46]\.neigh\.(.+)\.([a-z_]+)$/;
const CONF_KEY = /^net\.ipv([46])\.conf\.(.+)\.([a-z0-9_]+)$/;
/** What is set for all of IPv6 is set for every device. */
const ALL6 = /^net\.ipv6\.conf\.all\.(forwarding|disable_ipv6)$/;

export class Sysctls {
  readonly #set = new Map<string, string>();
  readonly #devices: () => string[];

  constructor(devices: () => string[]) {
    this.#devices = devices;
  }

  /** undefined: there is no such key. Values that a netfilter or bridge module brings exist once they were set. */
  get(name: string): string | undefined {
    const own = this.#set.get(name);
    if (own !== undefined) return own;
    const conf = CONF_KEY.exec(name);
    if (conf) {
      const [, family, dev, key] = conf, known = family === '6' ? CONF6 : CONF;
      if (!(key! in known) || !(dev === 'all' || dev === 'default' || this.#devices().includes(dev!))) return undefined;
      if (key === 'forwarding' && family === '4') return this.get('net.ipv4.ip_forward');
      return dev === 'all' || dev === 'default' ? known[key!] : this.get(`net.ipv${family}.conf.default.${key}`);
    }
    const neigh = NEIGH_KEY.exec(name);
    if (neigh && this.#devices().includes(neigh[1]!)) return NEIGH[neigh[2]!];
    return DEFAULTS[name];
  }

  set(name: string, value: string): void {
    this.#set.set(name, value);
    const [, all6] = ALL6.exec(name) ?? [];
    if (all6) for (const dev of ['default', ...this.#devices()]) this.#set.set(`net.ipv6.conf.${dev}.${all6}`, value);
    if (name !== 'net.ipv4.ip_forward' && name !== 'net.ipv4.conf.all.forwarding') return;
    for (const key of [...this.#set.keys()]) if (/^net\.ipv4\.conf\..*\.forwarding$/.test(key)) this.#set.delete(key);
    this.#set.set('net.ipv4.ip_forward', value);
  }

  names(): string[] {
    const conf = ['all', 'default', ...this.#devices()].flatMap((dev) => [...Object.keys(CONF).map((key) => `net.ipv4.conf.${dev}.${key}`), ...Object.keys(CONF6).map((key) => `net.ipv6.conf.${dev}.${key}`)]);
    const neigh = this.#devices().flatMap((dev) => Object.keys(NEIGH).flatMap((key) => [`net.ipv4.neigh.${dev}.${key}`, `net.ipv6.neigh.${dev}.${key}`]));
    return [...new Set([...Object.keys(DEFAULTS), ...conf, ...neigh, ...this.#set.keys()])].sort();
  }
}
