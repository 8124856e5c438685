/** Files of the student's home: those of the course's document. */
export const FILES: Record<string, string> = {
  'kind-cluster.yaml': `kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
nodes:
  - role: control-plane
    extraPortMappings:
      - containerPort: 30080
        hostPort: 30080  # localhost:30080 de tu Mac llega aquí
  - role: worker
  - role: worker
`,
  'deployment.yaml': `apiVersion: apps/v1
kind: Deployment
metadata:
  name: spink
spec:
  replicas: 2
  selector:
    matchLabels:
      app: spink
  template:
    metadata:
      labels:
        app: spink
    spec:
      containers:
        - name: spink
          image: localhost/spink:1.0.1
          ports:
            - containerPort: 8080
          livenessProbe:
            httpGet:
              path: /actuator/health
              port: 8080
`,
  'service-nodeport.yaml': `apiVersion: v1
kind: Service
metadata:
  name: spink
spec:
  type: NodePort
  selector:
    app: spink
  ports:
    - port: 80           # Puerto dentro del cluster (ClusterIP)
      targetPort: 8080   # Puerto en el contenedor
      nodePort: 30080    # Puerto en CADA nodo (accesible externamente)
`,
};
