{{- /*
The parts of a sidecar, for the Deployment of an application whose chart depends on this one. Each takes the context
(index .Subcharts "gunicorn-prometheus-exporter").
*/ -}}

{{- define "gunicorn-prometheus-exporter.sidecar.container" -}}
- name: metrics
  image: {{ include "gunicorn-prometheus-exporter.image" . | quote }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  args:
    - serve
    {{- range .Values.sidecar.listeners }}
    - --listener
    - {{ . | quote }}
    {{- end }}
    {{- include "gunicorn-prometheus-exporter.web.args" . | trim | nindent 4 }}
  env:
    {{- include "gunicorn-prometheus-exporter.sidecar.env" . | nindent 4 }}
    {{- with .Values.sidecar.extraEnv }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  ports:
    - {name: metrics, containerPort: 9091}
  # Not /-/healthy: a restart does not repair a damaged store. No readinessProbe: it would take the application out of service.
  livenessProbe:
    tcpSocket: {port: metrics}
  volumeMounts:
    {{- include "gunicorn-prometheus-exporter.sidecar.mount" . | nindent 4 }}
    {{- include "gunicorn-prometheus-exporter.web.mounts" . | trim | nindent 4 }}
  securityContext:
    allowPrivilegeEscalation: false
    readOnlyRootFilesystem: true
    capabilities: {drop: [ALL]}
  resources:
    {{- toYaml .Values.sidecar.resources | nindent 4 }}
{{- end }}

{{- define "gunicorn-prometheus-exporter.sidecar.env" -}}
- {name: PROMETHEUS_MULTIPROC_DIR, value: /metrics/store}
{{- end }}

{{- define "gunicorn-prometheus-exporter.sidecar.mount" -}}
- {name: metrics, mountPath: /metrics}
{{- end }}

{{- define "gunicorn-prometheus-exporter.sidecar.volumes" -}}
# In memory: a write to the store is never a write to a disk.
- name: metrics
  emptyDir: {medium: Memory, sizeLimit: {{ .Values.sidecar.volumeSize }}}
{{- include "gunicorn-prometheus-exporter.web.volumes" . }}
{{- end }}
