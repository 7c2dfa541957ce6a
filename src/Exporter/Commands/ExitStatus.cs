namespace GunicornPrometheusExporter.Exporter.Commands;

/// <summary>The exit statuses of the process.</summary>
/// <remarks>Never 3 or 4: Gunicorn up to 26.0 stops the whole server if a child of its master exits with 3 or 4.</remarks>
internal static class ExitStatus
{
    internal const int Ok = 0;
    internal const int Failure = 1;
    internal const int Usage = 2;
}
