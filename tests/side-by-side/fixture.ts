/** The namespace goes first: pods want its service account. */
export const NAMESPACE = `apiVersion: v1
kind: Namespace
metadata:
  name: tienda
  labels: {team: a}
`;

/** One object or more of every kind that the scenario has none of. */
export const EVERY_KIND = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: tienda
  labels: {app: web, tier: front}
  annotations: {kubernetes.io/change-cause: primera}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}
  template:
    metadata: {labels: {app: web, tier: front}}
    spec:
      volumes:
      - name: cfg
        configMap: {name: ajustes}
      - name: tmp
        emptyDir: {}
      containers:
      - name: nginx
        image: nginx:1.25
        ports: [{containerPort: 80, name: http}]
        env:
        - {name: MODE, value: prod}
        - name: KEY
          valueFrom: {secretKeyRef: {name: clave, key: password}}
        - name: NODE
          valueFrom: {fieldRef: {fieldPath: spec.nodeName}}
        envFrom:
        - configMapRef: {name: ajustes}
        resources: {requests: {cpu: 50m, memory: 32Mi}, limits: {cpu: 200m, memory: 64Mi}}
        readinessProbe: {httpGet: {path: /, port: 80}, periodSeconds: 5}
        livenessProbe: {tcpSocket: {port: 80}, initialDelaySeconds: 3}
        volumeMounts:
        - {name: cfg, mountPath: /etc/cfg, readOnly: true}
        - {name: tmp, mountPath: /tmp/x}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: tienda, labels: {app: web}}
spec:
  selector: {app: web}
  ports: [{name: http, port: 80, targetPort: http}]
---
apiVersion: v1
kind: Service
metadata: {name: web-np, namespace: tienda}
spec:
  type: NodePort
  selector: {app: web}
  sessionAffinity: ClientIP
  ports: [{port: 80, targetPort: 80, nodePort: 30123}]
---
apiVersion: v1
kind: Service
metadata: {name: fuera, namespace: tienda}
spec: {type: ExternalName, externalName: example.com}
---
apiVersion: v1
kind: Service
metadata: {name: db, namespace: tienda}
spec:
  clusterIP: None
  selector: {app: db}
  ports: [{port: 5432, name: pg}]
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: tienda}
spec:
  serviceName: db
  replicas: 2
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - {name: db, image: 'busybox:1.36', command: [sleep, infinity]}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agente, namespace: tienda}
spec:
  selector: {matchLabels: {app: agente}}
  template:
    metadata: {labels: {app: agente}}
    spec:
      nodeSelector: {kubernetes.io/os: linux}
      tolerations: [{key: node-role.kubernetes.io/control-plane, effect: NoSchedule}]
      containers:
      - {name: agente, image: 'busybox:1.36', command: [sleep, infinity]}
---
apiVersion: batch/v1
kind: Job
metadata: {name: una-vez, namespace: tienda}
spec:
  completions: 2
  parallelism: 1
  backoffLimit: 3
  template:
    spec:
      restartPolicy: Never
      containers:
      - {name: job, image: 'busybox:1.36', command: [sh, -c, 'echo hecho']}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: cada-noche, namespace: tienda}
spec:
  schedule: '0 3 * * *'
  suspend: true
  concurrencyPolicy: Forbid
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: OnFailure
          containers:
          - {name: noche, image: 'busybox:1.36', command: [date]}
---
apiVersion: v1
kind: Pod
metadata:
  name: solo
  namespace: tienda
  labels: {run: solo}
  annotations: {nota: "una nota"}
spec:
  nodeName: worker-1
  initContainers:
  - {name: prepara, image: 'busybox:1.36', command: [sh, -c, 'echo lista']}
  containers:
  - name: principal
    image: busybox:1.36
    command: [sh, -c, 'echo principal; sleep 100000']
    securityContext: {runAsUser: 1000, allowPrivilegeEscalation: false}
  - name: lateral
    image: busybox:1.36
    command: [sh, -c, 'i=0; while [ $i -lt 3 ]; do echo linea $i; i=$((i+1)); done; sleep 100000']
---
apiVersion: v1
kind: Pod
metadata: {name: pendiente, namespace: tienda}
spec:
  nodeSelector: {disco: ssd}
  containers: [{name: c, image: nginx}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: ajustes, namespace: tienda}
data: {COLOR: azul}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: fichero, namespace: tienda}
data:
  app.properties: |
    a=1
    b=2
