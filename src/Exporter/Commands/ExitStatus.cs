namespace GunicornPrometheusExporter.Exporter.Commands;

/// <summary>How the process ends.</summary>
/// <remarks>Never 3 or 4: up to 26.0 Gunicorn stops the whole server when any child of its master ends with those.</remarks>
internal static class ExitStatus
{
    internal const int Ok = 0;
    internal const int Failure = 1;
    internal const int Usage = 2;
}
