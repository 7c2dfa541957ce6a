"""The source of the dashboards, recording rules and alerts: see ``deploy/mixin/README.md``."""
