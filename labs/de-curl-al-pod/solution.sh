# Lo que escribe quien lo resuelve, línea a línea, en su Mac.
kubectl get svc spink
curl http://localhost:30080/
podman exec control-plane ss -ltnp
podman exec control-plane iptables -t nat -S KUBE-NODEPORTS
podman exec control-plane iptables-save -t nat | grep spink
kubectl get endpoints spink
kubectl get pods -o wide
curl http://localhost:30080/
podman exec control-plane conntrack -L -p tcp --dport 30080
kubectl patch svc spink -p '{"spec":{"externalTrafficPolicy":"Local"}}'
curl http://172.18.0.3:30080/
