# Un ingress-nginx en el NodePort 30080, la tienda y el blog, y un Ingress que no atiende nadie.
kubectl apply -f https://raw.githubusercontent.com/kubernetes/ingress-nginx/controller-v1.8.1/deploy/static/provider/baremetal/deploy.yaml
kubectl patch svc -n ingress-nginx ingress-nginx-controller --type=json -p '[{"op":"replace","path":"/spec/ports/0/nodePort","value":30080}]'
kubectl apply -f app.yaml
kubectl wait -n ingress-nginx --for=condition=Available deployment/ingress-nginx-controller --timeout=170s
kubectl rollout status deployment tienda --timeout=60s
kubectl rollout status deployment blog --timeout=60s
kubectl create ingress blog --class={{ variant.clase }} --rule="blog.example/*=blog:80"
for h in tienda.example blog.example; do echo "172.30.1.3 $h" >> /etc/hosts; done
sleep 5
