using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Store.Native;

namespace GunicornPrometheusExporter.Store;

/// <summary>The directory of the store: where it is, and whether it can be trusted.</summary>
public static partial class MultiprocessDirectory
{
    /// <summary>The environment variable that names the directory, as <c>prometheus_client</c> reads it.</summary>
    public const string Variable = "PROMETHEUS_MULTIPROC_DIR";

    private const string Name = "gunicorn-prometheus-exporter";

    /// <summary>The directory where the environment names none: private to the user that the workers run as.</summary>
    /// <param name="worker">That user's number; null for this process's user.</param>
    /// <remarks>
    /// Root's is always a temporary one, and so is one that root makes for another user: root's runtime directory would
    /// keep that user out.
    /// </remarks>
    public static string Default(uint? worker = null)
    {
        var user = Libc.EffectiveUserId();
        var runtime = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR");
        var isOurs = user != 0 && Path.IsPathRooted(runtime)
            && TryGetStatus(runtime, out var status) && status.IsDirectory && status.Owner == user;
        return isOurs ? Path.Combine(runtime!, Name) : Path.Combine(Path.GetTempPath(), $"{Name}-{worker ?? user}");
    }

    /// <summary>Makes the directory, with mode 0700, where there is none, and checks it.</summary>
    /// <param name="directory">The directory; missing parents are made with it.</param>
    /// <returns>Its absolute path.</returns>
    /// <exception cref="StoreException">
    /// It cannot be made, is no directory, belongs to another user, is shared by all users, cannot be written, or is
    /// reached through a symbolic link that another user could have planted.
    /// </exception>
    public static string Ensure(string directory)
    {
        var path = Absolute(directory);
        RequireText(path);
        var status = Walk(path);
        if (!IsTrusted(status.Owner))
        {
            throw Refused(path, $"belongs to user {status.Owner}", "choose a directory of your own");
        }
        if (status.IsShared)
        {
            throw Refused(path, "is shared by all users", "choose a directory inside it, which is then made private");
        }
        if (Libc.Access(path, Libc.WriteAndEnter) != 0)
        {
            var reason = Marshal.GetLastPInvokeErrorMessage();
            throw Refused(
                path, $"cannot be written by user {Libc.EffectiveUserId()} ({reason})",
                "give it to that user (chown), or choose another directory");
        }
        return path;
    }

    /// <summary>Refuses a path that is not the one that was meant: .NET has put a character in the place of what is not UTF-8.</summary>
    private static void RequireText(string path)
    {
        if (path.Contains('\uFFFD')) throw Refused(path, "is not valid UTF-8", "choose another directory");
    }

    private static bool IsTrusted(uint user) => user == 0 || user == Libc.EffectiveUserId();

    private static StoreException Refused(string path, string reason, string remedy) =>
        new($"{Variable}: {path} {reason}; {remedy}");
}
