namespace GunicornPrometheusExporter.Configuration;

/// <summary>The source of a setting, in ascending precedence.</summary>
internal enum SettingSource
{
    Default,

    File,

    Environment,

    /// <summary>The command line, or a program's request to the exporter.</summary>
    Flag,
}
