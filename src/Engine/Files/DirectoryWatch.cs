using System.Text;
using GunicornPrometheusExporter.Native;

namespace GunicornPrometheusExporter.Files;

/// <summary>Tells whether a directory has the names that it had when its owner listed it. Not thread-safe.</summary>
/// <remarks>
/// Every new, removed and renamed entry changes the change time of its directory. The owner asks <see cref="IsUnchanged"/>, lists
/// the directory if it must, and calls <see cref="Confirm"/> once that has succeeded.
/// </remarks>
/// <param name="directory">The directory; it need not exist. May be a link to one.</param>
internal sealed class DirectoryWatch(string directory)
{
    private readonly byte[] _path = Encoding.UTF8.GetBytes(Path.Combine(directory, ".") + '\0');
    private ChangeWatch _changes;
    private FileStatus _seen;
    private FileStatus? _listed;
    private bool _isSettled;

    /// <summary>Whether a listing now would give the names of the confirmed one; allocates nothing.</summary>
    public bool IsUnchanged()
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

    /// <summary>Confirms that the directory was listed completely since <see cref="IsUnchanged"/>.</summary>
    public void Confirm()
    {
        if (_isSettled) _listed = _seen;
    }
}
