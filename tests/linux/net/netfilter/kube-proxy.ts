/** The rules that kube-proxy and flannel write for default/spink (10.96.244.84:80, nodePort 30080), as text for iptables-restore. */
export function spinkRules(node: number): string {
  return `*nat
:KUBE-SERVICES - [0:0]
:KUBE-NODEPORTS - [0:0]
:KUBE-POSTROUTING - [0:0]
:KUBE-MARK-MASQ - [0:0]
:KUBE-EXT-66BRF57DTBANX7J2 - [0:0]
:KUBE-SVC-66BRF57DTBANX7J2 - [0:0]
:KUBE-SEP-BRTKNB33BZMORILK - [0:0]
:KUBE-SEP-2UT73HUWIBHWU3TX - [0:0]
:FLANNEL-POSTRTG - [0:0]
-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING
-A POSTROUTING -m comment --comment "flanneld masq" -j FLANNEL-POSTRTG
-A FLANNEL-POSTRTG -m mark --mark 0x4000/0x4000 -m comment --comment "flanneld masq" -j RETURN
-A FLANNEL-POSTRTG -s 10.244.${node}.0/24 -d 10.244.0.0/16 -m comment --comment "flanneld masq" -j RETURN
-A FLANNEL-POSTRTG -s 10.244.0.0/16 -d 10.244.${node}.0/24 -m comment --comment "flanneld masq" -j RETURN
-A FLANNEL-POSTRTG ! -s 10.244.0.0/16 -d 10.244.${node}.0/24 -m comment --comment "flanneld masq" -j RETURN
-A FLANNEL-POSTRTG -s 10.244.0.0/16 ! -d 224.0.0.0/4 -m comment --comment "flanneld masq" -j MASQUERADE --random-fully
-A FLANNEL-POSTRTG ! -s 10.244.0.0/16 -d 10.244.0.0/16 -m comment --comment "flanneld masq" -j MASQUERADE --random-fully
-A KUBE-EXT-66BRF57DTBANX7J2 -m comment --comment "masquerade traffic for default/spink external destinations" -j KUBE-MARK-MASQ
-A KUBE-EXT-66BRF57DTBANX7J2 -j KUBE-SVC-66BRF57DTBANX7J2
-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
-A KUBE-NODEPORTS -p tcp -m comment --comment "default/spink" -m tcp --dport 30080 -j KUBE-EXT-66BRF57DTBANX7J2
-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
-A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0
-A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully
-A KUBE-SEP-2UT73HUWIBHWU3TX -s 10.244.2.2/32 -m comment --comment "default/spink" -j KUBE-MARK-MASQ
-A KUBE-SEP-2UT73HUWIBHWU3TX -p tcp -m comment --comment "default/spink" -m tcp -j DNAT --to-destination 10.244.2.2:8080
-A KUBE-SEP-BRTKNB33BZMORILK -s 10.244.1.2/32 -m comment --comment "default/spink" -j KUBE-MARK-MASQ
-A KUBE-SEP-BRTKNB33BZMORILK -p tcp -m comment --comment "default/spink" -m tcp -j DNAT --to-destination 10.244.1.2:8080
-A KUBE-SERVICES -d 10.96.244.84/32 -p tcp -m comment --comment "default/spink cluster IP" -m tcp --dport 80 -j KUBE-SVC-66BRF57DTBANX7J2
-A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
-A KUBE-SVC-66BRF57DTBANX7J2 ! -s 10.244.0.0/16 -d 10.96.244.84/32 -p tcp -m comment --comment "default/spink cluster IP" -m tcp --dport 80 -j KUBE-MARK-MASQ
-A KUBE-SVC-66BRF57DTBANX7J2 -m comment --comment "default/spink -> 10.244.1.2:8080" -m statistic --mode random --probability 0.50000000000 -j KUBE-SEP-BRTKNB33BZMORILK
-A KUBE-SVC-66BRF57DTBANX7J2 -m comment --comment "default/spink -> 10.244.2.2:8080" -j KUBE-SEP-2UT73HUWIBHWU3TX
COMMIT
*filter
:KUBE-FORWARD - [0:0]
-A FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD
-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP
-A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark 0x4000/0x4000 -j ACCEPT
-A KUBE-FORWARD -m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
COMMIT
`;
}
