using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Native;

namespace GunicornPrometheusExporter.Directories;

/// <summary>The directory of the store: its location, and checks whether it can be trusted.</summary>
internal static partial class MultiprocessDirectory
{
    /// <summary>The environment variable that names the directory, as <c>prometheus_client</c> reads it.</summary>
    public const string Variable = "PROMETHEUS_MULTIPROC_DIR";

    private const string Name = "gunicorn-prometheus-exporter";

    /// <summary>The directory if the environment names none: private to the user that the workers run as.</summary>
    /// <param name="worker">The user's number; null for this process's user.</param>
    /// <remarks>
    /// Root always gets a temporary directory, also when it creates one for another user: root's runtime directory would keep
    /// that user out.
    /// </remarks>
    public static string Default(uint? worker = null)
    {
        var user = Libc.EffectiveUserId();
        var runtime = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR");
        var isOurs = user != 0 && Path.IsPathRooted(runtime)
            && Libc.TryGetStatus(runtime, out var status) && status.IsDirectory && status.Owner == user;
        return isOurs ? Path.Combine(runtime!, Name) : Path.Combine(Path.GetTempPath(), $"{Name}-{worker ?? user}");
    }

    /// <summary>
    /// Creates the directory with mode 0700, missing parents included, or checks an existing one; returns its absolute path.
    /// </summary>
    /// <exception cref="StoreException">
    /// It cannot be created, is no directory, belongs to another user, is shared by all users, cannot be written, or is
    /// reached through a symbolic link that another user could have planted.
    /// </exception>
    public static string Ensure(string directory)
    {
        var path = Absolute(directory);
        RequireText(path);
        var status = Walk(path);
        var isTrusted = IsTrusted(status.Owner);
        if (!isTrusted && (Libc.EffectiveUserId() == 0 || Libc.Access(path, Libc.WriteAndEnter) != 0))
        {
            throw Refused(path, $"belongs to user {status.Owner}", "choose a directory of your own");
        }
        if (!isTrusted || status.IsShared)
        {
            var reason = status.IsShared ? "is shared by all users" : $"belongs to user {status.Owner}";
            throw Refused(path, reason, $"choose a directory inside it, such as {path}/store, which is then made private");
        }
        if (Libc.Access(path, Libc.WriteAndEnter) != 0)
        {
            throw CannotBe("written", path, "give it to that user (chown), or choose another directory");
        }
        return path;
    }

    /// <summary>Whether this process's user owns the directory and does not share it with all users, as they share <c>/tmp</c>.</summary>
    public static bool IsOwn(string directory) =>
        Libc.TryGetStatus(Absolute(directory), out var status) && status.IsDirectory && !status.IsShared
        && status.Owner == Libc.EffectiveUserId();

    /// <summary>Refuses a path that is not valid UTF-8: .NET replaces the invalid bytes, so it would name another directory.</summary>
    private static void RequireText(string path)
    {
        if (path.Contains('\uFFFD')) throw Refused(path, "is not valid UTF-8", "choose another directory");
    }

    private static bool IsTrusted(uint user) => user == 0 || user == Libc.EffectiveUserId();

    private static StoreException Refused(string path, string reason, string remedy) =>
        new($"{Variable}: {path} {reason}; {remedy}");
}
