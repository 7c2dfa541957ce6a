namespace GunicornPrometheusExporter.Native;

// Errors about a resource that the system lacks.
internal static partial class Libc
{
    internal const int ErrorNoMemory = 12;
    internal const int ErrorTooManyOpenInSystem = 23;
    internal const int ErrorTooManyOpen = 24;
    internal const int ErrorFileTooLarge = 27;
    internal const int ErrorNoSpace = 28;
    internal const int ErrorReadOnly = 30;
    internal const int ErrorQuota = 122;
}
