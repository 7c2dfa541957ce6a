using System.Runtime.InteropServices;
using System.Text;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Native;
using Microsoft.Win32.SafeHandles;

namespace GunicornPrometheusExporter.Directories;

/// <summary>A path as far as root can follow it by descriptors through directories that only root may change.</summary>
/// <remarks>
/// Links are followed only where they stand in such a directory: then they are root's. In a directory that all users share,
/// like <c>/tmp</c>, only a directory of root's own is entered. Everything else ends the walk, and so does what the system
/// refuses: the user whose territory begins there goes on, with that user's rights only. Not thread-safe.
/// </remarks>
internal sealed class RootWalk : IDisposable
{
    /// <summary>The links on a path past which it is taken for a loop, as the kernel does.</summary>
    internal const int MostLinks = 40;

    private const int LongestTarget = 4096;

    private readonly Stack<string> _rest = new();
    private SafeFileHandle _directory;
    private FileStatus _status;
    private int _links;

    /// <summary>Walks as far as it goes.</summary>
    /// <param name="path">An absolute path.</param>
    internal RootWalk(string path)
    {
        _directory = OpenRoot(out _status);
        Push(_rest, path);
        Advance();
    }

    /// <summary>The names that were not entered, the next one first.</summary>
    internal IReadOnlyCollection<string> Rest => _rest;

    /// <summary>The directory in which the walk ended.</summary>
    internal ref readonly FileStatus Status => ref _status;

    /// <summary>What stands at the next name, no link followed; null if nothing does, or the walk may not look.</summary>
    internal FileStatus? Next { get; private set; }

    /// <summary>Whether the next name is missing, in a directory that only root may change.</summary>
    internal bool IsMissing { get; private set; }

    /// <summary>What stands at a name in the last directory, no link followed.</summary>
    internal FileStatus? StatusOf(string name) => TryOpen(name, out var status) is { } handle ? Closed(handle, status) : null;

    /// <summary>Makes the missing directory and walks on.</summary>
    /// <param name="owner">The user who gets it, private; null for a directory of root's through which everybody may go.</param>
    /// <returns>False if the system refuses; the error is the last one of the system's.</returns>
    /// <remarks>It gets its name once it has its owner: a kill in between leaves nothing that the next start would refuse.</remarks>
    internal bool TryMake(UserIdentity? owner)
    {
        var (directory, name, left) = (Number(_directory), _rest.Peek(), _rest.Count);
        var temporary = name + StoreFiles.TemporaryExtension;
        // Left by a start that was killed: only root can have made it here.
        _ = Libc.RemoveAt(directory, temporary, Libc.RemoveDirectoryFlag);
        var mask = Libc.SetCreationMask(0);
        var isMade = Libc.MakeDirectoryAt(directory, temporary, owner is null ? Libc.PassableMode : Libc.PrivateMode) == 0;
        var error = Marshal.GetLastPInvokeError();
        _ = Libc.SetCreationMask(mask);
        if (isMade)
        {
            isMade = (owner is not { } user || Libc.ChangeOwnerAt(directory, temporary, user.User, user.Group, Libc.AtNoFollow) == 0)
                && TryRename(directory, temporary, name);
            error = Marshal.GetLastPInvokeError();
            if (!isMade) _ = Libc.RemoveAt(directory, temporary, Libc.RemoveDirectoryFlag);
        }
        IsMissing = false;
        // Further also if another start made it at this moment.
        Advance();
        Marshal.SetLastPInvokeError(error);
        return _rest.Count < left;
    }

    /// <summary>Puts the names of a path on a stack, the first one on top.</summary>
    internal static void Push(Stack<string> rest, string path)
    {
        foreach (var name in path.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse())
        {
            if (name != ".") rest.Push(name);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _directory.Dispose();

    private void Advance()
    {
        while (_status.Owner == 0 && _rest.TryPeek(out var name))
        {
            if (TryOpen(name, out var status) is not { } handle)
            {
                IsMissing = _status.IsRootsOnly && Marshal.GetLastPInvokeError() == Libc.ErrorNoEntry;
                return;
            }
            if (status.IsLink && _status.IsRootsOnly && TryFollow(handle))
            {
                handle.Dispose();
            }
            else if (status.IsDirectory && (_status.IsRootsOnly || (_status.IsShared && status.IsRootsOnly)))
            {
                _ = _rest.Pop();
                Stand(handle, status);
            }
            else
            {
                handle.Dispose();
                Next = status;
                return;
            }
        }
    }

    /// <summary>Gives a new directory its name, if the file system can do so without replacing one that has it.</summary>
    private static bool TryRename(int directory, string temporary, string name) =>
        Libc.RenameAt(directory, temporary, directory, name, Libc.KeepExisting) == 0
        || (Marshal.GetLastPInvokeError() == Libc.ErrorInvalid && Libc.RenameAt(directory, temporary, directory, name, 0) == 0);

    private bool TryFollow(SafeFileHandle link)
    {
        Span<byte> target = stackalloc byte[LongestTarget];
        var length = (int)Libc.ReadLinkAt(Number(link), "", target, LongestTarget);
        if (length <= 0 || ++_links > MostLinks) return false;
        var path = Encoding.UTF8.GetString(target[..length]);
        _ = _rest.Pop();
        Push(_rest, path);
        if (path[0] == '/') Stand(OpenRoot(out var status), status);
        return true;
    }

    private void Stand(SafeFileHandle directory, in FileStatus status)
    {
        _directory.Dispose();
        (_directory, _status) = (directory, status);
    }

    private SafeFileHandle? TryOpen(string name, out FileStatus status)
    {
        var descriptor = Libc.OpenAt(Number(_directory), name, Libc.OpenPathOnly | Libc.OpenNoFollow | Libc.OpenCloseOnExec, 0);
        status = default;
        if (descriptor < 0) return null;
        var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        if (StoreFiles.TryGetStatus(handle, out status)) return handle;
        handle.Dispose();
        return null;
    }

    private static SafeFileHandle OpenRoot(out FileStatus status)
    {
        var handle = new SafeFileHandle(
            Libc.Open("/", Libc.OpenPathOnly | Libc.OpenDirectory | Libc.OpenCloseOnExec, 0), ownsHandle: true);
        return StoreFiles.TryGetStatus(handle, out status) ? handle : throw new StoreException("/ cannot be looked at");
    }

    private static FileStatus Closed(SafeFileHandle handle, in FileStatus status)
    {
        handle.Dispose();
        return status;
    }

    private static int Number(SafeFileHandle handle) => (int)handle.DangerousGetHandle();
}
