using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Native;

namespace GunicornPrometheusExporter.Directories;

// The steps that root takes on the way to a store: as few as possible, and none in a directory that another user may change.
internal static partial class MultiprocessDirectory
{
    private const int Attempts = 5;

    /// <summary>Creates, as root, what only root can create for the workers' user, then becomes that user for good.</summary>
    /// <remarks>
    /// Only in directories that only root may change: missing parents belong to root, the store to the user. The user's own
    /// <see cref="Ensure"/> does the rest.
    /// </remarks>
    /// <exception cref="StoreException">The store cannot be created, or this process may not become that user.</exception>
    public static void BecomeWorker(string directory, UserIdentity worker)
    {
        RequireText(directory);
        if (Libc.EffectiveUserId() == 0 && worker.User != 0) MakeFor(Absolute(directory), worker);
        worker.Assume();
    }

    /// <summary>As root, becomes the owner of the store for good; as any other user, does nothing.</summary>
    /// <remarks>
    /// The owner is the first user other than root who owns a directory on the path. If there is none, the process stays root.
    /// </remarks>
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

    /// <summary>Creates the missing directories that lie where only root may change anything; leaves the others to the worker.</summary>
    internal static void MakeFor(string path, UserIdentity worker)
    {
        using var walk = new RootWalk(path);
        for (var left = Attempts; walk.IsMissing;)
        {
            // Several servers may start at once.
            if (walk.TryMake(walk.Rest.Count == 1 ? worker : null) || --left > 0) continue;
            throw CannotBe("created", path, "create it and give it to the workers' user (chown), or choose another directory");
        }
    }

    /// <summary>The first directory or link on the path that a user other than root owns, as far as root can see.</summary>
    private static FileStatus? StrangerOn(RootWalk walk)
    {
        if (walk.Status.Owner != 0) return walk.Status;
        if (walk.Rest.Count > 0) return walk.Next is { Owner: not 0 } next ? next : null;
        // A volume that everybody may write belongs to the user whose lock file lies there.
        return !walk.Status.IsRootsOnly && walk.StatusOf(SlotName.LockFile) is { Owner: not 0 } locks ? locks : null;
    }

    private static string Absolute(string directory) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
}
