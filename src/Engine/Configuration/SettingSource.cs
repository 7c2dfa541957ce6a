namespace GunicornPrometheusExporter.Configuration;

/// <summary>The source of a setting, in ascending precedence.</summary>
internal enum SettingSource
{
    /// <summary>The default.</summary>
    Default,

    /// <summary>The file.</summary>
    File,

    /// <summary>The environment.</summary>
    Environment,

    /// <summary>The command line, or a request of a program to the exporter.</summary>
    Flag,
}
