# Lo que escribe quien lo resuelve, línea a línea, en su Mac.
UNO=$(kubectl get pods -l app=spink --field-selector spec.nodeName=worker-1 -o jsonpath='{.items[0].status.podIP}')
DOS=$(kubectl get pods -l app=spink --field-selector spec.nodeName=worker-2 -o jsonpath='{.items[0].status.podIP}')
podman exec worker-1 iptables -t nat -A OUTPUT -d 198.51.100.7 -p tcp --dport 80 -j DNAT --to-destination $UNO:8080
podman exec worker-1 iptables -t nat -A PREROUTING -d 198.51.100.7 -p tcp --dport 80 -j DNAT --to-destination $UNO:8080
podman exec worker-1 curl -s http://198.51.100.7/
sleep 12
podman exec worker-1 iptables -t nat -I OUTPUT -d 198.51.100.7 -p tcp --dport 80 -m statistic --mode random --probability 0.5 -j DNAT --to-destination $DOS:8080
podman exec worker-1 curl -s http://198.51.100.7/
podman exec worker-2 iptables -t nat -A PREROUTING -d 172.18.0.4 -p tcp --dport 31999 -j DNAT --to-destination $UNO:8080
curl -s http://172.18.0.4:31999/actuator/health
sleep 25
podman exec worker-1 iptables -t nat -D OUTPUT -d 198.51.100.7 -p tcp --dport 80 -m statistic --mode random --probability 0.5 -j DNAT --to-destination $DOS:8080
podman exec worker-1 iptables -t nat -D OUTPUT -d 198.51.100.7 -p tcp --dport 80 -j DNAT --to-destination $UNO:8080
podman exec worker-1 iptables -t nat -D PREROUTING -d 198.51.100.7 -p tcp --dport 80 -j DNAT --to-destination $UNO:8080
podman exec worker-2 iptables -t nat -D PREROUTING -d 172.18.0.4 -p tcp --dport 31999 -j DNAT --to-destination $UNO:8080
curl -s http://localhost:30080/actuator/health
