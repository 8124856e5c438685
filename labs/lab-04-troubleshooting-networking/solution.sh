# Lo que escribe quien lo resuelve, línea a línea, en su Mac.
kubectl get endpoints -n tienda
kubectl set selector svc catalogo -n tienda app=catalogo
kubectl exec -n tienda cliente -- curl -sv -m 3 http://carrito
kubectl patch svc carrito -n tienda -p '{"spec":{"ports":[{"port":80,"targetPort":8080}]}}'
kubectl describe pod -n tienda -l app=pagos | grep Unhealthy
kubectl get deployment pagos -n tienda -o yaml | sed 's#/actuator/salud#/actuator/health#' | kubectl apply -f -
kubectl rollout status deployment pagos -n tienda
podman exec worker-2 iptables -S INPUT
podman exec worker-2 iptables -D INPUT -p udp --dport 8472 -j DROP
kubectl exec -n tienda cliente -- curl -s -m 5 http://envios/actuator/health
