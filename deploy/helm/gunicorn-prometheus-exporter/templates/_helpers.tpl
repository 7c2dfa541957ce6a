{{- define "gunicorn-prometheus-exporter.hub.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "gunicorn-prometheus-exporter.hub.labels" -}}
{{ include "gunicorn-prometheus-exporter.hub.selector" . }}
app.kubernetes.io/component: hub
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "gunicorn-prometheus-exporter.hub.name" -}}
{{ printf "%s-hub" .Release.Name | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "gunicorn-prometheus-exporter.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- define "gunicorn-prometheus-exporter.webConfig.args" -}}
{{- if .Values.webConfig.existingSecret -}}
- --web.config.file
- /etc/gunicorn-prometheus-exporter/web.yml
{{- end }}
{{- end }}

{{- define "gunicorn-prometheus-exporter.webConfig.mount" -}}
{{- if .Values.webConfig.existingSecret -}}
- {name: web-config, mountPath: /etc/gunicorn-prometheus-exporter, readOnly: true}
{{- end }}
{{- end }}

{{- define "gunicorn-prometheus-exporter.webConfig.volume" -}}
{{- if .Values.webConfig.existingSecret -}}
- name: web-config
  secret: {secretName: {{ .Values.webConfig.existingSecret | quote }}}
{{- end }}
{{- end }}
