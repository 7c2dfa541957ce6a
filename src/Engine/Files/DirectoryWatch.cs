using System.Text;
using GunicornPrometheusExporter.Native;

namespace GunicornPrometheusExporter.Files;

/// <summary>Lists a directory again only when its names may have changed. Not thread-safe.</summary>
/// <remarks>Every new, removed and renamed entry changes the change time of its directory.</remarks>
/// <param name="directory">The directory; it need not exist. May be a link to one.</param>
internal sealed class DirectoryWatch(string directory)
{
    private readonly byte[] _path = Encoding.UTF8.GetBytes(Path.Combine(directory, ".") + '\0');
    private ChangeWatch _changes;
    private FileStatus _seen;
    private FileStatus? _listed;
    private bool _isSettled;

    /// <summary>Lists the directory, unless it has the names of the last listing that threw nothing. Allocates nothing.</summary>
    /// <param name="owner">The first argument of <paramref name="list"/>.</param>
    /// <param name="list">Takes the owner and the directory.</param>
    /// <returns>Whether it was listed.</returns>
    public bool Relist<TOwner>(TOwner owner, Action<TOwner, string> list)
    {
        if (IsUnchanged()) return false;
        list(owner, directory);
        if (_isSettled) _listed = _seen;
        return true;
    }

    private bool IsUnchanged()
    {
        var exists = Libc.TryGetStatus(_path, out var status);
        if (exists && _listed is { } listed && listed.IsSameAs(status) && listed.Change.TotalNanoseconds == status.Change.TotalNanoseconds)
        {
            return true;
        }
        (_seen, _listed) = (status, null);
        // A later change could have the same time as one that is not settled.
        _isSettled = exists && _changes.IsSettled(status);
        return false;
    }
}
