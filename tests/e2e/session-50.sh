# Fifty commands as a student types them: names, chance, time, pipes and errors.
echo hola
X=uno; echo $X-$((6*7))
for i in 1 2 3; do echo vuelta $i; done
date
echo $RANDOM $RANDOM $$
kubectl get nodes
kubectl get pods -A
kubectl get pods -o wide
kubectl get svc
kubectl get endpoints spink
kubectl get endpointslices
kubectl describe svc spink
kubectl get nodes -o wide
kubectl get pods -n kube-system -l k8s-app=kube-proxy
curl http://localhost:30080/actuator/health
curl -s -o /dev/null -w '%{http_code}\n' http://172.18.0.2:30080/actuator/health
curl http://172.18.0.3:30080/actuator/health
curl http://localhost:30081
ip addr
ip route
ping -c 2 172.18.0.2
kubectl create deployment web --image=nginx --replicas=2
kubectl get deployments
kubectl expose deployment web --port=80
kubectl get svc web
kubectl rollout status deployment/web
kubectl get pods -l app=web -o wide
kubectl scale deployment web --replicas=3
kubectl get pods -l app=web
kubectl delete pod -l app=web
kubectl get pods -l app=web
kubectl get events
kubectl logs -l k8s-app=kube-proxy -n kube-system --tail=2
podman ps
podman exec control-plane iptables -t nat -L KUBE-SERVICES -n
podman exec control-plane iptables -t nat -S KUBE-NODEPORTS
podman exec worker-1 ip route
podman exec worker-1 conntrack -L
kubectl get pod nada
kubectl frobnicate
orden-que-no-existe
echo "sin cerrar
"
false || echo fallo $?
kubectl get pods -o name | wc -l
kubectl get svc spink -o jsonpath='{.spec.clusterIP}{"\n"}'
kubectl delete svc spink
curl -m 2 http://localhost:30080/
kubectl api-resources | head -5
kubectl version
history | tail -3
