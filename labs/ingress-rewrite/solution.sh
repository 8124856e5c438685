# Lo que escribe quien lo resuelve, línea a línea, en controlplane.
kubectl get ingress,ingressclass
kubectl patch ingress blog -p '{"spec":{"ingressClassName":"nginx"}}'
kubectl create ingress tienda --class=nginx --rule="tienda.example/*=tienda:80"
sleep 15
kubectl create ingress app --class=nginx --rule='tienda.example/app(/|$)(.*)=tienda:80' --annotation='nginx.ingress.kubernetes.io/rewrite-target=/$2' --annotation='nginx.ingress.kubernetes.io/use-regex=true'
kubectl patch ingress app --type=json -p '[{"op":"replace","path":"/spec/rules/0/http/paths/0/pathType","value":"ImplementationSpecific"}]'
sleep 5
curl -s http://tienda.example:30080/app/login
kubectl logs deploy/tienda --tail=3
curl -s http://tienda.example:30080/app/nada
curl -s -H 'Host: otra.example' http://172.30.1.3:30080/
sleep 15
