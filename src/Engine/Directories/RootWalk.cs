using System.Runtime.InteropServices;
using System.Text;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Native;
using Microsoft.Win32.SafeHandles;

namespace GunicornPrometheusExporter.Directories;

/// <summary>Follows a path by descriptors as root, as far as only root may change the directories on it.</summary>
/// <remarks>
/// It follows a link only in such a directory, where the link is root's. In a directory that all users share, like
/// <c>/tmp</c>, it enters only a directory that root owns. Everything else ends the walk, as does an error of the system;
/// the user whose territory begins there continues with that user's rights only. Not thread-safe.
/// </remarks>
internal sealed class RootWalk : IDisposable
{
    /// <summary>A path with more links is taken for a loop, as the kernel does.</summary>
    internal const int MostLinks = 40;

    private const int LongestTarget = 4096;

    private readonly Stack<string> _rest = new();
    private SafeFileHandle _directory;
    private FileStatus _status;
    private int _links;

    /// <summary>Walks an absolute path as far as it can.</summary>
    internal RootWalk(string path)
    {
        _directory = OpenRoot(out _status);
        Push(_rest, path);
        Advance();
    }

    /// <summary>The names that were not entered, next one first.</summary>
    internal IReadOnlyCollection<string> Rest => _rest;

    internal ref readonly FileStatus Status => ref _status;

    /// <summary>The status of the next name without following links; null if nothing exists there, or the walk may not look.</summary>
    internal FileStatus? Next { get; private set; }

    /// <summary>Whether the next name is missing from a directory that only root may change.</summary>
    internal bool IsMissing { get; private set; }

    /// <summary>The status of a name in the last directory, without following links.</summary>
    internal FileStatus? StatusOf(string name)
    {
        using var handle = TryOpen(name, out var status);
        return handle is null ? null : status;
    }

    /// <summary>
    /// Creates the missing directory, private to an owner, or for null one of root's that everybody may pass through; walks on.
    /// </summary>
    /// <returns>False if the system refuses; the last P/Invoke error says why.</returns>
    /// <remarks>It gets its name after its owner: a kill in between leaves nothing that the next start would refuse.</remarks>
    internal bool TryMake(UserIdentity? owner)
    {
        var (directory, name, left) = (Number(_directory), _rest.Peek(), _rest.Count);
        var temporary = name + StoreFiles.TemporaryExtension;
        // A start that was killed left it; only root can have created it here.
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
        // Advances too if another start created it at this moment.
        Advance();
        Marshal.SetLastPInvokeError(error);
        return _rest.Count < left;
    }

    /// <summary>Pushes the names of a path so that the first one is on top.</summary>
    internal static void Push(Stack<string> rest, string path)
    {
        foreach (var name in path.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse())
        {
            if (name != ".") rest.Push(name);
        }
    }

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

    /// <summary>Gives a new directory its name, if the file system can do so without replacing an existing one.</summary>
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
        if (Libc.TryGetStatus(handle, out status)) return handle;
        handle.Dispose();
        return null;
    }

    private static SafeFileHandle OpenRoot(out FileStatus status)
    {
        var handle = new SafeFileHandle(
            Libc.Open("/", Libc.OpenPathOnly | Libc.OpenDirectory | Libc.OpenCloseOnExec, 0), ownsHandle: true);
        return Libc.TryGetStatus(handle, out status) ? handle : throw new StoreException("the status of / cannot be read");
    }

    private static int Number(SafeFileHandle handle) => (int)handle.DangerousGetHandle();
}
