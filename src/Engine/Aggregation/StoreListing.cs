using System.IO.Enumeration;
using GunicornPrometheusExporter.Files;

namespace GunicornPrometheusExporter.Aggregation;

/// <summary>The files of a store, sorted by name, so that every scrape resolves sums and ties in the same way.</summary>
/// <remarks>Lists the directory only after a change of it, and allocates nothing for a known file.</remarks>
/// <param name="directory">The store; it need not exist yet.</param>
/// <param name="families">The families of its files.</param>
internal sealed class StoreListing(string directory, FamilyTable families) : IDisposable
{
    private readonly DirectoryWatch _watch = new(directory);
    private readonly Dictionary<string, TrackedFile> _byName = new(StringComparer.Ordinal);
    private readonly List<TrackedFile> _files = [];
    private int _scrape;
    private int _gone;

    public IReadOnlyList<TrackedFile> Files => _files;

    /// <summary>Updates the files; a missing directory has none. Returns whether a file appeared or disappeared.</summary>
    /// <exception cref="IOException">The directory cannot be listed; <see cref="Files"/> is then empty.</exception>
    /// <exception cref="UnauthorizedAccessException">This user may not list the directory.</exception>
    public bool Refresh()
    {
        var known = _files.Count;
        if (!_watch.Relist(this, static (self, directory) => self.List(directory))) return false;
        var came = _files.Count > known - _gone;
        if (came) _files.Sort((one, other) => string.CompareOrdinal(one.FileName, other.FileName));
        return came || _gone > 0;
    }

    public bool Contains(string fileName) => _byName.ContainsKey(fileName);

    public void Dispose() => _files.ForEach(file => file.Dispose());

    private void List(string directory)
    {
        _scrape++;
        try
        {
            foreach (var file in Enumerate(directory))
            {
                file.SeenAt = _scrape;
                if (_byName.TryAdd(file.FileName, file)) _files.Add(file);
            }
        }
        catch (DirectoryNotFoundException)
        {
            // Nothing has been recorded yet.
        }
        finally
        {
            Forget();
        }
    }

    private FileSystemEnumerable<TrackedFile> Enumerate(string directory)
    {
        var lookup = _byName.GetAlternateLookup<ReadOnlySpan<char>>();
        return new(
            directory,
            (ref entry) => lookup.TryGetValue(entry.FileName, out var known)
                ? known
                : new TrackedFile(entry.ToFullPath(), families),
            new EnumerationOptions { AttributesToSkip = FileAttributes.None, IgnoreInaccessible = false })
        {
            ShouldIncludePredicate = (ref entry) =>
                entry.FileName.EndsWith(StoreFormat.Extension) && !entry.FileName.StartsWith('.'),
        };
    }

    private void Forget()
    {
        _gone = _files.RemoveAll(file =>
        {
            if (file.SeenAt == _scrape) return false;
            file.Dispose();
            return _byName.Remove(file.FileName);
        });
    }
}
