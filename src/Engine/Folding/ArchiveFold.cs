using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Native;

namespace GunicornPrometheusExporter.Folding;

/// <summary>One fold of dead processes' files into the archive of their type and mode, in four steps.</summary>
/// <remarks>
/// A process may end between any two steps, or within one: every value is then in exactly one place that a reader counts,
/// and <see cref="Archive.Recover"/> ends what was begun. Used under the lock of whoever prepares the store.
/// </remarks>
internal sealed class ArchiveFold : IDisposable
{
    private readonly Archive _archive;
    private readonly List<LeasedFile> _dead;
    private readonly DamagedFiles _damaged;
    private LeasedFile? _old;
    private FileStream? _new;
    private int _used;
    private bool _isCommitted;

    public ArchiveFold(Archive archive, IEnumerable<LeasedFile> dead, DamagedFiles damaged)
    {
        _archive = archive;
        _dead = [.. dead];
        _damaged = damaged;
    }

    /// <summary>Where damaged files are kept aside.</summary>
    public List<string> Quarantined { get; } = [];

    /// <summary>Why files that are not damaged could not be read; they stay where they are.</summary>
    public List<string> Unread { get; } = [];

    /// <summary>1: writes the archive anew beside the old one, with the files in it and their names behind it.</summary>
    /// <returns>False if there is nothing to fold, or the archive is not ours to write.</returns>
    /// <remarks>A file that is damaged is kept aside: it would be read in vain at every fold and every scrape.</remarks>
    /// <exception cref="StoreException">The archive is damaged, or would be too large.</exception>
    public bool Write()
    {
        if (StoreFiles.IsIrregular(_archive.Path)) throw Unusable("is not a regular file");
        _old = LeasedFile.TryTake(_archive.Path, out _);
        if (_old is null && File.Exists(_archive.Path)) return false;
        var entries = new FoldedEntries(_archive.Name.Rule);
        var layout = Merge(entries);
        if (_dead.Count == 0) return false;
        var content = entries.ToContent(layout)
            ?? throw new StoreException($"{_archive.Path} would be larger than a scrape reads; the files of dead processes stay");
        _used = content.Length;
        _new = StoreFiles.Create(_archive.TemporaryPath);
        _new.Write(content);
        _new.Write(CountedFiles.Write(_dead.Select(file => $"{Path.GetFileName(file.Path)}/{file.Identity}")));
        _new.Flush(flushToDisk: true);
        Adopt(_dead.MaxBy(file => file.Status.Modified)!.Status);
        return true;
    }

    /// <summary>2: puts it in the old one's place. From then on it counts, and the files do not.</summary>
    /// <returns>False if a process waits to write one of the files, which then is not dead.</returns>
    public bool Commit()
    {
        if (!_dead.TrueForAll(file => file.IsUndisturbed())) return false;
        File.Move(_archive.TemporaryPath, _archive.Path, overwrite: true);
        _isCommitted = true;
        StoreFiles.SynchronizeNames(Path.GetDirectoryName(_archive.Path)!);
        return true;
    }

    /// <summary>3: removes the files.</summary>
    public void Remove()
    {
        foreach (var file in _dead) File.Delete(file.Path);
    }

    /// <summary>4: takes the names away, so that later files of the same names count.</summary>
    public void Finish() => _new!.SetLength(_used);

    public void Dispose()
    {
        if (_new is not null && !_isCommitted) File.Delete(_archive.TemporaryPath);
        _new?.Dispose();
        _old?.Dispose();
        foreach (var file in _dead) file.Dispose();
    }

    /// <summary>Merges archive and files in the order in which a scrape reads them, and lets go of those that cannot be read.</summary>
    /// <returns>The layout of the file that was written last: the library in use reads that one.</returns>
    private EntryLayout Merge(FoldedEntries entries)
    {
        var (newest, written) = (EntryLayout.Timestamped, long.MinValue);
        foreach (var file in (LeasedFile[])[.. _dead.Append(_old).OfType<LeasedFile>().OrderBy(file => file.Path, StringComparer.Ordinal)])
        {
            if (!TryRead(file, out var content)) continue;
            if (content is not null && entries.TryAdd(content, out var layout))
            {
                // The archive was written when it was folded: its time says nothing.
                var time = file == _old ? 0 : file.Status.Modified;
                if (layout is { } known && time > written) (newest, written) = (known, time);
                continue;
            }
            if (file == _old) throw Unusable("is damaged");
            _damaged.TryAdd(Path.GetFileName(file.Path));
            Quarantined.Add(StoreFiles.Quarantine(file.Path));
            LetGo(file);
        }
        // A library that knows this mode writes timestamps.
        return _archive.Name.Rule == GaugeMode.MostRecent ? EntryLayout.Timestamped : newest;
    }

    /// <summary>Reads a file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="content">What it has in use; null if it is damaged.</param>
    /// <returns>False if the system cannot read it, and it is not the archive.</returns>
    private bool TryRead(LeasedFile file, out byte[]? content)
    {
        try
        {
            if (!file.TryRead(out content)) content = null;
            return true;
        }
        catch (IOException e) when (file != _old)
        {
            content = null;
            Unread.Add($"{file.Path} cannot be read: {e.Message}");
            LetGo(file);
            return false;
        }
    }

    private StoreException Unusable(string reason) =>
        new($"{_archive.Path} {reason}; remove it to have files of dead processes compacted again");

    private void LetGo(LeasedFile file)
    {
        _dead.Remove(file);
        file.Dispose();
    }

    /// <summary>Lets those read the archive who may read the files.</summary>
    private void Adopt(in FileStatus file)
    {
        var handle = _new!.SafeFileHandle;
        File.SetUnixFileMode(handle, file.Permissions);
        if (Libc.EffectiveUserId() != 0) return;
        _ = Libc.ChangeOwnerAt((int)handle.DangerousGetHandle(), "", file.Owner, file.Group, Libc.AtEmptyPath);
    }
}
