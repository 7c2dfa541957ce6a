// The dashboards and rules as a monitoring mixin: the generated files, with the values of _config in place of their defaults.
local selector = 'job="gunicorn"';
local runbooks = 'https://docs.example.com/gunicorn-prometheus-exporter/alerts';

{
  _config+:: {
    // Selects the scrapes of the exporters in the alerts about absent and failing scrapes.
    selector: selector,
    // The address of docs/alerts.md, to which alerts and dashboards link.
    runbooks: runbooks,
  },

  local configured(text) = std.strReplace(std.strReplace(text, selector, $._config.selector), runbooks, $._config.runbooks),

  grafanaDashboards+:: std.mapWithKey(function(name, text) std.parseJson(configured(text)), {
    'gunicorn-deaths.json': importstr 'dashboards/gunicorn-deaths.json',
    'gunicorn-dirty.json': importstr 'dashboards/gunicorn-dirty.json',
    'gunicorn-exporter.json': importstr 'dashboards/gunicorn-exporter.json',
    'gunicorn-fleet.json': importstr 'dashboards/gunicorn-fleet.json',
    'gunicorn-instance.json': importstr 'dashboards/gunicorn-instance.json',
    'gunicorn-routes.json': importstr 'dashboards/gunicorn-routes.json',
    'gunicorn-runtime.json': importstr 'dashboards/gunicorn-runtime.json',
    'gunicorn-saturation.json': importstr 'dashboards/gunicorn-saturation.json',
  }),

  prometheusAlerts+:: std.parseYaml(configured(importstr 'rules/gunicorn-alerts.yml')),

  prometheusRules+:: std.parseYaml(configured(importstr 'rules/gunicorn-recording.yml')),
}
