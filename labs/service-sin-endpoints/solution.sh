# Lo que escribe quien lo resuelve, línea a línea, en su Mac.
kubectl get pods,svc
curl http://172.18.0.2:30080/
curl http://localhost:30080/
podman exec control-plane iptables-save -t filter | grep spink
kubectl get endpoints spink
kubectl describe svc spink
kubectl get pods --show-labels
sed -i 's/app: s.*/app: spink/I' service-nodeport.yaml
kubectl apply -f service-nodeport.yaml
kubectl get endpoints spink
curl http://localhost:30080/actuator/health
