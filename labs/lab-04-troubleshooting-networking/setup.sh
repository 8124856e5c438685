# Una tienda con cuatro Services: cada uno falla por una causa distinta.
kubectl create namespace tienda
kubectl apply -n tienda -f - <<'YAML'
apiVersion: v1
kind: Pod
metadata: { name: cliente }
spec:
  nodeName: worker-1
  containers: [{ name: cliente, image: nginx }]
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: catalogo }
spec:
  replicas: 2
  selector: { matchLabels: { app: catalogo } }
  template:
    metadata: { labels: { app: catalogo } }
    spec: { containers: [{ name: web, image: 'localhost/spink:1.0.1' }] }
---
apiVersion: v1
kind: Service
metadata: { name: catalogo }
spec:
  selector: { app: '{{ variant.selector }}' }
  ports: [{ port: 80, targetPort: 8080 }]
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: carrito }
spec:
  replicas: 2
  selector: { matchLabels: { app: carrito } }
  template:
    metadata: { labels: { app: carrito } }
    spec: { containers: [{ name: web, image: 'localhost/spink:1.0.1' }] }
---
apiVersion: v1
kind: Service
metadata: { name: carrito }
spec:
  selector: { app: carrito }
  ports: [{ port: 80, targetPort: {{ variant.puerto }} }]
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: pagos }
spec:
  replicas: 2
  selector: { matchLabels: { app: pagos } }
  template:
    metadata: { labels: { app: pagos } }
    spec:
      containers:
        - name: web
          image: localhost/spink:1.0.1
          readinessProbe:
            httpGet: { path: /actuator/salud, port: 8080 }
            periodSeconds: 2
---
apiVersion: v1
kind: Service
metadata: { name: pagos }
spec:
  selector: { app: pagos }
  ports: [{ port: 80, targetPort: 8080 }]
---
apiVersion: v1
kind: Pod
metadata: { name: envios, labels: { app: envios } }
spec:
  nodeName: worker-2
  containers: [{ name: web, image: 'localhost/spink:1.0.1' }]
---
apiVersion: v1
kind: Service
metadata: { name: envios }
spec:
  selector: { app: envios }
  ports: [{ port: 80, targetPort: 8080 }]
YAML
sleep 15
podman exec worker-2 iptables -I INPUT -p udp --dport 8472 -j DROP