binaryData: {bin: AAEC}
---
apiVersion: v1
kind: Secret
metadata: {name: clave, namespace: tienda}
stringData: {password: s3creta}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: robot, namespace: tienda}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: lector, namespace: tienda}
rules:
- {apiGroups: [''], resources: [pods, pods/log], verbs: [get, list, watch]}
- {apiGroups: [apps], resources: [deployments], resourceNames: [web], verbs: ['*']}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: robot-lee, namespace: tienda}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: lector}
subjects:
- {kind: ServiceAccount, name: robot, namespace: tienda}
- {kind: User, name: ana, apiGroup: rbac.authorization.k8s.io}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: mira-nodos}
rules:
- {apiGroups: [''], resources: [nodes], verbs: [get, list]}
- {nonResourceURLs: [/healthz], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: mira-nodos}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: mira-nodos}
subjects: [{kind: Group, name: operadores, apiGroup: rbac.authorization.k8s.io}]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: entrada, namespace: tienda, annotations: {nginx.ingress.kubernetes.io/rewrite-target: /}}
spec:
  ingressClassName: nginx
  defaultBackend: {service: {name: web, port: {number: 80}}}
  tls: [{hosts: [tienda.example.com], secretName: tls}]
  rules:
  - host: tienda.example.com
    http:
      paths:
      - {path: /, pathType: Prefix, backend: {service: {name: web, port: {name: http}}}}
      - {path: /no, pathType: Exact, backend: {service: {name: nadie, port: {number: 81}}}}
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: nginx}
spec: {controller: k8s.io/ingress-nginx}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: solo-web, namespace: tienda}
spec:
  podSelector: {matchLabels: {app: db}}
  policyTypes: [Ingress, Egress]
  ingress:
  - from:
    - podSelector: {matchLabels: {app: web}}
    - namespaceSelector: {matchLabels: {team: a}}
    - ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}
    ports: [{port: 5432, protocol: TCP}]
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web, namespace: tienda}
spec:
  minAvailable: 2
  selector: {matchLabels: {app: web}}
---
apiVersion: v1
kind: ResourceQuota
metadata: {name: tope, namespace: tienda}
spec: {hard: {configmaps: '20', requests.storage: 10Gi}}
---
apiVersion: v1
kind: LimitRange
metadata: {name: limites, namespace: tienda}
spec:
  limits:
  - {type: Container, max: {cpu: '2'}, default: {cpu: 500m}, defaultRequest: {cpu: 10m}}
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: pv-1}
spec:
  capacity: {storage: 1Gi}
  accessModes: [ReadWriteOnce]
  persistentVolumeReclaimPolicy: Retain
  storageClassName: manual
  hostPath: {path: /mnt/datos}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: datos, namespace: tienda}
spec:
  accessModes: [ReadWriteOnce]
  storageClassName: manual
  resources: {requests: {storage: 500Mi}}
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: lenta, annotations: {storageclass.kubernetes.io/is-default-class: 'true'}}
provisioner: kubernetes.io/no-provisioner
volumeBindingMode: WaitForFirstConsumer
---
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: {name: urgente}
value: 1000
description: Lo primero
---
apiVersion: coordination.k8s.io/v1
kind: Lease
metadata: {name: cerrojo, namespace: tienda}
spec: {holderIdentity: alguien, leaseDurationSeconds: 15}
---
apiVersion: node.k8s.io/v1
kind: RuntimeClass
metadata: {name: gvisor}
handler: runsc
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gatos.ejemplo.com}
spec:
  group: ejemplo.com
  scope: Namespaced
  names: {plural: gatos, singular: gato, kind: Gato, shortNames: [gt], categories: [all]}
  versions:
  - name: v1
    served: true
    storage: true
    additionalPrinterColumns:
    - {name: Color, type: string, jsonPath: .spec.color}
    - {name: Vidas, type: integer, jsonPath: .spec.vidas, priority: 1}
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            required: [color]
            properties: {color: {type: string, enum: [negro, blanco]}, vidas: {type: integer, maximum: 9}}
`;
export const A_CAT = `apiVersion: ejemplo.com/v1
kind: Gato
metadata: {name: misi, namespace: tienda}
spec: {color: negro, vidas: 7}
`;

/** Apart from the others: without metrics its events never get old. */
const AUTOSCALER = `apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: spink, namespace: default}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: spink}
  minReplicas: 2
  maxReplicas: 5
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}]
`;

/** Files and commands that make all of it. */
export const FILES = { 'espacio.yaml': NAMESPACE, 'todo.yaml': EVERY_KIND, 'gato.yaml': A_CAT, 'hpa.yaml': AUTOSCALER };
export const SETUP = ['kubectl apply -f espacio.yaml', 'kubectl apply -f todo.yaml', 'kubectl apply -f gato.yaml', 'kubectl apply -f hpa.yaml'];
