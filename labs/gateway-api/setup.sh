# Una tienda en dos versiones, dos nombres que llevan al nodo, y una ruta que nadie acepta.
for v in v1 v2; do
kubectl apply -f - <<YAML
apiVersion: apps/v1
kind: Deployment
metadata: { name: tienda-$v }
spec:
  selector: { matchLabels: { app: tienda-$v } }
  template:
    metadata: { labels: { app: tienda-$v } }
    spec:
      containers:
        - name: eco
          image: gcr.io/k8s-staging-gateway-api/echo-basic:v20231214-v1.0.0-140-gf544a46e
          env:
            - { name: POD_NAME, valueFrom: { fieldRef: { fieldPath: metadata.name } } }
            - { name: NAMESPACE, valueFrom: { fieldRef: { fieldPath: metadata.namespace } } }
---
apiVersion: v1
kind: Service
metadata: { name: tienda-$v }
spec:
  selector: { app: tienda-$v }
  ports: [{ port: 80, targetPort: 3000 }]
YAML
done
kubectl rollout status deployment tienda-v1 --timeout=60s
kubectl rollout status deployment tienda-v2 --timeout=60s
kubectl apply -f - <<'YAML'
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: rota }
spec:
  parentRefs: [{ name: eg, sectionName: '{{ variant.seccion }}' }]
  hostnames: [rota.example]
  rules: [{ backendRefs: [{ name: tienda-v1, port: 80 }] }]
YAML
echo '192.168.88.243 tienda.example rota.example' >> /etc/hosts
sleep 3
