{{- define "gunicorn-prometheus-exporter.labels" -}}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

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
{{- /* A StatefulSet labels its pods with its name, a dash and a hash of ten digits. */ -}}
{{ printf "%s-hub" .Release.Name | trunc (ternary 52 63 .Values.shareHosts) | trimSuffix "-" }}
{{- end }}

{{- define "gunicorn-prometheus-exporter.podMonitor.name" -}}
{{ printf "%s-gunicorn" .Release.Name | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "gunicorn-prometheus-exporter.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- /* TLS and the web configuration of a container: its arguments, mounts and volumes, or nothing. */ -}}
{{- define "gunicorn-prometheus-exporter.web.args" -}}
{{- if .Values.webConfig.existingSecret }}
- --web.config.file
- /etc/gunicorn-prometheus-exporter/web.yml
{{- end }}
{{- if .Values.tls.existingSecret }}
- --prometheus.ssl.certfile
- /etc/tls/tls.crt
- --prometheus.ssl.keyfile
- /etc/tls/tls.key
{{- end }}
{{- end }}

{{- define "gunicorn-prometheus-exporter.web.mounts" -}}
{{- if .Values.webConfig.existingSecret }}
- {name: web-config, mountPath: /etc/gunicorn-prometheus-exporter, readOnly: true}
{{- end }}
{{- if .Values.tls.existingSecret }}
- {name: tls, mountPath: /etc/tls, readOnly: true}
{{- end }}
{{- end }}

{{- define "gunicorn-prometheus-exporter.web.volumes" -}}
{{- with .Values.webConfig.existingSecret }}
- name: web-config
  secret: {secretName: {{ . | quote }}}
{{- end }}
{{- with .Values.tls.existingSecret }}
- name: tls
  secret: {secretName: {{ . | quote }}}
{{- end }}
{{- end }}

{{- define "gunicorn-prometheus-exporter.redis.mounts" -}}
{{- if .Values.redis.caSecret }}
- {name: redis-ca, mountPath: /etc/redis-ca, readOnly: true}
{{- end }}
{{- end }}

{{- define "gunicorn-prometheus-exporter.redis.volumes" -}}
{{- with .Values.redis.caSecret }}
- name: redis-ca
  secret: {secretName: {{ . | quote }}}
{{- end }}
{{- end }}

{{- /* Selects the scrapes of this release, for the alerts that need a name for them. */ -}}
{{- define "gunicorn-prometheus-exporter.jobs" -}}
{{- $jobs := list }}
{{- if .Values.podMonitor.enabled }}
{{- $jobs = append $jobs (printf "%s/%s" .Release.Namespace (include "gunicorn-prometheus-exporter.podMonitor.name" .)) }}
{{- end }}
{{- if and .Values.hub.enabled .Values.serviceMonitor.enabled }}
{{- $jobs = append $jobs (include "gunicorn-prometheus-exporter.hub.name" .) }}
{{- end }}
{{- printf "job=~%q" (join "|" ($jobs | default (list "gunicorn"))) }}
{{- end }}

{{- /* The texts of the mixin with the values of this release. The argument: the context and the text. */ -}}
{{- define "gunicorn-prometheus-exporter.mixin" -}}
{{- $selector := .context.Values.prometheusRule.selector | default (include "gunicorn-prometheus-exporter.jobs" .context) }}
{{- .text | replace "job=\"gunicorn\"" $selector | replace "https://docs.example.com/gunicorn-prometheus-exporter/alerts" .context.Values.runbooks }}
{{- end }}
