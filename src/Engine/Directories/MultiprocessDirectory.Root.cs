using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Native;

namespace GunicornPrometheusExporter.Directories;

// What root does on the way to a store: as little as possible, and nothing in a directory that another user may change.
internal static partial class MultiprocessDirectory
{
    private const int Attempts = 5;

    /// <summary>Becomes the user that the workers run as, for good, after root made what only root can make for that user.</summary>
    /// <param name="directory">The store. Where only root may change anything, missing parents become root's, itself that user's.</param>
    /// <param name="worker">The user.</param>
    /// <remarks>Everything else is left to that user's own <see cref="Ensure"/>.</remarks>
    /// <exception cref="StoreException">The store cannot be made, or this process may not become that user.</exception>
    public static void BecomeWorker(string directory, UserIdentity worker)
    {
        RequireText(directory);
        if (Libc.EffectiveUserId() == 0 && worker.User != 0) MakeFor(Absolute(directory), worker);
        worker.Assume();
    }

    /// <summary>As root, becomes the user whose store a path leads to, for good; as any other user, does nothing.</summary>
    /// <param name="directory">The store.</param>
    /// <remarks>That is the first other user who owns a directory on the way. Root stays root over a store of root's.</remarks>
    /// <exception cref="StoreException">The path leads through a link that another user may have planted.</exception>
    public static void BecomeOwner(string directory)
    {
        if (Libc.EffectiveUserId() != 0) return;
        var path = Absolute(directory);
        using var walk = new RootWalk(path);
        if (walk.Status.Owner == 0 && walk.Next is { IsLink: true })
        {
            throw Refused(path, "leads through a symbolic link that another user may have planted", "name the directory itself");
        }
        if (StrangerOn(walk) is { } owner) new UserIdentity(owner.Owner, owner.Group).Assume();
    }

    /// <summary>Makes what is missing of a store, as far as only root may change what it is in; leaves the rest to the worker.</summary>
    internal static void MakeFor(string path, UserIdentity worker)
    {
        using var walk = new RootWalk(path);
        for (var left = Attempts; walk.IsMissing;)
        {
            // Several servers may start at once.
            if (walk.TryMake(walk.Rest.Count == 1 ? worker : null) || --left > 0) continue;
            throw CannotBe("made", path, "make it and give it to the workers' user (chown), or choose another directory");
        }
    }

    /// <summary>The first thing on the way that another user owns, as far as root can see.</summary>
    private static FileStatus? StrangerOn(RootWalk walk)
    {
        if (walk.Status.Owner != 0) return walk.Status;
        if (walk.Rest.Count > 0) return walk.Next is { Owner: not 0 } next ? next : null;
        // A volume that everybody may write is the user's whose locks lie there.
        return !walk.Status.IsRootsOnly && walk.StatusOf(SlotName.LockFile) is { Owner: not 0 } locks ? locks : null;
    }

    private static string Absolute(string directory) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
}
