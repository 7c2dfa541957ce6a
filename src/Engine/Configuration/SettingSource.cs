namespace GunicornPrometheusExporter.Configuration;

/// <summary>What states a setting; of two the later one wins.</summary>
internal enum SettingSource
{
    /// <summary>Nothing: it has its default.</summary>
    Default,

    /// <summary>The file.</summary>
    File,

    /// <summary>The environment.</summary>
    Environment,

    /// <summary>The command line, or a program that asks the exporter for something.</summary>
    Flag,
}
