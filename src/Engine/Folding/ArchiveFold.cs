using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Native;

namespace GunicornPrometheusExporter.Folding;

/// <summary>One compaction of dead processes' files into the archive of their type and mode, in four steps.</summary>
/// <remarks>
/// The process may be killed between or within steps: every value is then in exactly one place that a reader counts, and
/// <see cref="Archive.Recover"/> completes the compaction. The caller recovers the archive first and holds the store's
/// preparation lock. The fold owns the files from its creation on.
/// </remarks>
internal sealed class ArchiveFold(Archive archive, IEnumerable<LeasedFile> dead, DamagedFiles damaged) : IDisposable
{
    private readonly List<LeasedFile> _dead = [.. dead];
    private LeasedFile? _old;
    private FileStream? _new;
    private int _used;
    private bool _isCommitted;

    /// <summary>The paths of quarantined files.</summary>
    public List<string> Quarantined { get; } = [];

    /// <summary>Why undamaged files could not be read; they stay where they are.</summary>
    public List<string> Unread { get; } = [];

    /// <summary>Step 1: writes a new archive beside the old one: the merged entries, then the names of the files.</summary>
    /// <returns>False if there is nothing to compact, or another process is writing the archive.</returns>
    /// <remarks>Quarantines damaged files: otherwise every compaction and every scrape would read them in vain.</remarks>
    /// <exception cref="StoreException">The archive is damaged, or would be too large.</exception>
    public bool Write()
    {
        if (StoreFiles.IsIrregular(archive.Path)) throw Unusable("is not a regular file");
        _old = LeasedFile.TryTake(archive.Path, out _);
        if (_old is null && File.Exists(archive.Path)) return false;
        var entries = new FoldedEntries(archive.Name.Rule);
        var layout = Merge(entries);
        if (_dead.Count == 0) return false;
        var content = entries.ToContent(layout)
            ?? throw new StoreException($"{archive.Path} would be too large for a scrape to read; keeping the files of dead processes");
        _used = content.Length;
        _new = StoreFiles.Create(archive.TemporaryPath);
        _new.Write(content);
        _new.Write(CountedFiles.Write(_dead.Select(file => $"{Path.GetFileName(file.Path)}/{file.Identity}")));
        _new.Flush(flushToDisk: true);
        Adopt(_dead.MaxBy(file => file.Status.Modified)!.Status);
        return true;
    }

    /// <summary>Step 2: replaces the old archive. From then on readers count the archive, and not the files.</summary>
    /// <returns>False if a process waits to open one of the files for writing: that process is not dead.</returns>
    public bool Commit()
    {
        if (!_dead.TrueForAll(file => file.IsUndisturbed())) return false;
        File.Move(archive.TemporaryPath, archive.Path, overwrite: true);
        _isCommitted = true;
        StoreFiles.SynchronizeNames(Path.GetDirectoryName(archive.Path)!);
        return true;
    }

    /// <summary>Step 3: removes the files.</summary>
    public void Remove()
    {
        foreach (var file in _dead) File.Delete(file.Path);
    }

    /// <summary>Step 4: removes the names from the archive, so that later files with the same names count.</summary>
    public void Finish() => _new!.SetLength(_used);

    public void Dispose()
    {
        if (_new is not null && !_isCommitted) File.Delete(archive.TemporaryPath);
        _new?.Dispose();
        _old?.Dispose();
        foreach (var file in _dead) file.Dispose();
    }

    /// <summary>Merges archive and files in the order in which a scrape reads them, and skips unreadable files.</summary>
    /// <returns>The layout of the most recently written file: the installed library reads that layout.</returns>
    private EntryLayout Merge(FoldedEntries entries)
    {
        var (newest, written) = (EntryLayout.Timestamped, long.MinValue);
        foreach (var file in (LeasedFile[])[.. _dead.Append(_old).OfType<LeasedFile>().OrderBy(file => file.Path, StringComparer.Ordinal)])
        {
            if (!TryRead(file, out var content)) continue;
            if (content is not null && entries.TryAdd(content, out var layout))
            {
                // The archive's time is that of its compaction, not of a recording.
                var time = file == _old ? 0 : file.Status.Modified;
                if (layout is { } known && time > written) (newest, written) = (known, time);
                continue;
            }
            if (file == _old) throw Unusable("is damaged");
            damaged.TryAdd(Path.GetFileName(file.Path));
            Quarantined.Add(StoreFiles.Quarantine(file.Path));
            Drop(file);
        }
        // Every library version with this mode writes timestamps.
        return archive.Name.Rule == GaugeMode.MostRecent ? EntryLayout.Timestamped : newest;
    }

    /// <summary>Reads the used bytes of a file; null if it is damaged.</summary>
    /// <returns>False if a read error occurred, except for the archive, whose error is thrown.</returns>
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
            Drop(file);
            return false;
        }
    }

    private StoreException Unusable(string reason) =>
        new($"{archive.Path} {reason}; remove it so that files of dead processes are compacted again");

    private void Drop(LeasedFile file)
    {
        _dead.Remove(file);
        file.Dispose();
    }

    /// <summary>Gives the archive the owner and permissions of a file, so that the same users can read it.</summary>
    private void Adopt(in FileStatus file)
    {
        var handle = _new!.SafeFileHandle;
        File.SetUnixFileMode(handle, file.Permissions | UnixFileMode.UserRead | UnixFileMode.UserWrite);
        if (Libc.EffectiveUserId() != 0) return;
        _ = Libc.ChangeOwnerAt((int)handle.DangerousGetHandle(), "", file.Owner, file.Group, Libc.AtEmptyPath);
    }
}
