using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Native;

namespace GunicornPrometheusExporter.Directories;

internal static partial class MultiprocessDirectory
{
    /// <summary>Follows a path component by component, creates what is missing, and returns the status of the last directory.</summary>
    private static FileStatus Walk(string path)
    {
        var rest = new Stack<string>();
        RootWalk.Push(rest, path);
        var current = "/";
        var parent = StatusOf(current)!.Value;
        var links = 0;
        while (rest.TryPop(out var name))
        {
            var next = name == ".." ? Path.GetDirectoryName(current) ?? current : Path.Combine(current, name);
            var status = StatusOf(next) ?? Make(next);
            if (status.IsLink)
            {
                RequireTrustedLink(next, status, isLast: rest.Count == 0, parent);
                if (++links > RootWalk.MostLinks) throw Refused(path, "is reached through a loop of links", "remove the loop");
                var target = new FileInfo(next).LinkTarget ?? "";
                if (Path.IsPathRooted(target)) (current, parent) = ("/", StatusOf("/")!.Value);
                RootWalk.Push(rest, target);
                continue;
            }
            if (!status.IsDirectory) throw Refused(next, "is not a directory", "remove it, or choose another directory");
            (current, parent) = (next, status);
        }
        return parent;
    }

    private static void RequireTrustedLink(string link, FileStatus status, bool isLast, FileStatus parent)
    {
        if (IsTrusted(status.Owner) || (!isLast && !parent.IsWorldWritable)) return;
        throw Refused(link, $"is a symbolic link of user {status.Owner}", "remove the link, or choose a directory of your own");
    }

    private static FileStatus Make(string path)
    {
        var isMade = Libc.MakeDirectory(path, Libc.PrivateMode) == 0;
        if (!isMade && Marshal.GetLastPInvokeError() != Libc.ErrorExists)
        {
            throw new StoreException(
                $"{Variable}: cannot create {path} as user {Libc.EffectiveUserId()}: {Marshal.GetLastPInvokeErrorMessage()}; " +
                "create it and give it to that user (chown), or choose another directory");
        }
        // The umask may have removed permissions. A directory that existed keeps its own.
        if (isMade) _ = Libc.TryOpenToOwner(path, Libc.PrivateMode);
        return StatusOf(path) ?? throw Refused(path, "disappeared while it was being created", "start again");
    }

    /// <summary>The status of a path without following links; null if nothing exists there.</summary>
    private static FileStatus? StatusOf(string path)
    {
        if (Libc.TryGetStatus(path, out var status)) return status;
        return Marshal.GetLastPInvokeError() == Libc.ErrorNoEntry
            ? null
            : throw CannotBe("reached", path, "correct its permissions, or choose another directory");
    }

    private static StoreException CannotBe(string what, string path, string remedy) => Refused(
        path, $"cannot be {what} by user {Libc.EffectiveUserId()} ({Marshal.GetLastPInvokeErrorMessage()})", remedy);
}
