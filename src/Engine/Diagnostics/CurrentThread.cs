using GunicornPrometheusExporter.Native;

namespace GunicornPrometheusExporter.Diagnostics;

/// <summary>The thread that runs this code, as other processes name it.</summary>
internal static class CurrentThread
{
    [ThreadStatic]
    private static int t_id;

    /// <summary>The kernel's id of the thread. It costs a system call once for each thread.</summary>
    public static int Id => t_id != 0 ? t_id : t_id = Libc.ThreadId();
}
