{{/* Names. */}}
{{- define "metalwright.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- define "metalwright.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains (include "metalwright.name" .) .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "metalwright.name" .) | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "metalwright.machineNamespace" -}}
{{- default .Release.Namespace .Values.machineNamespace -}}
{{- end -}}

{{- define "metalwright.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
app.kubernetes.io/name: {{ include "metalwright.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Of one program: (dict "root" $ "program" "rack"). */}}
{{- define "metalwright.selector" -}}
app.kubernetes.io/name: {{ include "metalwright.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .program }}
{{- end -}}

{{- define "metalwright.programLabels" -}}
{{ include "metalwright.labels" .root }}
app.kubernetes.io/component: {{ .program }}
{{- end -}}

{{- define "metalwright.programName" -}}
{{ include "metalwright.fullname" .root }}-{{ .program }}
{{- end -}}

{{- define "metalwright.user" -}}
system:serviceaccount:{{ .root.Release.Namespace }}:{{ include "metalwright.programName" . }}
{{- end -}}

{{- define "metalwright.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ default $.Chart.AppVersion .tag }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Name of the Secret with a program's certificate. */}}
{{- define "metalwright.tlsSecret" -}}
{{- if eq .root.Values.tls.mode "Existing" -}}
{{- required (printf "tls.existing.%s: the name of a Secret of type kubernetes.io/tls is needed with tls.mode Existing" .program) (get .root.Values.tls.existing .program) -}}
{{- else -}}
{{- include "metalwright.programName" . }}-tls
{{- end -}}
{{- end -}}

{{/* Names that a program is called by in its certificate, one a line. */}}
{{- define "metalwright.dnsNames" -}}
{{- $name := include "metalwright.programName" . -}}
{{ $name }}
{{ $name }}.{{ .root.Release.Namespace }}
{{ $name }}.{{ .root.Release.Namespace }}.svc
{{ $name }}.{{ .root.Release.Namespace }}.svc.cluster.local
localhost
{{- if eq .program "server" }}
{{- range .root.Values.tls.serverNames }}
{{ . }}
{{- end }}
{{- with .root.Values.server.ingress }}{{ if and .enabled .host }}
{{ .host }}
{{- end }}{{ end }}
{{- end }}
{{- end -}}

{{/* The variables of a program's values.config, as they are. */}}
{{- define "metalwright.env" -}}
{{- range $name, $value := .config }}
- name: {{ $name }}
  value: {{ kindIs "slice" $value | ternary (join "," $value) (kindIs "float64" $value | ternary (printf "%v" (int64 $value)) (toString $value)) | quote }}
{{- end }}
{{- with .extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Two servers on one directory would destroy it; two with a database each would tell two stories. */}}
{{- define "metalwright.checkHistory" -}}
{{- $ownDatabase := .Values.postgresql.enabled -}}
{{- with .Values.server -}}
{{- if and .webhooks.secretName (not .history.enabled) -}}
{{- fail "server.webhooks.secretName: webhooks are told of history, so set server.history.enabled" -}}
{{- end -}}
{{- if and .history.enabled (gt (int .replicas) 1) -}}
{{- if eq .history.storage.type "PersistentVolumeClaim" -}}
{{- fail "server.history.storage.type PersistentVolumeClaim is for one server: set server.replicas to 1, or the type to EmptyDir and name a PostgreSQL" -}}
{{- end -}}
{{- if not (or .history.database.secretName $ownDatabase) -}}
{{- fail "server.history.database.secretName: more than one server need a PostgreSQL that they share, as postgresql.enabled makes one; or set server.replicas to 1" -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The chart's own PostgreSQL is for history alone, and a server has one database. */}}
{{- define "metalwright.checkPostgresql" -}}
{{- with .Values.server -}}
{{- if not (and .enabled .history.enabled) -}}
{{- fail "postgresql.enabled: it is for history, so set server.history.enabled" -}}
{{- end -}}
{{- if .history.database.secretName -}}
{{- fail "postgresql.enabled and server.history.database.secretName: a server has one database, so take one of them away" -}}
{{- end -}}
{{- $names := keys .config -}}
{{- range .extraEnv }}{{ $names = append $names .name }}{{ end -}}
{{- range list "DATABASE_URL" "METALWRIGHT_DATABASE_URL" -}}
{{- if has . $names -}}
{{- fail (printf "postgresql.enabled and %s: a server has one database, so take one of them away" .) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The files are on one disk, and racks have to be let in to fetch them. */}}
{{- define "metalwright.checkUploads" -}}
{{- if .Values.server.uploads.enabled -}}
{{- if gt (int .Values.server.replicas) 1 -}}
{{- fail "server.uploads.enabled is for one server: set server.replicas to 1" -}}
{{- end -}}
{{- with .Values.networkPolicies -}}
{{- if and .enabled .serverFrom (not .rackFrom) -}}
{{- fail "networkPolicies.rackFrom: the networks of the racks' nodes are needed beside serverFrom, for racks fetch uploaded images from the server" -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* How racks and the operator reach the server: its Service, by a name of its certificate. */}}
{{- define "metalwright.uploadsUrl" -}}
{{- with .Values.server -}}
{{- $name := printf "%s.%s.svc" (include "metalwright.programName" (dict "root" $ "program" "server")) $.Release.Namespace -}}
{{- .uploads.url | default (printf "https://%s%s" $name (eq (int .service.port) 443 | ternary "" (printf ":%d" (int .service.port)))) -}}
{{- end -}}
{{- end -}}

{{/* Racks and the operator fetch uploaded images from the server: they trust who signed its certificate, unless they are told whom
else: (dict "root" $ "extraEnv" .extraEnv). */}}
{{- define "metalwright.trustServer" -}}
{{- $own := false }}
{{- range .extraEnv }}{{ if eq .name "NODE_EXTRA_CA_CERTS" }}{{ $own = true }}{{ end }}{{ end }}
{{- with .root.Values.server }}
{{- if and .enabled .uploads.enabled (not $own) }}
- name: NODE_EXTRA_CA_CERTS
  value: /etc/metalwright/tls/ca.crt
{{- end }}
{{- end }}
{{- end -}}

{{- define "metalwright.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile: { type: RuntimeDefault }
{{- end -}}

{{- define "metalwright.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end -}}

{{- define "metalwright.spread" -}}
- maxSkew: 1
  topologyKey: kubernetes.io/hostname
  whenUnsatisfiable: ScheduleAnyway
  labelSelector: { matchLabels: {{ include "metalwright.selector" . | fromYaml | toJson }} }
- maxSkew: 1
  topologyKey: topology.kubernetes.io/zone
  whenUnsatisfiable: ScheduleAnyway
  labelSelector: { matchLabels: {{ include "metalwright.selector" . | fromYaml | toJson }} }
{{- end -}}
